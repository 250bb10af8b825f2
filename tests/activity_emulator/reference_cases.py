"""Reference implementation of the reports about cases: loops over raw rows, no SQL."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from tests.activity_emulator.reference import CLOSED, Raw, mean, utc

A_MOMENT = timedelta(microseconds=1)

Case = Mapping[str, Any]


def all_cases(raw: Raw) -> dict[int, Case]:
    """Return case id → figures, and replies as (instant, response, agent); no reply, no case."""
    messages: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in raw["messages"]:
        if row[3] is not None:
            messages[row[3]].append(row)
    surveyed = {row[2] for row in raw["surveys"]}
    names = {row[0]: f"{row[2]} {row[3]}" for row in raw["users"]}
    cases: dict[int, Case] = {}
    for case, asked in messages.items():
        replies = [reply for row in asked for reply in raw.responded[row[0]]]
        if replies:
            cases[case] = _case(raw, asked, replies, names) | {"survey": case in surveyed}
    return cases


def _case(
    raw: Raw, asked: list[tuple[Any, ...]], replies: list[tuple[datetime, int, int]], names: dict[int, str]
) -> dict[str, Any]:
    opened = min(row[4] for row in asked)
    last = max(at for at, _, _ in replies)
    quiet = max(last, *(row[4] for row in asked)) + timedelta(hours=24)
    closing = max(max(raw.steps[row[0]])[2] for row in asked)
    settled = all(raw.state(row[0]) in CLOSED for row in asked)
    closed = max(quiet, closing)
    return {
        "opened": opened,
        "closed": closed if settled and closed <= raw.now else None,
        "last_agent": names[max(replies, key=lambda reply: (reply[0], reply[1]))[2]],
        "first_reply": (min(at for at, _, _ in replies) - opened).total_seconds(),
        "resolution": (last - opened).total_seconds(),
        "agents": len({user for _, _, user in replies}),
        "interactions": len(replies),
        "replies": replies,
        "topics": set().union(*(raw.topics[row[0]] for row in asked)),
    }


def actioned(
    cases: Mapping[int, Case], since: datetime, until: datetime, agents: Collection[int] | None
) -> dict[int, Case]:
    """Return the cases with a reply in the window; with agents, by one of them."""
    return {
        number: case
        for number, case in cases.items()
        if any(since <= at < until and (agents is None or user in agents) for at, _, user in case["replies"])
    }


def of_agents(cases: Mapping[int, Case], agents: Collection[int] | None) -> list[Case]:
    """Return the cases that one of the agents ever replied in."""
    return [
        case
        for case in cases.values()
        if agents is None or any(user in agents for _, _, user in case["replies"])
    ]


def case_summary(
    cases: Mapping[int, Case], since: datetime, until: datetime, agents: Collection[int] | None
) -> dict[str, Any]:
    closed = [case for case in of_agents(cases, agents) if case["closed"] and since <= case["closed"] < until]
    first, whole = [case["first_reply"] for case in closed], [case["resolution"] for case in closed]
    return {
        "total_cases": len(closed),
        "first_reply_time": mean(first),
        "resolution_time": mean(whole),
        "median_first_reply_time": median(first) if first else None,
        "median_resolution_time": median(whole) if whole else None,
        "agent_interactions": mean([case["interactions"] for case in closed]),
        "agents_involved": mean([case["agents"] for case in closed]),
    }


class Days:
    """The local days of a window: the date that an instant in it is counted on."""

    def __init__(self, date_from: datetime, date_to: datetime) -> None:
        self.since = utc(date_from)
        self.until = utc(date_to.replace(microsecond=0) + timedelta(seconds=1))
        self._shift = date_from.utcoffset() or timedelta()
        self._first = date_from.date()
        self._last = max(date_to.date(), self._first)

    def texts(self) -> list[str]:
        count = (self._last - self._first).days + 1
        return [f"{self._first + timedelta(days=number)}" for number in range(count)]

    def of(self, at: datetime) -> str:
        """Return the date of an instant, naive UTC, of the window."""
        return f"{min((at + self._shift).date(), self._last)}"


def case_volume(
    cases: Mapping[int, Case], date_from: datetime, date_to: datetime, agents: Collection[int] | None
) -> dict[str, int]:
    """Return date → cases open on it: from the day of a case's first moment in the window to that of its last."""
    days = Days(date_from, date_to)
    counts = dict.fromkeys(days.texts(), 0)
    for case in of_agents(cases, agents):
        first, end = max(case["opened"], days.since), min(case["closed"] or days.until, days.until)
        if first < end:
            for text in counts:
                counts[text] += days.of(first) <= text <= days.of(end - A_MOMENT)
    return counts


def case_classifications(
    cases: Mapping[int, Case], since: datetime, until: datetime, agents: Collection[int] | None
) -> dict[int, int]:
    """Return classification → cases, in order of its id."""
    counts: defaultdict[int, int] = defaultdict(int)
    for case in actioned(cases, since, until, agents).values():
        for topic in case["topics"]:
            counts[topic] += 1
    return dict(sorted(counts.items()))
