"""An address is looked up once and remembered, for each workspace apart."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine

from bot.ledger import AddressBook, open_ledger

NOW = datetime(2018, 5, 6, 23, 0, tzinfo=UTC)


def test_latest_address_is_remembered_for_each_workspace_apart(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/bot.db", owner="here:1:a") as ledger:
        book = AddressBook(ledger.engine, "slack/one")
        assert book.get("#care") is None
        book.put("#care", "C0000001", NOW - timedelta(days=1))
        book.put("#care", "C0000002", NOW)
    with open_ledger(f"sqlite:///{tmp_path}/bot.db", owner="here:2:b") as ledger:
        assert AddressBook(ledger.engine, "slack/one").get("#care") == ("C0000002", NOW)
        assert AddressBook(ledger.engine, "slack/two").get("#care") is None


def test_address_book_knows_nothing_while_the_database_is_away(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/missing/bot.db")
    book = AddressBook(engine, "slack/one")
    book.put("#care", "C0000002", NOW)
    assert book.get("#care") is None
