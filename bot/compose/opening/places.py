"""Where it was most: the day, network or topic on which something concentrates, if there is one.

A place is named only when it has clearly more than its share of the replies would bring by chance. That is
what the data holds of a cause; where it holds none, none is named.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.compose.figures.context import Context, figure
from bot.compose.figures.reading import Row, export_of, number, table_rows, word
from bot.compose.figures.wording import plural
from bot.compose.stats.chance import threshold
from bot.model import ExportFile, Figure, Unit

REPORT = "mention_sla_export"
INSIGHTS: Mapping[str, str] = {"day": "sla_by_day", "network": "sla_by_network", "topic": "sla_by_topic"}
Kind = Literal["day", "network", "topic"]

FEWEST, A_THIRD, MUCH_MORE = 10, 1 / 3, 1.5
"""A place has at least ten replies over SLA, a third of all, and half again what its share would bring."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where replies over SLA concentrate: `over` of them there, `all` of them; `share` of the replies."""

    kind: Kind
    name: str
    key: str
    over: Figure
    all: Figure
    share: Figure
    excess: float

    @property
    def is_most(self) -> bool:
        """Whether more than half of them are there."""
        return 2 * (self.over.value or 0) > (self.all.value or 0)

    @property
    def there(self) -> str:
        """'were to messages from Wednesday', after a number of replies."""
        verb = plural(self.over.value or 0, "was", "were")
        preposition = {"day": "from", "network": "on", "topic": "about"}[self.kind]
        name = f"“{self.name}”" if self.kind == "topic" else self.name
        return f"{verb} to messages {preposition} {name}"

    def part(self, of_what: str) -> str:
        """'most of them, 98, were to messages from Wednesday'; `of_what` is 'them'."""
        some = f"most of {of_what}, {self.over.text}," if self.is_most else f"{self.over.text} of {of_what}"
        return f"{some} {self.there}"


def places(context: Context) -> tuple[Place, ...]:
    """At most one place a kind, where most is unexplained first; () where the data shows none."""
    file = export_of(context.current(REPORT)) if context.asks(REPORT) else None
    totals = table_rows(file.insight("totals")) if file else ()
    if file is None or not totals:
        return ()
    found = [_place(kind, file, totals[0], context) for kind in ("day", "network", "topic")]
    return tuple(sorted((place for place in found if place), key=lambda place: -place.excess))


def _place(kind: Kind, file: ExportFile, total: Row, context: Context) -> Place | None:
    rows = [row for row in table_rows(file.insight(INSIGHTS[kind])) if word(row, kind)]
    replies, over = number(total, "replies"), number(total, "over_sla")
    if len(rows) < (3 if kind == "day" else 2) or not replies or not over or replies < over:
        return None
    best = max(rows, key=lambda row: _excess(row, replies, over))
    if not _stands_out(best, replies, over, len(rows)):
        return None
    key = word(best, kind)
    subject = f"{kind}={key}"
    return Place(
        kind,
        _called(key, context) if kind == "day" else key,
        key,
        figure(f"{REPORT}.over_sla", number(best, "over_sla"), Unit.COUNT, context.words, subject=subject),
        figure(f"{REPORT}.over_sla", over, Unit.COUNT, context.words),
        figure(
            f"{REPORT}.share_of_replies",
            (number(best, "replies") or 0) / replies,
            Unit.SHARE,
            context.words,
            subject=subject,
        ),
        _excess(best, replies, over),
    )


def _excess(row: Row, replies: float, over: float) -> float:
    """How many more were over SLA there than its share of the replies would bring."""
    return (number(row, "over_sla") or 0) - over * (number(row, "replies") or 0) / replies


def _stands_out(row: Row, replies: float, over: float, rows: int) -> bool:
    here, share = number(row, "over_sla") or 0, (number(row, "replies") or 0) / replies
    if not 0 < share < 1 or here < max(FEWEST, over * A_THIRD, MUCH_MORE * over * share) or here > over:
        return False
    return (here - over * share) / math.sqrt(over * share * (1 - share)) > threshold(rows)


def _called(day: str, context: Context) -> str:
    """'Wednesday' in a week, 'Wed 18 November' in a longer window."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return day
    return day_in(found, context)


def day_in(day: date, context: Context) -> str:
    """A day's name in a sentence: its weekday where that names it, else the date."""
    short = len(context.dataset.window.days) <= 7
    return context.words.day(day) if short else context.words.dated(day)
