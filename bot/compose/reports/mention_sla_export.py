"""The responses export: service levels, load, longest waits, unanswered messages (API document, CSV Export).

The file holds customers' messages. No text and no customer's name is shown here.
"""

from collections.abc import Mapping, Sequence

from bot import model
from bot.compose.figures.answers import Row, insight_rows, number, string, values_of
from bot.compose.figures.context import Context, Section, SectionComposer, exported
from bot.compose.figures.metrics import SLA_EXPORT, SUMMARY, state_label
from bot.compose.figures.people import name_or_agent
from bot.compose.figures.tables import Cells, columns, figure_cell, over_sla_cell, table
from bot.compose.figures.wording import counted
from bot.compose.opening.causes import places
from bot.compose.opening.peaks import hour_of_week, hour_span, weekday_name

TITLE = "Service levels"
NO_MESSAGES = "No messages in this window."
RECONCILED = (
    ("messages", "total_volume", "messages"),
    ("replies", "total_responded_to", "replies"),
    ("over_sla", "broke_sla", "replies over SLA"),
)
"""A count of the export, its name in the summary, and its noun."""
ROWS = 31
"""A month of days; of networks and topics those with most messages."""
LEVELS: Mapping[str, str] = {
    "day": "By the day on which the customer wrote.",
    "network": "By the network on which the customer wrote.",
    "topic": "A message with several topics counts in each: the rows do not add up to messages.",
}
"""The tables of service levels by their key, and their captions."""
HOURS = range(24)
Hours = Mapping[int, Row]


def _compose(file: model.ExportFile, context: Context) -> Section:
    """Return the totals, all tables that the export has the columns for, and the file."""
    exports = (exported(SLA_EXPORT, file, context),)
    if not file.rows:
        return Section((model.Note(NO_MESSAGES, "empty", SLA_EXPORT, TITLE),), exports=exports)
    blocks = [
        _totals(file, context),
        _mismatch(file, context),
        *(_levels(file, key, context) for key in LEVELS),
        _load_grid(file, context),
        _load_table(file, context),
        _longest_waits(file, context),
        _unanswered(file, context),
    ]
    return Section(tuple(block for block in blocks if block is not None), exports=exports)


def _count(row: Row, name: str, context: Context, subject: str = "") -> model.Figure:
    return context.count(f"{SLA_EXPORT}.{name}", number(row, name), subject)


def _wait(row: Row, context: Context, subject: str = "") -> model.Figure:
    return context.figure(f"{SLA_EXPORT}.wait", number(row, "wait"), model.Unit.SECONDS, subject)


def _totals(file: model.ExportFile, context: Context) -> model.Note:
    """Return the export's own numbers, and the place where most replies were over SLA."""
    row = next(iter(insight_rows(file, "totals")), {})
    messages, replies, over = (_count(row, name, context) for name in ("messages", "replies", "over_sla"))
    wait = _wait(row, context)
    parts = (
        (messages, counted(messages, "message")),
        (replies, counted(replies, "reply", "replies")),
        (over, f"{over.text} of them over SLA"),
        (wait, f"customers waited {wait.text} on average"),
    )
    known = [(figure, text) for figure, text in parts if figure.value is not None]
    text = f"The responses export has {context.wording.counted(file.rows, 'row')}."
    if known:
        text = f"In the responses export: {', '.join(part for _, part in known)}."
    figures = [figure for figure, _ in known]
    for place in places(context)[:1]:
        part = place.part("those over SLA")
        text += f" {part[:1].upper()}{part[1:]}."
        figures += [place.over, place.all]
    return model.Note(text, "info", SLA_EXPORT, TITLE, tuple(figures))


def _mismatch(file: model.ExportFile, context: Context) -> model.Note | None:
    """Return both numbers where the export and the key figures differ; None when they agree."""
    summary = values_of(context.asked(SUMMARY)) or {}
    parts, figures = [], []
    for row in insight_rows(file, "totals")[:1]:
        for name, metric, noun in RECONCILED:
            ours, theirs = number(row, name), summary.get(metric)
            if ours is not None and theirs is not None and ours != theirs:
                figures.append(_count(row, name, context))
                theirs_text = context.wording.number(theirs)
                parts.append(f"{figures[-1].text} {noun} in the export, {theirs_text} in the key figures")
    if not parts:
        return None
    text = f"The responses export and the key figures do not agree: {'; '.join(parts)}."
    return model.Note(text, "info", SLA_EXPORT, "", tuple(figures))


def _levels(file: model.ExportFile, key: str, context: Context) -> model.TableBlock | None:
    """Return messages, replies, share over SLA and wait: days in order, else the busiest first.

    No file holds the rows that are left out; the caption gives their number.
    """
    rows = insight_rows(file, f"sla_by_{key}")
    if not rows:
        return None
    shown, caption = _worst_days(rows) if key == "day" else _busiest(rows, key), LEVELS[key]
    if len(shown) < len(rows):
        most = "replies over SLA" if key == "day" else "messages"
        caption += f" Shown are the {len(shown)} of {len(rows)} with most {most}."
    header = columns(key.capitalize(), numbers=("Messages", "Replies", "Over SLA", "Customer wait"))
    cells = [_level(row, key, context) for row in shown]
    return table(SLA_EXPORT, f"Service levels by {key}", caption, header, cells)


def _busiest(rows: Sequence[Row], key: str) -> list[Row]:
    return sorted(rows, key=lambda row: (-(number(row, "messages") or 0), string(row, key).casefold()))[:ROWS]


def _worst_days(rows: Sequence[Row]) -> list[Row]:
    """Return every day of a month; of a longer window the days with most replies over SLA. In order."""
    worst = sorted(range(len(rows)), key=lambda n: -(number(rows[n], "over_sla") or 0))[:ROWS]
    return [rows[n] for n in sorted(worst)]


def _level(row: Row, key: str, context: Context) -> Cells:
    name = string(row, key)
    subject = f"{key}={name}"
    names = ("messages", "replies", "over_sla")
    messages, replies, over = (_count(row, column, context, subject) for column in names)
    return (
        model.Cell(context.wording.local_day(name) if key == "day" else name),
        figure_cell(messages),
        figure_cell(replies),
        over_sla_cell(over, replies.value, SLA_EXPORT, context),
        figure_cell(_wait(row, context, subject)),
    )


def _by_day(file: model.ExportFile) -> dict[int, dict[int, Row]]:
    """Return the rows of `load` that have messages, by weekday and hour."""
    by_day: dict[int, dict[int, Row]] = {}
    for row in insight_rows(file, "load"):
        place = hour_of_week(row)
        if place is not None and number(row, "messages") is not None:
            by_day.setdefault(place[0], {})[place[1]] = row
    return by_day


def _load_grid(file: model.ExportFile, context: Context) -> model.Chart | None:
    """Return messages by weekday and hour; an hour without messages is 0."""
    by_day = _by_day(file)
    if sum(len(hours) for hours in by_day.values()) < 2:
        return None
    days = sorted({day.weekday() for day in context.dataset.window.days} | set(by_day))
    series = []
    for day in days:
        counts = {hour: number(row, "messages") for hour, row in by_day.get(day, {}).items()}
        values = tuple(counts.get(hour, 0.0) for hour in HOURS)
        series.append(model.ChartSeries(f"weekday={day}", weekday_name(day, context), values))
    cells = [value or 0.0 for row in series for value in row.values]
    place = max(range(len(cells)), key=cells.__getitem__)
    day, hour = days[place // len(HOURS)], place % len(HOURS)
    most = context.count(f"{SLA_EXPORT}.messages", cells[place], f"weekday={day} hour={hour}")
    when = f"{weekday_name(day, context)}, {hour_span(hour)}"
    return model.Chart(
        report=SLA_EXPORT,
        shape="grid",
        title="When customers wrote",
        caption=f"Messages by weekday and hour, {context.wording.place()} time. The busiest hour is framed.",
        alt=f"Messages by weekday and hour: most on {when}, {counted(most, 'message')}.",
        labels=tuple(f"{hour:02}" for hour in HOURS),
        series=tuple(series),
        unit=model.Unit.COUNT,
        callout=model.Callout(place, most.text),
        figures=(most,),
    )


def _load_table(file: model.ExportFile, context: Context) -> model.TableBlock | None:
    """Return one row per weekday that has messages, in the zone of the window."""
    rows = [_load_row(day, hours, context) for day, hours in sorted(_by_day(file).items())]
    numbers = ("All messages", "Messages then", "Customer wait then")
    header = columns("Weekday", "Busiest hour", numbers=numbers)
    caption = f"{context.wording.place()} time."
    return table(SLA_EXPORT, "Busiest hour by weekday", caption, header, rows) if rows else None


def _load_row(day: int, hours: Hours, context: Context) -> Cells:
    hour = max(hours, key=lambda hour: (number(hours[hour], "messages") or 0, -hour))
    subject, row, wait = f"weekday={day}", hours[hour], f"{SLA_EXPORT}.busiest_hour_wait"
    total = sum(number(row, "messages") or 0 for row in hours.values())
    return (
        model.Cell(weekday_name(day, context)),
        model.Cell(hour_span(hour)),
        figure_cell(context.count(f"{SLA_EXPORT}.messages", total, subject)),
        figure_cell(context.count(f"{SLA_EXPORT}.busiest_hour_messages", number(row, "messages"), subject)),
        figure_cell(context.figure(wait, number(row, "wait"), model.Unit.SECONDS, subject)),
    )


def _longest_waits(file: model.ExportFile, context: Context) -> model.TableBlock | None:
    """Return the messages that waited longest: when and where, never what was written or by whom."""
    rows = [_longest_wait(n, row, context) for n, row in enumerate(insight_rows(file, "longest_waits"), 1)]
    named = ("Agent",) if context.agents is not model.Agents.NONE else ()
    header = columns("Written", "Network", "State", *named, numbers=("Customer wait",))
    return table(SLA_EXPORT, "Longest waits", "Longest first.", header, rows) if rows else None


def _longest_wait(place: int, row: Row, context: Context) -> Cells:
    wait = context.figure(f"{SLA_EXPORT}.longest_wait", number(row, "wait"), model.Unit.SECONDS, str(place))
    written, agent = context.wording.local_moment(string(row, "published")), string(row, "agent")
    texts = [written, string(row, "network"), state_label(string(row, "state"))]
    if context.agents is not model.Agents.NONE:
        # "an agent" is one whose name has no initials; an empty cell is a message without an agent.
        texts.append(agent and name_or_agent(agent, context.agents))
    return (*map(model.Cell, texts), figure_cell(wait))


def _unanswered(file: model.ExportFile, context: Context) -> model.TableBlock | None:
    ages = [(string(row, "age"), number(row, "messages")) for row in insight_rows(file, "unanswered")]
    counts = [context.count(f"{SLA_EXPORT}.unanswered", messages, age) for age, messages in ages]
    rows = [(model.Cell(count.subject), figure_cell(count)) for count in counts]
    caption = "Messages without an answer that are not finished, by their age at the end of the window."
    header = columns("Age", numbers=("Messages",))
    return table(SLA_EXPORT, "Unanswered", caption, header, rows) if rows else None


SERVICE_LEVELS = SectionComposer(SLA_EXPORT, TITLE, model.ExportFile, NO_MESSAGES, _compose)
