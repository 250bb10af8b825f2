"""One generated log and one emulator for the whole session: making a log takes seconds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.emulator import Emulator, Log
from bot.emulator.log.keeping import kept_log
from tests.emulator.asking import Client
from tests.emulator.plain import Raw

# A Monday morning in Sydney: the last full week is 16 to 22 November 2026.
NOW = datetime(2026, 11, 22, 23, 5, tzinfo=UTC)

RAW = {
    "users": "SELECT * FROM users",
    "memberships": "SELECT * FROM memberships",
    "surveys": "SELECT * FROM surveys",
    **{
        name: f"SELECT t.* FROM {name} AS t JOIN messages AS m ON m.id = t.{key} "  # noqa: S608
        "WHERE m.published_at < '2018-06-01' OR m.published_at >= '2026-03-01'"
        for name, key in (
            ("messages", "id"),
            ("states", "message_id"),
            ("assignments", "message_id"),
            ("responses", "message_id"),
        )
    },
}


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("emulator")


@pytest.fixture(scope="session")
def log(emulator_folder: Path) -> Iterator[Log]:
    log = kept_log(emulator_folder, 7, NOW, lambda _: None)
    yield log
    log.close()


@pytest.fixture(scope="session")
def raw(log: Log) -> Raw:
    """Raw rows of the generated log, of messages since March 2026 and up to May 2018."""
    tables = {name: [tuple(row.values()) for row in log.rows(sql)] for name, sql in RAW.items()}
    return Raw(tables, log.now.replace(tzinfo=None))


@pytest.fixture(scope="session")
def emulator(log: Log, data_dir: Path) -> Iterator[Emulator]:
    with Emulator(data_dir=data_dir, now=NOW, log=log, limit=None, export_delay=0.0) as started:
        yield started


@pytest.fixture
def client(emulator: Emulator) -> Client:
    return Client(emulator)


@pytest.fixture(scope="session")
def empty(data_dir: Path) -> Iterator[Emulator]:
    """An emulator over an empty log, without a limit."""
    log = Log.of({}, now=NOW)
    with Emulator(data_dir=data_dir, now=NOW, log=log, limit=None) as started:
        yield started
    log.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Emulator]:
    """An emulator over an empty log, with the documented limit and a clock that stands still."""
    log = Log.of({}, now=NOW)
    with Emulator(data_dir=tmp_path, now=NOW, log=log, clock=lambda: 0.0) as started:
        yield started
    log.close()
