"""What schema version 4 adds: when a stopped channel is tried again, and which secret was refused."""

from sqlalchemy import BigInteger, Column, MetaData, Table, Text

# Version 3's table with the columns that version 4 adds. Apart, for it is altered and not created.
channel_stops = Table(
    "channel_stops",
    MetaData(),
    Column("channel", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("told_at", BigInteger),
    Column("again_at", BigInteger),
    # The hash of the secret that was refused: another one may be tried at once.
    Column("credential", Text),
)
