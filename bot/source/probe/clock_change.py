"""How points without a zone are labelled around a clock change: the API's document does not say."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model import Finding, Query, State, Window
from bot.source.probe.findings import REPORT_IT
from bot.source.probe.labels import (
    Reading,
    days_of,
    hours_of,
    latest_clock_change,
    reading,
    series_labels,
)
from bot.source.probe.names import Named
from bot.source.probe.session import Asking, days_text


def of_clock_change(asking: Asking, _: Named) -> Iterator[Finding]:
    """The labels of days and hours around the latest clock change of a digest's zone."""
    for zone in dict.fromkeys(digest.zone for digest in asking.configuration.digests):
        today = asking.now.astimezone(ZoneInfo(zone)).date()
        day = latest_clock_change(zone, today)
        if day is not None:
            last = min(day + timedelta(days=3), today - timedelta(days=1))
            yield _of_days(asking, Window.of_dates(last - timedelta(days=6), last, zone))
            yield _of_hours(asking, Window.of_dates(day, day, zone))
            return


def _of_days(asking: Asking, window: Window) -> Finding:
    """Seven days: labels are local dates, whatever the offset."""
    span = f"the days of {days_text(window)}, with a clock change in {window.zone}"
    todo = f"we take them for local dates, so some days are wrong around a clock change: {REPORT_IT}"
    return _finding(asking, window, days_of(window), "clock change, days", span, Reading.FIXED, todo)


def _of_hours(asking: Asking, window: Window) -> Finding:
    """One day: hours are labelled in the offset that `date_from` had."""
    span = f"the hours of {days_text(window)}, with a clock change in {window.zone}"
    todo = f"we read them in the offset of date_from, so some hours are wrong on such a day: {REPORT_IT}"
    return _finding(asking, window, hours_of(window), "clock change, hours", span, Reading.LOCAL, todo)


def _finding(
    asking: Asking,
    window: Window,
    starts: Iterable[datetime],
    about: str,
    span: str,
    misread: Reading,
    todo: str,
) -> Finding:
    """`misread` is the one reading that the client does not share."""
    found = reading(series_labels(asking.raw(Query("states_volume", window))), starts, window)
    if found is Reading.UNCLEAR:
        return Finding(State.UNCLEAR, about, f"{span}, do not show what their labels mean")
    seen = f"{span}, are labelled by {found}"
    return Finding(State.UNCLEAR, about, seen, todo) if found is misread else Finding(State.FINE, about, seen)
