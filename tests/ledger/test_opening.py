"""Files for one pair of eyes, a checked schema, and refusals that say what to do."""

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import LedgerError
from bot.ledger import Ledger, open_ledger
from bot.ledger.database import prepare_file
from bot.ledger.ledger import SCHEMA_VERSION
from bot.model import DeliveryState, Outcome
from tests.ledger.factories import NOW, claimed, deliveries_of, digest, later, occurrence, said
from tests.ledger.processes import end, start, tell, told

OPEN_EACH = (
    "import sys; from bot.ledger import open_ledger\n"
    "for number in range(12):\n"
    "    print(f'ready for {number}', flush=True); sys.stdin.readline()\n"
    "    open_ledger(f'{sys.argv[1]}/{number}.db', owner='x').close()\n"
    "print('fine')"
)
TRY_TO_WRITE = (
    "import sqlite3, sys\n"
    "try: sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE'); print('got it')\n"
    "except sqlite3.OperationalError: print('locked')"
)


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def opened(path: Path, owner: str = "here:1:a") -> Ledger:
    return open_ledger(url_of(path), owner=owner)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


class TestPrivacy:
    @pytest.mark.usefixtures("open_umask")
    def test_files_and_folders_are_for_one_user(self, tmp_path: Path) -> None:
        database = tmp_path / "var" / "state" / "bot.db"
        with opened(database) as ledger:
            ledger.register_digest("care", NOW)
            files = {path.name: mode(path) for path in database.parent.iterdir() if path.is_file()}
        assert files == {"bot.db": 0o600, "bot.db-wal": 0o600, "bot.db-shm": 0o600}
        assert mode(tmp_path / "var") == mode(database.parent) == 0o700

    @pytest.mark.usefixtures("open_umask")
    def test_without_the_guard_everybody_reads(self, tmp_path: Path) -> None:
        connection = sqlite3.connect(tmp_path / "plain.db")
        connection.execute("CREATE TABLE t (a)")
        connection.close()
        assert mode(tmp_path / "plain.db") & 0o044

    def test_rights_of_others_are_taken_from_an_existing_file(self, tmp_path: Path) -> None:
        opened(tmp_path / "bot.db").close()
        (tmp_path / "bot.db").chmod(0o644)
        opened(tmp_path / "bot.db").close()
        assert mode(tmp_path / "bot.db") == 0o600

    def test_planted_link_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "bot.db").symlink_to(tmp_path / "victim")
        with pytest.raises(LedgerError, match="not a plain file"):
            opened(tmp_path / "bot.db")
        assert not (tmp_path / "victim").exists()

    def test_without_the_guard_a_planted_link_is_followed(self, tmp_path: Path) -> None:
        (tmp_path / "bot.db").symlink_to(tmp_path / "victim")
        connection = sqlite3.connect(tmp_path / "bot.db")
        connection.execute("CREATE TABLE t (a)")
        connection.close()
        assert (tmp_path / "victim").exists()


class TestRefusals:
    def test_newer_schema(self, tmp_path: Path) -> None:
        with opened(tmp_path / "bot.db") as ledger, ledger.engine.begin() as connection:
            connection.execute(text("INSERT INTO migrations (version) VALUES (99)"))
        with pytest.raises(LedgerError, match=r"newer version of this program \(schema 99"):
            opened(tmp_path / "bot.db")

    def test_another_programs_tables(self, tmp_path: Path) -> None:
        connection = sqlite3.connect(tmp_path / "bot.db")
        connection.execute("CREATE TABLE deliveries (parcel)")
        connection.close()
        with pytest.raises(LedgerError, match="belongs to another program"):
            opened(tmp_path / "bot.db")
        connection = sqlite3.connect(tmp_path / "bot.db")
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
        connection.close()
        assert tables == [("deliveries",)], "nothing of ours is left in it"

    def test_not_a_database(self, tmp_path: Path) -> None:
        (tmp_path / "bot.db").write_bytes(b"these are not the tables you want" * 200)
        with pytest.raises(LedgerError, match="not one, or is damaged"):
            opened(tmp_path / "bot.db")

    def test_damaged_pages(self, tmp_path: Path) -> None:
        path = tmp_path / "bot.db"
        opened(path).close()
        content = bytearray(path.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        path.write_bytes(content)
        with pytest.raises(LedgerError, match="damaged; restore it from a backup"):
            opened(path)

    def test_read_only(self, tmp_path: Path) -> None:
        opened(tmp_path / "bot.db").close()
        (tmp_path / "bot.db").chmod(0o400)
        with pytest.raises(LedgerError, match="is read-only"):
            opened(tmp_path / "bot.db")
        assert mode(tmp_path / "bot.db") == 0o400

    def test_folder_in_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "bot.db").mkdir()
        with pytest.raises(LedgerError, match="not a plain file"):
            opened(tmp_path / "bot.db")

    def test_file_where_its_folder_should_be(self, tmp_path: Path) -> None:
        (tmp_path / "var").write_text("")
        with pytest.raises(LedgerError, match="cannot be created or opened"):
            opened(tmp_path / "var" / "bot.db")

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "nonsense-hunter2",
            "mysql://me:hunter2@host/db",
            "postgresql://me:hunter2@host/db",
            "sqlite://",
            "sqlite:///:memory:",
            "sqlite:///x.db?mode=memory&uri=true",
            "postgresql+psycopg://me:hunter2@127.0.0.1:notaport/db",
        ],
    )
    def test_addresses_that_cannot_be_a_ledger(self, url: str) -> None:
        with pytest.raises(LedgerError, match="Use sqlite:///") as caught:
            open_ledger(url, owner="here:1:a")
        assert "hunter2" not in str(caught.value)


class TestSchema:
    def test_version_is_written(self, tmp_path: Path) -> None:
        with opened(tmp_path / "bot.db") as ledger, ledger.engine.begin() as connection:
            versions = connection.execute(text("SELECT version FROM migrations")).scalars().all()
        assert versions == [SCHEMA_VERSION]

    def test_settings_of_every_connection(self, tmp_path: Path) -> None:
        with opened(tmp_path / "bot.db") as ledger, ledger.engine.begin() as connection:
            found = {
                name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
            }
        assert found == {
            "journal_mode": "wal",
            "synchronous": 2,  # FULL: a commit is on disk
            "foreign_keys": 1,
            "secure_delete": 1,
            "busy_timeout": 15_000,
        }

    @pytest.mark.long
    def test_processes_that_open_it_first_at_once(self, tmp_path: Path) -> None:
        """Switching a new file to WAL fails at once, whatever the timeout, when two do it together."""
        processes = [start(OPEN_EACH, url_of(tmp_path)) for _ in range(3)]
        for number in range(12):
            assert [told(process) for process in processes] == [f"ready for {number}"] * 3
            for process in processes:
                tell(process)
        assert [end(process) for process in processes] == ["fine\n"] * 3

    def test_looking_at_the_file_does_not_free_its_locks(self, tmp_path: Path) -> None:
        """Closing any handle of it would drop all locks of this process on it."""
        with opened(tmp_path / "bot.db") as ledger, ledger.engine.begin():
            prepare_file(tmp_path / "bot.db")
            assert end(start(TRY_TO_WRITE, str(tmp_path / "bot.db"))) == "locked\n"

    def test_without_the_guard_a_second_writer_comes_in(self, tmp_path: Path) -> None:
        with opened(tmp_path / "bot.db") as ledger, ledger.engine.begin():
            os.close(os.open(tmp_path / "bot.db-shm", os.O_RDWR))
            assert end(start(TRY_TO_WRITE, str(tmp_path / "bot.db"))) == "got it\n"


class TestRestart:
    def test_everything_is_still_there(self, tmp_path: Path) -> None:
        of = occurrence()
        with opened(tmp_path / "bot.db") as ledger:
            ledger.plan(
                of, digest(), deliveries_of(of, "ann@example.com", "bob@example.com"), NOW, late=False
            )
            ledger.save_snapshot(claimed(ledger.claim_occurrence(of.id, NOW)), said(of), NOW)
            claim = claimed(ledger.claim_delivery(deliveries_of(of, "ann@example.com")[0], NOW))
            again = Outcome(DeliveryState.READY, error="421", retry_at=later(minutes=5))
            ledger.finish_attempt(claim, again, NOW)
            before = ledger.history(None)
        with opened(tmp_path / "bot.db", "here:2:b") as ledger:
            assert ledger.history(None) == before
            assert dict(ledger.editions(of.id)) == said(of)

    @pytest.mark.long
    def test_process_killed_while_sending_leaves_sending(self, tmp_path: Path) -> None:
        of, database = occurrence(), tmp_path / "bot.db"
        with opened(database) as ledger:
            ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
            ledger.save_snapshot(claimed(ledger.claim_occurrence(of.id, NOW)), said(of), NOW)
        code = (
            "import os, sys; from bot.ledger import open_ledger; from tests.ledger.factories import *\n"
            "ledger = open_ledger(sys.argv[1], owner='there:9:z')\n"
            "ledger.claim_delivery(deliveries_of(occurrence())[0], NOW)\n"
            "os.kill(os.getpid(), 9)"
        )
        process = start(code, url_of(database))
        process.communicate(timeout=60)
        assert process.returncode == -9
        with opened(database) as ledger:
            assert ledger.deliveries(of.id)[0].state is DeliveryState.SENDING
            assert ledger.claim_delivery(deliveries_of(of)[0], NOW) is None
            assert ledger.reap(NOW) == 1
            assert ledger.deliveries(of.id)[0].state is DeliveryState.UNKNOWN


class TestTrouble:
    def test_full_disk_leaves_no_partial_write(self, tmp_path: Path) -> None:
        of = occurrence()
        many = deliveries_of(of, *(f"{'x' * 500}{n}@example.com" for n in range(500)))
        with opened(tmp_path / "bot.db") as ledger:
            with ledger.engine.connect() as connection:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            limited = ledger.engine.pool.connect()
            assert limited.driver_connection is not None
            limited.driver_connection.execute(f"PRAGMA max_page_count = {pages}")
            limited.close()  # back into the pool, which lends it next
            with pytest.raises(LedgerError, match="disk of the database is full"):
                ledger.plan(of, digest(), many, NOW, late=False)
            assert ledger.occurrence(of.id) is None

    def test_errors_show_no_contents(self, tmp_path: Path) -> None:
        with opened(tmp_path / "bot.db") as ledger:
            with ledger.engine.begin() as connection:
                connection.execute(text("DROP TABLE digests"))
            with pytest.raises(LedgerError) as caught:
                ledger.register_digest("secret-plans", NOW)
        assert "secret-plans" not in str(caught.value) + str(caught.value.__cause__)

    def test_read_then_write_transaction_is_locked_out(self, tmp_path: Path) -> None:
        """Why every write transaction says BEGIN IMMEDIATE."""
        with opened(tmp_path / "bot.db") as ledger:
            naive = sqlite3.connect(tmp_path / "bot.db", timeout=60, isolation_level=None)
            naive.execute("BEGIN")
            naive.execute("SELECT * FROM digests").fetchall()
            ledger.register_digest("care", NOW)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                naive.execute("DELETE FROM digests")
            naive.close()
