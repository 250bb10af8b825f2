"""The tables of schema version 1; later ones add to them. Instants are microseconds since 1970 UTC."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

migrations = Table(
    "migrations",
    MetaData(),  # apart: it exists before any version
    Column("version", Integer, primary_key=True, autoincrement=False),
)

digests = Table(
    "digests",
    metadata,
    Column("name", Text, primary_key=True),
    Column("first_seen", BigInteger, nullable=False),
    Column("settled_until", BigInteger, nullable=False),
)

occurrences = Table(
    "occurrences",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("slice", Text, nullable=False),
    Column("window", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("state", Text, nullable=False),
    # The state to return to when tests of an ended occurrence are over; NULL otherwise.
    Column("resting", Text),
    # False while only tests were planned: the real firing is still to come.
    Column("real", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", BigInteger),
    Column("fence", BigInteger, nullable=False),
    Column("owner", Text),
    Column("lease_until", BigInteger),
    Column("planned_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    UniqueConstraint("digest", "due", "slice"),
    Index("occurrences_by_state", "state", "due"),
)

editions = Table(
    "editions",
    metadata,
    Column("occurrence", Text, ForeignKey("occurrences.id"), primary_key=True),
    Column("agents", Text, primary_key=True),
    Column("content", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("key", Text, primary_key=True),
    Column("occurrence", Text, ForeignKey("occurrences.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", BigInteger),
    Column("fence", BigInteger, nullable=False),
    Column("owner", Text),
    Column("lease_until", BigInteger),
    Column("started_at", BigInteger),
    Column("sent_at", BigInteger),
    Column("provider_id", Text, nullable=False),
    Column("error", Text, nullable=False),
    UniqueConstraint("occurrence", "channel", "address", "kind"),
    Index("deliveries_by_state", "state", "lease_until"),
)

# Append-only: one row for every attempt that ended, whatever becomes of the delivery later.
attempts = Table(
    "attempts",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("delivery", Text, ForeignKey("deliveries.key"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("attempts_by_delivery", "delivery", "number"),
)

# The limiter: one row per token (its hash), and one stamp per request still in the window.
limits = Table(
    "limits",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("blocked_at", BigInteger),
    Column("blocked_for", BigInteger),
)

stamps = Table(
    "stamps",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("token_hash", Text, ForeignKey("limits.token_hash"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("stamps_by_token", "token_hash", "at"),
)

# What an address as written stands for at its provider ("#care" is C0123ABCD), looked up once.
addresses = Table(
    "addresses",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("written", Text, primary_key=True),
    Column("address", Text, nullable=False),
)
