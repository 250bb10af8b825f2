"""The history of the contact centre: day by day, conversation by conversation."""

from collections.abc import Iterator
from datetime import UTC, datetime

from activity_emulator.generator.chance import Chance
from activity_emulator.generator.conversations import (
    MESSAGES_PER_CONVERSATION,
    Ids,
    conversation_rows,
    opening,
)
from activity_emulator.generator.customers import customer_of, customer_rows
from activity_emulator.generator.days import Day, Hours, days, microseconds
from activity_emulator.generator.desk import Desk
from activity_emulator.generator.people import Rosters, people_rows
from activity_emulator.generator.texts import CLASSIFICATIONS
from activity_emulator.log.schema import VERSION, Row


def generate(seed: int, now: datetime) -> Iterator[Row]:
    """Yield all rows of the log, instants as microseconds since 1970 UTC, none after `now` (aware).

    A pure function: the same seed and `now` give the same rows in the same order on any machine. The events
    of a day hardly depend on `now`: only the bad Tuesday of the last full week and the month in which the
    thin history ends move with it.
    """
    end = microseconds(now.astimezone(UTC))
    yield "meta", (VERSION, seed, end)
    yield from people_rows(seed, now)
    yield from customer_rows(seed)
    yield from (("classifications", classification) for classification in CLASSIFICATIONS)
    all_days = days(seed, now)
    desk = Desk(all_days, Hours(all_days), Rosters(seed, all_days))
    ids = Ids()
    for number, day in enumerate(all_days):
        yield from _day_rows(seed, desk, ids, number, day, end)


def _day_rows(seed: int, desk: Desk, ids: Ids, number: int, day: Day, end: int) -> Iterator[Row]:
    chance = Chance(seed, "day", day.date)
    count = int(day.expected / MESSAGES_PER_CONVERSATION * chance.between(0.92, 1.08) + chance.share())
    for place in range(count):
        start = opening(chance, number, day, customer_of(day.date.toordinal(), place))
        if start.at <= end:
            yield from conversation_rows(chance, desk, ids, start, end)
