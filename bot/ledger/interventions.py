"""What people and upkeep do to the ledger on SQLite or PostgreSQL: the port `Interventions`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine

from bot.ledger import backfilling, correcting, journal, pausing, pruning, reading
from bot.ledger.dialect import read, transact, vacuum
from bot.model import (
    Agents,
    Attempt,
    Cutoffs,
    Delivery,
    Digest,
    Edition,
    Event,
    EventKind,
    Occurrence,
    OccurrenceRecord,
    Pruned,
)


class SqlInterventions:
    """A part of `SqlLedger`. Every method but `prune` and `compact` is one transaction."""

    engine: Engine

    def attempts(self, delivery_key: str) -> tuple[Attempt, ...]:
        """Every ended try at a delivery, in order: what `explain` shows."""
        return read(self.engine, lambda c: reading.attempts_of(c, delivery_key))

    def events(self, occurrence_id: str) -> tuple[Event, ...]:
        """What happened to an occurrence, in order; () for one that is not known."""
        return read(self.engine, lambda c: journal.read_events(c, occurrence_id))

    def note(self, occurrence_id: str, words: str, now: datetime) -> None:
        """Append something worth knowing to what happened."""
        transact(self.engine, lambda c: journal.write(c, occurrence_id, EventKind.NOTED, words, now))

    def pause(self, digest: str, now: datetime) -> bool:
        """Firings of this digest are skipped from `now` on. False when it was paused already."""
        return transact(self.engine, lambda c: pausing.pause(c, digest, now))

    def resume(self, digest: str) -> datetime | None:
        """End the pause; since when (UTC) it was paused, None when it was not."""
        return transact(self.engine, lambda c: pausing.resume(c, digest))

    def paused(self) -> Mapping[str, datetime]:
        """Each paused digest, and since when (UTC)."""
        return read(self.engine, pausing.paused)

    def correct(
        self,
        occurrence: Occurrence,
        correction: Occurrence,
        definition: Digest,
        deliveries: Sequence[Delivery],
        now: datetime,
    ) -> bool:
        """Plan a correction of `occurrence`, whose own duties that nobody got become `cancelled`.

        False when that correction was planned before.
        """
        return transact(
            self.engine,
            lambda c: correcting.correct(c, occurrence, correction, definition, deliveries, now),
        )

    def corrections(self, occurrence: Occurrence) -> tuple[OccurrenceRecord, ...]:
        """The corrections of an occurrence that is none itself, oldest first."""
        return read(self.engine, lambda c: correcting.corrections(c, occurrence))

    def backfill(
        self, occurrence: Occurrence, definition: Digest, editions: Mapping[Agents, Edition], now: datetime
    ) -> bool:
        """Keep what a past occurrence would have said; nobody gets it.

        False unless it is unknown, or was skipped without content. The real firing may still be
        planned, by a person who asks for it; then it is fetched anew.
        """
        return transact(self.engine, lambda c: backfilling.backfill(c, occurrence, definition, editions, now))

    def prune(self, cutoffs: Cutoffs, now: datetime) -> Pruned:
        """Forget what is older than `cutoffs`, in several transactions. What has not ended stays.

        What is held since before `cutoffs.artifacts` is discarded first: its content may not be kept.
        """
        return pruning.prune(self.engine, cutoffs, now)

    def compact(self) -> bool:
        """Leave no trace of what was forgotten in the database's files; False when others prevented that."""
        return vacuum(self.engine)
