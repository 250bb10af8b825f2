"""How an edition opens that has no key figures: with what its reports or files hold most of."""

from collections.abc import Callable, Mapping

from bot.compose.figures.context import Context, figure
from bot.compose.figures.metrics import OPEN_CASES, TOPIC_CASES, TOPIC_MENTIONS, WAIT, Metric
from bot.compose.figures.reading import Row, export_of, number, rows_of, series_of, table_rows
from bot.compose.figures.timeline import along, by_moment, subject, timeline_of
from bot.compose.figures.topics import topics
from bot.compose.figures.wording import plural
from bot.compose.opening.clauses import Clause
from bot.compose.opening.places import day_in
from bot.compose.reports.classifications import all_states
from bot.model import Figure, Sentence, Unit


def fallback_sentences(context: Context) -> list[Sentence]:
    """A sentence for each report that has something to say, in the order of an edition; [] when none has."""
    told = [say(context) for report, say in OPENINGS.items() if context.asks(report)]
    return [
        Sentence(f"{clause.text}.", "plain", tuple(one.id for one in clause.figures))
        for clause in told
        if clause is not None
    ]


def _totals(report: str, context: Context) -> Row | None:
    file = export_of(context.current(report))
    rows = table_rows(file.insight("totals")) if file and file.rows else ()
    return rows[0] if rows else None


def _count(report: str, name: str, row: Row, context: Context) -> Figure:
    return figure(f"{report}.{name}", number(row, name), Unit.COUNT, context.words)


def _responses(context: Context) -> Clause | None:
    report = "mention_sla_export"
    row = _totals(report, context)
    if row is None or number(row, "messages") is None:
        return None
    messages, replies, over = (
        _count(report, name, row, context) for name in ("messages", "replies", "over_sla")
    )
    text = f"{messages.text} {plural(messages.value or 0, 'message')} came in"
    if over.value is None or not replies.value:
        return Clause(text, (messages,))
    nouns = f"{plural(replies.value, 'reply', 'replies')} {plural(over.value, 'was', 'were')}"
    return Clause(f"{text}, and {over.text} of {replies.text} {nouns} over SLA", (messages, over, replies))


def _cases(context: Context) -> Clause | None:
    file = export_of(context.current("case_details"))
    if file is None or not file.rows:
        return None
    cases = figure("case_details.cases", file.rows, Unit.COUNT, context.words)
    text = f"{cases.text} {plural(file.rows, 'case was', 'cases were')} worked on"
    row = _totals("case_details", context)
    still = _count("case_details", "open", row, context) if row else None
    if still is None or still.value is None:
        return Clause(text, (cases,))
    return Clause(f"{text}, and {still.text} {plural(still.value, 'is', 'are')} still open", (cases, still))


def _answers(context: Context) -> Clause | None:
    file = export_of(context.current("nps_submissions"))
    if file is None or not file.rows or context.asks("nps_summary"):
        return None
    answers = figure("nps_submissions.answers", file.rows, Unit.COUNT, context.words)
    return Clause(f"{answers.text} {plural(file.rows, 'answer')} came in", (answers,))


def _topic(report: str, metric: Metric, noun: str, rows: tuple[Row, ...], context: Context) -> Clause | None:
    found = topics(rows, None)
    if not found:
        return None
    most = figure(f"{report}.{metric.name}", found[0].volume, metric.unit, context.words, subject=found[0].id)
    count = f"{most.text} {plural(found[0].volume, noun)}"
    return Clause(f"The most frequent topic was “{found[0].name}”, with {count}", (most,))


def _message_topic(context: Context) -> Clause | None:
    rows = all_states(rows_of(context.current("classifications")))
    return _topic("classifications", TOPIC_MENTIONS, "mention", rows, context)


def _case_topic(context: Context) -> Clause | None:
    rows = rows_of(context.current("case_classifications"))
    return _topic("case_classifications", TOPIC_CASES, "case", rows, context)


def _most(report: str, metric: Metric, words: str, context: Context) -> Clause | None:
    """When a figure over time was highest."""
    series = series_of(context.current(report))
    if series is None:
        return None
    shown = timeline_of(series, context.dataset.window)
    values = along(shown, by_moment(series.points.get(metric.name, ())))
    known = {n: value for n, value in enumerate(values) if value}
    if len(known) < 2:
        return None
    place = max(known, key=lambda n: known[n])
    at = shown.moments[place]
    most = figure(f"{report}.{metric.name}", known[place], metric.unit, context.words, subject=subject(at))
    when = shown.when(at, context.words) if shown.hourly else f"on {day_in(at.date(), context)}"
    return Clause(f"{words} {when}: {most.text}", (most,))


def _longest_wait(context: Context) -> Clause | None:
    return _most("response_volume", WAIT, "Customers waited longest", context)


def _most_open(context: Context) -> Clause | None:
    return _most("case_volume", OPEN_CASES, "Most cases were open", context)


OPENINGS: Mapping[str, Callable[[Context], Clause | None]] = {
    "mention_sla_export": _responses,
    "response_volume": _longest_wait,
    "classifications": _message_topic,
    "case_details": _cases,
    "case_volume": _most_open,
    "case_classifications": _case_topic,
    "nps_submissions": _answers,
}
