"""Databases of earlier versions: brought up to date with everything that is in them.

`version_1.sql` is what the last program of schema version 1 wrote: a delivered occurrence, one
that is still due, an address, and two requests of which one span is not over yet. `version_2.sql`
likewise, with one that is held, an answer and an export job.
"""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, inspect, text

from bot.errors import LedgerError
from bot.ledger import AddressBook, AnswerCache, RateLimiter, open_ledger
from bot.ledger.migrating import SCHEMA_VERSION, STEPS
from bot.ledger.schema import migrations
from bot.ledger.schema_2 import metadata_2, stamps
from bot.ledger.schema_3 import metadata_3
from bot.ledger.schema_4 import channel_stops
from bot.model import Chart, ExportJob, KeptAnswer, OccurrenceState
from tests.contract.ledgers import empty_postgres, on_postgres
from tests.ledger.making import DUE, NOW, TurnedClock, digest, later, occurrence, said
from tests.ledger.processes import end, start, tell, told

VERSION_1 = Path(__file__).with_name("version_1.sql")
VERSION_2 = Path(__file__).with_name("version_2.sql")
IN_THE_WAY = {
    1: ("CREATE TABLE pauses (cup TEXT)", "belongs to another program"),
    3: ("ALTER TABLE channel_stops ADD COLUMN credential TEXT", "could not do its work|belongs to another"),
}
OPEN = (
    "import sys; from bot.ledger import open_ledger\n"
    "print('ready', flush=True); sys.stdin.readline()\n"
    "open_ledger(sys.argv[1], owner='x').dispose(); print('fine')"
)


def written_by_version_1(folder: Path) -> str:
    return written(folder, VERSION_1)


def written(folder: Path, script: Path) -> str:
    connection = sqlite3.connect(folder / "bot.db")
    connection.executescript(script.read_text())
    connection.close()
    return f"sqlite:///{folder}/bot.db"


def tables(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def stepped(engine: Engine, version: int) -> None:
    """An empty database of an earlier version, by the steps that this program still has."""
    with engine.begin() as connection:
        migrations.create(connection)
        for step in range(1, version + 1):
            STEPS[step](connection)
            connection.execute(migrations.insert().values(version=step))


def shape(connection: Connection) -> dict[str, Any]:
    """Tables and columns as the database tells them."""
    found = inspect(connection)
    return {
        table: {
            column["name"]: (str(column["type"]), column["nullable"]) for column in found.get_columns(table)
        }
        for table in found.get_table_names()
    }


@pytest.mark.parametrize(("version", "script"), [(1, VERSION_1), (2, VERSION_2)])
def test_steps_make_exactly_the_tables_of_that_version(version: int, script: Path, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/new.db")
    stepped(engine, version)
    engine.dispose()
    written(tmp_path, script)
    made, old = (sqlite3.connect(tmp_path / name) for name in ("new.db", "bot.db"))
    assert tables(made) == tables(old)
    made.close()
    old.close()


def test_everything_of_version_1_is_still_there(tmp_path: Path) -> None:
    with open_ledger(written_by_version_1(tmp_path), owner="here:2:b") as ledger:
        (due, _), (sent, (delivery,)) = ledger.history(None)
        assert (sent.state, delivery.state.value, sent.definition) == (OccurrenceState.DONE, "sent", digest())
        assert (due.state, due.occurrence.due) == (OccurrenceState.PLANNED, DUE + timedelta(weeks=1))
        assert AddressBook(ledger.engine, "slack").get("#care") == "C0123ABCD"
        assert [record.occurrence for record in ledger.outstanding(NOW)] == [due.occurrence]
        assert ledger.save_snapshot(ledger.claim_occurrence(due.occurrence.id, NOW), said(due.occurrence), NOW, "odd")


def test_editions_of_version_1_say_what_they_said(tmp_path: Path) -> None:
    """They were frozen before editions could be unverified and charts have overlays."""
    assert not {"overlay", "unverified", "nps_category"} & set(VERSION_1.read_text().split('"'))
    with open_ledger(written_by_version_1(tmp_path), owner="here:2:b") as ledger:
        due = occurrence(due=DUE + timedelta(weeks=1))
        (past,) = ledger.past(due, 1)
        (edition,) = ledger.editions(occurrence().id).values()
    assert (past.window, past.edition) == (occurrence().window, edition)
    assert edition.summary_text == "Quieter than last week."
    assert not edition.unverified
    chart = next(block for block in edition.blocks if isinstance(block, Chart))
    assert (chart.series[0].values, chart.overlay) == ((5, None), None)


def test_requests_of_version_1_still_count(tmp_path: Path) -> None:
    """Nobody knows when they landed: as late as those of a process that died."""
    clock = TurnedClock()
    with open_ledger(written_by_version_1(tmp_path), owner="here:2:b") as ledger:
        limiter = RateLimiter(ledger, requests=2, seconds=300.0, usable=2, clock=clock)
        assert limiter.acquire("token").wait == 300.0
        clock.turn(449)
        assert limiter.acquire("token").wait == 1.0
        clock.turn(1)
        assert limiter.acquire("token").wait == 0.0


def test_program_of_version_1_that_still_runs_is_counted_on(tmp_path: Path) -> None:
    url = written_by_version_1(tmp_path)
    with open_ledger(url, owner="here:2:b") as ledger:
        with ledger.engine.begin() as connection:
            connection.execute(
                text("INSERT INTO stamps (token_hash, at) VALUES ('token', :at)"), {"at": 1525651201000000}
            )
        limiter = RateLimiter(ledger, requests=3, seconds=300.0, usable=3, clock=TurnedClock(later(seconds=2)))
        assert limiter.acquire("token").wait == 300.0


def test_everything_of_version_2_is_still_there(tmp_path: Path) -> None:
    with open_ledger(written(tmp_path, VERSION_2), owner="here:2:b") as ledger:
        due, sent, held = (record for record, _ in ledger.history(None))
        assert [record.state.value for record in (due, sent, held)] == ["planned", "done", "held"]
        assert ledger.attempts(ledger.deliveries(sent.occurrence.id)[0].delivery.key)[0].detail == "ok"
        assert ledger.release(held.occurrence.id, NOW)
        answers = AnswerCache(ledger, owner="here:2:b")
        assert answers.get("key") == KeptAnswer('{"total_volume": 5}', NOW, settled=True)
        assert (answers.job("job"), answers.is_verified("filter")) == (ExportJob("tok", NOW), True)


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
@pytest.mark.parametrize("url", [*on_postgres(), "sqlite"])
class TestBothDatabases:
    @pytest.fixture(autouse=True)
    def before(self, version: int) -> None:
        self.version = version

    def prepared(self, url: str, folder: Path) -> str:
        if url == "sqlite":
            url = f"sqlite:///{folder}/bot.db"
        else:
            empty_postgres()
        engine = create_engine(url)
        stepped(engine, self.version)
        engine.dispose()
        return url

    def test_old_and_new_databases_are_alike(self, url: str, tmp_path: Path) -> None:
        def shape_after(make: Callable[[], str]) -> dict[str, Any]:
            with open_ledger(make(), owner="here:1:a") as ledger, ledger.engine.begin() as connection:
                versions = connection.execute(text("SELECT version FROM migrations")).scalars().all()
                assert versions == list(range(1, SCHEMA_VERSION + 1))
                return shape(connection)

        def fresh() -> str:
            if url != "sqlite":
                empty_postgres()
            return url if url != "sqlite" else f"sqlite:///{tmp_path}/fresh.db"

        migrated = shape_after(lambda: self.prepared(url, tmp_path))
        assert migrated == shape_after(fresh)
        assert migrated["stamps"] == {
            column.name: migrated["stamps"][column.name] for column in stamps.columns
        }, "the limiter's table is as the program describes it"
        assert list(migrated["channel_stops"]) == [column.name for column in channel_stops.columns]
        assert set(metadata_2.tables) | set(metadata_3.tables) <= set(migrated)

    def test_what_is_new_works(self, url: str, tmp_path: Path) -> None:
        with open_ledger(self.prepared(url, tmp_path), owner="here:1:a") as ledger:
            answers = AnswerCache(ledger, owner="here:1:a")
            assert answers.lock("key", NOW)
            answers.keep("key", KeptAnswer("{}", NOW, settled=True))
            assert answers.get("key") == KeptAnswer("{}", NOW, settled=True)
            limiter = RateLimiter(ledger, requests=1, seconds=300.0, clock=TurnedClock())
            limiter.release("token", limiter.acquire("token").stamp)
            assert limiter.acquire("token").wait > 0.0

    def test_several_processes_at_once_migrate_once(self, url: str, tmp_path: Path) -> None:
        url = self.prepared(url, tmp_path)
        processes = [start(OPEN, url) for _ in range(3)]
        assert [told(process) for process in processes] == ["ready"] * 3
        for process in processes:
            tell(process)
        assert [end(process) for process in processes] == ["fine\n"] * 3

    def test_what_another_program_put_in_the_way_changes_nothing(self, url: str, tmp_path: Path) -> None:
        in_the_way, words = IN_THE_WAY.get(self.version, IN_THE_WAY[1])
        url = self.prepared(url, tmp_path)
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text(in_the_way))
            before = shape(connection)
        with pytest.raises(LedgerError, match=words):
            open_ledger(url, owner="here:1:a")
        with engine.begin() as connection:
            assert shape(connection) == before
        engine.dispose()
