"""One generated log and one emulator for the whole session: making a log takes seconds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activity_emulator import Emulator, Log
from activity_emulator.log.cache import cached_log
from tests.activity_emulator.client import Client
from tests.activity_emulator.reference import Raw
from tests.activity_emulator.reference_cases import Case, all_cases

# A Monday morning in Sydney: the last full week is 16 to 22 November 2026.
NOW = datetime(2026, 11, 22, 23, 5, tzinfo=UTC)

# Raw rows are those of the windows under test, and of cases that are still open.
RECENT = (
    "m.published_at < '2018-06-01' OR m.published_at >= '2026-03-01' "
    "OR m.case_id IN (SELECT case_id FROM case_spans WHERE closed_at IS NULL)"
)
WHOLE = ("users", "memberships", "surveys", "survey_answers", "classifications")
OF_MESSAGES = {
    "messages": "id",
    "states": "message_id",
    "assignments": "message_id",
    "responses": "message_id",
    "message_classifications": "message_id",
}
RAW = {
    **{name: f"SELECT * FROM {name}" for name in WHOLE},  # noqa: S608 (own names)
    **{
        name: f"SELECT t.* FROM {name} AS t JOIN messages AS m ON m.id = t.{key} WHERE {RECENT}"  # noqa: S608
        for name, key in OF_MESSAGES.items()
    },
}


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("emulator")


@pytest.fixture(scope="session")
def log(emulator_folder: Path) -> Iterator[Log]:
    log = cached_log(emulator_folder, 7, NOW, lambda _: None)
    yield log
    log.close()


@pytest.fixture(scope="session")
def raw(log: Log) -> Raw:
    """Return raw rows of the generated log: messages since March 2026 and up to May 2018, and open cases."""
    tables = {name: [tuple(row.values()) for row in log.rows(sql)] for name, sql in RAW.items()}
    return Raw(tables, log.now.replace(tzinfo=None))


@pytest.fixture(scope="session")
def raw_cases(raw: Raw) -> dict[int, Case]:
    """Return the cases of the raw rows."""
    return all_cases(raw)


@pytest.fixture(scope="session")
def emulator(log: Log, data_dir: Path) -> Iterator[Emulator]:
    with Emulator(data_dir=data_dir, now=NOW, log=log, limit=None, export_delay=0.0) as started:
        yield started


@pytest.fixture
def client(emulator: Emulator) -> Client:
    return Client(emulator)


@pytest.fixture(scope="session")
def empty(data_dir: Path) -> Iterator[Emulator]:
    """Yield an emulator over an empty log, without a limit."""
    log = Log.of({}, now=NOW)
    with Emulator(data_dir=data_dir, now=NOW, log=log, limit=None) as started:
        yield started
    log.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Emulator]:
    """Yield an emulator over an empty log, with the documented limit and a clock that stands still."""
    log = Log.of({}, now=NOW)
    with Emulator(data_dir=tmp_path, now=NOW, log=log, clock=lambda: 0.0) as started:
        yield started
    log.close()
