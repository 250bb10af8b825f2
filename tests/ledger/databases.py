"""The databases that can run here: SQLite, and PostgreSQL where TEST_POSTGRES_URL names an empty one."""

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from bot.ledger import Ledger, open_ledger

LedgerMaker = Callable[[str], Ledger]


def _postgres_url() -> str:
    """Return TEST_POSTGRES_URL, or a database beside it for each of several test processes; '' for none."""
    url, worker = os.environ.get("TEST_POSTGRES_URL", ""), os.environ.get("PYTEST_XDIST_WORKER", "")
    if not url or not worker:
        return url
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection, contextlib.suppress(ProgrammingError):
        connection.execute(text(f"CREATE DATABASE test_{worker}"))
    engine.dispose()
    return make_url(url).set(database=f"test_{worker}").render_as_string(hide_password=False)


POSTGRES_URL = _postgres_url()


def kinds() -> tuple[str, ...]:
    """Return what can run here."""
    return ("sqlite", "postgresql") if POSTGRES_URL else ("sqlite",)


def on_postgres() -> list[Any]:
    """Return its address where there is one, else none: cases beside one on SQLite."""
    # The address is another one in each process; the name of a case must not be.
    return [pytest.param(POSTGRES_URL, id="postgresql")] if POSTGRES_URL else []


@contextmanager
def ledgers_of(kind: str, folder: Path) -> Iterator[LedgerMaker]:
    """Yield a maker that gives each owner its own ledger, all on one empty database."""
    url = POSTGRES_URL if kind == "postgresql" else f"sqlite:///{folder}/bot.db"
    if kind == "postgresql":
        empty_postgres()
    with ExitStack() as stack:
        yield lambda owner: stack.enter_context(open_ledger(url, owner=owner))


def empty_postgres() -> None:
    """Drop everything in the test database."""
    engine: Any = create_engine(POSTGRES_URL)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
