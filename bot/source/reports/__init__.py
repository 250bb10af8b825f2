"""The report types that the API answers at once: the JSON of their query, and one reader each.

A reader turns the API's JSON into an answer, or None when there is nothing in the window. Another report
type is one row of `bot.model.report_types`, one model and reader here, and one line in REPORTS.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from bot.errors import UsageError
from bot.model import ApiSettings, Query, Scalars, Series, Table, Window
from bot.model.report_types import FORM_REPORTS
from bot.source.reports.agents import read_user_summary, read_user_volume, read_workflow_states
from bot.source.reports.nps import read_nps_summary, read_nps_volume
from bot.source.reports.series import read_case_volume, read_response_volume, read_states_volume
from bot.source.reports.totals import (
    read_case_classifications,
    read_case_summary,
    read_classifications,
    read_summary,
)

Reader = Callable[[object, Window, ApiSettings], Scalars | Series | Table | None]
"""Raises SourceUnclear for an answer that cannot be believed. The same JSON may suit several readers."""

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

OWN_FIELDS = frozenset({"type", "date_from", "date_to", "form", "nps_category"})
"""Fields of a query that a filter must not be called."""


def query_body(query: Query, api: ApiSettings) -> dict[str, object]:
    """Return the JSON of a query.

    Our windows are half-open and the API's `date_to` is inclusive: it is the end minus one second.
    Each end has its own offset, which differ when the clock changes inside the window. A filter is
    sent only when it has ids: an empty list might mean everybody. A survey is named by its id, in
    queries about surveys alone. Raises UsageError for one of those without it.
    """
    body: dict[str, object] = {"type": query.type, **_dates(query.window)}
    if query.groups:
        body[api.group_filter] = list(query.groups)
    if query.users:
        body[api.user_filter] = list(query.users)
    if query.type in FORM_REPORTS:
        if query.form is None:
            raise UsageError(f"{query.type} needs the survey that it is about: `form`.")
        body |= {"form": query.form, "nps_category": query.nps_category or "all"}
    return body


def _dates(window: Window) -> dict[str, str]:
    last = (window.end.astimezone(UTC) - timedelta(seconds=1)).astimezone(ZoneInfo(window.zone))
    ends = {"date_from": window.start, "date_to": last}
    return {name: moment.isoformat(timespec="seconds") for name, moment in ends.items()}


def check_filters(api: ApiSettings) -> None:
    """Raise UsageError when a filter's name would overwrite another field of the query."""
    names = (api.group_filter, api.user_filter)
    if len({*names, *OWN_FIELDS}) != 2 + len(OWN_FIELDS) or not all(names):
        raise UsageError(
            "activity_api: group_filter and user_filter must differ from each other and from "
            f"{', '.join(sorted(OWN_FIELDS))}."
        )
