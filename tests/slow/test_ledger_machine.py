"""More and longer lives of the ledger than tests/ledger/test_ledger_machine.py has time for."""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.ledger.databases import POSTGRES_URL
from tests.ledger.test_ledger_machine import EndingMachine, OnPostgres

pytestmark = pytest.mark.slow

EXAMPLES = 20 if os.environ.get("SLOW_SHARE") == "short" else 200
LONG = settings(
    max_examples=EXAMPLES,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

TestLongLives = EndingMachine.TestCase
TestLongLives.settings = LONG
if POSTGRES_URL:
    TestLongLivesOnPostgres = OnPostgres.TestCase
    TestLongLivesOnPostgres.settings = settings(LONG, max_examples=EXAMPLES // 4)
