"""What goes wrong, as the ledger remembers it: stopped channels, processes that died, and what is news."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.model.occurrence import Delivery
from bot.model.records import DeliveryRecord, OccurrenceRecord


@dataclass(frozen=True, slots=True)
class ChannelStop:
    """A channel that does not let us in: nothing is tried with it before `again_at` (UTC).

    `credential` is the hash of the secret that was refused, '' where nobody knows.
    """

    channel: str
    reason: str
    since: datetime
    again_at: datetime
    credential: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """A real occurrence that ended, and the one of its digest and slice that ended before it."""

    record: OccurrenceRecord
    before: OccurrenceRecord | None = None


class Troubles(Protocol):
    """The part of the port `Ledger` that is about what went wrong."""

    def stop_channel(self, channel: str, reason: str, credential: str, now: datetime) -> bool:
        """Nothing is sent through this channel for an hour. False when it was stopped before."""

    def try_channel(self, channel: str, now: datetime) -> None:
        """The next try with a stopped channel may be now: a person asks, or its secret changed."""

    def channel_stops(self) -> tuple[ChannelStop, ...]:
        """Every stopped channel; a delivery that is sent ends the stop of its channel."""

    def expire(self, delivery: Delivery, reason: str, now: datetime) -> bool:
        """End a duty that waits as `failed`: it was surely not sent, and nobody tries again."""

    def enter(self, occurrence_id: str) -> int:
        """This process begins to work on it; how many processes died at that before."""

    def leave(self, occurrence_id: str) -> None:
        """This process is alive after its work on it."""

    def leave_all(self) -> None:
        """This process ends in order: what it may be killed at now is no death."""

    def give_up(self, occurrence_id: str, reason: str, now: datetime) -> bool:
        """End what waits of an occurrence as `failed`, and the occurrence with it. False once it ended."""

    def endings(self, since: datetime, told: str) -> tuple[Ended, ...]:
        """Real occurrences that ended since then (UTC) and are news, in the order they ended.

        They failed; or they are done after one that had failed, or beside an occurrence of the same
        digest and due whose slice begins with `told`.
        """

    def due_between(
        self, start: datetime, end: datetime
    ) -> tuple[tuple[OccurrenceRecord, tuple[DeliveryRecord, ...]], ...]:
        """Every real occurrence due from `start` to before `end` (UTC), with its duties, oldest first."""
