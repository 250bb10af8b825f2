"""The busiest hour of each weekday, from the responses export."""

from collections.abc import Sequence
from datetime import date, timedelta

from bot.compose.context import Context, figure
from bot.compose.reading import Row, number, table_rows, word
from bot.model import Cell, ExportFile, TableBlock, TableColumn, Unit

REPORT = "mention_sla_export"
COLUMNS = (
    TableColumn("Weekday"),
    TableColumn("Messages", numeric=True),
    TableColumn("Busiest hour"),
    TableColumn("Messages then", numeric=True),
    TableColumn("Customer wait then", numeric=True),
)
A_MONDAY = date(2024, 1, 1)


def load_table(file: ExportFile, context: Context) -> TableBlock | None:
    """One row a weekday that has messages, in the zone of the window."""
    by_day: dict[int, list[Row]] = {}
    for row in table_rows(file.insight("load")):
        day, hour = _whole(word(row, "weekday"), 7), _whole(word(row, "hour"), 24)
        if day is not None and hour is not None and number(row, "messages") is not None:
            by_day.setdefault(day, []).append(row)
    if not by_day:
        return None
    cells = tuple(_row(day, by_day[day], context) for day in sorted(by_day))
    caption = f"When customers wrote, {context.words.place()} time."
    return TableBlock(REPORT, "Busiest hour by weekday", caption, COLUMNS, cells, len(cells))


def _whole(text: str, limit: int) -> int | None:
    plain = text.isascii() and text.isdecimal() and len(text) <= 2
    return int(text) if plain and int(text) < limit else None


def _row(day: int, rows: Sequence[Row], context: Context) -> tuple[Cell, ...]:
    busiest = max(rows, key=lambda row: (number(row, "messages") or 0, -int(word(row, "hour"))))
    hour, subject = int(word(busiest, "hour")), f"weekday={day}"
    total = sum(number(row, "messages") or 0 for row in rows)
    shown = [
        figure(f"{REPORT}.{name}", value, unit, context.words, subject=subject)
        for name, value, unit in (
            ("messages", total, Unit.COUNT),
            ("busiest_hour_messages", number(busiest, "messages"), Unit.COUNT),
            ("busiest_hour_wait", number(busiest, "wait"), Unit.SECONDS),
        )
    ]
    cells = [Cell(one.text, one) for one in shown]
    weekday = context.words.day(A_MONDAY + timedelta(days=day))
    return (Cell(weekday), cells[0], Cell(f"{hour:02}:00 to {hour + 1:02}:00"), *cells[1:])
