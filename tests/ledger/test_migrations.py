"""One schema: created once, whoever comes first; databases of other versions and programs are refused unchanged.

`version_1.sql` is a database of a version from before the first release.
"""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from bot.errors import LedgerError
from bot.ledger import ledger as ledger_module
from bot.ledger import open_ledger
from bot.ledger.ledger import FIRST_VERSION, SCHEMA_VERSION
from bot.ledger.schema import metadata
from tests.ledger.databases import empty_postgres, on_postgres
from tests.ledger.processes import end, start, tell, told

VERSION_1 = Path(__file__).with_name("version_1.sql")
OPEN = (
    "import sys; from bot.ledger import open_ledger\n"
    "print('ready', flush=True); sys.stdin.readline()\n"
    "open_ledger(sys.argv[1], owner='x').close(); print('fine')"
)


def shape(connection: Connection) -> dict[str, Any]:
    """Return the tables and columns of a database."""
    tables = inspect(connection)
    return {
        name: {
            column["name"]: (str(column["type"]), column["nullable"]) for column in tables.get_columns(name)
        }
        for name in tables.get_table_names()
    }


def test_prerelease_database_is_refused_unchanged(tmp_path: Path) -> None:
    database = tmp_path / "bot.db"
    connection = sqlite3.connect(database)
    connection.executescript(VERSION_1.read_text())
    before = list(connection.iterdump())
    with pytest.raises(LedgerError) as refusal:
        open_ledger(f"sqlite:///{database}", owner="here:1:a")
    assert str(refusal.value) == (
        "The database was written by a version from before the first release (schema 1) and cannot be used. "
        "To keep its history, run `digestbot history --json > history.json` with that version; "
        "then move the database away and start again."
    )
    assert list(connection.iterdump()) == before
    connection.close()


@pytest.mark.parametrize("version", range(1, FIRST_VERSION))
def test_every_version_from_before_the_first_release_is_refused(version: int, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "bot.db")
    connection.execute("CREATE TABLE migrations (version INTEGER)")
    connection.execute("INSERT INTO migrations VALUES (?)", (version,))
    connection.commit()
    connection.close()
    with pytest.raises(LedgerError, match=rf"before the first release \(schema {version}\)"):
        open_ledger(f"sqlite:///{tmp_path}/bot.db", owner="here:1:a")


@pytest.mark.parametrize("url", [*on_postgres(), "sqlite"])
class TestBothDatabases:
    def empty(self, url: str, folder: Path) -> str:
        if url == "sqlite":
            return f"sqlite:///{folder}/bot.db"
        empty_postgres()
        return url

    def test_an_empty_database_gets_the_tables_and_their_version(self, url: str, tmp_path: Path) -> None:
        url = self.empty(url, tmp_path)
        with open_ledger(url, owner="here:1:a") as ledger, ledger.engine.begin() as connection:
            versions = connection.execute(text("SELECT version FROM migrations")).scalars().all()
            columns = {name: list(table) for name, table in shape(connection).items()}
        assert versions == [SCHEMA_VERSION]
        assert columns == {"migrations": ["version"]} | {
            name: [column.name for column in table.columns] for name, table in metadata.tables.items()
        }

    def test_a_later_version_is_one_step_away(
        self, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = self.empty(url, tmp_path)
        open_ledger(url, owner="here:1:a").close()
        next_version = SCHEMA_VERSION + 1

        def add_column(connection: Connection) -> None:
            connection.execute(text("ALTER TABLE pauses ADD COLUMN reason TEXT"))

        monkeypatch.setattr(ledger_module, "SCHEMA_VERSION", next_version)
        monkeypatch.setattr(ledger_module, "STEPS", {next_version: add_column})
        for _ in range(2):
            with open_ledger(url, owner="here:1:a") as ledger, ledger.engine.begin() as connection:
                versions = connection.execute(text("SELECT version FROM migrations")).scalars().all()
                assert versions == [SCHEMA_VERSION, next_version]
                assert "reason" in shape(connection)["pauses"]

    @pytest.mark.long
    def test_several_processes_at_once_create_the_tables_once(self, url: str, tmp_path: Path) -> None:
        url = self.empty(url, tmp_path)
        processes = [start(OPEN, url) for _ in range(3)]
        assert [told(process) for process in processes] == ["ready"] * 3
        for process in processes:
            tell(process)
        assert [end(process) for process in processes] == ["fine\n"] * 3

    def test_tables_of_another_program_are_left_alone(self, url: str, tmp_path: Path) -> None:
        url = self.empty(url, tmp_path)
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE pauses (cup TEXT)"))
            before = shape(connection)
        with pytest.raises(LedgerError, match="belongs to another program"):
            open_ledger(url, owner="here:1:a")
        with engine.begin() as connection:
            assert shape(connection) == before
        engine.dispose()
