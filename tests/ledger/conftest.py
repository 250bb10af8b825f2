"""Two processes' ledgers on one empty database, for each kind of database that can run here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.ledger import Ledger
from tests.ledger.databases import POSTGRES_URL, LedgerMaker, kinds, ledgers_of

collect_ignore = [] if POSTGRES_URL else ["test_move.py"]


@pytest.fixture(params=kinds())
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerMaker]:
    with ledgers_of(request.param, tmp_path) as maker:
        yield maker


@pytest.fixture
def ledger(make: LedgerMaker) -> Ledger:
    return make("here:1:a")


@pytest.fixture
def other(make: LedgerMaker) -> Ledger:
    return make("here:2:b")
