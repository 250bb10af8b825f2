"""When customers wrote, from the responses export: a grid of weekdays and hours, and the busiest hours."""

from collections.abc import Mapping, Sequence

from bot.compose.figures.context import Context, figure
from bot.compose.figures.reading import Row, number, table_rows
from bot.compose.figures.wording import plural
from bot.compose.opening.busy_hour import cell, span, weekday
from bot.model import (
    Callout,
    Cell,
    Chart,
    ChartSeries,
    ExportFile,
    Figure,
    TableBlock,
    TableColumn,
    Unit,
)

REPORT = "mention_sla_export"
COLUMNS = (
    TableColumn("Weekday"),
    TableColumn("Busiest hour"),
    TableColumn("All messages", numeric=True),
    TableColumn("Messages then", numeric=True),
    TableColumn("Customer wait then", numeric=True),
)
HOURS = range(24)
Hours = Mapping[int, Row]


def load_grid(file: ExportFile, context: Context) -> Chart | None:
    """Messages by weekday and hour; a weekday that the window lacks has no row, an hour without any is 0."""
    by_day = _by_day(file)
    if sum(len(hours) for hours in by_day.values()) < 2:
        return None
    window = {day.weekday() for day in context.dataset.window.days}
    days = sorted(window | set(by_day))
    series = [_series(day, by_day.get(day, {}), context) for day in days]
    place, most = _fullest(series, days, by_day, context)
    return Chart(
        report=REPORT,
        shape="grid",
        title="When customers wrote",
        caption=f"Messages by weekday and hour, {context.words.place()} time. The busiest hour is framed.",
        alt=_alt(days, place, most, context),
        labels=tuple(f"{hour:02}" for hour in HOURS),
        series=tuple(series),
        unit=Unit.COUNT,
        callout=Callout(place, most.text),
        figures=(most,),
    )


def _series(day: int, hours: Hours, context: Context) -> ChartSeries:
    values = tuple(number(hours[hour], "messages") if hour in hours else 0.0 for hour in HOURS)
    return ChartSeries(f"weekday={day}", weekday(day, context), values)


def _fullest(
    series: Sequence[ChartSeries], days: Sequence[int], by_day: Mapping[int, Hours], context: Context
) -> tuple[int, Figure]:
    """The cell with most messages, counted row by row, and their number."""
    values = [value or 0.0 for one in series for value in one.values]
    place = max(range(len(values)), key=lambda n: (values[n], -n))
    day, hour = days[place // len(HOURS)], place % len(HOURS)
    subject = f"weekday={day} hour={hour}"
    return place, figure(f"{REPORT}.messages", values[place], Unit.COUNT, context.words, subject=subject)


def _alt(days: Sequence[int], place: int, most: Figure, context: Context) -> str:
    when = f"{weekday(days[place // len(HOURS)], context)}, {span(place % len(HOURS))}"
    messages = f"{most.text} {plural(most.value or 0, 'message')}"
    return f"Messages by weekday and hour: most on {when}, {messages}."


def load_table(file: ExportFile, context: Context) -> TableBlock | None:
    """One row a weekday that has messages, in the zone of the window."""
    by_day = _by_day(file)
    if not by_day:
        return None
    cells = tuple(_row(day, by_day[day], context) for day in sorted(by_day))
    caption = f"{context.words.place()} time."
    return TableBlock(REPORT, "Busiest hour by weekday", caption, COLUMNS, cells, len(cells))


def _by_day(file: ExportFile) -> dict[int, dict[int, Row]]:
    """The rows of `load` with a number of messages, by weekday and hour."""
    found: dict[int, dict[int, Row]] = {}
    for row in table_rows(file.insight("load")):
        place = cell(row)
        if place is not None and number(row, "messages") is not None:
            found.setdefault(place[0], {})[place[1]] = row
    return found


def _row(day: int, hours: Hours, context: Context) -> tuple[Cell, ...]:
    hour = max(hours, key=lambda one: (number(hours[one], "messages") or 0, -one))
    subject = f"weekday={day}"
    total = sum(number(row, "messages") or 0 for row in hours.values())
    shown = [
        figure(f"{REPORT}.{name}", value, unit, context.words, subject=subject)
        for name, value, unit in (
            ("messages", total, Unit.COUNT),
            ("busiest_hour_messages", number(hours[hour], "messages"), Unit.COUNT),
            ("busiest_hour_wait", number(hours[hour], "wait"), Unit.SECONDS),
        )
    ]
    cells = [Cell(one.text, one) for one in shown]
    return (Cell(weekday(day, context)), Cell(span(hour)), *cells)
