"""What schema version 2 adds: answers shared by everybody who asks, and requests that have landed."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Table, Text

metadata_2 = MetaData()

# What the API said, by the hash of token and question; one row per question, the newest answer.
answers = Table(
    "answers",
    metadata_2,
    Column("key", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("fetched_at", BigInteger, nullable=False),
    Column("settled", Boolean, nullable=False),
)

# The sole right to ask a question now. `holder` is new at every grant, so that a lost right stays lost.
asking = Table(
    "asking",
    metadata_2,
    Column("key", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
)

export_jobs = Table(
    "export_jobs",
    metadata_2,
    Column("key", Text, primary_key=True),
    Column("token", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("starts", Integer, nullable=False),
    # When its status was last asked for; NULL before the first time.
    Column("polled_at", BigInteger),
)

# Who was ever seen in which group, by the token's hash; never forgotten.
members = Table(
    "members",
    metadata_2,
    Column("account", Text, primary_key=True),
    Column("group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("first_seen", BigInteger, nullable=False),
)

verified_filters = Table(
    "verified_filters",
    metadata_2,
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

# Version 1's table with the column that version 2 adds. Apart, for it is altered and not created:
# a process of the version before that still runs goes on to be counted.
stamps = Table(
    "stamps",
    MetaData(),
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("token_hash", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    # When the request was surely over; NULL while it is on its way.
    Column("landed_at", BigInteger),
)
