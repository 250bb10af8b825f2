"""Which id an address as written stands for: asked of the provider once, then remembered."""

from sqlalchemy import ColumnElement, Connection, Engine, select, update

from bot.ledger.dialect import insert_missing, read, transact
from bot.ledger.schema import addresses


class SqlAddressBook:
    """The addresses of one channel ('slack') and one workspace, told apart by `scope`."""

    def __init__(self, engine: Engine, scope: str) -> None:
        self._engine = engine
        self._scope = scope

    def get(self, written: str) -> str | None:
        """The remembered id, or None. Raises LedgerError."""
        wanted = select(addresses.c.address).where(*self._at(written))
        return read(self._engine, lambda c: c.execute(wanted).scalar_one_or_none())

    def put(self, written: str, address: str) -> None:
        """Remember it, in place of what was remembered before. Raises LedgerError."""
        row = {"channel": self._scope, "written": written, "address": address}

        def replace(connection: Connection) -> None:
            if not insert_missing(connection, addresses, row):
                newer = update(addresses).where(*self._at(written))
                connection.execute(newer.values(address=address))

        transact(self._engine, replace)

    def _at(self, written: str) -> tuple[ColumnElement[bool], ...]:
        return addresses.c.channel == self._scope, addresses.c.written == written
