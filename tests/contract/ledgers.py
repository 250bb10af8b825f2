"""Every implementation of the port `Ledger` that can run here, each as a maker of ledgers on one memory."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from bot.ledger import MemoryLedger, Ledger, open_ledger

AnyLedger = Ledger | MemoryLedger
Maker = Callable[[str], AnyLedger]
POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "")
LEASE_SECONDS = 180.0


def kinds() -> tuple[str, ...]:
    """What can run here: PostgreSQL only where TEST_POSTGRES_URL names an empty database."""
    return ("memory", "sqlite", "postgresql") if POSTGRES_URL else ("memory", "sqlite")


def on_postgres() -> list[str]:
    """Its address where TEST_POSTGRES_URL names an empty database, else none: cases beside one on SQLite."""
    return [POSTGRES_URL] if POSTGRES_URL else []


@contextmanager
def ledgers_of(kind: str, folder: Path) -> Iterator[Maker]:
    """A maker that gives each owner its own ledger, all on one fresh memory."""
    if kind == "memory":
        first = MemoryLedger(owner="first", lease_seconds=LEASE_SECONDS)
        yield first.beside
        return
    url = POSTGRES_URL if kind == "postgresql" else f"sqlite:///{folder}/bot.db"
    if kind == "postgresql":
        empty_postgres()
    with ExitStack() as stack:
        yield lambda owner: stack.enter_context(open_ledger(url, owner=owner, lease_seconds=LEASE_SECONDS))


def empty_postgres() -> None:
    """Drop everything in the test database."""
    engine: Any = create_engine(POSTGRES_URL)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
