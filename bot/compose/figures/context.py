"""Input and output of a section: the context that a composer reads, and the section that it returns."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from bot import model
from bot.compose.figures.answers import finite
from bot.compose.figures.wording import Wording, compared_noun, window_noun
from bot.model.report_types import AGENT_REPORTS
from bot.timetable.holidays import is_holiday

A = TypeVar("A", bound=model.Answer)


@dataclass(frozen=True, slots=True)
class Context:
    """The digest, its dataset, the visibility of agents, and the wording of values.

    `past` holds earlier editions about the same groups and the same kind of window, newest first.
    `keep_seconds` is the retention of files.
    """

    digest: model.Digest
    dataset: model.Dataset
    agents: model.Agents
    wording: Wording
    past: tuple[model.PastEdition, ...] = ()
    keep_seconds: float | None = None

    @property
    def noun(self) -> str:
        """The window's noun: 'week', 'month' and so on, else 'window'."""
        noun = window_noun(self.dataset.window)
        return noun if noun != "period" else "window"

    @property
    def now(self) -> str:
        """The window as a heading: 'This week', 'This window'."""
        return f"This {self.noun}"

    @property
    def before(self) -> str:
        """The compared window: 'the week before'; '' without one."""
        compared = self.dataset.previous_window
        return compared_noun(self.dataset.window, compared) if compared else ""

    def day_name(self, day: date) -> str:
        """Return a day in a sentence: its weekday where that is unique in the window, else the date."""
        return self.wording.day(day) if len(self.dataset.window.days) <= 7 else self.wording.dated(day)

    def target(self, metric: str) -> float | None:
        """Return the digest's limit for a metric, in the metric's unit, or None."""
        return next((t.limit for t in self.digest.targets if t.metric == metric), None)

    def is_quiet(self, day: date) -> bool:
        """Return whether this day is a weekend or a holiday of the digest's calendar."""
        return day.weekday() >= 5 or is_holiday(day, self.digest.holidays)

    def asks(self, report: str) -> bool:
        """Return whether the digest includes this report type."""
        return any(wanted.type == report for wanted in self.digest.reports)

    def current(self, report: str) -> model.Slot:
        """Return the answer for the window; Unavailable when it was not requested."""
        return self.dataset.current.get(report, model.Unavailable("it was not asked for"))

    def asked(self, report: str) -> model.Slot | None:
        """Return the answer for the window, or None when the digest does not include the report type."""
        return self.current(report) if self.asks(report) else None

    def previous(self, report: str) -> model.Slot | None:
        """Return the answer for the compared window, or None when nothing is compared."""
        return self.dataset.previous.get(report) if self.dataset.previous_window else None

    def is_compared(self, report: str) -> bool:
        """Return whether the compared window was loaded. An empty one counts as loaded."""
        return isinstance(self.previous(report), model.Present | model.Empty)

    def figure(
        self, metric: str, value: float | None, unit: model.Unit, subject: str = "", *, previous: bool = False
    ) -> model.Figure:
        """Return a worded figure of the current or the compared window; non-finite values become None."""
        window = "previous" if previous else "current"
        known = finite(value)
        return model.Figure(metric, subject, window, known, unit, self.wording.value(known, unit))  # type: ignore[arg-type]

    def count(
        self, metric: str, value: float | None, subject: str = "", *, previous: bool = False
    ) -> model.Figure:
        """Return a worded count."""
        return self.figure(metric, value, model.Unit.COUNT, subject, previous=previous)


@dataclass(frozen=True, slots=True)
class Section:
    """What one report type contributes to an edition."""

    blocks: tuple[model.Block, ...] = ()
    csvs: tuple[model.CsvTable, ...] = ()
    exports: tuple[model.ExportedFile, ...] = ()
    incomplete: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SectionComposer(Generic[A]):
    """How one report type becomes a section.

    `compose` gets an answer of type `answer`. `nothing` is the sentence for an empty answer. `notes` stand
    below whatever the section shows. A recipient without agents gets no section of an agents' report.
    """

    report: str
    title: str
    answer: type[A]
    nothing: str
    compose: Callable[[A, Context], Section]
    notes: Callable[[str, Context], tuple[model.Note, ...]] = lambda report, context: ()

    def section(self, context: Context) -> Section:
        """Return the section for any answer: present, empty, or unavailable with its reason."""
        if self.report in AGENT_REPORTS and context.agents is model.Agents.NONE:
            return Section()
        section = self._section(context.current(self.report), context)
        return replace(section, blocks=(*section.blocks, *self.notes(self.report, context)))

    def _section(self, slot: model.Slot, context: Context) -> Section:
        if isinstance(slot, model.Present) and isinstance(slot.answer, self.answer):
            section: Section = self.compose(slot.answer, context)
            return replace(section, incomplete=self._previous_missing(context))
        if isinstance(slot, model.Empty):
            return Section((model.Note(self.nothing, "empty", self.report, self.title),))
        reason = slot.reason if isinstance(slot, model.Unavailable) else "its answer has an unexpected form"
        sentence = f"“{self.title}” could not be loaded: {reason.rstrip('.')}."
        note = model.Note(sentence, "unavailable", self.report, self.title)
        return Section((note,), incomplete=(sentence,))

    def _previous_missing(self, context: Context) -> tuple[str, ...]:
        """Return the sentence for a compared window that could not be loaded; () when it could."""
        slot = context.previous(self.report)
        if not isinstance(slot, model.Unavailable):
            return ()
        reason = slot.reason.rstrip(".")
        return (f"“{self.title}” of {context.before} could not be loaded: {reason}. Nothing is compared.",)


AnyComposer = SectionComposer[Any]


def exported(report: str, file: model.ExportFile, context: Context) -> model.ExportedFile:
    """Return the file that goes out with the edition, with the last full day on which it is kept."""
    slot, until = context.current(report), ""
    if context.keep_seconds is not None and isinstance(slot, model.Present):
        expiry = slot.fetched_at + timedelta(seconds=context.keep_seconds)
        last_day = expiry.astimezone(ZoneInfo(context.wording.zone)).date() - timedelta(days=1)
        until = context.wording.full_day(last_day)
    return model.ExportedFile(report, file.name, file.rows, file.size, until)
