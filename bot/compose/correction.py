"""A correction: the edition fetched anew, marked, with a list of every figure that differs from before."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.compose.figures.wording import Wording, plural
from bot.model import (
    CHANGES,
    NO_VALUE,
    Agents,
    Block,
    Cell,
    Chart,
    Digest,
    Edition,
    Figure,
    Headline,
    Kpis,
    Note,
    Sentence,
    TableBlock,
    TableColumn,
)

MARK = "Corrected: "
LOADED, NOT_LOADED = "loaded", "could not be loaded"
LISTED, NOT_LISTED = "listed", "not listed"
UNKNOWN = "The figures sent before are no longer kept, so what changed cannot be listed."
TOLD, LONGEST_SUMMARY = 3, 200
"""Changes that stand in the opening: a message shows only one table (Slack); characters of the summary."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One figure, or one section, as it was sent and as it is now."""

    label: str
    was: str
    now: str


def compose_correction(
    edition: Edition, sent: Edition | None, digest: Digest, agents: Agents, *, corrected_at: datetime
) -> Edition:
    """`edition` marked as the correction of `sent`, what was sent before with agents shown the same way.

    Without it (no longer kept) nothing can be listed, and that is said. `corrected_at` is UTC.
    """
    words = Wording(digest.locale, digest.zone)
    changes = tuple(changes_of(sent, edition)) if sent is not None else ()
    told = UNKNOWN if sent is None else _told(changes)
    at = words.moment(corrected_at)
    opening = Sentence(f"Corrected {at}: this replaces what was sent before. {told}", "bad")
    said = [block for block in edition.blocks if isinstance(block, Headline)]
    rest = tuple(block for block in edition.blocks if not isinstance(block, Headline))
    sentences = tuple(sentence for headline in said for sentence in headline.sentences)
    return replace(
        edition,
        title=MARK + edition.title,
        subject=MARK + edition.subject,
        summary_text=(MARK + edition.summary_text)[:LONGEST_SUMMARY],
        agents=agents,
        blocks=(Headline((opening, *sentences)), *([_table(changes)] if changes else []), *rest),
    )


def changes_of(sent: Edition, now: Edition) -> Iterator[Changed]:
    """Every section that was not loaded or now is not, and every figure that reads differently."""
    yield from _sections(sent, now)
    rows_before, rows_after = _rows(sent), _rows(now)
    both = rows_before.keys() & rows_after.keys()
    before, after = _read(sent, both), _read(now, both)
    for key in dict.fromkeys((*after, *before)):
        was, is_now = before.get(key), after.get(key)
        if (was and was.text) != (is_now and is_now.text):
            label = (is_now or was or NOTHING).label
            yield Changed(label, (was or NOTHING).text, (is_now or NOTHING).text)
    yield from (Changed(rows_after[row], NOT_LISTED, LISTED) for row in rows_after if row not in both)
    yield from (Changed(rows_before[row], LISTED, NOT_LISTED) for row in rows_before if row not in both)
    yield from _points(sent, now)
    yield from _files(sent, now)


def _sections(sent: Edition, now: Edition) -> Iterator[Changed]:
    before, after = _unavailable(sent), _unavailable(now)
    for report, title in {**before, **after}.items():
        if (report in before) != (report in after):
            was, is_now = (NOT_LOADED, LOADED) if report in before else (LOADED, NOT_LOADED)
            yield Changed(title, was, is_now)


def _unavailable(edition: Edition) -> dict[str, str]:
    notes = [block for block in edition.blocks if isinstance(block, Note) and block.tone == "unavailable"]
    return {note.report: note.title or note.report for note in notes}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader sees in one place, and what that is called."""

    label: str
    text: str


NOTHING = Reading("", NO_VALUE)


Line = tuple[str, str]
"""A row of a table: the table's title and the row's first cell."""


def _rows(edition: Edition) -> dict[Line, str]:
    """The rows of all tables, each with what it is called."""
    tables = [block for block in edition.blocks if isinstance(block, TableBlock)]
    lines = [(table.title, row[0].text) for table in tables for row in table.rows if row]
    return {(title, name): f"{name} ({title})" for title, name in lines}


def _read(edition: Edition, rows: Collection[Line]) -> Mapping[str, Reading]:
    """Each figure of the window itself by an id of its own; of tables only those in `rows`.

    Of the compared window and of the change between the two nothing is listed: they follow.
    """
    found: dict[str, Reading] = {}
    for block in edition.blocks:
        for key, reading in _readings(block, rows):
            found.setdefault(key, reading)
    return found


def _readings(block: Block, rows: Collection[Line]) -> Iterator[tuple[str, Reading]]:
    if isinstance(block, Kpis):
        for kpi in block.items:
            yield from _figure(kpi.label, kpi.figure)
    elif isinstance(block, TableBlock):
        for row in block.rows:
            if row and (block.title, row[0].text) in rows:
                yield from _row(block, row)
    elif isinstance(block, Chart):
        for label, text in zip(block.labels, block.value_labels, strict=False):
            yield f"{block.report}/{block.title}/{label}", Reading(f"{label} ({block.title})", text)


def _row(block: TableBlock, row: tuple[Cell, ...]) -> Iterator[tuple[str, Reading]]:
    """'Dana Lee, replies (Agents)'."""
    name = row[0].text
    for column, cell in zip(block.columns, row, strict=False):
        if cell.figure is not None:
            yield from _figure(f"{name}, {column.label.lower()} ({block.title})", cell.figure)


def _figure(label: str, figure: Figure) -> Iterator[tuple[str, Reading]]:
    if figure.window == "current":
        yield figure.id, Reading(label, figure.text or NO_VALUE)


def _points(sent: Edition, now: Edition) -> Iterator[Changed]:
    """Charts whose curves differ, counted: their points are no figures of their own."""
    before = {block.title: _values(block) for block in sent.blocks if isinstance(block, Chart)}
    for block in now.blocks:
        if isinstance(block, Chart) and not block.value_labels and block.title in before:
            was, values = before[block.title], _values(block)
            count = sum(was.get(at) != values.get(at) for at in was.keys() | values.keys())
            if count:
                yield Changed(f"{block.title} (chart)", NO_VALUE, f"{count} {plural(count, 'point')} moved")


def _values(chart: Chart) -> dict[tuple[str, str], float | None]:
    return {
        (series.name, label): value
        for series in chart.series
        for label, value in zip(chart.labels, series.values, strict=False)
    }


def _files(sent: Edition, now: Edition) -> Iterator[Changed]:
    """Tables whose rows differ, counted: they hold more than is shown."""
    before = {table.report: table for table in sent.csvs}
    for table in now.csvs:
        was = before.get(table.report)
        if was is not None and set(was.rows) != set(table.rows):
            count = len(set(table.rows) - set(was.rows))
            words = f"{count} {plural(count, 'row')} new or different"
            yield Changed(f"{table.report}.csv", NO_VALUE, words)


def _told(changes: tuple[Changed, ...]) -> str:
    if not changes:
        return "No figure differs."
    told = "; ".join(f"{one.label}: was {one.was}, now {one.now}" for one in changes[:TOLD])
    rest = len(changes) - TOLD
    return f"{told}; {rest} more." if rest > 0 else f"{told}."


def _table(changes: tuple[Changed, ...]) -> TableBlock:
    rows = tuple((Cell(one.label), Cell(one.was), Cell(one.now)) for one in changes)
    columns = (TableColumn("Figure"), TableColumn("Was", numeric=True), TableColumn("Now", numeric=True))
    return TableBlock(CHANGES, "What changed", "", columns, rows, len(rows))
