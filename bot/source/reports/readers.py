"""The report types that are answered at once: one reader each, and this table of them.

A reader turns the API's JSON into an answer, or None when there is nothing in the window.
Another report type is one model in `wire_reports.py`, one reader, and one line in REPORTS.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.model import ApiSettings, Point, Scalars, Series, Table, Unit, Window
from bot.source.reports.agents import read_user_summary, read_user_volume, read_workflow_states
from bot.source.reports.nps import read_nps_summary, read_nps_volume
from bot.source.reports.series import (
    ALWAYS_DAILY,
    RESPONSE_VOLUME_HOURLY,
    STATES_VOLUME_HOURLY,
    read_series,
)
from bot.source.reports.topics import read_case_classifications, read_classifications
from bot.source.reports.wire import finite, parse, scalars
from bot.source.reports.wire_reports import (
    CASE_SUMMARY,
    CASE_VOLUME,
    RESPONSE_VOLUME,
    STATES_VOLUME,
    SUMMARY,
)

SECONDS_PER_UNIT = {"seconds": 1.0, "minutes": 60.0}

Reader = Callable[[object, Window, ApiSettings], Scalars | Series | Table | None]
"""Raises SourceUnclear for an answer that cannot be believed."""


def read_summary(answer: object, window: Window, api: ApiSettings) -> Scalars:
    """One value per metric, in seconds or counts. A volume of 0 is a figure, not an empty answer."""
    return scalars(parse(SUMMARY, answer, "summary"))


def read_states_volume(answer: object, window: Window, api: ApiSettings) -> Series | None:
    """Messages in each workflow state, by day or hour; states that we do not know are kept."""
    points = parse(STATES_VOLUME, answer, "states_volume")
    return read_series(points, window, Unit.COUNT, STATES_VOLUME_HOURLY, "states_volume")


def read_response_volume(answer: object, window: Window, api: ApiSettings) -> Series | None:
    """The mean response time `avg_response_time` in seconds, by day or hour.

    The API's table says minutes, its samples are seconds: `api.response_volume_unit` decides.
    """
    wire = parse(RESPONSE_VOLUME, answer, "response_volume")
    points = {"avg_response_time": wire.avg_response_time}
    series = read_series(points, window, Unit.SECONDS, RESPONSE_VOLUME_HOURLY, "response_volume")
    return None if series is None else _multiplied(series, SECONDS_PER_UNIT[api.response_volume_unit])


def _multiplied(series: Series, factor: float) -> Series:
    points = {
        name: tuple(Point(point.at, finite(point.value and point.value * factor)) for point in points)
        for name, points in series.points.items()
    }
    return replace(series, points=points)


def read_case_summary(answer: object, window: Window, api: ApiSettings) -> Scalars:
    """The cases closed in the window: their number, seconds, and means per case."""
    return scalars(parse(CASE_SUMMARY, answer, "case_summary"))


def read_case_volume(answer: object, window: Window, api: ApiSettings) -> Series | None:
    """The cases `open` on each day: not a sum over days, a long case is open on many."""
    points = {"open": parse(CASE_VOLUME, answer, "case_volume").open}
    return read_series(points, window, Unit.COUNT, ALWAYS_DAILY, "case_volume")


REPORTS: Mapping[str, Reader] = {
    "summary": read_summary,
    "states_volume": read_states_volume,
    "workflow_states": read_workflow_states,
    "classifications": read_classifications,
    "response_volume": read_response_volume,
    "user_summary": read_user_summary,
    "user_volume": read_user_volume,
    "case_summary": read_case_summary,
    "case_volume": read_case_volume,
    "case_classifications": read_case_classifications,
    "nps_summary": read_nps_summary,
    "nps_volume": read_nps_volume,
}


def read(report: str, told: object, window: Window, api: ApiSettings) -> Scalars | Series | Table | None:
    """What the report type `report` makes of an answer's JSON; None when there is nothing in it.

    The same JSON may be read as another report type, or again under other settings. Raises
    SourceUnclear for an answer that cannot be believed, KeyError for a type not in REPORTS.
    """
    return REPORTS[report](told, window, api)
