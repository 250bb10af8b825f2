"""What `check --online` asks after token and names, and what it saw.

Only the filters are judged, because editions depend on the answer. For a unit, the label of a day, and the
labels around a clock change, the finding puts values side by side: the person who checks compares them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from bot.errors import SourceError, SourceRefused, SourceUnavailable, SourceUnclear, TokenRefused
from bot.lib.sanitize import one_line
from bot.model import (
    Configuration,
    Empty,
    Finding,
    Present,
    Progress,
    Query,
    Scalars,
    Series,
    Source,
    State,
    Window,
)
from bot.model.report_types import EXPORTS, api_type
from bot.source.probe.names import Lookup, first
from bot.source.probe.shapes import Recorder
from bot.source.reports.nps import NpsDayWire
from bot.source.reports.series import DAY, PointWire
from bot.source.reports.wire import parse
from bot.timetable import parse_window, window_of

REPORT_IT = "write the shapes of the answers with --save-shapes FILE, and report it with that file"


@dataclass
class ProbeSession:
    """Queries to `source` about what the digests need. `recorder` must observe `source`; `now` is UTC."""

    source: Source
    recorder: Recorder
    configuration: Configuration
    now: datetime
    progress: Progress
    _answers: dict[str, object] = field(default_factory=dict)
    _raw: dict[str, object] = field(default_factory=dict)

    @property
    def week(self) -> Window:
        """Return the latest complete week that has settled, in the first digest's zone."""
        settled = self.now - timedelta(seconds=self.configuration.api.settle_seconds)
        return window_of(parse_window("last week"), self.configuration.digests[0].zone, settled)

    def answer(self, query: Query) -> object:
        """Return the answer, None for an empty one. Raises SourceError."""
        if query.fingerprint not in self._answers:
            self.progress(f"asking for {query.type}")
            self._answers[query.fingerprint] = self._fetch(query)
        return self._answers[query.fingerprint]

    def _fetch(self, query: Query) -> object:
        before = len(self.recorder.answers)
        try:
            slot: Present | Empty = self.source.fetch(query, self.now)
        finally:
            for _, raw in self.recorder.answers[before:]:
                self._raw[query.fingerprint] = raw
        return slot.answer if isinstance(slot, Present) else None

    def raw(self, query: Query) -> object:
        """Return the JSON as it came, also where the client does not believe it. Raises SourceError."""
        try:
            self.answer(query)
        except SourceUnclear:
            if query.fingerprint not in self._raw:
                raise
        return self._raw.get(query.fingerprint)


def days_text(window: Window) -> str:
    """Return the days of a window for findings: `2018-04-23 to 2018-04-29`."""
    first, last = window.first_day.isoformat(), window.last_day.isoformat()
    return first if first == last else f"{first} to {last}"


def failure(about: str, error: SourceError) -> Finding:
    """Return the finding of a query that got no answer, with what to do about it."""
    if isinstance(error, TokenRefused):
        # The message itself says which permission, and where tokens are made.
        return Finding(State.WRONG, about, str(error))
    if isinstance(error, SourceUnavailable):
        return Finding(State.FAILED, about, str(error), "try again later")
    return Finding(State.FAILED, about, str(error), "" if isinstance(error, SourceRefused) else REPORT_IT)


COUNTS = ("total_volume", "total_responded_to")
"""Values of a summary that a filter can only lower. Averages may move either way."""


def filters(session: ProbeSession, lookup: Lookup) -> Iterator[Finding]:
    """Compare one filtered summary with everybody's, for the first group and the first agent of a digest."""
    for group in first(lookup.groups):
        query = Query("summary", session.week, groups=(group.id,))
        yield _filter(session, query, "group_filter", f"the group {group.name}")
    for user in first(lookup.users):
        query = Query("summary", session.week, users=(user.id,))
        yield _filter(session, query, "user_filter", f"the agent {user.email}")


def _filter(session: ProbeSession, query: Query, key: str, whom: str) -> Finding:
    name = getattr(session.configuration.api, key)
    whole = session.answer(Query("summary", query.window))
    try:
        part = session.answer(query)
    except TokenRefused:
        raise
    except SourceRefused as error:
        todo = f"find out what the API calls this filter, and write it as activity_api.{key}"
        return Finding(State.WRONG, key, f"the API refuses the field {name!r}: {error}", todo)
    differs = shows_filter(part, whole) if isinstance(part, Scalars) and isinstance(whole, Scalars) else None
    who, days = one_line(whom, 80), days_text(query.window)
    if differs is None:
        seen = f"the summaries of {days} for {who} and for everybody tell nothing"
        return Finding(State.UNCLEAR, key, seen, "look again after a week with messages")
    if differs:
        return Finding(State.FINE, key, f"{name!r} is honoured: {who} has fewer messages than everybody")
    return Finding(
        State.UNCLEAR,
        key,
        f"{name!r} is not shown to be honoured: in {days} {who} has the same figures as "
        "everybody. Either the work is all theirs, or the API ignores the field and answers for everybody",
        f"if others than {who} had messages then, find out what the API calls this filter and write it as "
        f"activity_api.{key}; until then editions with it are held",
    )


def shows_filter(part: Scalars, whole: Scalars) -> bool | None:
    """Return whether the filtered figures are lower than everybody's; None if they prove nothing."""
    pairs = [(part.values.get(name), whole.values.get(name)) for name in COUNTS]
    known = [(filtered, total) for filtered, total in pairs if filtered is not None and total is not None]
    if not known or not known[0][1] or any(filtered > total for filtered, total in known):
        return None
    return any(filtered < total for filtered, total in known)


def response_times(session: ProbeSession, _: Lookup) -> Iterator[Finding]:
    """Show the days of `response_volume` beside the average of `summary`, which is in seconds."""
    about, week, unit = "response times", session.week, session.configuration.api.response_volume_unit
    responses = session.answer(Query("response_volume", week))
    summary = session.answer(Query("summary", week))
    series = responses.points.values() if isinstance(responses, Series) else ()
    values = [point.value for points in series for point in points if point.value is not None]
    average = summary.values.get("avg_response_time") if isinstance(summary, Scalars) else None
    if not values or average is None:
        seen = f"{days_text(week)} has no responses to compare"
        yield Finding(State.UNCLEAR, about, seen, "look again after a week with responses")
        return
    yield Finding(
        State.SEEN,
        about,
        f"response_volume, read as {unit}: {min(values):,.0f} to {max(values):,.0f} seconds a day; "
        f"summary: {average:,.0f} seconds on average ({days_text(week)})",
        "about 60 times apart? Then change activity_api.response_volume_unit",
    )


def nps_days(session: ProbeSession, lookup: Lookup) -> Iterator[Finding]:
    """Show the first and the last day of `nps_volume` beside the start and the end of the window."""
    about, week, label = "days of NPS", session.week, session.configuration.api.nps_day_label
    form = next(iter(first(lookup.forms)), None)
    if form is None:
        return
    answer = session.raw(Query("nps_volume", week, form=form.id, nps_category="all"))
    dates = sorted(day.date for day in parse(list[NpsDayWire], answer, "nps_volume"))
    if not dates:
        seen = f"nps_volume has no points in {days_text(week)}"
        yield Finding(State.UNCLEAR, about, seen, "look again after a week with answers")
        return
    yield Finding(
        State.SEEN,
        about,
        f"nps_volume, read by the {label} of a day, from {one_line(dates[0], 40)} "
        f"to {one_line(dates[-1], 40)}; the week from {_utc(week.start)} to {_utc(week.end)}",
        "a first point at the start of the week means activity_api.nps_day_label: start; "
        "a last point at its end means end",
    )


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def clock_change(session: ProbeSession, _: Lookup) -> Iterator[Finding]:
    """Show the labels of days and hours around the latest clock change of a digest's zone."""
    for zone in dict.fromkeys(digest.zone for digest in session.configuration.digests):
        today = session.now.astimezone(ZoneInfo(zone)).date()
        day = latest_clock_change(zone, today)
        if day is not None:
            last = min(day + timedelta(days=3), today - timedelta(days=1))
            days, hours = (
                Window.of_dates(last - timedelta(days=6), last, zone),
                Window.of_dates(day, day, zone),
            )
            midnight = datetime(last.year, last.month, last.day, tzinfo=ZoneInfo(zone))
            yield _last_label(session, days, "days", midnight, "days as local dates")
            last_hour = hours.end.astimezone(UTC) - timedelta(hours=1)
            yield _last_label(session, hours, "hours", last_hour, "hours in the offset of date_from")
            return


def _last_label(session: ProbeSession, window: Window, unit: str, start: datetime, reading: str) -> Finding:
    """Show the window's last label beside what both clocks show at `start` (aware) of its last bucket."""
    about = f"clock change, {unit}"
    answer = parse(dict[str, list[PointWire]], session.raw(Query("states_volume", window)), "states_volume")
    labels = sorted(point.date_range.date_from for points in answer.values() for point in points)
    if not labels:
        return Finding(State.UNCLEAR, about, f"states_volume has no points in {days_text(window)}")
    local = start.astimezone(ZoneInfo(window.zone))
    fixed = start.astimezone(timezone(window.start.utcoffset() or timedelta()))
    return Finding(
        State.SEEN,
        about,
        f"{days_text(window)}: the last of the {unit} of states_volume is {one_line(labels[-1], 40)}; "
        f"it starts at {local:%Y-%m-%d %H:%M} on the clock of {window.zone}, at {fixed:%Y-%m-%d %H:%M} "
        "in the offset of date_from",
        f"we read {reading}; if the API means something else, {REPORT_IT}",
    )


def latest_clock_change(zone: str, today: date, days: int = 365) -> date | None:
    """Return the latest local day before `today` on which the clock of `zone` changed; None within `days`."""
    before = (today - timedelta(days=back) for back in range(1, days + 1))
    return next((day for day in before if Window.of_dates(day, day, zone).seconds != DAY), None)


def every_report(session: ProbeSession, lookup: Lookup) -> Iterator[Finding]:
    """Ask each report type of the digests once. Exports are not started: their files are customers' data."""
    form = next((form.id for form in first(lookup.forms)), None)
    failures = 0
    queries = tuple(_queries(session, form))
    for query in queries:
        try:
            session.answer(query)
        except (SourceUnavailable, TokenRefused):
            raise
        except SourceError as error:
            failures += 1
            yield failure(query.type, error)
    if not failures:
        yield Finding(State.FINE, "reports", f"all {len(queries)} kinds that the digests use were understood")


def _queries(session: ProbeSession, form: int | None) -> Iterator[Query]:
    types = {report.type for digest in session.configuration.digests for report in digest.reports}
    for name in sorted({api_type(report) for report in types - set(EXPORTS)}):
        if not name.startswith("nps_"):
            yield Query(name, session.week)
        elif form is not None:
            yield Query(name, session.week, form=form, nps_category="all")
