"""Small random logs around the end of daylight saving in Sydney (5 April 2026, 16:00 UTC on the 4th)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from activity_emulator.generator.days import microseconds
from activity_emulator.log import STATES
from activity_emulator.log.cache import cached_log
from activity_emulator.log.schema import VERSION, Row

START = datetime(2026, 4, 1, tzinfo=UTC)
DAYS = 9
NOW = START + timedelta(days=DAYS + 4)

USERS = [
    (user, f"u{user}@example.com", f"First{user}", f"Last{user}", "Australia/Sydney", 10, 1, START, False)
    for user in (1, 2, 3)
]
TOPICS = {7: "refund", 8: "Größe & Umtausch", 9: "praise"}
FIXED: dict[str, list[tuple[Any, ...]]] = {
    "networks": [(1, "Facebook")],
    "accounts": [(1, 1, "Acme Care")],
    "customers": [(1, "fan", "Fan", "fan@example.com", None)],
    "groups": [(10, "Ten", "first"), (20, "Twenty", "second")],
    "users": USERS,
    "memberships": [(1, 10), (2, 10), (2, 20), (3, 20)],
    "cases": [(case, 1, 1) for case in (1, 2, 3)],
    "forms": [
        (form, f"Form {form}", "Title", False, START, nps, "https://forms.example.com/")
        for form, nps in ((55, True), (66, True), (77, False))
    ],
    "classifications": list(TOPICS.items()),
}
MEMBERS = {10: {1, 2}, 20: {2, 3}}

OFFSETS = st.sampled_from([timezone(timedelta(hours=hours)) for hours in (11, 10, 0, -3.5)])

# Whole hours and both sides of the service levels come up often; anything else may.
WAITS = st.one_of(
    st.sampled_from([1800, 1800.000001, 7200, 7200.000001, 7199.999999]),
    st.floats(min_value=0, max_value=3 * 86_400, allow_nan=False).map(lambda seconds: round(seconds, 6)),
)
MOMENTS = st.integers(min_value=0, max_value=DAYS * 48).map(
    lambda half_hours: START + timedelta(minutes=30 * half_hours)
)

FILTERS = st.tuples(
    st.sampled_from([None, (10,), (20,), (10, 20), (30,), ()]),
    st.sampled_from([None, (1,), (2, 3), (9,), ()]),
)


@st.composite
def message(draw: st.DrawFn, number: int) -> dict[str, list[tuple[Any, ...]]]:
    """Draw one message's rows in each table."""
    published = draw(MOMENTS) + timedelta(seconds=draw(st.sampled_from([0, 0.5, -0.000001, -1, 59])))
    case = draw(st.sampled_from([None, 1, 2, 3]))
    states = draw(st.lists(st.sampled_from(STATES), min_size=1, max_size=4))
    users = st.sampled_from([1, 2, 3])
    assigned = draw(st.lists(st.tuples(users, WAITS), max_size=3))
    responded = draw(st.lists(st.tuples(users, WAITS), max_size=3))
    topics = draw(st.lists(st.sampled_from(list(TOPICS)), max_size=3, unique=True))
    return {
        "messages": [(number, 1, 1, case, published, draw(st.booleans()), "Hello")],
        "states": [
            (number, step, state, published + timedelta(hours=9 * step)) for step, state in enumerate(states)
        ],
        "assignments": [(number, user, published + timedelta(seconds=wait)) for user, wait in assigned],
        "responses": [
            (100 * number + place, number, user, published + timedelta(seconds=wait), "Hi", None)
            for place, (user, wait) in enumerate(responded)
        ],
        "message_classifications": [(number, topic) for topic in topics],
    }


@st.composite
def survey(draw: st.DrawFn, number: int) -> dict[str, list[tuple[Any, ...]]]:
    """Draw one survey's rows, answered or not, on one of two forms."""
    sent = draw(MOMENTS) + timedelta(seconds=draw(st.sampled_from([0, -0.000001, 0.25])))
    owner = (
        draw(st.sampled_from([55, 66])),
        draw(st.sampled_from([1, 2, 3])),
        draw(st.sampled_from([1, 2, 3])),
    )
    score = draw(st.none() | st.integers(min_value=0, max_value=10))
    answer = (number, sent + timedelta(seconds=draw(WAITS)), score, draw(st.sampled_from([None, "Good"])))
    return {
        "surveys": [(number, *owner, sent)],
        "survey_answers": [] if score is None else [answer],
    }


@st.composite
def logs(draw: st.DrawFn) -> dict[str, list[tuple[Any, ...]]]:
    """Draw the tables of a log with up to eight messages and up to six surveys."""
    tables = {name: list(rows) for name, rows in FIXED.items()}
    for number in range(1, draw(st.integers(min_value=0, max_value=8)) + 1):
        for name, rows in draw(message(number)).items():
            tables.setdefault(name, []).extend(rows)
    for number in range(1, draw(st.integers(min_value=0, max_value=6)) + 1):
        for name, rows in draw(survey(number)).items():
            tables.setdefault(name, []).extend(rows)
    return tables


@st.composite
def windows(draw: st.DrawFn) -> tuple[datetime, datetime]:
    """Draw two ends, each with an offset of its own; the second end is an inclusive second."""
    first, second = sorted((draw(MOMENTS), draw(MOMENTS)))
    second += timedelta(seconds=draw(st.sampled_from([-1, 0, 3599])) if second > first else 0)
    return first.astimezone(draw(OFFSETS)), second.astimezone(draw(OFFSETS))


def naive(tables: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """Return the same rows with naive UTC instants."""
    return {name: [tuple(_naive(value) for value in row) for row in rows] for name, rows in tables.items()}


def agents_of(groups: tuple[int, ...] | None, users: tuple[int, ...] | None) -> set[int] | None:
    """Return the agents of a filter, None without a filter."""
    if groups is None and users is None:
        return None
    agents = {1, 2, 3}
    if users is not None:
        agents &= set(users)
    if groups is not None:
        agents &= set().union(*(MEMBERS.get(group, set()) for group in groups))
    return agents


def _naive(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def tiny_rows(seed: int, now: datetime) -> Iterator[Row]:
    """Yield a log with one group, named after the seed; its text needs quoting."""
    yield "meta", (VERSION, seed, microseconds(now))
    yield "groups", (1, f'The "{seed}", 小組', "a, b\nc")


def make_in(data_dir: str, now: datetime) -> list[str]:
    """Make and read the tiny log; runs in a process of its own."""
    log = cached_log(Path(data_dir), 5, now, lambda _: None, tiny_rows)
    names = [row["name"] for row in log.rows("SELECT name FROM groups")]
    log.close()
    return names
