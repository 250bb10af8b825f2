"""A correction: the edition fetched again, marked, with a list of every figure that differs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from bot import model
from bot.compose.figures.tables import columns, table
from bot.compose.figures.wording import Wording, plural

MARK = "Corrected: "
LOADED, NOT_LOADED = "loaded", "could not be loaded"
LISTED, NOT_LISTED = "listed", "not listed"
UNKNOWN = "The figures sent before are no longer kept, so what changed cannot be listed."
MOST_CHANGES, LONGEST_SUMMARY = 3, 200
"""The changes named in the headline (Slack shows one table per message); characters of the summary."""
Line = tuple[str, str]
"""A row of a table: the table's title and the row's first cell."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One figure, or one section, as it was sent and as it is now."""

    label: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The text in one place of an edition, and the name of that place."""

    label: str
    text: str


NOTHING = Reading("", model.NO_VALUE)


def compose_correction(
    edition: model.Edition,
    sent: model.Edition | None,
    digest: model.Digest,
    agents: model.Agents,
    *,
    corrected_at: datetime,
) -> model.Edition:
    """Return `edition` marked as the correction of `sent`, the edition with the same visibility of agents.

    Without `sent` (no longer kept) the correction says that changes cannot be listed. `corrected_at` is UTC.
    """
    changes = tuple(changes_of(sent, edition)) if sent is not None else ()
    summary = UNKNOWN if sent is None else _summary(changes)
    at = Wording(digest.locale, digest.zone).moment(corrected_at)
    opening = model.Sentence(f"Corrected {at}: this replaces what was sent before. {summary}", "bad")
    headlines = [block for block in edition.blocks if isinstance(block, model.Headline)]
    rest = [block for block in edition.blocks if not isinstance(block, model.Headline)]
    sentences = [sentence for headline in headlines for sentence in headline.sentences]
    return replace(
        edition,
        title=MARK + edition.title,
        subject=MARK + edition.subject,
        summary_text=(MARK + edition.summary_text)[:LONGEST_SUMMARY],
        agents=agents,
        blocks=(model.Headline((opening, *sentences)), *([_table(changes)] if changes else []), *rest),
    )


def changes_of(sent: model.Edition, now: model.Edition) -> Iterator[Changed]:
    """Yield every section that was or is not loaded, and every figure with a different text."""
    lost_before, lost_now = _unavailable(sent), _unavailable(now)
    for report, title in (lost_before | lost_now).items():
        if report not in lost_now:
            yield Changed(title, NOT_LOADED, LOADED)
        elif report not in lost_before:
            yield Changed(title, LOADED, NOT_LOADED)
    rows_before, rows_after = _rows(sent), _rows(now)
    both = rows_before.keys() & rows_after.keys()
    before, after = _read(sent, both), _read(now, both)
    for key in dict.fromkeys((*after, *before)):
        was, is_now = before.get(key, NOTHING), after.get(key, NOTHING)
        if key not in before or key not in after or was.text != is_now.text:
            yield Changed((after.get(key) or was).label, was.text, is_now.text)
    yield from (Changed(rows_after[row], NOT_LISTED, LISTED) for row in rows_after if row not in both)
    yield from (Changed(rows_before[row], LISTED, NOT_LISTED) for row in rows_before if row not in both)
    yield from _curves(sent, now)
    yield from _files(sent, now)


def _unavailable(edition: model.Edition) -> dict[str, str]:
    notes = [
        block for block in edition.blocks if isinstance(block, model.Note) and block.tone == "unavailable"
    ]
    return {note.report: note.title or note.report for note in notes}


def _rows(edition: model.Edition) -> dict[Line, str]:
    tables = [block for block in edition.blocks if isinstance(block, model.TableBlock)]
    lines = [(block.title, row[0].text) for block in tables for row in block.rows if row]
    return {(title, name): f"{name} ({title})" for title, name in lines}


def _read(edition: model.Edition, rows: Collection[Line]) -> Mapping[str, Reading]:
    """Return each figure of the window itself by an id of its own; of tables only those in `rows`.

    Figures of the compared window, and changes between the two, are left out: they follow.
    """
    readings: dict[str, Reading] = {}
    for key, reading in chain.from_iterable(_readings(block, rows) for block in edition.blocks):
        readings.setdefault(key, reading)
    return readings


def _readings(block: model.Block, rows: Collection[Line]) -> Iterator[tuple[str, Reading]]:
    if isinstance(block, model.Kpis):
        for kpi in block.items:
            yield from _figure(kpi.label, kpi.figure)
    elif isinstance(block, model.TableBlock):
        for row in (row for row in block.rows if row and (block.title, row[0].text) in rows):
            for column, cell in zip(block.columns, row, strict=False):
                if cell.figure is not None:  # 'Dana Lee, replies (Agents)'
                    label = f"{row[0].text}, {column.label.lower()} ({block.title})"
                    yield from _figure(label, cell.figure)
    elif isinstance(block, model.Chart):
        for label, text in zip(block.labels, block.value_labels, strict=False):
            yield f"{block.report}/{block.title}/{label}", Reading(f"{label} ({block.title})", text)


def _figure(label: str, figure: model.Figure) -> Iterator[tuple[str, Reading]]:
    if figure.window == "current":
        yield figure.id, Reading(label, figure.text or model.NO_VALUE)


def _curves(sent: model.Edition, now: model.Edition) -> Iterator[Changed]:
    """Yield charts with the number of points that differ; points are no figures of their own."""
    before = {block.title: _values(block) for block in sent.blocks if isinstance(block, model.Chart)}
    for block in now.blocks:
        if isinstance(block, model.Chart) and not block.value_labels and block.title in before:
            was, values = before[block.title], _values(block)
            count = sum(was.get(at) != values.get(at) for at in was.keys() | values.keys())
            if count:
                yield Changed(
                    f"{block.title} (chart)", model.NO_VALUE, f"{count} {plural(count, 'point')} moved"
                )


def _values(chart: model.Chart) -> dict[tuple[str, str], float | None]:
    return {
        (series.name, label): value
        for series in chart.series
        for label, value in zip(chart.labels, series.values, strict=False)
    }


def _files(sent: model.Edition, now: model.Edition) -> Iterator[Changed]:
    """Yield CSV files with the number of rows that differ; they hold more than is shown."""
    before = {csv.report: set(csv.rows) for csv in sent.csvs}
    for csv in now.csvs:
        rows, was = set(csv.rows), before.get(csv.report)
        if was is not None and was != rows:
            count = len(rows - was)
            text = f"{count} {plural(count, 'row')} new or different"
            yield Changed(f"{csv.report}.csv", model.NO_VALUE, text)


def _summary(changes: Sequence[Changed]) -> str:
    if not changes:
        return "No figure differs."
    parts = (f"{change.label}: was {change.was}, now {change.now}" for change in changes[:MOST_CHANGES])
    text, rest = "; ".join(parts), len(changes) - MOST_CHANGES
    return f"{text}; {rest} more." if rest > 0 else f"{text}."


def _table(changes: Sequence[Changed]) -> model.TableBlock:
    rows = [(model.Cell(change.label), model.Cell(change.was), model.Cell(change.now)) for change in changes]
    return table(model.CHANGES, "What changed", "", columns("Figure", numbers=("Was", "Now")), rows)
