"""Medians over the agents of a group, shown beside one agent's figures; never another agent's own figure."""

import statistics
from collections.abc import Iterable, Mapping, Sequence

from bot.errors import SourceError
from bot.model import Digest, Empty, Group, Peers, Present, Query, Slot, Table, User, Window

REPORT = "user_summary"
MIN_AGENTS = 5
"""A median of fewer agents would reveal their figures: with two, knowing one is knowing the other."""

MEASURED = ("mentions_assigned", "fraction_responded_to", "avg_response_time", "avg_action_response_time")
OVER_SLA_SHARE = "broke_sla_share"


def peers_query(digest: Digest, window: Window, groups: Sequence[Group]) -> Query | None:
    """Return the query about everybody in the peers' groups; None where no medians are shown."""
    if not groups or not any(report.type == REPORT for report in digest.reports):
        return None
    return Query(REPORT, window, tuple(group.id for group in groups), report=REPORT)


def peers_of(answer: Slot | SourceError, groups: Sequence[Group], users: Sequence[User]) -> Peers:
    """Return the medians over the present members of the groups; ignore rows of other agents."""
    names = tuple(group.name for group in groups)
    if not isinstance(answer, Present | Empty):
        return Peers(names, reason=str(answer))
    wanted = {group.id for group in groups}
    members = {str(user.id) for user in users if not user.archived and not wanted.isdisjoint(user.groups)}
    table = answer.answer if isinstance(answer, Present) else None
    rows = [row for row in _rows(table) if str(row.get("user_id")) in members]
    if len(rows) < MIN_AGENTS:
        return Peers(names, len(rows))
    return Peers(names, len(rows), _medians(rows))


def _rows(answer: object) -> Iterable[dict[str, str | float | None]]:
    if isinstance(answer, Table):
        names = [column.name for column in answer.columns]
        yield from (dict(zip(names, row, strict=True)) for row in answer.rows)


def _medians(rows: Sequence[Mapping[str, str | float | None]]) -> dict[str, float]:
    """Return the median of each figure that at least five agents have."""
    values = {name: [row.get(name) for row in rows] for name in MEASURED}
    values[OVER_SLA_SHARE] = [_share(row.get("broke_sla"), row.get("total_responded_to")) for row in rows]
    known = {name: [v for v in column if isinstance(v, int | float)] for name, column in values.items()}
    return {name: statistics.median(column) for name, column in known.items() if len(column) >= MIN_AGENTS}


def _share(part: str | float | None, base: str | float | None) -> float | None:
    numbers = isinstance(part, int | float) and isinstance(base, int | float)
    return part / base if numbers and base else None  # type: ignore[operator]
