"""What a digest says for one occurrence: composed content, before any form.

Every number that a reader sees is a `Figure`, worded once here, so that Slack, mail and PDF
cannot disagree. An edition is plain data: it can be kept as JSON and says the same tomorrow.
"""

from dataclasses import dataclass
from typing import Literal

from bot.model.dataset import NamedId, Unit
from bot.model.digest import Agents, Brand
from bot.model.window import Window

Verdict = Literal["better", "worse", "same", "neutral", "missed", "met", "unknown"]
NO_VALUE = "–"
CHANGES = "corrections"
"""The report of the table that lists what a correction changed; no report type is called so."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its identity (metric, subject, window) and its only wording.

    `metric`: '<report>.<name>'; `subject`: '' for everybody, else an agent's id or a day;
    `window`: 'current', 'previous' or 'change'. `value` is in `unit`, None for 'no value'.
    """

    metric: str
    subject: str
    window: Literal["current", "previous", "change"]
    value: float | None
    unit: Unit
    text: str

    @property
    def id(self) -> str:
        """`summary.total_volume//current`: unique within an edition."""
        return f"{self.metric}/{self.subject}/{self.window}"


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure moved against the compared window, in words.

    `text` is the whole wording ('+9 min, +21 %'); `word` the verdict for people ('worse');
    `direction` gives the arrow. Without a comparison `figure` is None and `text` says why.
    """

    direction: Literal["up", "down", "flat", "none"]
    verdict: Verdict
    text: str
    word: str = ""
    figure: Figure | None = None
    previous: Figure | None = None


@dataclass(frozen=True, slots=True)
class TargetResult:
    """A goal and whether the figure met it; `text` as people read it ('target 10 % missed')."""

    verdict: Literal["met", "missed", "unknown"]
    text: str


@dataclass(frozen=True, slots=True)
class Kpi:
    """One key figure tile. `history`: the metric's values in earlier editions and now, oldest first.

    `figures` are the further numbers that its words and the sentences about it state: what a share is of,
    the target, and (subjects 'usual:low' and 'usual:high') the range that is usual.
    """

    label: str
    figure: Figure
    change: Change
    target: TargetResult | None = None
    explanation: str = ""
    history: tuple[float | None, ...] = ()
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the headline, its tone, and the ids of the figures it rests on."""

    text: str
    tone: Literal["good", "bad", "plain"] = "plain"
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Headline:
    """The opening: one to three sentences made from the data."""

    sentences: tuple[Sentence, ...]
    kind: Literal["headline"] = "headline"


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing to do, the evidence for it, and the ids of the figures that it rests on."""

    text: str
    evidence: str
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LookHere:
    """Where to look first: at most three hints; `figures` are the worded numbers that they state."""

    items: tuple[Hint, ...]
    figures: tuple[Figure, ...] = ()
    kind: Literal["look"] = "look"


@dataclass(frozen=True, slots=True)
class Kpis:
    """The key figures, at most six."""

    items: tuple[Kpi, ...]
    kind: Literal["kpis"] = "kpis"


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """One line, band or set of bars. `name` picks the colour (a workflow state, 'current', 'previous')."""

    name: str
    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Callout:
    """A label at the point worth seeing; `index` counts points from 0."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A dashed horizontal line with its name, such as a target."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture's content, before drawing.

    shape 'stacked' (areas over time, first series at the bottom), 'line' (over time), 'bars'
    (horizontal, one per label, first series drawn, second as a tick for the window before),
    'columns' (stacked vertical bars over time, with `overlay` as a line on a scale of its own) or
    'grid' (one row per series, one cell per label, darker for more).
    `labels`: one per point or bar; `shaded`: indices of points that fall on weekends or holidays;
    `value_labels` (bars): the wording at the end of each bar; `alt` states the facts; `figures` are
    the worded numbers that its words state. A value None is a gap, not zero.
    """

    report: str
    shape: Literal["stacked", "line", "bars", "columns", "grid"]
    title: str
    caption: str
    alt: str
    labels: tuple[str, ...]
    series: tuple[ChartSeries, ...]
    unit: Unit
    shaded: tuple[int, ...] = ()
    value_labels: tuple[str, ...] = ()
    callout: Callout | None = None
    reference: Reference | None = None
    overlay: ChartSeries | None = None
    overlay_unit: Unit = Unit.SCORE
    figures: tuple[Figure, ...] = ()
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A table's column: its heading, and whether it holds figures (right-aligned)."""

    label: str
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: text, the figure behind it if any, and a tone ('bad' beyond a target)."""

    text: str
    figure: Figure | None = None
    tone: Literal["bad", "plain"] = "plain"


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table for readers. `rows` are the rows shown; `total` counts all that exist."""

    report: str
    title: str
    caption: str
    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int
    kind: Literal["table"] = "table"

    @property
    def more(self) -> int:
        """How many rows exist beyond those shown."""
        return self.total - len(self.rows)


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence that stands by itself: nothing there, could not be loaded, or a warning.

    Without `report` it is about the whole edition; `figures` are the numbers that it states.
    """

    text: str
    tone: Literal["empty", "unavailable", "info"] = "info"
    report: str = ""
    title: str = ""
    figures: tuple[Figure, ...] = ()
    kind: Literal["note"] = "note"


Block = Headline | Kpis | Chart | TableBlock | Note | LookHere


@dataclass(frozen=True, slots=True)
class CsvTable:
    """All rows of a tabular report, raw numbers in the unit that the heading names."""

    report: str
    header: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A CSV export as it came: its name in the folder of exports, its rows and size in bytes.

    `kept_until` is the day until when, in words ('22 December 2026'); '' when unknown.
    """

    report: str
    name: str
    rows: int
    size: int
    kept_until: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """One occurrence's content for one way of showing agents.

    All `*_text` fields are finished sentences or phrases in the digest's locale and zone;
    `summary_text` is the story in at most 200 characters (Slack's notification, mail's preheader).
    `sample` marks invented data; `late_text` is set when it went out late ('' otherwise); `unverified`
    marks what only operators see: whether the API honoured the filter is not known. `brief`: one sentence
    that nothing came in, without files. `ids` are behind the names in the file.
    """

    occurrence: str
    digest: str
    title: str
    subject: str
    brand: Brand
    locale: str
    paper: Literal["A4", "Letter"]
    window_text: str
    filter_text: str
    compared_text: str
    fetched_text: str
    schedule_text: str
    summary_text: str
    agents: Agents
    blocks: tuple[Block, ...]
    csvs: tuple[CsvTable, ...] = ()
    exports: tuple[ExportedFile, ...] = ()
    sample: bool = False
    late_text: str = ""
    incomplete: tuple[str, ...] = ()
    unverified: bool = False
    brief: bool = False
    ids: tuple[NamedId, ...] = ()


@dataclass(frozen=True, slots=True)
class PastEdition:
    """What an earlier occurrence of the same digest said about its window.

    Not `published`: no recipient got it, it was backfilled or its digest's `send_when` was not met.
    """

    window: Window
    edition: Edition
    published: bool = True
