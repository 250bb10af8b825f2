"""What every report's composer is given, and what it gives back."""

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from bot.compose.figures.reading import finite
from bot.compose.figures.wording import Wording, compared_noun, window_noun
from bot.model import (
    Agents,
    Answer,
    Block,
    CsvTable,
    Dataset,
    Digest,
    Empty,
    ExportedFile,
    Figure,
    Note,
    PastEdition,
    Present,
    Slot,
    Unavailable,
    Unit,
)
from bot.timetable.holidays import is_holiday

A = TypeVar("A", bound=Answer)


@dataclass(frozen=True, slots=True)
class Context:
    """The digest, its dataset, how agents are shown, and how values read.

    `past` is what earlier editions about the same groups and the same kind of window said, newest first;
    `keep_seconds` how long files are kept.
    """

    digest: Digest
    dataset: Dataset
    agents: Agents
    words: Wording
    past: tuple[PastEdition, ...] = ()
    keep_seconds: float | None = None

    @property
    def now(self) -> str:
        """What the window is called over its figures: 'This week', else 'This window'."""
        noun = window_noun(self.dataset.window)
        return f"This {noun}" if noun != "period" else "This window"

    @property
    def before(self) -> str:
        """What the compared window is called: 'the week before'."""
        compared = self.dataset.previous_window
        return compared_noun(self.dataset.window, compared) if compared else ""

    def target(self, metric: str) -> float | None:
        """The digest's limit for a metric, in the metric's unit, or None."""
        return next((t.limit for t in self.digest.targets if t.metric == metric), None)

    def is_quiet(self, day: date) -> bool:
        """Whether the digest's calendar has a weekend or a holiday on this day."""
        return day.weekday() >= 5 or is_holiday(day, self.digest.holidays)

    def asks(self, report: str) -> bool:
        """Whether the digest wants this report type."""
        return any(wanted.type == report for wanted in self.digest.reports)

    def current(self, report: str) -> Slot:
        """The answer for the window; Unavailable when it was never asked for."""
        return self.dataset.current.get(report, Unavailable("it was not asked for"))

    def previous(self, report: str) -> Slot | None:
        """The answer for the compared window, or None when nothing is compared."""
        return self.dataset.previous.get(report) if self.dataset.previous_window else None

    def is_compared(self, report: str) -> bool:
        """Whether the compared window was loaded; that it holds nothing is an answer too."""
        return isinstance(self.previous(report), Present | Empty)


@dataclass(frozen=True, slots=True)
class Section:
    """What one report type contributes to an edition."""

    blocks: tuple[Block, ...] = ()
    csvs: tuple[CsvTable, ...] = ()
    exports: tuple[ExportedFile, ...] = ()
    incomplete: tuple[str, ...] = ()


def figure(
    metric: str, value: float | None, unit: Unit, words: Wording, *, subject: str = "", previous: bool = False
) -> Figure:
    """A worded figure of the current or the compared window; what is no number has no value."""
    window = "previous" if previous else "current"
    known = finite(value)
    return Figure(metric, subject, window, known, unit, words.value(known, unit))  # type: ignore[arg-type]


def answer_of(context: Context, report: str, title: str, kind: type[A], nothing: str) -> A | Section:
    """The answer of the window, or the section that says why there is none: `nothing`, or not loaded."""
    slot = context.current(report)
    if isinstance(slot, Empty):
        return empty(report, title, nothing)
    if isinstance(slot, Present) and isinstance(slot.answer, kind):
        return slot.answer
    reason = slot if isinstance(slot, Unavailable) else Unavailable("its answer has an unexpected form")
    return unavailable(report, title, reason)


def unavailable(report: str, title: str, slot: Unavailable) -> Section:
    """The section of a report that could not be loaded: said in its place and at the top."""
    sentence = f"“{title}” could not be loaded: {slot.reason.rstrip('.')}."
    return Section((Note(sentence, "unavailable", report, title),), incomplete=(sentence,))


def empty(report: str, title: str, sentence: str) -> Section:
    """The section of a report that holds nothing in this window."""
    return Section((Note(sentence, "empty", report, title),))


def previous_missing(report: str, title: str, context: Context) -> tuple[str, ...]:
    """The sentence for a compared window that could not be loaded; () when it could."""
    slot = context.previous(report)
    if not isinstance(slot, Unavailable):
        return ()
    return (
        f"“{title}” of {context.before} could not be loaded: {slot.reason.rstrip('.')}. Nothing is compared.",
    )
