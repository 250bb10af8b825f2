"""`nps_volume`: a survey's figures for each day (API document, NPS Volume)."""

from datetime import UTC, timedelta
from typing import Any

from activity_emulator.log import Log
from activity_emulator.reports.periods import Day, days
from activity_emulator.reports.selection import Selection
from activity_emulator.reports.surveys import counted


def report(log: Log, selection: Selection) -> list[dict[str, Any]]:
    """Every local day of the window, with zeros and a score of 0.0 where nothing happened.

    `date` and `timestamp` (epoch seconds) are the day's start, midnight at `date_from`'s offset, in UTC.
    """
    window = days(selection.query)
    figures = counted(log, selection, [(day.since, day.until) for day in window])
    shift = timedelta(seconds=selection.query.offset_seconds)
    return [_point(day, shift, data) for day, data in zip(window, figures, strict=True)]


def _point(day: Day, shift: timedelta, data: dict[str, Any]) -> dict[str, Any]:
    starts_at = (day.midnight - shift).replace(tzinfo=UTC)
    return {"date": starts_at.isoformat(), "timestamp": int(starts_at.timestamp()), "data": data}
