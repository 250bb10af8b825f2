"""More and longer lives of two digests than tests/delivery/test_recipients_machine.py has time for."""

import os

import pytest
from hypothesis import settings

from tests.delivery.test_recipients_machine import RecipientsMachine
from tests.delivery.test_recipients_machine import TestRecipientsMachine as Short

pytestmark = pytest.mark.slow

EXAMPLES = 15 if os.environ.get("SLOW_SHARE") == "short" else 300

TestLongLives = RecipientsMachine.TestCase
TestLongLives.settings = settings(Short.settings, max_examples=EXAMPLES, stateful_step_count=40)
