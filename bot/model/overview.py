"""What somebody sees who looks at the service: the newest, what went wrong, and how many of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.model.occurrence import DeliveryState, OccurrenceState
from bot.model.records import DeliveryRecord, OccurrenceRecord


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of what is real the ledger holds; tests count nowhere.

    `occurrences` and `deliveries` (by channel) as they stand now; `tries` at deliveries by how each ended,
    which only grow until they are forgotten.
    """

    occurrences: Mapping[OccurrenceState, int]
    deliveries: Mapping[tuple[str, DeliveryState], int]
    tries: Mapping[tuple[str, DeliveryState], int]


class Overview(Protocol):
    """The part of the port `Ledger` that a status page reads; its cost does not grow with a long past."""

    def recent(self, count: int) -> tuple[tuple[OccurrenceRecord, tuple[DeliveryRecord, ...]], ...]:
        """The `count` occurrences that were due last, with their duties, newest first."""

    def unserved(self, count: int) -> tuple[tuple[OccurrenceRecord, tuple[DeliveryRecord, ...]], ...]:
        """As `recent`, of those real ones that failed or have a real delivery that is failed or unknown."""

    def tally(self) -> Tally:
        """How many of each."""
