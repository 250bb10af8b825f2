"""The name of the API's filter is not documented, so nothing filtered goes out unverified."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import pytest

from bot.errors import SourceBusy, SourceUnavailable
from bot.model import (
    Column,
    Empty,
    ExportFile,
    ExportQuery,
    Filtering,
    FilterState,
    Form,
    Group,
    Present,
    Query,
    Scalars,
    Slot,
    Table,
    Unit,
    User,
    Window,
)
from bot.source.group_filter import check_filter

DUE = datetime(2018, 5, 6, 23, tzinfo=UTC)
WEEK = Window.of_dates(date(2018, 4, 30), date(2018, 5, 6), "Australia/Sydney")
CARE, MAIL = 123, 456
JANE = User(1, "jane@example.com", "Jane", "Pear", False, (CARE,))
BARRY = User(2, "barry@example.com", "Barry", "Banana", False, (CARE,))
GRACE = User(3, "grace@example.com", "Grace", "O'Neil", False, (MAIL,))
GONE = User(4, "gone@example.com", "Ann", "Gone", True, ())
EVERYBODY = (JANE, BARRY, GRACE, GONE)


def agents(*people: User) -> Present:
    rows = tuple((str(user.id), user.first_name, user.last_name, 7.0) for user in people)
    columns = (
        Column("user_id"),
        Column("first_name"),
        Column("last_name"),
        Column("mentions_assigned", Unit.COUNT),
    )
    return Present(Table(columns, rows), DUE)


def total(count: float) -> Present:
    return Present(Scalars({"total_volume": count}, {"total_volume": Unit.COUNT}), DUE)


@dataclass
class FakeSource:
    """Answers by question; `once` are the members that the list of users ever showed."""

    answers: dict[Query, Slot | Exception] = field(default_factory=dict)
    once: frozenset[int] = frozenset()
    verified: set[tuple[object, ...]] = field(default_factory=set)
    asked: list[Query] = field(default_factory=list)

    def groups(self) -> tuple[Group, ...]:
        return ()

    def users(self) -> tuple[User, ...]:
        return EVERYBODY

    def forms(self) -> tuple[Form, ...]:
        return ()

    def fetch(self, query: Query, due: datetime, *, anew: bool = False) -> Present | Empty:
        self.asked.append(query)
        answer = self.answers[query]
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Present | Empty)
        return answer

    def belonged(self, groups: Sequence[int]) -> frozenset[int]:
        return self.once

    def is_filter_verified(self, query: Query) -> bool:
        return (query.groups, query.users) in self.verified

    def note_filter_verified(self, query: Query) -> None:
        self.verified.add((query.groups, query.users))


BY_AGENT = Query("user_summary", WEEK, (CARE,), report="user_summary")
SUMMARY = Query("summary", WEEK, (CARE,), report="summary")
FOR_EVERYBODY = replace(SUMMARY, groups=())


def judged(slot: Slot, source: FakeSource | None = None, query: Query = BY_AGENT) -> Filtering:
    slots = {query.report: slot}
    return check_filter(source or FakeSource(), {query.report: query}, (slots, {}), EVERYBODY, DUE)


def test_without_a_filter_nothing_is_checked() -> None:
    assert judged(agents(GRACE), query=replace(BY_AGENT, groups=())) == Filtering()


def test_filter_honoured_every_agent_belongs() -> None:
    assert judged(agents(JANE, BARRY)) == Filtering(FilterState.HONOURED)


def test_ignored_filter_names_a_stranger() -> None:
    filtering = judged(agents(JANE, GRACE))
    assert filtering.state is FilterState.IGNORED
    assert "Grace O'Neil" in filtering.reason
    assert "Jane" not in filtering.reason


@pytest.mark.promise("the group filter is ignored for the compared window alone", "held")
def test_filter_ignored_in_the_compared_window_alone() -> None:
    slots: tuple[dict[str, Slot], ...] = ({"user_summary": agents(JANE)}, {"user_summary": agents(GRACE)})
    filtering = check_filter(FakeSource(), {"user_summary": BY_AGENT}, slots, EVERYBODY, DUE)
    assert filtering.state is FilterState.IGNORED


def test_unknown_agent_never_belonged() -> None:
    stranger = User(99, "", "", "", False, ())
    assert "agent 99" in judged(agents(JANE, stranger)).reason


def test_moved_agent_adds_an_anonymous_note() -> None:
    filtering = judged(agents(JANE, GRACE), FakeSource(once=frozenset({GRACE.id})))
    assert filtering.state is FilterState.HONOURED
    assert filtering.notes == ("One agent in these figures has since left the group or been archived.",)


def test_archived_agent_adds_a_note() -> None:
    filtering = judged(agents(JANE, GONE))
    assert (filtering.state, len(filtering.notes)) == (FilterState.HONOURED, 1)


def test_whole_company_as_one_group() -> None:
    everybody = tuple(replace(user, groups=(CARE,)) for user in (JANE, BARRY, GRACE))
    slots: tuple[dict[str, Slot], ...] = ({"user_summary": agents(*everybody)}, {})
    filtering = check_filter(FakeSource(), {"user_summary": BY_AGENT}, slots, everybody, DUE)
    assert filtering == Filtering(FilterState.HONOURED)


def test_agent_filter_allows_no_strangers() -> None:
    query = replace(BY_AGENT, groups=(), users=(JANE.id,))
    source = FakeSource(once=frozenset({GONE.id}))
    assert judged(agents(JANE), query=query).state is FilterState.HONOURED
    for other in (BARRY, GONE):
        filtering = judged(agents(JANE, other), source, query)
        assert filtering.state is FilterState.IGNORED
        assert "were not asked for" in filtering.reason


def test_one_difference_verifies_filter_without_agents() -> None:
    source = FakeSource({SUMMARY: total(5), FOR_EVERYBODY: total(9)})
    assert judged(total(5), source, SUMMARY).state is FilterState.HONOURED
    asked = len(source.asked)
    assert judged(total(5), source, SUMMARY).state is FilterState.HONOURED
    assert len(source.asked) == asked


def test_equal_answers_without_agents_stay_unverified() -> None:
    source = FakeSource({SUMMARY: total(9), FOR_EVERYBODY: total(9)})
    filtering = judged(total(9), source, SUMMARY)
    assert filtering.state is FilterState.UNVERIFIED
    assert not source.verified


def test_single_company_group_stays_unverified() -> None:
    """The answers are equal for a good reason that no check can see: a person releases the digest."""
    source = FakeSource({SUMMARY: total(9), FOR_EVERYBODY: total(9)})
    assert judged(total(9), source, SUMMARY).state is FilterState.UNVERIFIED


def test_nps_only_digest_is_compared_by_nps() -> None:
    nps = Query("nps_summary", WEEK, (CARE,), form=55, nps_category="all", report="nps_summary")
    source = FakeSource({nps: total(3), replace(nps, groups=()): total(8)})
    assert judged(total(3), source, nps).state is FilterState.HONOURED
    assert {query.type for query in source.asked} == {"nps_summary"}


def test_export_only_digest_is_compared_by_summary() -> None:
    export = ExportQuery("case_details", WEEK, (CARE,), report="case_details")
    source = FakeSource({SUMMARY: total(3), FOR_EVERYBODY: total(3)})
    file = Present(ExportFile("x.csv", 1, 10, ("Case Id",)), DUE)
    assert judged(file, source, export).state is FilterState.UNVERIFIED
    assert source.asked == [SUMMARY, FOR_EVERYBODY]


def test_empty_group_answer_differs_from_company() -> None:
    source = FakeSource({SUMMARY: Empty(DUE), FOR_EVERYBODY: total(3)})
    assert judged(Empty(DUE), source, SUMMARY).state is FilterState.HONOURED


def test_failed_company_answer_verifies_nothing() -> None:
    source = FakeSource({SUMMARY: total(3), FOR_EVERYBODY: SourceUnavailable("HTTP 503")})
    filtering = judged(total(3), source, SUMMARY)
    assert filtering.state is FilterState.UNVERIFIED
    assert "HTTP 503" in filtering.reason


def test_busy_comparison_is_retried_later() -> None:
    source = FakeSource({SUMMARY: total(3), FOR_EVERYBODY: SourceBusy("no request left", 60)})
    with pytest.raises(SourceBusy):
        judged(total(3), source, SUMMARY)
