"""Questions as the API is asked them: the JSON of one query."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import UsageError
from bot.model import ApiSettings, Query, Window
from bot.model.report_types import FORM_REPORTS

OWN_FIELDS = frozenset({"type", "date_from", "date_to", "form", "nps_category"})


def query_body(query: Query, api: ApiSettings) -> dict[str, object]:
    """The JSON of a question.

    Our windows are half-open and the API's `date_to` is inclusive: it is the end minus one second.
    Each end has its own offset, which differ when the clock changes inside the window. A filter is
    sent only when it has ids: an empty list might mean everybody. A survey is named by its id, in
    questions about surveys alone. Raises UsageError for one of those without it.
    """
    body: dict[str, object] = {"type": query.type, **_dates(query.window)}
    if query.groups:
        body[api.group_filter] = list(query.groups)
    if query.users:
        body[api.user_filter] = list(query.users)
    return body | _survey(query) if query.type in FORM_REPORTS else body


def _survey(query: Query) -> dict[str, object]:
    if query.form is None:
        raise UsageError(f"{query.type} needs the survey that it is about: `form`.")
    return {"form": query.form, "nps_category": query.nps_category or "all"}


def _dates(window: Window) -> dict[str, str]:
    last = (window.end.astimezone(UTC) - timedelta(seconds=1)).astimezone(ZoneInfo(window.zone))
    return {"date_from": _iso(window.start), "date_to": _iso(last)}


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def check_filters(api: ApiSettings) -> None:
    """Raises UsageError when a filter's name would overwrite another field of the question."""
    names = (api.group_filter, api.user_filter)
    if len({*names, *OWN_FIELDS}) != 2 + len(OWN_FIELDS) or not all(names):
        raise UsageError(
            "activity_api: group_filter and user_filter must differ from each other and from "
            f"{', '.join(sorted(OWN_FIELDS))}."
        )
