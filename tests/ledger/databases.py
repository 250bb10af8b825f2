"""The databases that can run here: SQLite, and PostgreSQL where TEST_POSTGRES_URL names an empty one."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from bot.ledger import AnswerCache, Ledger, open_ledger

LedgerMaker = Callable[[str], Ledger]
StoreMaker = Callable[[str], AnswerCache]
POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "")
LEASE_SECONDS = 180.0


def kinds() -> tuple[str, ...]:
    """Return what can run here."""
    return ("sqlite", "postgresql") if POSTGRES_URL else ("sqlite",)


def on_postgres() -> list[str]:
    """Return its address where there is one, else none: cases beside one on SQLite."""
    return [POSTGRES_URL] if POSTGRES_URL else []


@contextmanager
def ledgers_of(kind: str, folder: Path) -> Iterator[LedgerMaker]:
    """Yield a maker that gives each owner its own ledger, all on one empty database."""
    url = POSTGRES_URL if kind == "postgresql" else f"sqlite:///{folder}/bot.db"
    if kind == "postgresql":
        empty_postgres()
    with ExitStack() as stack:
        yield lambda owner: stack.enter_context(open_ledger(url, owner=owner, lease_seconds=LEASE_SECONDS))


@contextmanager
def stores_of(kind: str, folder: Path) -> Iterator[StoreMaker]:
    """Yield a maker that gives each owner its own answer cache, all on one empty database."""
    with ledgers_of(kind, folder) as maker:
        yield lambda owner: AnswerCache(maker(owner), owner=owner)


def empty_postgres() -> None:
    """Drop everything in the test database."""
    engine: Any = create_engine(POSTGRES_URL)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
