"""What the responses export says of service levels and load (API document, Responses CSV Export).

The file holds customers' messages; nothing of what they wrote, and none of their names, is shown here.
"""

from bot.compose.figures.context import Context, Section, answer_of, figure
from bot.compose.figures.export_parts import counts, exported
from bot.compose.figures.reading import Row, number, table_rows, values_of
from bot.compose.figures.wording import plural
from bot.compose.opening.places import places
from bot.compose.reports.load import load_grid, load_table
from bot.compose.reports.sla_tables import longest_waits, sla_table, unanswered
from bot.compose.reports.states_volume import NOTHING
from bot.model import Block, ExportFile, Figure, Note, TableBlock, Unit

REPORT = "mention_sla_export"
TITLE = "Service levels"
RECONCILED = (
    ("messages", "total_volume", "messages"),
    ("replies", "total_responded_to", "replies"),
    ("over_sla", "broke_sla", "replies over SLA"),
)
"""What the export counts, the summary's name for it, and how people call it."""


def compose_mention_sla_export(context: Context) -> Section:
    """Totals, tables by day, network and topic, load, longest waits, what is unanswered; the file.

    A part of which the export lacks the columns is left out.
    """
    found = answer_of(context, REPORT, TITLE, ExportFile, NOTHING)
    if isinstance(found, Section):
        return found
    file = (exported(REPORT, found, context),)
    if not found.rows:
        return Section((Note(NOTHING, "empty", REPORT, TITLE),), exports=file)
    parts = [
        *_totals(found, context),
        *_gap(found, context),
        _by_day(found, context),
        sla_table(found, "sla_by_network", "network", "Service levels by network", context),
        sla_table(found, "sla_by_topic", "topic", "Service levels by topic", context),
        load_grid(found, context),
        load_table(found, context),
        longest_waits(found, context),
        unanswered(found, context),
    ]
    return Section(tuple(part for part in parts if part is not None), exports=file)


def _totals(file: ExportFile, context: Context) -> list[Block]:
    """The export's own numbers in a sentence."""
    rows = table_rows(file.insight("totals"))
    if not rows:
        return [Note(_rows_alone(file, context), "info", REPORT, TITLE)]
    messages, replies, broke, wait = (
        _total(rows[0], name, unit, context)
        for name, unit in (
            ("messages", Unit.COUNT),
            ("replies", Unit.COUNT),
            ("over_sla", Unit.COUNT),
            ("wait", Unit.SECONDS),
        )
    )
    told = [
        text
        for one, text in (
            (messages, counts(messages, "message")),
            (replies, counts(replies, "reply", "replies")),
            (broke, f"{broke.text} of them over SLA"),
            (wait, f"customers waited {wait.text} on average"),
        )
        if one.value is not None
    ]
    known = [one for one in (messages, replies, broke, wait) if one.value is not None]
    text = f"In the responses export: {', '.join(told)}." if told else _rows_alone(file, context)
    for place in places(context)[:1]:
        part = place.part("those over SLA")
        text += f" {part[:1].upper()}{part[1:]}."
        known += [place.over, place.all]
    return [Note(text, "info", REPORT, TITLE, tuple(known))]


def _rows_alone(file: ExportFile, context: Context) -> str:
    return f"The responses export has {context.words.number(file.rows)} {plural(file.rows, 'row')}."


def _total(row: Row, name: str, unit: Unit, context: Context) -> Figure:
    return figure(f"{REPORT}.{name}", number(row, name), unit, context.words)


def _gap(file: ExportFile, context: Context) -> list[Block]:
    """Where the export and the key figures differ, both numbers; [] when they agree or one is missing."""
    summary = values_of(context.current("summary")) if context.asks("summary") else None
    rows = table_rows(file.insight("totals"))
    if not summary or not rows:
        return []
    told, figures = [], []
    for name, theirs, noun in RECONCILED:
        ours, said = number(rows[0], name), summary.get(theirs)
        if ours is None or said is None or ours == said:
            continue
        figures.append(_total(rows[0], name, Unit.COUNT, context))
        said_text = context.words.number(said)
        told.append(f"{figures[-1].text} {noun} in the export, {said_text} in the key figures")
    if not told:
        return []
    text = f"The responses export and the key figures do not agree: {'; '.join(told)}."
    return [Note(text, "info", REPORT, "", tuple(figures))]


def _by_day(file: ExportFile, context: Context) -> TableBlock | None:
    return sla_table(file, "sla_by_day", "day", "Service levels by day", context)
