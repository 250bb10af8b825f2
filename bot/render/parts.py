"""View models: an edition's parts as templates receive them, so that templates decide nothing.

Slack and mail use the same parts, so they cannot disagree. Texts are cut to fit here; figures keep their
only wording.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from bot import model
from bot.render.escaping import cut

Tone = Literal["good", "bad", "plain"]
Part = TypeVar("Part", model.Headline, model.Kpis, model.Chart, model.TableBlock, model.Note, model.LookHere)

MARKINGS = {
    "SAMPLE": "SAMPLE: the data is invented",
    "TEST": "TEST: a trial send, not the regular delivery",
    "FILTER NOT VERIFIED": "FILTER NOT VERIFIED: for operators only",
}
ARROWS = {"up": "▲", "down": "▼", "flat": "", "none": ""}
TONES: dict[str, Tone] = {"better": "good", "met": "good", "worse": "bad", "missed": "bad"}
MAX_TILES = 6
MAX_HINTS = 3
MAX_REASONS = 3
"""Missing parts that state their reason at the top; more would push the headline off the screen."""
BEYOND = "●"
"""Marks a figure beyond its target, so that colour is not the only sign."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure. `movement` is arrow, change and verdict in words; `target` is '' without one.

    `base` says what a share is of ('58 of 395 replies'), or that few values underlie it; often ''.
    """

    label: str
    value: str
    movement: str
    tone: Tone
    target: str
    target_tone: Tone
    base: str = ""


@dataclass(frozen=True, slots=True)
class ShownHint:
    """One hint where to look. `number` counts from 1; `evidence` supports it and is often ''."""

    number: int
    text: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell as shown, never empty. `bad`: beyond a target, which a sign in its text says too."""

    text: str
    bad: bool
    numeric: bool


@dataclass(frozen=True, slots=True)
class ShownTable:
    """The rows of a table that fit.

    `extent` says how many of how many are shown, `more` how many others exist and where they are; both
    are '' if all are shown. `legend` explains the sign of figures beyond a target.
    """

    report: str
    title: str
    caption: str
    columns: tuple[model.TableColumn, ...]
    rows: tuple[tuple[ShownCell, ...], ...]
    extent: str
    more: str
    legend: str = ""


def of_kind(edition: model.Edition, kind: type[Part]) -> tuple[Part, ...]:
    """Return the edition's blocks of one kind, in order."""
    return tuple(block for block in edition.blocks if isinstance(block, kind))


def marks(edition: model.Edition, marking: str) -> tuple[str, ...]:
    """Return the marks of `marking` and those that the edition's data demands, in the order of MARKINGS."""
    applied = {mark.strip() for mark in marking.split("·")}
    applied |= {"SAMPLE"} if edition.sample else set()
    applied |= {"FILTER NOT VERIFIED"} if edition.unverified else set()
    return tuple(mark for mark in MARKINGS if mark in applied)


def marking_sentence(applied: Iterable[str]) -> str:
    """Return the marks as text for readers, '' for none."""
    return " · ".join(MARKINGS[mark] for mark in applied)


def subject_mark(applied: Iterable[str]) -> str:
    """Return `[SAMPLE] ` or `[SAMPLE · TEST] ` for the beginning of a line, '' for none."""
    joined = " · ".join(applied)
    return f"[{joined}] " if joined else ""


def sentences(edition: model.Edition) -> tuple[model.Sentence, ...]:
    """Return the headline's sentences."""
    return tuple(sentence for headline in of_kind(edition, model.Headline) for sentence in headline.sentences)


def tiles(edition: model.Edition) -> tuple[Tile, ...]:
    """Return the key figures, at most six."""
    items = tuple(item for block in of_kind(edition, model.Kpis) for item in block.items)
    return tuple(tile(item) for item in items[:MAX_TILES])


def tile(kpi: model.Kpi) -> Tile:
    """Return one key figure in words; an arrow always has the change's text beside it."""
    change = " ".join(filter(None, (ARROWS[kpi.change.direction], kpi.change.text)))
    target = kpi.target
    return Tile(
        label=cut(kpi.label, 60),
        value=cut(kpi.figure.text or model.NO_VALUE, 40),
        movement=cut(", ".join(filter(None, (change, kpi.change.word))), 90),
        tone=TONES.get(kpi.change.verdict, "plain"),
        target=cut(target.text, 60) if target else "",
        target_tone=TONES.get(target.verdict, "plain") if target else "plain",
        base=cut(kpi.explanation, 60),
    )


def hints(edition: model.Edition, limit: int = MAX_HINTS) -> tuple[ShownHint, ...]:
    """Return where to look first: at most three hints."""
    return shown_hints(
        tuple(item for block in of_kind(edition, model.LookHere) for item in block.items)[:limit]
    )


def shown_hints(items: tuple[model.Hint, ...]) -> tuple[ShownHint, ...]:
    """Return the hints with their numbers."""
    return tuple(
        ShownHint(number, cut(item.text, 200), cut(item.evidence, 300))
        for number, item in enumerate(items[:MAX_HINTS], start=1)
    )


def shown_table(
    block: model.TableBlock, rows: int, files: tuple[str, ...] = (), cell: int = 120
) -> ShownTable:
    """Return at most `rows` rows with cells of at most `cell` units; `files` names the attachments."""
    top = _top_rows(block, rows)
    total = max(block.total, len(block.rows))
    shown = tuple(_shown_row(block, row, cell) for row in top)
    return ShownTable(
        report=block.report,
        title=block.title,
        caption=block.caption,
        columns=block.columns,
        rows=shown,
        extent=f"{len(top)} of {total:,} shown" if total > len(top) else "",
        more=_more(total - len(top), f"{block.report}.csv", files),
        legend=f"{BEYOND} beyond the target" if any(item.bad for row in shown for item in row) else "",
    )


def _top_rows(block: model.TableBlock, limit: int) -> tuple[tuple[model.Cell, ...], ...]:
    """Return the rows with the highest first figure, in their own order."""
    if len(block.rows) <= limit:
        return block.rows
    ranked = sorted(range(len(block.rows)), key=lambda n: -_first_value(block.rows[n]))
    return tuple(block.rows[n] for n in sorted(ranked[:limit]))


def _first_value(row: tuple[model.Cell, ...]) -> float:
    values = (cell.figure.value for cell in row if cell.figure is not None)
    return next((value for value in values if value is not None), 0.0)


def _shown_row(block: model.TableBlock, row: tuple[model.Cell, ...], cell: int) -> tuple[ShownCell, ...]:
    padded = (row + (model.Cell(""),) * len(block.columns))[: len(block.columns)]
    return tuple(
        ShownCell(_cell_text(item, cell), item.tone == "bad", column.numeric)
        for item, column in zip(padded, block.columns, strict=True)
    )


def _cell_text(cell: model.Cell, limit: int) -> str:
    text = cut(cell.text, limit) or model.NO_VALUE
    return f"{BEYOND} {text}" if cell.tone == "bad" else text


def _more(count: int, name: str, files: tuple[str, ...]) -> str:
    if count <= 0:
        return ""
    return f"and {count:,} more in {name}" if name in files else f"and {count:,} more"


def warnings(edition: model.Edition) -> tuple[str, ...]:
    """Return what a reader must know first: the edition is late, or parts are missing."""
    return tuple(filter(None, (edition.late_text, *missing(edition))))


def missing(edition: model.Edition) -> tuple[str, ...]:
    """Return what could not be loaded; of more than three parts only the names."""
    notes = [note for note in of_kind(edition, model.Note) if note.title and note.text in edition.incomplete]
    if len(notes) <= MAX_REASONS:
        return edition.incomplete
    *names, last = (f"“{note.title}”" for note in notes)
    summary = f"{len(notes)} parts could not be loaded: {', '.join(names)} and {last}. Each says why below."
    listed = {note.text for note in notes}
    return (summary, *(text for text in edition.incomplete if text not in listed))


def gaps(edition: model.Edition) -> tuple[str, ...]:
    """Return what is empty, could not be loaded, or concerns the whole edition (a note without a report).

    Each text occurs once, and not if the headline or the warnings have it already.
    """
    stated = {*(sentence.text for sentence in sentences(edition)), *warnings(edition)}
    notes = [note.text for note in of_kind(edition, model.Note) if note.tone != "info" or not note.report]
    return tuple(text for text in dict.fromkeys(notes) if text not in stated)


def about(edition: model.Edition) -> str:
    """Return the filter and the comparison of the edition."""
    return " · ".join(filter(None, (edition.filter_text, edition.compared_text)))


def narrow(table: ShownTable, columns: int) -> ShownTable:
    """Return the table with its first `columns` columns."""
    rows = tuple(row[:columns] for row in table.rows)
    return replace(table, columns=table.columns[:columns], rows=rows)


def halved(label: str) -> tuple[str, str]:
    """Split a heading into two even lines: ('Customer', 'wait'); one word goes to the second: ('', 'All')."""
    terms = label.split()
    splits = [(" ".join(terms[:n]), " ".join(terms[n:])) for n in range(len(terms))] or [("", "")]
    return min(splits, key=lambda pair: (max(map(len, pair)), len(pair[0])))


def language(locale: str) -> str:
    """Return the language tag of a page, whose text is English: 'en-AU' for en_AU, 'en' for de_DE."""
    return locale.replace("_", "-") if locale.split("_")[0] == "en" else "en"
