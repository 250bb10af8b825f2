"""An edition's parts as templates read them: every choice made here, none left to a template.

Slack and mail read the same parts, so they cannot say different things. Texts are cut here, where
it is decided how much fits; figures keep their only wording.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from bot.model import (
    NO_VALUE,
    Cell,
    Chart,
    Edition,
    Headline,
    Hint,
    Kpi,
    Kpis,
    LookHere,
    Note,
    Sentence,
    TableBlock,
    TableColumn,
)
from bot.render.escaping import cut

Tone = Literal["good", "bad", "plain"]
Part = TypeVar("Part", Headline, Kpis, Chart, TableBlock, Note, LookHere)

MARKINGS = {
    "SAMPLE": "SAMPLE: the data is invented",
    "TEST": "TEST: a trial send, not the regular delivery",
    "FILTER NOT VERIFIED": "FILTER NOT VERIFIED: for operators only",
}
ARROWS = {"up": "▲", "down": "▼", "flat": "", "none": ""}
TONES: dict[str, Tone] = {"better": "good", "met": "good", "worse": "bad", "missed": "bad"}
MOST_TILES = 6
MOST_HINTS = 3
MOST_REASONS = 3
"""Up to so many missing parts say at the top why; more would push the headline off the screen."""
BEYOND = "●"
"""Stands before a figure beyond its target, so that colour does not speak alone."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure: `movement` is arrow, change and verdict in words, `target` '' without one.

    `base` says what a share is of ('58 of 395 replies'), or that a figure rests on little; often ''.
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
    """One hint where to look: `number` counts from 1; `evidence` is what it rests on, often ''."""

    number: int
    text: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell as shown: never empty; `bad` when beyond a target, which its text says with a sign."""

    text: str
    bad: bool
    numeric: bool


@dataclass(frozen=True, slots=True)
class ShownTable:
    """The rows that fit.

    `extent` says how many of how many are shown, `more` how many exist beyond them and where
    they are; both are '' when all are shown. `legend` explains the sign of figures beyond a target.
    """

    report: str
    title: str
    caption: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[ShownCell, ...], ...]
    extent: str
    more: str
    legend: str = ""


def of_kind(edition: Edition, kind: type[Part]) -> tuple[Part, ...]:
    """The edition's blocks of one kind, in order."""
    return tuple(block for block in edition.blocks if isinstance(block, kind))


def marks(edition: Edition, marking: str) -> tuple[str, ...]:
    """`SAMPLE` and the others as they apply; invented and doubtful data says so whoever asks."""
    asked = {mark.strip() for mark in marking.split("·")}
    asked |= {"SAMPLE"} if edition.sample else set()
    asked |= {"FILTER NOT VERIFIED"} if edition.unverified else set()
    return tuple(mark for mark in MARKINGS if mark in asked)


def marking_sentence(found: Iterable[str]) -> str:
    """The marks in words for people, '' for none."""
    return " · ".join(MARKINGS[mark] for mark in found)


def subject_mark(found: Iterable[str]) -> str:
    """`[SAMPLE] ` or `[SAMPLE · TEST] ` for the beginning of a line, '' for none."""
    joined = " · ".join(found)
    return f"[{joined}] " if joined else ""


def sentences(edition: Edition) -> tuple[Sentence, ...]:
    """The headline's sentences."""
    return tuple(sentence for headline in of_kind(edition, Headline) for sentence in headline.sentences)


def tiles(edition: Edition) -> tuple[Tile, ...]:
    """The key figures, at most six."""
    items = tuple(item for block in of_kind(edition, Kpis) for item in block.items)
    return tuple(tile(item) for item in items[:MOST_TILES])


def tile(kpi: Kpi) -> Tile:
    """One key figure in words; the arrow never stands without its word or the change's text."""
    moved = " ".join(filter(None, (ARROWS[kpi.change.direction], kpi.change.text)))
    target = kpi.target
    return Tile(
        label=cut(kpi.label, 60),
        value=cut(kpi.figure.text or NO_VALUE, 40),
        movement=cut(", ".join(filter(None, (moved, kpi.change.word))), 90),
        tone=TONES.get(kpi.change.verdict, "plain"),
        target=cut(target.text, 60) if target else "",
        target_tone=TONES.get(target.verdict, "plain") if target else "plain",
        base=cut(kpi.explanation, 60),
    )


def hints(edition: Edition, most: int = MOST_HINTS) -> tuple[ShownHint, ...]:
    """Where to look first: at most three hints of the edition."""
    return shown_hints(tuple(item for block in of_kind(edition, LookHere) for item in block.items)[:most])


def shown_hints(items: tuple[Hint, ...]) -> tuple[ShownHint, ...]:
    """Hints with their numbers."""
    return tuple(
        ShownHint(number, cut(item.text, 200), cut(item.evidence, 300))
        for number, item in enumerate(items[:MOST_HINTS], start=1)
    )


def shown_table(block: TableBlock, rows: int, files: tuple[str, ...] = (), cell: int = 120) -> ShownTable:
    """At most `rows` rows with cells of at most `cell` units; `files` are the names sent along."""
    kept = _kept(block, rows)
    total = max(block.total, len(block.rows))
    shown = tuple(_shown_row(block, row, cell) for row in kept)
    return ShownTable(
        report=block.report,
        title=block.title,
        caption=block.caption,
        columns=block.columns,
        rows=shown,
        extent=f"{len(kept)} of {total:,} shown" if total > len(kept) else "",
        more=_more(total - len(kept), f"{block.report}.csv", files),
        legend=f"{BEYOND} beyond the target" if any(item.bad for row in shown for item in row) else "",
    )


def _kept(block: TableBlock, rows: int) -> tuple[tuple[Cell, ...], ...]:
    """The rows with the highest first figure, in the order given: alphabet decides nothing."""
    if len(block.rows) <= rows:
        return block.rows
    ranked = sorted(range(len(block.rows)), key=lambda n: (-_first_value(block.rows[n]), n))
    return tuple(block.rows[n] for n in sorted(ranked[:rows]))


def _first_value(row: tuple[Cell, ...]) -> float:
    values = (cell.figure.value for cell in row if cell.figure is not None)
    return next((value for value in values if value is not None), 0.0)


def _shown_row(block: TableBlock, row: tuple[Cell, ...], cell: int) -> tuple[ShownCell, ...]:
    padded = (row + (Cell(""),) * len(block.columns))[: len(block.columns)]
    return tuple(
        ShownCell(_cell_text(item, cell), item.tone == "bad", column.numeric)
        for item, column in zip(padded, block.columns, strict=True)
    )


def _cell_text(cell: Cell, limit: int) -> str:
    text = cut(cell.text, limit) or NO_VALUE
    return f"{BEYOND} {text}" if cell.tone == "bad" else text


def _more(count: int, name: str, files: tuple[str, ...]) -> str:
    if count <= 0:
        return ""
    return f"and {count:,} more in {name}" if name in files else f"and {count:,} more"


def warnings(edition: Edition) -> tuple[str, ...]:
    """What a reader must know before believing the rest: late, or something missing."""
    return tuple(filter(None, (edition.late_text, *missing(edition))))


def missing(edition: Edition) -> tuple[str, ...]:
    """What could not be loaded; of more than three parts only the names: each says in its place why."""
    notes = [note for note in of_kind(edition, Note) if note.title and note.text in edition.incomplete]
    if len(notes) <= MOST_REASONS:
        return edition.incomplete
    *names, last = (f"“{note.title}”" for note in notes)
    summed = f"{len(notes)} parts could not be loaded: {', '.join(names)} and {last}. Each says why below."
    told = {note.text for note in notes}
    return (summed, *(text for text in edition.incomplete if text not in told))


def gaps(edition: Edition) -> tuple[str, ...]:
    """What is empty, could not be loaded, or is to be known of the whole edition (a note without a report).

    Each is said once, and not again after the headline or the warnings below it.
    """
    said = {*(sentence.text for sentence in sentences(edition)), *warnings(edition)}
    notes = [note.text for note in of_kind(edition, Note) if note.tone != "info" or not note.report]
    return tuple(text for text in dict.fromkeys(notes) if text not in said)


def about(edition: Edition) -> str:
    """What it covers beyond its window: filter and comparison."""
    return " · ".join(filter(None, (edition.filter_text, edition.compared_text)))


def narrow(table: ShownTable, columns: int) -> ShownTable:
    """The same table with at most `columns` columns, the first ones."""
    rows = tuple(row[:columns] for row in table.rows)
    return replace(table, columns=table.columns[:columns], rows=rows)


def halved(label: str) -> tuple[str, str]:
    """A heading on two lines as even as can be, one word on the second: ('Customer', 'wait'), ('', 'All')."""
    words = label.split()
    splits = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(len(words))] or [("", "")]
    return min(splits, key=lambda pair: (max(map(len, pair)), len(pair[0])))


def language(locale: str) -> str:
    """The language tag of a page: its words are English, so 'en-AU' for en_AU and 'en' for de_DE."""
    return locale.replace("_", "-") if locale.split("_")[0] == "en" else "en"
