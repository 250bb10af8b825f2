"""Topics as ranked bars: classifications and case_classifications (API document, Classifications).

A message may carry several classifications or none, so their sum counts mentions of topics, never messages.
"""

from collections.abc import Sequence
from functools import partial

from bot.compose.figures.answers import number, string, table_rows
from bot.compose.figures.comparison import compare
from bot.compose.figures.context import Context, Section, SectionComposer
from bot.compose.figures.metrics import CASE_CLASSIFICATIONS, CLASSIFICATIONS
from bot.compose.opening.causes import (
    MOST_TOPICS,
    TOPIC_METRICS,
    Topic,
    previous_topic_rows,
    topic_id,
    topics,
)
from bot.model import Chart, ChartSeries, CsvTable, Figure, Note, Table

OTHERS = "others"
TITLES = {CLASSIFICATIONS: "What it was about", CASE_CLASSIFICATIONS: "What cases were about"}
NOTHING = {
    CLASSIFICATIONS: "No topics in this window.",
    CASE_CLASSIFICATIONS: "No case had a topic in this window.",
}
_MENTIONS = "Topic mentions: a message may have several topics or none, so they do not add up to messages."
_CASES = "Cases with each topic, counted once a case: a case may have several topics or none."
CAPTIONS = {CLASSIFICATIONS: _MENTIONS, CASE_CLASSIFICATIONS: _CASES}
HEADERS = {
    CLASSIFICATIONS: ("classification_id", "classification", "state", "topic_mentions"),
    CASE_CLASSIFICATIONS: ("classification_id", "classification", "cases"),
}


def _compose(report: str, table: Table, context: Context) -> Section:
    """Return ranked bars with the change, and the full CSV with every row as it came."""
    header = HEADERS[report]
    rows = [(*(string(row, name) for name in header[:-1]), row.get("volume")) for row in table_rows(table)]
    csv = CsvTable(report, header, tuple(rows))
    ranking = topics(report, context)
    if not ranking:
        return Section((Note(NOTHING[report], "empty", report, TITLES[report]),), (csv,))
    return Section((_chart(report, ranking, context),), (csv,))


def _chart(report: str, ranking: Sequence[Topic], context: Context) -> Chart:
    shown = _with_others(report, ranking, context)
    labels = [_label(topic, report, context) for topic in shown]
    series = [ChartSeries("current", context.now, tuple(topic.volume for topic in shown))]
    caption, against = CAPTIONS[report], ""
    if shown[0].before is not None:
        # A new topic has no mark: at the very left it would look like a part of the bar.
        marks = tuple(topic.before or None for topic in shown)
        series.append(ChartSeries("previous", context.before, marks))
        caption += f" Beside each number its change; the mark is {context.before}."
        against = f", each with its change from {context.before}"
    facts = "; ".join(_spoken(topic, text, report) for topic, (text, _) in zip(shown, labels, strict=True))
    return Chart(
        report=report,
        shape="bars",
        title=TITLES[report],
        caption=caption,
        alt=f"{TOPIC_METRICS[report].label}{against}: {facts}.",
        labels=tuple(topic.name for topic in shown),
        series=tuple(series),
        unit=TOPIC_METRICS[report].unit,
        value_labels=tuple(text for text, _ in labels),
        figures=tuple(figure for _, figures in labels for figure in figures),
    )


def _spoken(topic: Topic, label: str, report: str) -> str:
    """Return 'delivery: 83, +4% more': screen readers skip many signs, but read words."""
    if not topic.before or topic.volume == topic.before:
        return f"{topic.name}: {label}"
    metric = TOPIC_METRICS[report]
    return f"{topic.name}: {label} {metric.more if topic.volume > topic.before else metric.fewer}"


def _with_others(report: str, ranking: Sequence[Topic], context: Context) -> list[Topic]:
    leading, rest = list(ranking[:MOST_TOPICS]), ranking[MOST_TOPICS:]
    if not rest:
        return leading
    before = None
    if rest[0].before is not None:
        ids, rows = {topic.id for topic in ranking}, previous_topic_rows(report, context)
        gone = sum(number(row, "volume") or 0 for row in rows if topic_id(row) not in ids)
        before = sum(topic.before or 0 for topic in rest) + gone
    name = f"other ({len(rest)} topic{'' if len(rest) == 1 else 's'})"
    return [*leading, Topic(OTHERS, name, sum(topic.volume for topic in rest), before)]


def _label(topic: Topic, report: str, context: Context) -> tuple[str, tuple[Figure, ...]]:
    """Return '412, +38%' or '97, new', and the figures behind it."""
    metric = TOPIC_METRICS[report]
    name = f"{report}.{metric.name}"
    current = context.count(name, topic.volume, topic.id)
    if topic.before is None:
        return current.text, (current,)
    if topic.before <= 0:
        return f"{current.text}, new", (current,)
    before = context.count(name, topic.before, topic.id, previous=True)
    change = compare(metric, current, before, context.wording).figure
    share = (topic.volume - topic.before) / topic.before
    text = context.wording.relative(share) if change else context.wording.share(0)
    return f"{current.text}, {text}", (current, before, change) if change else (current, before)


MESSAGE_TOPICS, CASE_TOPICS = (
    SectionComposer(report, TITLES[report], Table, NOTHING[report], partial(_compose, report))
    for report in (CLASSIFICATIONS, CASE_CLASSIFICATIONS)
)
