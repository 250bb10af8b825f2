"""Reports of single named values: as tiles, as a table, and as they were before."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.compose.figures.comparison import compare, judge_target, no_comparison, told_apart
from bot.compose.figures.context import Context, figure
from bot.compose.figures.metrics import Metric
from bot.compose.figures.reading import Values, values_of
from bot.compose.stats.past import history
from bot.compose.stats.signal import UNKNOWN, Signal, signal
from bot.model import (
    Cell,
    Change,
    Empty,
    Figure,
    Kpi,
    Slot,
    TableBlock,
    TableColumn,
    Unavailable,
    Unit,
)

TARGET = "target"
"""The subject of a figure that is a target."""

Explain = Callable[[Metric, Values, Context], str]


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """A report of named values: its metrics, what explains each, and `read`, which mends what the API
    means otherwise than it says."""

    report: str
    metrics: tuple[Metric, ...]
    explain: Explain
    read: Callable[[Slot | None], Values | None] = values_of

    def tiles(self, context: Context) -> dict[str, Kpi]:
        """Each metric's tile by its name; empty when the report is not there."""
        values = self.read(context.current(self.report))
        if values is None:
            return {}
        before = self.read(context.previous(self.report))
        return {metric.name: self._tile(metric, values, before, context) for metric in self.metrics}

    def before(self, context: Context) -> dict[str, tuple[Metric, Figure]]:
        """Every figure of the compared window by its full name, as it is fetched today."""
        values = self.read(context.previous(self.report))
        if values is None:
            return {}
        shown = {metric: self._figure(metric, values, context, previous=True) for metric in self.metrics}
        return {one.metric: (metric, one) for metric, one in shown.items()}

    def signal(self, metric: Metric, context: Context) -> Signal:
        """Whether one of the metrics is news."""
        values = self.read(context.current(self.report))
        before = self.read(context.previous(self.report))
        return UNKNOWN if values is None else signal(metric, self.report, values, before, context)

    def _tile(self, metric: Metric, values: Values, before: Values | None, context: Context) -> Kpi:
        current = self._figure(metric, values, context)
        limit = context.target(metric.name)
        found = signal(metric, self.report, values, before, context)
        return Kpi(
            metric.label,
            current,
            told_apart(self._change(metric, current, before, context), metric, found),
            None if limit is None else judge_target(metric, current.value, limit, context.words),
            self.explain(metric, values, context),
            history(context, current.metric, current.value),
            (*self._evidence(metric, values, context), *(found.usual or ())),
        )

    def _evidence(self, metric: Metric, values: Values, context: Context) -> tuple[Figure, ...]:
        """The counts that a figure rests on, and its target: whatever the words about it may state."""
        names = (metric.part, metric.base, metric.sample)
        counts = [
            figure(f"{self.report}.{name}", values[name], Unit.COUNT, context.words)
            for name in names
            if values.get(name) is not None
        ]
        limit = context.target(metric.name)
        if limit is None:
            return tuple(counts)
        name = f"{self.report}.{metric.name}"
        return (*counts, figure(name, limit, metric.unit, context.words, subject=TARGET))

    def _change(self, metric: Metric, current: Figure, before: Values | None, context: Context) -> Change:
        previous = None if before is None else self._figure(metric, before, context, previous=True)
        return compare_windows(metric, current, previous, self.report, context)

    def _figure(self, metric: Metric, values: Values, context: Context, *, previous: bool = False) -> Figure:
        name = f"{self.report}.{metric.name}"
        return figure(name, metric.of(values), metric.unit, context.words, previous=previous)


def compare_windows(
    metric: Metric, current: Figure, previous: Figure | None, report: str, context: Context
) -> Change:
    """The change against the compared window, or which of the reasons it is that there is none."""
    slot = context.previous(report)
    if previous is not None:
        return compare(metric, current, previous, context.words)
    if isinstance(slot, Empty):
        return no_comparison(f"nothing in {context.before}")
    if slot is None:
        return no_comparison("")
    reason = "not loaded" if isinstance(slot, Unavailable) else "no figures"
    return no_comparison(f"{context.before}: {reason}")


def values_table(
    report: str, title: str, caption: str, tiles: dict[str, Kpi], context: Context
) -> TableBlock:
    """One row a figure: this window, the one before and the change; without a comparison one column."""
    compared = any(kpi.change.previous is not None for kpi in tiles.values())
    columns = [TableColumn("Figure"), TableColumn(context.now, numeric=True)]
    if compared:
        before = context.before[:1].upper() + context.before[1:]
        columns += [TableColumn(before, numeric=True), TableColumn("Change", numeric=True)]
    rows = tuple(_row(kpi, compared) for kpi in tiles.values())
    return TableBlock(report, title, caption, tuple(columns), rows, len(rows))


def _row(kpi: Kpi, compared: bool) -> tuple[Cell, ...]:
    label = f"{kpi.label} ({kpi.explanation})" if kpi.explanation else kpi.label
    tone = "bad" if kpi.target and kpi.target.verdict == "missed" else "plain"
    cells = (Cell(label), Cell(kpi.figure.text, kpi.figure, tone))  # type: ignore[arg-type]
    if not compared:
        return cells
    before = kpi.change.previous
    return (*cells, Cell(before.text if before else "–", before), change_cell(kpi.change))


def change_cell(change: Change) -> Cell:
    """A change in a table: '+157, +12%', '+9 min, +21%, worse'."""
    return Cell(", ".join(filter(None, (change.text, change.word))), change.figure)
