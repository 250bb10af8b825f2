"""The tables. Instants are microseconds since 1970 UTC; `ledger.py` creates and migrates them."""

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    event,
)

metadata = MetaData()

_ROW_ID = BigInteger().with_variant(Integer, "sqlite")

migrations = Table(
    "migrations",
    MetaData(),  # apart: it exists before any version
    Column("version", Integer, primary_key=True, autoincrement=False),
)

digests = Table(
    "digests",
    metadata,
    Column("name", Text, primary_key=True),
    # Every firing up to this instant is planned or skipped.
    Column("planned_through", BigInteger, nullable=False),
    # When it fired by the file that was planned last, as JSON; '' when that is not known.
    Column("timing", Text, nullable=False, server_default=""),
)

occurrences = Table(
    "occurrences",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("slice", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # Which alert it is; the number of a correction; the occurrence that either is about, '' for none.
    Column("topic", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("about", Text, nullable=False),
    # What an alert says that the ledger knows from nowhere else, as JSON.
    Column("payload", Text, nullable=False),
    Column("window", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", BigInteger),
    Column("fence", BigInteger, nullable=False),
    Column("owner", Text),
    Column("planned_at", BigInteger, nullable=False),
    # When a person last asked that it is sent (`release`, `resend`).
    Column("asked_at", BigInteger),
    Column("ended_at", BigInteger),
    Index("occurrences_by_digest", "digest", "due", "slice"),
    Index("occurrences_by_state", "state", "due"),
    Index("occurrences_by_about", "about"),
)

# Snapshots: what an occurrence says, frozen, one row for each way of showing agents.
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
    # The idempotency key of the latest claim: who asked twice, for the first answer was lost, has it.
    Column("claim", Text, nullable=False, server_default=""),
    Column("started_at", BigInteger),
    Column("sent_at", BigInteger),
    Column("provider_id", Text, nullable=False),
    Column("error", Text, nullable=False),
    Index("deliveries_by_occurrence", "occurrence", "position"),
    Index("deliveries_by_state", "state", "owner"),
)

# Append-only: one row for every attempt that ended, whatever becomes of the delivery later.
attempts = Table(
    "attempts",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
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

# Append-only journal, one row for each event of an occurrence. An event that repeats without another
# in between (waiting for the rate limit) is one row, counted in `times` until `last_at`.
events = Table(
    "events",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("occurrence", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Index("events_by_occurrence", "occurrence", "id"),
)

# Digests that a person paused; `paused: true` in the file is another thing.
pauses = Table(
    "pauses",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("paused_at", BigInteger, nullable=False),
)

# Who shares this database, by the database's clock. On SQLite a file lock tells who lives, on PostgreSQL
# `beat_at`; since `steady_since` it came regularly.
processes = Table(
    "processes",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("version", Text, nullable=False),
    # The hash of the configuration that it works with, '' before it has one.
    Column("file", Text, nullable=False),
    Column("joined_at", BigInteger, nullable=False),
    Column("beat_at", BigInteger, nullable=False),
    Column("steady_since", BigInteger, nullable=False),
)

# Which process plans, until when (PostgreSQL).
turns = Table(
    "turns",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)

# Configurations by their hash: of those in use, the one that was loaded first last is in force.
files = Table(
    "files",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("first_loaded", BigInteger, nullable=False),
)

# Which processes work on which occurrences now.
work = Table(
    "work",
    metadata,
    Column("occurrence", Text, primary_key=True),
    Column("owner", Text, primary_key=True),
)

# Suspects: what may have ended a process, and how many it surely did.
crashes = Table(
    "crashes",
    metadata,
    Column("occurrence", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    # Until when it is set aside, before it is tried once more.
    Column("aside_until", BigInteger),
)

# Channels whose login was refused: one attempt after `retry_at`, and nothing before.
open_circuits = Table(
    "open_circuits",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("retry_at", BigInteger, nullable=False),
    # The hash of the secret that was refused: another one may be tried at once.
    Column("credential", Text, nullable=False),
)

# The provider's id of an address as written ("#care" is C0123ABCD), and when it was looked up.
addresses = Table(
    "addresses",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("written", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# Answers of the API, by the hash of token and question; the newest one of each.
answers = Table(
    "answers",
    metadata,
    Column("key", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("fetched_at", BigInteger, nullable=False),
    Column("settled", Boolean, nullable=False),
)

# Single flight: who may request an answer now.
answer_locks = Table(
    "answer_locks",
    metadata,
    Column("key", Text, primary_key=True),
    Column("owner", Text, nullable=False),
)

export_jobs = Table(
    "export_jobs",
    metadata,
    Column("key", Text, primary_key=True),
    Column("token", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("starts", Integer, nullable=False),
    # When its status was last requested; NULL before the first time.
    Column("polled_at", BigInteger),
)

# Exports that every host can read, in compressed pieces; empty on SQLite, where one host has them all.
export_parts = Table(
    "export_parts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    Column("written_at", BigInteger, nullable=False),
)
# The pieces are compressed already.
STORE_AS_IS = "ALTER TABLE export_parts ALTER COLUMN content SET STORAGE EXTERNAL"
event.listen(
    export_parts,
    "after_create",
    DDL(STORE_AS_IS).execute_if(dialect="postgresql"),  # type: ignore[no-untyped-call]
)

# Who was ever a member of which group, by the token's hash; never deleted.
members = Table(
    "members",
    metadata,
    Column("account", Text, primary_key=True),
    Column("group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
)

# The rate limit: one row per token (its hash), and one stamp per request that still counts.
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
    Column("id", _ROW_ID, primary_key=True),
    Column("token_hash", Text, ForeignKey("limits.token_hash"), nullable=False),
    Column("at", BigInteger, nullable=False),
    # When the request was over; NULL while it is in flight.
    Column("landed_at", BigInteger),
    Index("stamps_by_token", "token_hash", "at"),
)
