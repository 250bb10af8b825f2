"""Notes about the data itself: restated figures, the filter, impossible values, and empty reports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot import model
from bot.compose.figures.context import Context
from bot.compose.figures.metrics import Metric, is_odd
from bot.compose.figures.people import filter_text, without_names
from bot.compose.figures.wording import Wording, plural
from bot.compose.opening.key_figures import KEY_FIGURES
from bot.compose.stats.signal import has_same_filter

RESTATED_SHARE, RESTATED_POINTS = 0.02, 0.005
"""A figure is restated when it differs by more than 2 % of what was published; a share by half a point."""
MOST = 3
"""The most restated figures, and the most impossible values, that a note names."""
SEVERAL_EMPTY = 3
"""From this many empty reports on one note names them all, instead of a heading for each."""


@dataclass(frozen=True, slots=True)
class Restated:
    """A figure of the compared window as it was published and as it is fetched today."""

    metric: Metric
    published: model.Figure
    now: model.Figure

    @property
    def size(self) -> float:
        """The difference, in multiples of the smallest one worth a note."""
        was, now = self.published.value, self.now.value
        if was is None or now is None or self.published.text == self.now.text:
            return 0.0
        if self.metric.unit is model.Unit.SHARE:
            return abs(now - was) / RESTATED_POINTS
        return abs(now - was) / abs(was) / RESTATED_SHARE if was else float("inf")

    def sentence(self, before: str) -> str:
        """Return the sentence: 'The week before was published as 166 messages, now 171'."""
        start, label = before[:1].upper() + before[1:], self.metric.label
        if self.metric.unit is model.Unit.COUNT:
            return f"{start} was published as {self.published.text} {label.lower()}, now {self.now.text}."
        return f"{label} of {before} was published as {self.published.text}, now {self.now.text}."


def restated_notes(context: Context, past: Sequence[model.PastEdition]) -> tuple[model.Note, ...]:
    """Return one note with the figures restated most, at most three; () without any.

    Data matures: messages are answered later, cases close later.
    """
    published = _published(context, past)
    pairs = _restated(context, published) if published else []
    restated = sorted((pair for pair in pairs if pair.size > 1 + 1e-9), key=lambda pair: -pair.size)[:MOST]
    if not restated:
        return ()
    text = " ".join(pair.sentence(context.before) for pair in restated)
    return (model.Note(text, figures=tuple(pair.now for pair in restated)),)


def _published(context: Context, past: Sequence[model.PastEdition]) -> model.Edition | None:
    """Return the latest published edition about the compared window, the same groups and agents."""
    window = context.dataset.previous_window
    for earlier in past:
        is_same = window is not None and earlier.window == window
        if earlier.published and is_same and has_same_filter(context, earlier.edition):
            return earlier.edition
    return None


def _restated(context: Context, published: model.Edition) -> list[Restated]:
    reports = [report for report in KEY_FIGURES if context.asks(report.report)]
    now = {name: pair for report in reports for name, pair in report.before(context).items()}
    tiles = [kpi.figure for block in published.blocks if isinstance(block, model.Kpis) for kpi in block.items]
    return [
        Restated(now[tile.metric][0], tile, now[tile.metric][1])
        for tile in tiles
        if tile.window == "current" and tile.metric in now and not tile.subject
    ]


def filter_notes(context: Context) -> tuple[model.Note, ...]:
    """Return what readers must know of the filter before they trust a figure."""
    filtering = context.dataset.filtering
    notes = [without_names(text, context) for text in filtering.notes if text]
    subjects = filter_text(context.dataset, context.agents)
    if filtering.state is model.FilterState.UNVERIFIED:
        notes.append(f"Whether the API limited these figures to {subjects} is not verified.")
    if filtering.state is model.FilterState.IGNORED:
        notes.append(f"The API did not limit these figures to {subjects}.")
    return tuple(model.Note(text) for text in dict.fromkeys(notes))


def with_oddities(report: str, blocks: Sequence[model.Block], wording: Wording) -> tuple[model.Block, ...]:
    """Return the blocks, with a note below them where a value is negative or a share above the whole."""
    odd = list(dict.fromkeys(text for block in blocks for text in _odd_values(block, wording)))
    if not odd:
        return tuple(blocks)
    rest = len(odd) - MOST
    more = f" and {rest} more such {plural(rest, 'value')}" if rest > 0 else ""
    shown = "it is shown as it came" if len(odd) == 1 else "they are shown as they came"
    text = f"The API gave {', '.join(odd[:MOST])}{more}; {shown}."
    return (*blocks, model.Note(text, "info", report, "Unusual values"))


def _odd_values(block: model.Block, wording: Wording) -> Iterable[str]:
    if isinstance(block, model.Kpis):
        for kpi in block.items:
            evidence = f" ({kpi.explanation})" if kpi.explanation else ""
            yield from _odd_figure(kpi.figure, f"{kpi.label}{evidence}")
    elif isinstance(block, model.TableBlock):
        for row in block.rows:
            for column, cell in zip(block.columns, row, strict=True):
                yield from _odd_figure(cell.figure, f"{column.label}, {row[0].text}")
    elif isinstance(block, model.Chart):
        for series in block.series:
            for label, value in zip(block.labels, series.values, strict=True):
                if is_odd(value, block.unit):
                    yield f"{wording.value(value, block.unit)} for {series.label}, {label}"


def _odd_figure(figure: model.Figure | None, label: str) -> Iterable[str]:
    if figure is not None and figure.window != "change" and is_odd(figure.value, figure.unit):
        yield f"{figure.text} for {label}"


def comparison_of(dataset: model.Dataset, wording: Wording) -> tuple[model.Dataset, str]:
    """Return the dataset to compose from, and its comparison in words ('' for none).

    A compared window in which every report is empty is dropped: this is a first week, and against zeros
    everything would have grown.
    """
    before = dataset.previous_window
    if before is None:
        return dataset, ""
    same_year = before.last_day.year == dataset.window.last_day.year
    span = wording.span(before, weekdays=False, year=not same_year)
    if dataset.previous and all(isinstance(slot, model.Empty) for slot in dataset.previous.values()):
        alone = replace(dataset, previous_window=None, previous={})
        return alone, f"nothing to compare with: no data for {span}"
    return dataset, f"compared with {span}"


def folded(blocks: Sequence[model.Block]) -> tuple[model.Block, ...]:
    """Return the blocks with three or more empty reports as one note in the place of the first."""
    empty = [block for block in blocks if _is_empty(block)]
    if len(empty) < SEVERAL_EMPTY:
        return tuple(blocks)
    first, *titles = [f"“{note.title}”" for note in empty if isinstance(note, model.Note)]
    names = f"{', '.join((first, *titles[:-1]))} and {titles[-1]}"
    note = model.Note(f"Nothing to show for {names}.", "empty", title="Nothing in this window")
    return tuple(
        note if block is empty[0] else block for block in blocks if block is empty[0] or block not in empty
    )


def _is_empty(block: model.Block) -> bool:
    return isinstance(block, model.Note) and block.tone == "empty" and bool(block.title) and not block.figures
