"""Small tables counted from exports, in the same single pass that checks the file.

One file per export type and one line in `COUNTERS`. Columns are found by their names: a table that needs a
missing column is left out, a value that cannot be read is skipped. Memory does not grow with the file.
Customers' words and names never enter a table.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.model import ExportFile, Insight, Window
from bot.source.exports.csv_check import checked_rows
from bot.source.exports.insights.agents import AgentCounter
from bot.source.exports.insights.case_details import CaseCounter
from bot.source.exports.insights.mention_sla_export import MessageCounter
from bot.source.exports.insights.nps_submissions import AnswerCounter


class Counter(Protocol):
    """Counts the rows of one file."""

    def add(self, row: Sequence[str]) -> None:
        """Count one row, as wide as the header."""

    def insights(self) -> tuple[Insight, ...]:
        """Return what was counted so far, as tables."""


COUNTERS: Mapping[str, Callable[[Sequence[str], Window, datetime], Counter]] = {
    "case_details": CaseCounter,
    "nps_submissions": AnswerCounter,
    "mention_sla_export": MessageCounter,
}
"""What counts each export, made from its header, its window and the present (UTC)."""


def measure(report: str, path: Path, window: Window, now: datetime) -> ExportFile:
    """Check the export of type `report` at `path` and count it, row by row.

    Days and hours are those of the window's zone; `now` (UTC) bounds ages. Raises SourceUnclear for
    a file that is not a whole CSV (see `checked_rows`).
    """
    with closing(checked_rows(path, report)) as rows:
        header = next(rows)
        counter, agents = COUNTERS[report](header, window, now), AgentCounter(header)
        count = 0
        for count, row in enumerate(rows, 1):  # noqa: B007 - the last number is how many there were
            counter.add(row)
            agents.add(row)
    insights = (*counter.insights(), *agents.insights())
    return ExportFile(path.name, count, path.stat().st_size, tuple(header), insights)
