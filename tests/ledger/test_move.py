"""From SQLite to PostgreSQL: every row, once, whatever kills it; and nothing goes on with the file."""

import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Column, Table, select

from bot.app import move_to
from bot.errors import BotError, LedgerError, UsageError
from bot.ledger import ExportParts, Ledger, Moved, SchedulerLock, open_ledger
from bot.ledger.move import MOVED, OF_PROCESSES
from bot.ledger.schema import events, export_parts, metadata, occurrences
from bot.lib.export_folder import ExportFolder
from bot.model import ProcessKind
from bot.settings import Settings
from tests.journeys.world import world
from tests.ledger.databases import empty_postgres, on_postgres
from tests.ledger.factories import NOW
from tests.ledger.processes import end, start

pytestmark = pytest.mark.parametrize("target", on_postgres())
ROWS = 250
LARGE = b"id\r\n" + b"1\r\n" * 100_000


def value(column: Column[Any], number: int) -> object:
    """Return a value of the column's type; every second one that may be NULL is."""
    for key in column.foreign_keys:
        return value(key.column, number)
    if column.name == "owner" or (column.nullable and number % 2):
        return None if column.nullable else "gone:1:a"
    if isinstance(column.type, Boolean):
        return number % 3 == 0
    if isinstance(column.type, BigInteger):
        return 1_500_000_000_000_000 + number
    return f"{column.name} {number} “ü” \U0001f600\n" if column.type.python_type is str else number


def fill(ledger: Ledger) -> None:
    """Write rows into every table that moves."""
    with ledger.engine.begin() as connection:
        for table in MOVED:
            rows = [{c.name: value(c, number) for c in table.columns} for number in range(1, ROWS + 1)]
            connection.execute(table.insert(), rows)


def rows(ledger: Ledger, table: Table) -> set[tuple[Any, ...]]:
    with ledger.engine.connect() as connection:
        return {tuple(row) for row in connection.execute(select(table))}


@pytest.fixture(autouse=True)
def _empty(target: str) -> None:
    empty_postgres()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"BOT_DATA_DIR": str(tmp_path), "BOT_SHARED_EXPORT_MB": "0.2"})


@pytest.fixture
def before(settings: Settings, tmp_path: Path) -> dict[str, set[tuple[Any, ...]]]:
    """Fill the ledger on SQLite and its folder of exports; what each table holds."""
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports/a.csv").write_bytes(LARGE[:150_000])
    (tmp_path / "exports/large.csv").write_bytes(LARGE)
    (tmp_path / "exports/half.part").write_bytes(LARGE[:10])
    (tmp_path / "exports/link.csv").symlink_to(tmp_path / "exports/a.csv")
    with open_ledger(settings.database_url, owner="here:1:a", kind=None) as ledger:
        fill(ledger)
        return {table.name: rows(ledger, table) for table in MOVED}


@pytest.fixture
def there(target: str) -> Iterator[Ledger]:
    with open_ledger(target, owner="there:1:a", kind=None) as ledger:
        yield ledger


def is_moved(ledger: Ledger, before: dict[str, set[tuple[Any, ...]]]) -> bool:
    return {table.name: rows(ledger, table) for table in MOVED} == before


def refused(settings: Settings, target: str) -> str:
    """Try to move; return the one line that says why not."""
    with pytest.raises(BotError) as caught:
        move_to(settings, target)
    assert caught.value.exit_status == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_row_and_export_moves(
    settings: Settings, before: dict[str, set[tuple[Any, ...]]], target: str, there: Ledger, tmp_path: Path
) -> None:
    assert set(MOVED) | OF_PROCESSES | {export_parts} == set(metadata.tables.values())
    moved = move_to(settings, target)
    assert moved == Moved({table.name: ROWS for table in MOVED}, 1, tmp_path / "bot.db.moved")
    assert is_moved(there, before)
    other = ExportFolder(tmp_path / "other", ExportParts(there), 10**9)
    found = other.find("a.csv", 150_000)
    assert found
    assert found.read_bytes() == LARGE[:150_000]
    assert other.find("large.csv", len(LARGE)) is None
    for table in OF_PROCESSES:
        assert rows(there, table) == set()


def test_new_rows_get_new_ids(
    settings: Settings, before: dict[str, set[tuple[Any, ...]]], target: str, there: Ledger
) -> None:
    move_to(settings, target)
    highest = max(row[0] for row in before["events"])
    new = {column.name: value(column, 1) for column in events.columns if column.name != "id"}
    with there.engine.begin() as connection:
        assert connection.execute(events.insert().returning(events.c.id), new).scalar() == highest + 1


def test_the_file_stays_whole_under_another_name(
    settings: Settings, before: dict[str, set[tuple[Any, ...]]], target: str, tmp_path: Path
) -> None:
    move_to(settings, target)
    assert not [path.name for path in tmp_path.glob("bot.db*") if path.name.endswith(("-wal", "-shm", ".db"))]
    connection = sqlite3.connect(tmp_path / "bot.db.moved")
    for name, held in before.items():
        assert len(connection.execute(f"SELECT * FROM {name}").fetchall()) == len(held)  # noqa: S608
    connection.close()


def test_nothing_begins_a_new_ledger_in_its_place(
    settings: Settings, before: dict[str, set[tuple[Any, ...]]], target: str, tmp_path: Path
) -> None:
    move_to(settings, target)
    with pytest.raises(LedgerError, match="was moved to PostgreSQL: set BOT_DATABASE_URL"):
        open_ledger(settings.database_url, owner="here:2:b")
    assert not (tmp_path / "bot.db").exists()
    assert "was moved to PostgreSQL" in refused(settings, target)
    (tmp_path / "bot.db.moved").unlink()  # the guard off: it would begin anew
    open_ledger(settings.database_url, owner="here:2:b").close()


def test_wrong_kinds_of_databases_are_refused(
    settings: Settings, before: dict[str, set[tuple[Any, ...]]], target: str, tmp_path: Path
) -> None:
    on_postgres = Settings.from_environment({"BOT_DATABASE_URL": target})
    assert refused(on_postgres, target).startswith("BOT_DATABASE_URL is PostgreSQL already")
    assert refused(settings, f"sqlite:///{tmp_path}/other.db").startswith(
        "--to: expected a PostgreSQL database"
    )
    assert refused(settings, "mysql://u:canary@h/d").startswith("The database kind 'mysql' is not supported.")
    with pytest.raises(UsageError):
        move_to(on_postgres, target)


def test_a_ledger_in_use_is_refused(
    settings: Settings, before: dict[str, set[tuple[Any, ...]]], target: str
) -> None:
    with open_ledger(settings.database_url, owner="here:2:b", kind=ProcessKind.COMMAND):
        words = "Process here:2:b (command) works with this database; stop it first."
        assert refused(settings, target) == words
    with SchedulerLock(settings.database_url):
        assert refused(settings, target).startswith("Another scheduler (process")
    move_to(settings, target)


def test_what_a_dead_process_left_is_taken_back_first(
    settings: Settings, before: dict[str, set[tuple[Any, ...]]], target: str, there: Ledger
) -> None:
    with (
        open_ledger(settings.database_url, owner="here:2:b", kind=None) as ledger,
        ledger.engine.begin() as c,
    ):
        c.execute(
            occurrences.update()
            .where(occurrences.c.id == value(occurrences.c.id, 1))
            .values(state="planned", owner="gone:1:a")
        )
    move_to(settings, target)
    place = list(occurrences.columns).index(occurrences.c.owner)
    assert {row[place] for row in rows(there, occurrences)} == {None}


def test_an_empty_ledger_is_not_moved(settings: Settings, target: str) -> None:
    assert refused(settings, target) == "This database holds nothing to move."


def test_a_target_with_other_rows_is_refused_and_both_stay(
    settings: Settings, before: dict[str, set[tuple[Any, ...]]], target: str, there: Ledger
) -> None:
    there.pause("care-weekly", NOW)
    assert "The target holds something else already" in refused(settings, target)
    assert len(there.paused()) == 1
    with open_ledger(settings.database_url, owner="here:2:b", kind=None) as ledger:
        assert is_moved(ledger, before)


MOVE = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from bot.ledger import ledger, move_ledger, open_ledger
from bot.lib.export_folder import ExportFolder

folder, to, side, what = Path(sys.argv[1]), *sys.argv[2:]
source = open_ledger(f"sqlite:///{folder}/bot.db", owner="dying:1:a", kind=None)
target = open_ledger(to, owner="dying:1:a", kind=None)

def die(*of):
    if side == "target" or not (folder / "bot.db").exists():
        os.kill(os.getpid(), signal.SIGKILL)

event.listen({"source": source, "target": target}[side].engine, what, die)
move_ledger(source, target, ExportFolder(folder / "exports", None, 200_000))
"""


@pytest.mark.parametrize(
    ("side", "what", "is_there", "is_renamed"),
    [
        ("target", "commit", False, False),
        ("target", "checkin", True, False),
        ("source", "commit", True, True),
    ],
)
def test_killed_anywhere_one_of_them_is_whole_and_again_ends_it(
    settings: Settings,
    before: dict[str, set[tuple[Any, ...]]],
    target: str,
    there: Ledger,
    tmp_path: Path,
    side: str,
    what: str,
    is_there: bool,
    is_renamed: bool,
) -> None:
    dying = start(MOVE, str(tmp_path), target, side, what)
    dying.communicate(timeout=120)
    assert dying.returncode == -signal.SIGKILL
    assert is_moved(there, before) == is_there
    assert (tmp_path / "bot.db.moved").exists() == is_renamed
    if is_renamed:
        assert "was moved to PostgreSQL" in refused(settings, target)
        return
    with open_ledger(settings.database_url, owner="here:2:b", kind=None) as ledger:
        assert is_moved(ledger, before)
    assert move_to(settings, target).file.exists()
    assert is_moved(there, before)


OPEN = """
import sys
from bot.errors import LedgerError
from bot.ledger import open_ledger
try:
    open_ledger(sys.argv[1], owner="late:1:a")
except LedgerError as error:
    print(error)
"""


def opened(pid: int) -> set[str]:
    """Return the files that a process has open."""
    names = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            names.add(os.readlink(descriptor))
    return names


def test_a_command_that_waited_for_the_move_does_not_go_on_with_the_file(
    settings: Settings, before: dict[str, set[tuple[Any, ...]]], target: str, tmp_path: Path
) -> None:
    """It opened the file under its old name, and would write to it under the new one."""
    database = tmp_path / "bot.db"
    with open_ledger(settings.database_url, owner="here:2:b", kind=None) as ledger:
        with ledger.engine.begin():
            late = start(OPEN, settings.database_url)
            while str(database) not in opened(late.pid):
                assert late.poll() is None
            for ending in ("", "-wal", "-shm"):
                os.rename(f"{database}{ending}", f"{database}.moved{ending}")
        assert "was moved to PostgreSQL" in end(late)
    assert not database.exists(), "nothing was begun anew"


@pytest.mark.long
def test_digests_go_on_where_they_were(target: str, tmp_path: Path, emulator_folder: Path) -> None:
    with world(tmp_path, emulator_folder) as here:
        send = ("send", "care-weekly", "--at", "2018-05-07T09:00")
        assert here.bot(*send).returncode == 0
        history, asked = here.bot("history", "--json").stdout, len(here.emulator.requests)
        to = target.replace("bot@", "bot:canary-pw@")
        moved = here.bot("move", "--to", f"{to}?sslpassword=canary-q")
        assert moved.returncode == 0, moved.stderr
        assert "canary" not in moved.stdout
        assert "deliveries 3" in moved.stdout
        assert "exported files 1" in moved.stdout
        shutil.rmtree(here.folder / "var" / "exports")
        environment: dict[str, Any] = {"BOT_DATABASE_URL": target}
        assert json.loads(here.bot("history", "--json", **environment).stdout) == json.loads(history)
        assert here.bot(*send, **environment).returncode == 0
        assert len(here.emulator.requests) == asked
        assert len(here.smtp.messages) == 1
        old = here.bot("run", "--once")
        assert (old.returncode, len(old.stderr.splitlines())) == (2, 1)
        assert "was moved to PostgreSQL" in old.stderr
