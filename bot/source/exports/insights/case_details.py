"""`case_details`: how many cases, how long they took, and the ten that took longest."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.model import Column, Insight, Table, Unit, Window
from bot.source.exports.insights.columns import Columns, Row, is_blank, minutes_of, name, number
from bot.source.exports.insights.tallies import Cells, Longest, Mean

SLOWEST = 10
TOTALS = (
    Column("cases", Unit.COUNT),
    Column("open", Unit.COUNT),
    Column("resolution", Unit.SECONDS),
    Column("first_reply", Unit.SECONDS),
)
SLOW_CASES = (
    *map(Column, ("case", "account", "network", "opened")),
    Column("resolution", Unit.SECONDS),
    Column("first_reply", Unit.SECONDS),
    Column("agents", Unit.COUNT),
)


class CaseCounter:
    """Counts the cases of an export. Figures whose column is missing are None."""

    def __init__(self, header: Sequence[str], window: Window, now: datetime) -> None:
        columns = Columns(header)
        self._id = columns.text("case id", "case number", "case", "id")
        self._account = columns.text("account", "account name")
        self._network = columns.text("network", "source type")
        self._opened = columns.moment(ZoneInfo(window.zone), "date opened", "opened")
        self._closed = columns.text("date closed", "closed")
        self._resolution = columns.seconds("resolution time")
        self._first_reply = columns.seconds("first reply time")
        self._agents = columns.text("agents involved")
        self._cases = self._open = 0
        self._mean_resolution, self._mean_first_reply = Mean(), Mean()
        self._slow = Longest(SLOWEST)

    def add(self, row: Row) -> None:
        """Count one case."""
        self._cases += 1
        self._open += self._closed is not None and is_blank(self._closed(row))
        resolution = self._resolution(row) if self._resolution else None
        first_reply = self._first_reply(row) if self._first_reply else None
        self._mean_resolution.add(resolution)
        self._mean_first_reply.add(first_reply)
        if resolution is not None:
            self._slow.add(resolution, lambda: self._cells(row, resolution, first_reply))

    def insights(self) -> tuple[Insight, ...]:
        """Return `totals`; and `slow_cases` where resolution times can be read."""
        still_open = self._open if self._closed else None
        totals = (self._cases, still_open, self._mean_resolution.value, self._mean_first_reply.value)
        insights = [Insight("totals", Table(TOTALS, (totals,)))]
        if self._slow.rows:
            insights.append(Insight("slow_cases", Table(SLOW_CASES, self._slow.rows)))
        return tuple(insights)

    def _cells(self, row: Row, resolution: float, first_reply: float | None) -> Cells:
        return (
            (name(self._id(row)) if self._id else "") or str(self._cases),
            name(self._account(row)) if self._account else "",
            name(self._network(row)) if self._network else "",
            minutes_of(self._opened(row)) if self._opened else "",
            resolution,
            first_reply,
            number(self._agents(row)) if self._agents else None,
        )
