"""What answers show of the filter that they were asked with. Pure; `bot.source.group_filter` asks.

If the API ignored a filter, the answer is everybody's. It is not when one of its counts is lower than
everybody's and none is higher: whoever is left out can only make counts lower.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from bot.model import Column, ExportFile, Present, Query, Scalars, Series, Slot, Table, Unit, User
from bot.source.exports.insights.agents import AGENTS
from bot.source.exports.insights.columns import name
from bot.source.names import full_name

FAR_SHARE, FAR_FEWER = 0.8, 20
"""Counts of at most four fifths of everybody's, and so many fewer: more than moves between two requests."""

SAME_MEAN, MANY_MEANS = 0.01, 3
"""Means this near are one mean, whatever their last digits; so many differing ones did not all just move."""

MANY_CASES, SHARED_CASES = 100, 0.05
"""Of so many cases this share, of several agents each, may have ended with an agent of another group."""


class Relation(Enum):
    """How a filtered answer stands to everybody's.

    FAR is lower by more than moves between two requests; OTHER has a few other means, and no counts.
    """

    SAME = auto()
    OTHER = auto()
    LOWER = auto()
    FAR = auto()
    HIGHER = auto()


def relation(part: Slot, whole: Slot) -> Relation:
    """Compare the counts of two answers; their means where neither has a count (`response_volume`)."""
    mine, everybodys = _figures(part, Unit.COUNT), _figures(whole, Unit.COUNT)
    if not mine and not everybodys:
        return _by_means(_figures(part, Unit.SECONDS), _figures(whole, Unit.SECONDS))
    if any(count > everybodys.get(key, 0) for key, count in mine.items()):
        return Relation.HIGHER
    total, everybodys_total = sum(mine.values()), sum(everybodys.values())
    if total == everybodys_total:
        return Relation.SAME
    return Relation.FAR if is_far(total, everybodys_total) else Relation.LOWER


def is_far(count: float, everybodys: float) -> bool:
    """Return whether a count is lower than everybody's by more than moves between two requests."""
    return count <= FAR_SHARE * everybodys and everybodys - count >= FAR_FEWER


def is_blank(slot: Slot) -> bool:
    """Return whether an answer has no figure but 0: then it is nobody's."""
    return not any(_figures(slot, None, *Unit).values())


Figures = Mapping[tuple[object, ...], float]


def _by_means(mine: Figures, everybodys: Figures) -> Relation:
    if mine.keys() - everybodys.keys():
        return Relation.HIGHER
    differing = [
        key
        for key, mean in everybodys.items()
        if key not in mine or not math.isclose(mine[key], mean, rel_tol=SAME_MEAN)
    ]
    if not differing:
        return Relation.SAME
    return Relation.FAR if len(differing) >= max(MANY_MEANS, len(everybodys) / 2) else Relation.OTHER


def _figures(slot: Slot, *units: Unit | None) -> Figures:
    """Return the numbers of these units, each by what it is about; none of an answer that is empty."""
    answer = slot.answer if isinstance(slot, Present) else None
    items: Iterable[tuple[tuple[object, ...], object]] = ()
    if isinstance(answer, Scalars):
        items = (((key,), value) for key, value in answer.values.items() if answer.units.get(key) in units)
    elif isinstance(answer, Series) and answer.unit in units:
        items = (((key, at.at), at.value) for key, points in answer.points.items() for at in points)
    elif isinstance(answer, Table):
        items = (item for row in answer.rows for item in _cells(answer.columns, row, units))
    elif isinstance(answer, ExportFile) and Unit.COUNT in units:
        items = [(("rows",), float(answer.rows))]
    return {key: value for key, value in items if isinstance(value, int | float)}


def _cells(columns: Sequence[Column], row: Sequence[object], units: Sequence[Unit | None]) -> Iterator[Any]:
    """Yield the numbers of a row by its words and their column."""
    words = tuple(cell for column, cell in zip(columns, row, strict=True) if column.unit is None)
    for column, cell in zip(columns, row, strict=True):
        if column.unit in units:
            yield (*words, column.name), cell


TOTALS: Mapping[str, tuple[str, str]] = {
    "states_volume": ("summary", "total_volume"),
    "mention_sla_export": ("summary", "total_volume"),
    "nps_volume": ("nps_summary", ""),
    "nps_submissions": ("nps_summary", "total_received"),
}
"""What a report adds up to: a count of another report with the same filter ('': each of its counts)."""


def totals_of(slot: Slot, count: str) -> Mapping[str, float]:
    """Return what an answer adds up to, by the names of the counts in `TOTALS`."""
    sums: dict[str, float] = defaultdict(float)
    for (key, *_), value in _figures(slot, Unit.COUNT).items():
        sums[count or str(key)] += value
    return sums


def add_up(totals: Mapping[str, float], base: Slot) -> bool:
    """Return whether these totals are the counts of an answer of single values."""
    counts = _figures(base, Unit.COUNT)
    return all(counts.get((name,)) == total for name, total in totals.items())


def moved_to(totals: Mapping[str, float], first: Slot, last: Slot, everybodys: Slot) -> bool:
    """Return whether each total is between two counts that moved, and far from everybody's."""
    before, after, whole = (_figures(slot, Unit.COUNT) for slot in (first, last, everybodys))
    return all(
        key in before and before[key] <= total <= after.get(key, 0) and is_far(total, whole.get(key, 0))
        for key, total in (((name,), total) for name, total in totals.items())
    )


@dataclass(frozen=True, slots=True)
class RowsSeen:
    """What the rows by agent show: who cannot be meant, and how many rows are perhaps of others.

    `doubtful` rows are of agents who have left, or of an export's agents who are nobody asked for.
    """

    strangers: tuple[str, ...] = ()
    doubtful: int = 0


@dataclass(frozen=True, slots=True)
class Roster:
    """The API's users, and `once`: the ids of those who were ever listed in the groups of a query."""

    users: Sequence[User]
    once: frozenset[int]

    def belongs(self, user: User, query: Query) -> bool:
        """Return whether the query is about this user."""
        in_group = not query.groups or not set(user.groups).isdisjoint(query.groups)
        return in_group and (not query.users or user.id in query.users)

    def divided(self, query: Query, wide: Query) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the ids of those whom `query` is about, and of the others whom `wide` is about."""
        wanted = [user for user in self.users if self.belongs(user, wide)]
        members = tuple(user.id for user in wanted if self.belongs(user, query))
        return members, tuple(user.id for user in wanted if user.id not in members)

    def rows_of_table(self, table: Table, query: Query) -> RowsSeen:
        """Return what a table by agent shows. Somebody who left is excused; by agent, nobody is."""
        by_id = {str(user.id): user for user in self.users}
        others = [
            agent
            for agent in map(str, table.column("user_id"))
            if agent not in by_id or not self.belongs(by_id[agent], query)
        ]
        left = [agent for agent in others if not query.users and self._has_left(agent, by_id.get(agent))]
        strangers = [agent for agent in sorted(others) if agent not in left]
        names = [full_name(by_id[agent]) if agent in by_id else f"agent {agent}" for agent in strangers]
        return RowsSeen(tuple(names), len(left))

    def rows_of_export(self, file: ExportFile, query: Query) -> RowsSeen | None:
        """Return what an export's rows show; None for one that names no agents.

        A row of an agent who was not asked for, and in which no other agent took part, is a stranger's.
        """
        table = file.insight(AGENTS)
        if table is None:
            return None
        names = {user.id: name(full_name(user)) for user in self.users}
        others = {names[user.id] for user in self.users if not self.belongs(user, query)}
        left = {names[user.id] for user in self.users if self._has_left(str(user.id), user)}
        members = {names[user.id] for user in self.users if self.belongs(user, query)}
        seen = [row for row in table.rows if row[0] not in members]
        doubtful = sum(int(rows or 0) for _, rows, _ in seen)
        tells_shared = any(alone for *_, alone in table.rows) and all(agent for agent, *_ in seen)
        is_usual = tells_shared and file.rows >= MANY_CASES and doubtful <= SHARED_CASES * file.rows
        strangers = tuple(str(agent) for agent, _, alone in seen if alone and agent in others - left)
        return RowsSeen(strangers, 0 if is_usual else doubtful)

    def _has_left(self, agent: str, user: User | None) -> bool:
        """Return whether an agent once belonged, or is archived and in no group that the API knows."""
        return agent in map(str, self.once) or (user is not None and user.archived and not user.groups)
