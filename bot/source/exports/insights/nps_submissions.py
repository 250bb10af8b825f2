"""`nps_submissions`: answers by day, and by the categories that the form's columns hold.

The columns depend on the form. A column counts as a category when it has few different short values;
a heading that promises names, dates, ids or words of customers is never one. Customers also write
into columns that we do not know, so there each value must occur at least three times: what one person
wrote is not repeated three times.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.model import Column, Insight, Table, Unit, Window
from bot.source.exports.insights.columns import Columns, Row, is_blank, name, number, split_name
from bot.source.exports.insights.tallies import Cells, Scores

MAX_CATEGORIES = 20
MAX_CATEGORY_LENGTH = 40
MIN_ANSWERS = 3
VENDOR_COLUMNS = frozenset(
    {"network", "group", "account", "account name", "source type", "channel", "language"}
)
"""Headings of columns that the vendor fills, not the customer: their rare values are shown too."""

_PERSONAL = re.compile(
    r"id|uuid|date|time|at|day|name|user|username|handle|agent|customer|author|contact|email|mail|phone|"
    r"mobile|address|postcode|birthday|dob|age|url|link|ip|token|comments?|feedback|message|text|notes?|"
    r"reasons?|why|verbatim|words|score|rating|nps"
)
_KINDS = frozenset({"promoter", "promoters", "passive", "passives", "detractor", "detractors"})

SCORES = tuple(Column(name, Unit.COUNT) for name in ("promoters", "passives", "detractors"))
TOTALS = (Column("answers", Unit.COUNT), *SCORES)


class AnswerCounter:
    """Counts the answers of an export. A score that is no whole number of 0 to 10 is no answer."""

    def __init__(self, header: Sequence[str], window: Window, now: datetime) -> None:
        columns = Columns(header)
        self._score = columns.text("score", "nps score", "rating")
        self._submitted = columns.moment(
            ZoneInfo(window.zone), "submitted at", "date submitted", "submission date", "submitted", "date"
        )
        self._window = window
        self._totals = Scores()
        self._days = {day.isoformat(): Scores() for day in window.days}
        self._categories = [
            _Category(place, written) for place, written in enumerate(header) if may_be_category(written)
        ]

    def add(self, row: Row) -> None:
        """Count one answer."""
        score = number(self._score(row)) if self._score else None
        if score is None or not score.is_integer() or not 0 <= score <= 10:
            return
        self._totals.add(score)
        submitted = self._submitted(row) if self._submitted else None
        day = self._days.get(submitted.date().isoformat()) if submitted else None
        if day is not None:
            day.add(score)
        for category in self._categories:
            category.add(row, score)

    def insights(self) -> tuple[Insight, ...]:
        """Return `totals`, `by_day` and `by_category`, where the export has scores, dates and categories."""
        if not self._score:
            return ()
        insights = [Insight("totals", Table(TOTALS, ((self._totals.answers, *self._totals.cells),)))]
        if self._submitted:
            days = tuple((day, *scores.cells) for day, scores in self._days.items() if scores.answers)
            insights.append(Insight("by_day", Table((Column("day"), *SCORES), days)))
        if rows := tuple(row for category in self._categories for row in category.rows()):
            insights.append(
                Insight("by_category", Table((Column("column"), Column("category"), *TOTALS), rows))
            )
        return tuple(insights)


def may_be_category(heading: str) -> bool:
    """Return whether a heading does not promise the score, a name, date, id, or words of a customer."""
    plain, _ = split_name(heading)
    words = re.findall(r"[^\W_]+", plain)
    return plain in VENDOR_COLUMNS or (bool(words) and not any(_PERSONAL.fullmatch(word) for word in words))


class _Category:
    """Scores by the values of one column, given up at the first value too many or too long."""

    def __init__(self, place: int, heading: str) -> None:
        self._place = place
        self._heading = name(heading)
        self._min_answers = 1 if split_name(heading)[0] in VENDOR_COLUMNS else MIN_ANSWERS
        self._scores: dict[str, Scores] | None = {}

    def add(self, row: Row, score: float) -> None:
        value = row[self._place]
        if self._scores is None or is_blank(value):
            return
        value = value.strip() if len(value) < 4 * MAX_CATEGORY_LENGTH else value
        scores = self._scores.get(value)
        if scores is None:
            if len(self._scores) >= MAX_CATEGORIES or len(value) > MAX_CATEGORY_LENGTH or "@" in value:
                self._scores = None
                return
            scores = self._scores[value] = Scores()
        scores.add(score)

    def rows(self) -> list[Cells]:
        """Return the categories, most answers first; none below two, or if they repeat the score's kinds."""
        categories = self._scores or {}
        is_useful = len(categories) > 1 and not {value.lower() for value in categories} <= _KINDS
        if not is_useful or any(scores.answers < self._min_answers for scores in categories.values()):
            return []
        ranked = sorted(categories.items(), key=lambda item: (-item[1].answers, item[0]))
        return [(self._heading, name(value), scores.answers, *scores.cells) for value, scores in ranked]
