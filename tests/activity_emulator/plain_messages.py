"""`mention_sla_export` once more, from the log's raw rows, in plain Python."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from tests.activity_emulator.plain import HALF_AN_HOUR, TWO_HOURS, Raw, minutes


def messages(
    raw: Raw, since: datetime, until: datetime, agents: Collection[int] | None, topics: Mapping[int, str]
) -> list[dict[str, Any]]:
    """What each row says by column, without names and texts, in the file's order."""
    found = sorted(raw.published(since, until, agents), key=lambda row: (row[4], row[0]))
    return [_row(raw, row[0], row[4], topics) for row in found]


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
