"""What every report's composer is given, and what it gives back."""

from dataclasses import dataclass

from bot.compose.wording import Wording, compared_noun
from bot.model import (
    Agents,
    Block,
    CsvTable,
    Dataset,
    Digest,
    ExportedFile,
    Figure,
    Note,
    Slot,
    Unavailable,
    Unit,
)


@dataclass(frozen=True, slots=True)
class Context:
    """The digest, its dataset, how agents are shown, and how values read."""

    digest: Digest
    dataset: Dataset
    agents: Agents
    words: Wording

    @property
    def before(self) -> str:
        """What the compared window is called: 'the week before'."""
        compared = self.dataset.previous_window
        return compared_noun(self.dataset.window, compared) if compared else ""

    def target(self, metric: str) -> float | None:
        """The digest's limit for a metric, in the metric's unit, or None."""
        return next((t.limit for t in self.digest.targets if t.metric == metric), None)

    def current(self, report: str) -> Slot:
        """The answer for the window; Unavailable when it was never asked for."""
        return self.dataset.current.get(report, Unavailable("it was not asked for"))

    def previous(self, report: str) -> Slot | None:
        """The answer for the compared window, or None when nothing is compared."""
        return self.dataset.previous.get(report)


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
    """A worded figure of the current or the compared window."""
    window = "previous" if previous else "current"
    return Figure(metric, subject, window, value, unit, words.value(value, unit))  # type: ignore[arg-type]


def unavailable(report: str, title: str, slot: Unavailable) -> Section:
    """The section of a report that could not be loaded: said in its place and at the top."""
    sentence = f"{title} could not be loaded: {slot.reason.rstrip('.')}."
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
        f"{title} of {context.before} could not be loaded: {slot.reason.rstrip('.')}. Nothing is compared.",
    )
