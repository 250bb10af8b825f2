"""The reports once more, from the log's raw rows, in plain Python: loops, no SQL."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import fsum
from statistics import median
from typing import Any

import pytest

Rows = Mapping[str, Iterable[Sequence[Any]]]
CLOSED = {"redirected", "irrelevant", "duplicate", "closed", "no_response_required"}
TWO_HOURS, HALF_AN_HOUR = 7200.0, 1800.0


class Raw:
    """Raw rows of a log, indexed; instants are naive UTC, columns in the tables' order."""

    def __init__(self, tables: Rows, now: datetime) -> None:
        self.now = now
        self.tables = {name: [tuple(row) for row in rows] for name, rows in tables.items()}
        self.steps: defaultdict[int, list[tuple[int, str, datetime]]] = defaultdict(list)
        self.assigned: defaultdict[int, defaultdict[int, list[datetime]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self.responded: defaultdict[int, list[tuple[datetime, int, int]]] = defaultdict(list)
        for message, step, state, at in self["states"]:
            self.steps[message].append((step, state, at))
        for message, user, at in self["assignments"]:
            self.assigned[message][user].append(at)
        for response, message, user, at, *_ in self["responses"]:
            self.responded[message].append((at, response, user))

    def __getitem__(self, table: str) -> list[tuple[Any, ...]]:
        return self.tables.get(table, [])

    def state(self, message: int) -> str:
        return max(self.steps[message])[1]

    def published(self, since: datetime, until: datetime, agents: Collection[int] | None) -> list[Any]:
        found = [row for row in self["messages"] if since <= row[4] < until]
        if agents is None:
            return found
        return [row for row in found if any(user in agents for user in self.assigned[row[0]])]

    def action(self, message: int, user: int, at: datetime) -> float | None:
        before = [assigned for assigned in self.assigned[message].get(user, ()) if assigned <= at]
        return (at - max(before)).total_seconds() if before else None


def near(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures to compare with: counts, text and nulls exactly, fractions of seconds nearly."""
    return {
        name: pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
        for name, value in figures.items()
    }


def mean(values: Sequence[float]) -> float | None:
    return fsum(values) / len(values) if values else None


def minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60


def summary(raw: Raw, since: datetime, until: datetime, agents: Collection[int] | None) -> dict[str, Any]:
    found = raw.published(since, until, agents)
    waits, actions = [], []
    for row in found:
        if raw.responded[row[0]]:
            at, _, user = min(raw.responded[row[0]])
            waits.append((at - row[4]).total_seconds())
            actions.append(raw.action(row[0], user, at))
    done = [action for action in actions if action is not None]
    middle, middle_action = (median(waits) if waits else None), (median(done) if done else None)
    return {
        "total_volume": len(found),
        "avg_response_time": mean(waits),
        "avg_action_response_time": mean(done),
        "total_responded_to": len(waits),
        "broke_sla": sum(wait > TWO_HOURS for wait in waits),
        "broke_action_sla": sum(action > HALF_AN_HOUR for action in done),
        "min_response_time": min(waits, default=None),
        "median_response_time": middle,
        "max_response_time": max(waits, default=None),
        "min_action_response_time": min(done, default=None),
        "median_action_response_time": middle_action,
        "max_action_response_time": max(done, default=None),
        "avg_action_response_time_min": minutes(mean(done)),
        "avg_response_time_min": minutes(mean(waits)),
        "median_action_response_time_min": minutes(middle_action),
        "median_response_time_min": minutes(middle),
    }


def user_summary(
    raw: Raw, since: datetime, until: datetime, agents: Collection[int] | None
) -> dict[str, dict[str, Any]]:
    """By user id as text, without the names."""
    theirs: defaultdict[int, list[tuple[float | None, float | None, bool]]] = defaultdict(list)
    for message, _, _, _, published_at, private, _ in raw.published(since, until, agents):
        for user in raw.assigned[message]:
            if agents is None or user in agents:
                times = [at for at, _, responder in raw.responded[message] if responder == user]
                wait = (min(times) - published_at).total_seconds() if times else None
                action = raw.action(message, user, min(times)) if times else None
                theirs[user].append((wait, action, private))
    return {str(user): _agent(handled) for user, handled in theirs.items()}


def _agent(handled: list[tuple[float | None, float | None, bool]]) -> dict[str, Any]:
    waits = [wait for wait, _, _ in handled if wait is not None]
    actions = [action for _, action, _ in handled if action is not None]
    private = sum(private for wait, _, private in handled if wait is not None)
    late, slow = sum(wait > TWO_HOURS for wait in waits), sum(action > HALF_AN_HOUR for action in actions)
    return {
        "mentions_assigned": len(handled),
        "responded_to": len(waits),
        "responded_to_in_private": private,
        "avg_response_time": mean(waits),
        "min_response_time": min(waits, default=None),
        "max_response_time": max(waits, default=None),
        "avg_action_response_time": mean(actions),
        "min_action_response_time": min(actions, default=None),
        "max_action_response_time": max(actions, default=None),
        "total_responded_to": len(waits),
        "broke_sla": late,
        "broke_action_sla": slow,
        "avg_response_time_min": minutes(mean(waits)),
        "avg_action_response_time_min": minutes(mean(actions)),
        "fraction_responded_to": len(waits) / len(handled),
        "fraction_responded_to_in_private": private / len(waits) if waits else None,
        "fraction_broke_sla": late / len(waits) if waits else None,
        "fraction_broke_action_sla": slow / len(waits) if waits else None,
    }


def states_volume(
    raw: Raw, date_from: datetime, date_to: datetime, agents: Collection[int] | None
) -> dict[str, dict[str, int]]:
    """State → point's text → count; the ends are aware, `date_to`'s second is included."""
    end = date_to.replace(microsecond=0) + timedelta(seconds=1)
    daily = end.replace(tzinfo=None) - date_from.replace(tzinfo=None) >= timedelta(days=4)
    counts: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in raw.published(utc(date_from), utc(end), agents):
        local = row[4] + (date_from.utcoffset() or timedelta())
        point = f"{local:%Y-%m-%d %H:00}"
        if daily:
            point = f"{min(local.date(), date_to.date())} 00:00"
        counts[raw.state(row[0])][point] += 1
    return {state: dict(points) for state, points in counts.items()}


def utc(moment: datetime) -> datetime:
    return (moment - (moment.utcoffset() or timedelta())).replace(tzinfo=None)


def cases(
    raw: Raw, since: datetime, until: datetime, agents: Collection[int] | None
) -> dict[int, dict[str, Any]]:
    """Case id → what `case_details` says of it."""
    messages: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in raw["messages"]:
        if row[3] is not None:
            messages[row[3]].append(row)
    surveyed = {row[2] for row in raw["surveys"]}
    names = {row[0]: f"{row[2]} {row[3]}" for row in raw["users"]}
    found = {}
    for case, asked in messages.items():
        replies = [reply for row in asked for reply in raw.responded[row[0]]]
        mine = [user for at, _, user in replies if since <= at < until]
        if any(agents is None or user in agents for user in mine):
            found[case] = _case(raw, asked, replies, names) | {"survey": case in surveyed}
    return found


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
    }
