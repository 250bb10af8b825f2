"""What the sections of exports share: the file itself, moments and counts from what was counted in it."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.compose.figures.context import Context, figure
from bot.compose.figures.metrics import FEW_REPLIES, OVER_SLA
from bot.compose.figures.reading import Row, number
from bot.compose.figures.wording import Wording, plural
from bot.model import NO_VALUE, Cell, ExportedFile, ExportFile, Figure, Present, Unit


def exported(report: str, file: ExportFile, context: Context) -> ExportedFile:
    """The file that travels with the edition, and the last day on which it is surely still kept."""
    return ExportedFile(report, file.path, file.rows, file.size, _kept_until(report, context))


def _kept_until(report: str, context: Context) -> str:
    slot = context.current(report)
    if context.keep_seconds is None or not isinstance(slot, Present):
        return ""
    gone = slot.fetched_at + timedelta(seconds=context.keep_seconds)
    return context.words.full_day(gone.astimezone(ZoneInfo(context.words.zone)).date() - timedelta(days=1))


def local_moment(text: str, words: Wording) -> str:
    """'2026-11-18T09:30' as 'Wed 18 November 09:30'; what is no moment stays as it is written."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{words.dated(at.date())} {at:%H:%M}"


def local_day(text: str, words: Wording) -> str:
    """'2026-11-18' as 'Wed 18 November'; what is no day stays as it is written."""
    try:
        return words.dated_briefly(date.fromisoformat(text))
    except ValueError:
        return text


def counted(name: str, row: Row, column: str, unit: Unit, context: Context, subject: str) -> Figure:
    """One cell of what was counted, as a figure."""
    return figure(name, number(row, column), unit, context.words, subject=subject)


def over_sla(report: str, row: Row, context: Context, subject: str) -> Cell:
    """The share over SLA; below twenty replies as counts, for a share of six says nothing."""
    replies, broke = number(row, "replies"), number(row, "over_sla")
    if not replies or broke is None:
        return Cell(NO_VALUE)
    if replies < FEW_REPLIES:
        count = counted(f"{report}.over_sla", row, "over_sla", Unit.COUNT, context, subject)
        return Cell(f"{count.text} of {context.words.number(replies)}", count)
    name = f"{report}.{OVER_SLA.name}"
    share = figure(name, broke / replies, Unit.SHARE, context.words, subject=subject)
    limit = context.target(OVER_SLA.name)
    return Cell(share.text, share, "bad" if limit is not None and broke / replies > limit else "plain")


def counts(value: Figure, noun: str, several: str = "") -> str:
    """'12 answers'."""
    return f"{value.text} {plural(value.value or 0, noun, several)}"
