"""Published figures that have moved: data matures (messages are answered later, cases close later)."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.compose.figures.context import Context
from bot.compose.figures.metrics import Metric
from bot.compose.filter_notes import filter_text
from bot.compose.reports.case_summary import CASE_FIGURES
from bot.compose.reports.nps_summary import NPS_FIGURES
from bot.compose.reports.summary import SUMMARY
from bot.model import Edition, Figure, Kpis, Note, PastEdition, Unit

MOVED_SHARE, MOVED_POINTS = 0.02, 0.005
"""A figure has moved when it differs by more than 2 % of what was published; a share by half a point."""
MOST = 3


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure of the compared window as it was published and as it is fetched today."""

    metric: Metric
    published: Figure
    now: Figure

    @property
    def size(self) -> float:
        """How far it moved, in multiples of what is worth saying."""
        was, now = self.published.value, self.now.value
        if was is None or now is None or self.published.text == self.now.text:
            return 0.0
        if self.metric.unit is Unit.SHARE:
            return abs(now - was) / MOVED_POINTS
        return abs(now - was) / abs(was) / MOVED_SHARE if was else float("inf")

    def sentence(self, before: str) -> str:
        """'The week before was published as 166 messages, now 171.'"""
        start, noun = before[:1].upper() + before[1:], self.metric.label.lower()
        if self.metric.unit is Unit.COUNT:
            return f"{start} was published as {self.published.text} {noun}, now {self.now.text}."
        return f"{self.metric.label} of {before} was published as {self.published.text}, now {self.now.text}."


def moved_notes(context: Context, past: Sequence[PastEdition]) -> tuple[Note, ...]:
    """One note with the figures that moved most, at most three; () when none did, or none was published."""
    published = _published(context, past)
    if published is None:
        return ()
    moved = sorted((m for m in _pairs(context, published) if m.size > 1 + 1e-9), key=lambda m: -m.size)[:MOST]
    if not moved:
        return ()
    text = " ".join(one.sentence(context.before) for one in moved)
    return (Note(text, figures=tuple(one.now for one in moved)),)


def _published(context: Context, past: Sequence[PastEdition]) -> Edition | None:
    """What was last said of the compared window, about the same groups and agents."""
    window = context.dataset.previous_window
    for one in past:
        if not one.published:
            continue
        same_filter = one.edition.filter_text == filter_text(context.dataset, one.edition.agents)
        if window is not None and one.window == window and same_filter:
            return one.edition
    return None


def _pairs(context: Context, published: Edition) -> list[Moved]:
    kinds = [kind for kind in (SUMMARY, CASE_FIGURES, NPS_FIGURES) if context.asks(kind.report)]
    now = {name: pair for kind in kinds for name, pair in kind.before(context).items()}
    tiles = [kpi for block in published.blocks if isinstance(block, Kpis) for kpi in block.items]
    said = [kpi.figure for kpi in tiles if kpi.figure.window == "current"]
    return [
        Moved(now[one.metric][0], one, now[one.metric][1])
        for one in said
        if one.metric in now and not one.subject
    ]
