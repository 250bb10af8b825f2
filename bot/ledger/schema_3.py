"""What schema version 3 adds: pauses, what operators are told, what crashes, and a journal for `explain`."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

metadata_3 = MetaData()

# Digests that a person paused, and since when; in the file it is another thing (`paused: true`).
pauses = Table(
    "pauses",
    metadata_3,
    Column("digest", Text, primary_key=True),
    Column("paused_at", BigInteger, nullable=False),
)

# What fails again and again is told once: when it began, how often it failed, and when somebody was told.
streaks = Table(
    "streaks",
    metadata_3,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("told_at", BigInteger),
)

# How many processes died at work on an occurrence, and the last of them.
crashes = Table(
    "crashes",
    metadata_3,
    Column("occurrence", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("count", Integer, nullable=False),
)

# Channels whose secret was refused: nothing more is tried with them until a person mended it.
channel_stops = Table(
    "channel_stops",
    metadata_3,
    Column("channel", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("told_at", BigInteger),
)

# Append-only, one row for each thing that happened to an occurrence, in words for people. What happens
# again and again without anything between (waiting for the request limit) is one row, counted in `times`
# until `last_at`.
events = Table(
    "events",
    metadata_3,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("occurrence", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Index("events_by_occurrence", "occurrence", "id"),
)
