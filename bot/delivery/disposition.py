"""What follows from what was composed: it goes out, goes to nobody, waits for a person, or is fetched again.

Pure. A correction goes out whatever the conditions say: readers have the version before.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.delivery.editions import ComposedEditions
from bot.delivery.retry_policy import next_fetch
from bot.errors import SourceUnavailable
from bot.model import OccurrenceRecord


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Why it is `held` for a person, or why it is `kept_back` from everybody; both '' when it goes out."""

    held: str = ""
    kept_back: str = ""


def conclude(record: OccurrenceRecord, said: ComposedEditions, now: datetime) -> Conclusion:
    """Doubt comes first: figures that are perhaps somebody else's meet no condition.

    Raises SourceUnavailable while what could not be loaded is to be fetched again (`if_incomplete: hold`).
    """
    if said.held:
        return Conclusion(held=said.held)
    if said.incomplete and record.definition.if_incomplete == "hold":
        return Conclusion(held=_after_waiting(record, said.incomplete, now))
    if record.occurrence.number:
        return Conclusion()
    return Conclusion(kept_back=said.kept_back)


def _after_waiting(record: OccurrenceRecord, incomplete: tuple[str, ...], now: datetime) -> str:
    """Why a person has to decide, once the grace is over; a release sends it with what is missing marked."""
    words = " ".join(incomplete)
    waits = SourceUnavailable(f"It is not sent incomplete (if_incomplete: hold). {words}")
    if next_fetch(record, waits, now) is not None:
        raise waits
    return f"{words} It stayed so until its grace ended (if_incomplete: hold)."
