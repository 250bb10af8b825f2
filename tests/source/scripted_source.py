"""A Source that answers by rules of its own: for what a real API might do that its document leaves open."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import SourceUnclear
from bot.model import Empty, Form, Group, Point, Present, Query, Scalars, Series, Unit, User, Window
from bot.source.probe.shapes import Recorder

GROUPS = (Group(123, "Social Customer Care"), Group(456, "Email Support"))
USERS = (User(123, "jane@example.com", "Jane", "Pear", False, (123,)),)
FORMS = (
    Form(55, "NPS Survey", "How likely?", "", True, False, (123,)),
    Form(56, "NPS of 2017", "How likely?", "", True, True, (123,)),
    Form(57, "Competition", "Win", "", False, False, (123,)),
    Form(58, "Email NPS", "How likely?", "", True, False, (456,)),
    Form(59, "Twice", "", "", True, False, (123,)),
    Form(60, "Twice", "", "", True, False, (123,)),
)
DAY = 86_400


def hours_of(window: Window) -> Iterator[datetime]:
    """Yield the starts of all hours of a window, in its zone."""
    moment, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    while moment < end:
        yield moment.astimezone(ZoneInfo(window.zone))
        moment += timedelta(hours=1)


def days_of(window: Window) -> Iterator[datetime]:
    """Yield the local midnights of a window, in its zone."""
    for day in window.days:
        yield datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(window.zone))


def labelled(window: Window, clock: str) -> list[dict[str, Any]]:
    """Return a point for each hour (up to three days) or day, labelled as `clock` says.

    By the `local` clock or the `fixed` offset of the window's start, without a zone; or with a zone (`zoned`).
    """
    moments = hours_of(window) if len(window.days) <= 3 else days_of(window)
    return [{"value": 4, "date_range": {"date_from": _label(moment, window, clock)}} for moment in moments]


def _label(moment: datetime, window: Window, clock: str) -> str:
    if clock == "zoned":
        return moment.isoformat()
    fixed = timezone(window.start.utcoffset() or timedelta())
    shown = moment if clock == "local" else moment.astimezone(fixed)
    return shown.strftime("%Y-%m-%d %H:%M")


def nps_points(window: Window, label: str) -> list[dict[str, Any]]:
    """Return a point for each day, labelled by its `start` or its `end`, in UTC."""
    starts = [*days_of(window), window.end]
    days = starts[:-1] if label == "start" else starts[1:]
    return [{"date": day.astimezone(UTC).isoformat(), "data": {"total_sent": 0}} for day in days]


Rule = Callable[[Query], object]


@dataclass
class ScriptedSource:
    """Answers a question by the rule of its type (an error is raised), and tells `recorder` what it said."""

    recorder: Recorder
    rules: dict[str, Rule] = field(default_factory=dict)
    groups_said: Sequence[Group] | Exception = GROUPS
    users_said: Sequence[User] = USERS
    forms_said: Sequence[Form] = FORMS
    asked: list[Query] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)

    def groups(self) -> tuple[Group, ...]:
        self.lists.append("groups")
        if isinstance(self.groups_said, Exception):
            raise self.groups_said
        return tuple(self.groups_said)

    def users(self) -> tuple[User, ...]:
        self.lists.append("users")
        return tuple(self.users_said)

    def forms(self) -> tuple[Form, ...]:
        self.lists.append("forms")
        return tuple(self.forms_said)

    def fetch(self, query: Query, due: datetime, *, anew: bool = False) -> Present | Empty:
        self.asked.append(query)
        raw = self.rules[query.type](query)
        if isinstance(raw, Exception):
            raise raw
        self.recorder.observe(query.type, raw)
        answer = READ[query.type](raw, query.window)
        return Empty(due) if answer is None else Present(answer, due)

    def belonged(self, groups: Sequence[int]) -> frozenset[int]:
        return frozenset()


def _scalars(raw: Any, window: Window) -> Scalars:
    return Scalars(raw, {})


def _series(raw: Any, window: Window) -> Series | None:
    points = {name: tuple(_point(one) for one in series) for name, series in raw.items()}
    return Series(points, DAY, Unit.COUNT) if any(points.values()) else None


def _point(raw: Any) -> Point:
    return Point(datetime.fromisoformat(raw["date_range"]["date_from"]), raw["value"])


def _nps(raw: Any, window: Window) -> Series:
    """As strict as the real client: a day beyond the window is not believed."""
    if any(datetime.fromisoformat(point["date"]) >= window.end for point in raw):
        raise SourceUnclear("points outside the window")
    return Series({}, DAY, Unit.COUNT)


READ: Mapping[str, Callable[[Any, Window], Scalars | Series | None]] = {
    "summary": _scalars,
    "states_volume": _series,
    "response_volume": _series,
    "nps_volume": _nps,
    "user_summary": _scalars,
}
