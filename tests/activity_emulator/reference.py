"""Reference implementation of the reports about messages and agents: loops over raw rows, no SQL."""

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
        self.topics: defaultdict[int, set[int]] = defaultdict(set)
        for message, topic in self["message_classifications"]:
            self.topics[message].add(topic)

    def __getitem__(self, table: str) -> list[tuple[Any, ...]]:
        return self.tables.get(table, [])

    def state(self, message: int) -> str:
        return max(self.steps[message])[1]

    def published(self, since: datetime, until: datetime, agents: Collection[int] | None) -> list[Any]:
        rows = [row for row in self["messages"] if since <= row[4] < until]
        if agents is None:
            return rows
        return [row for row in rows if any(user in agents for user in self.assigned[row[0]])]

    def owner(self, message: int) -> int | None:
        """Return the last assignee; of several at one instant the one with the highest id."""
        last = [(max(times), user) for user, times in self.assigned[message].items()]
        return max(last)[1] if last else None

    def action(self, message: int, user: int, at: datetime) -> float | None:
        before = [assigned for assigned in self.assigned[message].get(user, ()) if assigned <= at]
        return (at - max(before)).total_seconds() if before else None


def near(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures to compare with: counts, text and nulls exactly, fractions of seconds approximately."""
    return {
        name: pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
        for name, value in figures.items()
    }


def mean(values: Sequence[float]) -> float | None:
    return fsum(values) / len(values) if values else None


def minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60


def summary(raw: Raw, since: datetime, until: datetime, agents: Collection[int] | None) -> dict[str, Any]:
    messages = raw.published(since, until, agents)
    waits, actions = [], []
    for row in messages:
        if raw.responded[row[0]]:
            at, _, user = min(raw.responded[row[0]])
            waits.append((at - row[4]).total_seconds())
            actions.append(raw.action(row[0], user, at))
    done = [action for action in actions if action is not None]
    middle, middle_action = (median(waits) if waits else None), (median(done) if done else None)
    return {
        "total_volume": len(messages),
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
    """Return the figures by user id as text, without the names."""
    handled: defaultdict[int, list[tuple[float | None, float | None, bool]]] = defaultdict(list)
    for message, _, _, _, published_at, private, _ in raw.published(since, until, agents):
        for user in raw.assigned[message]:
            if agents is None or user in agents:
                times = [at for at, _, responder in raw.responded[message] if responder == user]
                wait = (min(times) - published_at).total_seconds() if times else None
                action = raw.action(message, user, min(times)) if times else None
                handled[user].append((wait, action, private))
    return {str(user): _agent(rows) for user, rows in handled.items()}


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
    """Return state → point's text → count; the ends are aware, `date_to`'s second is included."""
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


def user_volume(
    raw: Raw, since: datetime, until: datetime, agents: Collection[int] | None
) -> dict[int, dict[str, int]]:
    """Return agent → state → count, without states that count 0."""
    counts: defaultdict[int, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in raw.published(since, until, agents):
        owner, state = raw.owner(row[0]), raw.state(row[0])
        if owner is not None and (agents is None or owner in agents):
            for name in (state, "all_states", *(["all_closed_states"] if state in CLOSED else [])):
                counts[owner][name] += 1
    return {user: dict(states) for user, states in counts.items()}


def classifications(
    raw: Raw, since: datetime, until: datetime, agents: Collection[int] | None
) -> dict[tuple[int, str], int]:
    """Return (classification, state or all_states) → messages."""
    counts: defaultdict[tuple[int, str], int] = defaultdict(int)
    for row in raw.published(since, until, agents):
        for topic in raw.topics[row[0]]:
            counts[topic, raw.state(row[0])] += 1
            counts[topic, "all_states"] += 1
    return dict(counts)


def response_volume(
    raw: Raw, date_from: datetime, date_to: datetime, agents: Collection[int] | None
) -> dict[str, float | None]:
    """Return point's text → mean wait in seconds; the ends are aware, `date_to`'s second is included."""
    end = date_to.replace(microsecond=0) + timedelta(seconds=1)
    daily = end.replace(tzinfo=None) - date_from.replace(tzinfo=None) > timedelta(days=3)
    waits: defaultdict[str, list[float]] = defaultdict(list)
    for row in raw.published(utc(date_from), utc(end), agents):
        if raw.responded[row[0]]:
            local = row[4] + (date_from.utcoffset() or timedelta())
            day = f"{min(local.date(), date_to.date())} 00:00"
            point = day if daily else f"{local:%Y-%m-%d %H:00}"
            waits[point].append((min(raw.responded[row[0]])[0] - row[4]).total_seconds())
    return {point: mean(values) for point, values in sorted(waits.items())}


def mention_sla_export(
    raw: Raw, since: datetime, until: datetime, agents: Collection[int] | None, topics: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Return each row by column, without names and texts, in the file's order."""
    messages = sorted(raw.published(since, until, agents), key=lambda row: (row[4], row[0]))
    return [_row(raw, row[0], row[4], topics) for row in messages]


def _row(raw: Raw, message: int, published: datetime, topics: Mapping[int, str]) -> dict[str, Any]:
    reply = min(raw.responded[message], default=None)
    user = reply[2] if reply else raw.owner(message)
    wait = (reply[0] - published).total_seconds() if reply else None
    action = raw.action(message, reply[2], reply[0]) if reply else None
    times = [
        max(raw.steps[message])[2],
        *(at for assigned in raw.assigned[message].values() for at in assigned),
        *(at for at, _, _ in raw.responded[message]),
    ]
    return {
        "Agent": user,
        "Last Action Date (UTC)": text(max(times)),
        "Customer Wait Time (min)": minutes(wait),
        "In Queue (min)": minutes(_queue(raw, message, published, wait, action)),
        "Agent Response Time (min)": minutes(action),
        "Within Customer SLA": _within(wait, TWO_HOURS),
        "Within Agent SLA": _within(action, HALF_AN_HOUR),
        "State": raw.state(message),
        "Customer Publish Date (UTC)": text(published),
        "Agent Reponse Date (UTC)": text(reply[0]) if reply else None,
        "Classifications": ", ".join(sorted(topics[topic] for topic in raw.topics[message])) or None,
    }


def _queue(
    raw: Raw, message: int, published: datetime, wait: float | None, action: float | None
) -> float | None:
    if wait is not None:
        return wait - action if action is not None else None
    owner = raw.owner(message)
    return (max(raw.assigned[message][owner]) - published).total_seconds() if owner is not None else None


def _within(seconds: float | None, limit: float) -> str | None:
    return None if seconds is None else "Yes" if seconds <= limit else "No"


def text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
