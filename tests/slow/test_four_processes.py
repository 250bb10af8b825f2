"""Over 2,000 deliveries each sent once by four processes on one store, on SQLite and PostgreSQL by the same code."""

import os
from pathlib import Path

import pytest

from tests.ledger.senders import PROCESSES
from tests.ledger.test_four_processes import STORES, send_each_once

pytestmark = pytest.mark.slow

SHORT = os.environ.get("SLOW_SHARE") == "short"


@pytest.mark.covers("A second run on the same SQLite database")
@pytest.mark.parametrize("url", STORES)
def test_four_processes_send_each_of_2000_deliveries_once(url: str, tmp_path: Path) -> None:
    counts = send_each_once(url, tmp_path, occurrences=10 if SHORT else 50, each=41)
    assert min(counts) > 0, f"not all {PROCESSES} took part: {counts}"
