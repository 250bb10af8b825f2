"""Verify, for every edition, that each answer is about the groups and agents that were asked for.

The name of the filter in a request is not documented, and an API that ignores an unknown field answers for
everybody, perhaps for one report type alone. So each answer must show that it is not everybody's: by its rows
of agents, by what it adds up to, or beside the answer for everybody (docs/reliability.md, The group filter).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.errors import SourceBusy, SourceError, SourceUnclear
from bot.model import (
    Empty,
    ExportFile,
    Filtering,
    FilterState,
    Present,
    Query,
    Slot,
    Source,
    Table,
    Unavailable,
    User,
)
from bot.model.report_types import AGENT_REPORTS, EXPORTS, PERSONAL_EXPORTS
from bot.source.evidence import (
    TOTALS,
    Relation,
    Roster,
    RowsSeen,
    add_up,
    is_blank,
    moved_to,
    relation,
    totals_of,
)

MAX_NAMES = 3
"""Agents named in the reason; the others are counted."""

PROMPTLY = timedelta(minutes=10)
"""So soon after another request an answer shows the same figures, but for a few that just moved."""

LESS = (Relation.LOWER, Relation.FAR)
PROVEN = (*LESS, Relation.OTHER)
"""Not everybody's, if nothing moved meanwhile."""

WORKFLOW_STATES = "workflow_states"
"""Read from the agents of `user_volume`, where the API answers by agent."""

Fetch = Callable[[Query, datetime], Present | Empty]
Asked = Sequence[tuple[Mapping[str, Query], Mapping[str, Slot]]]
"""The queries of each window by report type, and their answers."""


def comparisons(queries: Mapping[str, Query]) -> dict[str, tuple[Query, ...]]:
    """Return the further queries that the answers of these reports are verified by; none without a filter.

    Everybody's answers serve all groups. Reports by agent need none, nor do reports that add up to another.
    """
    needed: dict[str, tuple[Query, ...]] = {}
    for report, query in queries.items():
        base = _base(query)
        is_by_agent, adds_up = query.type in AGENT_REPORTS, base and queries.get(base.report) == base
        if is_by_agent or adds_up or not _is_filtered(query):
            continue
        if base and report in PERSONAL_EXPORTS:
            needed[report] = (base, _wider(base))
        elif report not in EXPORTS:
            needed[report] = (_wider(query),)
    return needed


def check_filter(
    source: Source,
    asked: Asked,
    compared: Mapping[Query, Slot | SourceError],
    fetch: Fetch,
    users: Sequence[User],
    due: datetime,
) -> Filtering:
    """Return what the answers of all windows show of their filter; the worst of them counts.

    `compared` has the answers to `comparisons`; `fetch` gets more where these are not enough, for an
    occurrence due at `due` (UTC). `users` is the API's whole list. Raises SourceBusy when something must be
    asked later.
    """
    known = {(report, queries[report]): slot for queries, slots in asked for report, slot in slots.items()}
    query = next((query for _, query in known), None)
    if query is None or not _is_filtered(query):
        return Filtering()
    roster = Roster(users, source.belonged(query.groups))
    further = {(query.report, query): answer for query, answer in compared.items()}
    check = _Check(roster, fetch, due, known | further)
    return _filtering([(report, query, check.verdict(query)) for report, query in known])


def _is_filtered(query: Query) -> bool:
    return bool(query.groups or query.users)


def _wider(query: Query) -> Query:
    """Return the query that the API answers if it ignores the filter; of agents in groups, their groups'."""
    return replace(query, users=()) if query.groups and query.users else replace(query, groups=(), users=())


def _base(query: Query) -> Query | None:
    """Return the query whose counts a report adds up to, if it does."""
    base, _ = TOTALS.get(query.report, ("", ""))
    about = (query.window, query.groups, query.users, query.form, query.nps_category)
    return Query(base, *about, report=base) if base else None


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one answer shows, why it is not vouched for, and how many of its agents have left."""

    state: FilterState = FilterState.HONOURED
    why: str = ""
    leavers: int = 0


FINE = _Verdict()


def _unverified(why: str) -> _Verdict:
    return _Verdict(FilterState.UNVERIFIED, why)


@dataclass(frozen=True)
class _Check:
    """Judges the answers of one edition, each once. `known`: what was asked already, by report and query."""

    roster: Roster
    fetch: Fetch
    due: datetime
    known: Mapping[tuple[str, Query], Slot | SourceError]
    verdicts: dict[tuple[str, Query], _Verdict] = field(default_factory=dict)

    def verdict(self, query: Query) -> _Verdict:
        """Return what the answer to this query shows. Raises SourceBusy."""
        key = (query.report, query)
        if key not in self.verdicts:
            try:
                self.verdicts[key] = self._judge(query)
            except SourceBusy:
                raise
            except SourceError as error:
                self.verdicts[key] = _unverified(f"what it is compared with could not be loaded: {error}")
        return self.verdicts[key]

    def _judge(self, query: Query) -> _Verdict:
        slot = self._answer(query)
        if isinstance(slot, Unavailable):
            return FINE
        seen = self._rows(query, slot)
        if seen and seen.strangers:
            return _Verdict(FilterState.IGNORED, _accusation(seen.strangers, query))
        if is_blank(slot) or (seen and not seen.doubtful):
            return FINE
        base = _base(query)
        if base and ((base.report, base) in self.known or query.report in PERSONAL_EXPORTS):
            if self._adds_up(query, slot, base):
                return self.verdict(base)
            if query.report in PERSONAL_EXPORTS:
                return _unverified(f"it has other rows than {base.report} counts with the same filter")
        for wide in self._all_wider(query):
            if why := self._may_be(query, slot, wide):
                return _unverified(why)
        return _Verdict(leavers=seen.doubtful if seen and query.type in AGENT_REPORTS else 0)

    def _answer(self, query: Query) -> Slot:
        """Return an answer that is known, or ask. Raises SourceError."""
        answer = self.known.get((query.report, query)) or self.fetch(query, self.due)
        if isinstance(answer, SourceError):
            raise answer
        return answer

    def _rows(self, query: Query, slot: Slot) -> RowsSeen | None:
        """Return what the rows by agent behind an answer show, if it has any."""
        if query.report == WORKFLOW_STATES:
            slot = self._by_agent(query)
        answer = slot.answer if isinstance(slot, Present) else None
        if query.type in AGENT_REPORTS and isinstance(answer, Table):
            return self.roster.rows_of_table(answer, query)
        return self.roster.rows_of_export(answer, query) if isinstance(answer, ExportFile) else None

    def _by_agent(self, query: Query) -> Slot:
        """Return the answer of workflow states as it came, if that was by agent: it is kept, or was not."""
        try:
            return self._answer(replace(query, report=query.type))
        except SourceUnclear as error:
            return Unavailable(str(error))

    def _adds_up(self, query: Query, slot: Present | Empty, base: Query) -> bool:
        """Return whether an answer adds up to what `base` counts; an export, to what that moved over."""
        totals, first = totals_of(slot, TOTALS[query.report][1]), self._answer(base)
        if add_up(totals, first) or query.report not in PERSONAL_EXPORTS:
            return add_up(totals, first)
        last = self.fetch(base, slot.fetched_at)
        return moved_to(totals, first, last, self._answer(_wider(base)))

    def _all_wider(self, query: Query) -> Sequence[Query]:
        """Return every query that the API may have answered, and that is about others too."""
        everybody = replace(query, groups=(), users=())
        if not (query.groups and query.users):
            return (everybody,)
        parts = (replace(query, users=()), replace(query, groups=()))
        return [wide for wide in parts if self.roster.divided(query, wide)[1]] or (everybody,)

    def _may_be(self, query: Query, slot: Present | Empty, wide: Query) -> str:
        """Return why an answer may be the one to `wide`, or ''."""
        whole = self._answer(wide)
        if isinstance(whole, Unavailable):
            return whole.reason
        found = relation(slot, whole)
        if found is Relation.FAR and abs(whole.fetched_at - slot.fetched_at) <= PROMPTLY:
            return ""
        if found in LESS and whole.fetched_at < slot.fetched_at:
            return ""  # what arrives makes the later answer larger, not smaller
        if found is not Relation.SAME:
            whole = self.fetch(wide, slot.fetched_at)
            found = relation(slot, whole)
            if relation(slot, self.fetch(query, whole.fetched_at)) is not Relation.SAME:
                return "its figures moved while it was compared with the answer for everybody"
        if found is Relation.HIGHER:
            return "it counts more than the answer for everybody"
        if found is Relation.SAME and not self._is_confirmed(query, slot, wide, whole):
            return "the answer with the filter is the same as the one for everybody"
        return ""

    def _is_confirmed(self, query: Query, slot: Slot, wide: Query, whole: Slot) -> bool:
        """Return whether an answer that equals everybody's is right: by the filter by agent it is the same.

        That filter must be seen to work here: for the others, or for half of those asked for, it counts less.
        """
        members, others = self.roster.divided(query, wide)
        if len(members) < 2 and not others:
            return bool(members)
        half = len(members) // 2
        parts = filter(None, (others, members[:half], members[half:]))
        if not any(self._counts_less(replace(wide, users=part), wide, whole) for part in parts):
            return False
        by_agent = replace(wide, users=members)
        return bool(query.users) or relation(slot, self.fetch(by_agent, self.due)) is Relation.SAME

    def _counts_less(self, query: Query, wide: Query, whole: Slot) -> bool:
        """Return whether an answer is less than the one to `wide`, which did not move meanwhile."""
        less = self.fetch(query, self.due)
        is_less = relation(less, whole) in PROVEN
        return is_less and relation(whole, self.fetch(wide, less.fetched_at)) is Relation.SAME


def _accusation(strangers: Sequence[str], query: Query) -> str:
    more = f" and {len(strangers) - MAX_NAMES} more" if len(strangers) > MAX_NAMES else ""
    whom = "were not asked for" if query.users else "never belonged to the group that was asked for"
    return f"it names agents who {whom} ({', '.join(strangers[:MAX_NAMES])}{more})"


MEANING = {
    FilterState.IGNORED: "The API seems to have ignored the filter: these may be other people's figures.",
    FilterState.UNVERIFIED: "So these may be other people's figures.",
}


def _filtering(verdicts: Sequence[tuple[str, Query, _Verdict]]) -> Filtering:
    """Return one verdict for all answers, with the reports that are not vouched for, and why."""
    reports: dict[str, list[str]] = {}
    for report, query, verdict in sorted(verdicts, key=lambda one: one[2].state is not FilterState.IGNORED):
        if verdict.why:
            days = f"{query.window.first_day} to {query.window.last_day}"
            reports.setdefault(verdict.why, []).append(f"{report} ({days})")
    if not reports:
        return Filtering(FilterState.HONOURED, notes=_leavers(max(one.leavers for *_, one in verdicts)))
    state = max((one.state for *_, one in verdicts), key=list(FilterState).index)
    whys = (f"{', '.join(names)}: {why}." for why, names in reports.items())
    return Filtering(state, " ".join((*whys, MEANING[state])))


def _leavers(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    people = "One agent" if count == 1 else f"{count} agents"
    have = "has" if count == 1 else "have"
    return (f"{people} in these figures {have} since left the group or been archived.",)
