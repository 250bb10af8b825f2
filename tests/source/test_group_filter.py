"""The name of the API's filter is not documented, so each answer shows that it is not everybody's."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random

import pytest

from bot.errors import SourceBusy, SourceUnavailable
from bot.model import (
    Column,
    Digest,
    Empty,
    ExportFile,
    ExportQuery,
    Filtering,
    FilterState,
    Form,
    Group,
    Insight,
    Point,
    Present,
    Query,
    Report,
    Scalars,
    Series,
    Slot,
    Table,
    Unit,
    User,
    Window,
)
from bot.model.report_types import FORM_REPORTS
from bot.source.exports.insights.agents import AGENT_COLUMNS, AGENTS
from bot.source.gather import gather
from bot.source.group_filter import check_filter, comparisons
from bot.source.names import full_name
from tests.compose.data import digest
from tests.source.company import ANSWERS, Company

DUE = datetime(2018, 5, 6, 23, tzinfo=UTC)
WEEK = Window.of_dates(date(2018, 4, 30), date(2018, 5, 6), "Australia/Sydney")
WEEK_BEFORE = Window.of_dates(date(2018, 4, 23), date(2018, 4, 29), "Australia/Sydney")
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


def key_figures(seconds: float) -> Present:
    units = {"total_volume": Unit.COUNT, "avg_response_time": Unit.SECONDS}
    return Present(Scalars({"total_volume": 9, "avg_response_time": seconds}, units), DUE)


def responses(seconds: float) -> Present:
    points = tuple(Point(WEEK.start + timedelta(days=day), seconds + day) for day in range(7))
    return Present(Series({"avg_response_time": points}, 86_400, Unit.SECONDS), DUE)


def closed(count: float) -> Present:
    return Present(Series({"closed": (Point(WEEK.start, count),)}, 86_400, Unit.COUNT), DUE)


@dataclass
class FakeSource:
    """Answers by question; `once` are the members that the list of users ever showed."""

    answers: Mapping[Query, Slot | Exception] = field(default_factory=dict)
    once: frozenset[int] = frozenset()
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


BY_AGENT = Query("user_summary", WEEK, (CARE,), report="user_summary")
SUMMARY = Query("summary", WEEK, (CARE,), report="summary")
FOR_EVERYBODY = replace(SUMMARY, groups=())
RESPONSES = Query("response_volume", WEEK, (CARE,), report="response_volume")


def judged(
    slot: Slot,
    source: FakeSource | None = None,
    query: Query = BY_AGENT,
    users: Sequence[User] = EVERYBODY,
    before: Slot | None = None,
) -> Filtering:
    """Judge one answer, and one of the compared window."""
    source = source or FakeSource()
    earlier = replace(query, window=WEEK_BEFORE)
    asked = [({query.report: query}, {query.report: slot})]
    if before:
        asked.append(({query.report: earlier}, {query.report: before}))
    return check_filter(source, asked, {}, source.fetch, users, DUE)


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
    filtering = judged(agents(JANE), before=agents(GRACE))
    assert filtering.state is FilterState.IGNORED
    assert "user_summary (2018-04-23 to 2018-04-29)" in filtering.reason


def test_unknown_agent_never_belonged() -> None:
    stranger = User(99, "", "", "", False, ())
    assert "agent 99" in judged(agents(JANE, stranger)).reason


MORE = replace(BY_AGENT, groups=())


def test_moved_agent_adds_an_anonymous_note() -> None:
    source = FakeSource(
        {MORE: agents(JANE, GRACE, BARRY), BY_AGENT: agents(JANE, GRACE)}, frozenset({GRACE.id})
    )
    filtering = judged(agents(JANE, GRACE), source)
    assert filtering.state is FilterState.HONOURED
    assert filtering.notes == ("One agent in these figures has since left the group or been archived.",)


def test_archived_agent_adds_a_note() -> None:
    source = FakeSource({MORE: agents(JANE, GONE, BARRY), BY_AGENT: agents(JANE, GONE)})
    filtering = judged(agents(JANE, GONE), source)
    assert (filtering.state, len(filtering.notes)) == (FilterState.HONOURED, 1)


@pytest.mark.promise("the group filter is ignored, and every agent was once in the group", "held")
def test_everybody_was_once_in_the_group() -> None:
    everybody = agents(JANE, BARRY, GRACE)
    source = FakeSource(defaultdict(lambda: everybody), frozenset({GRACE.id}))
    assert judged(everybody, source).state is FilterState.UNVERIFIED


def test_whole_company_as_one_group() -> None:
    everybody = tuple(replace(user, groups=(CARE,)) for user in (JANE, BARRY, GRACE))
    assert judged(agents(*everybody), users=everybody) == Filtering(FilterState.HONOURED)


def test_agent_filter_allows_no_strangers() -> None:
    query = replace(BY_AGENT, groups=(), users=(JANE.id,))
    source = FakeSource(once=frozenset({GONE.id}))
    assert judged(agents(JANE), query=query).state is FilterState.HONOURED
    for other in (BARRY, GONE):
        filtering = judged(agents(JANE, other), source, query)
        assert filtering.state is FilterState.IGNORED
        assert "were not asked for" in filtering.reason


def test_fewer_than_everybody_is_a_proof() -> None:
    source = FakeSource({FOR_EVERYBODY: total(90)})
    assert judged(total(50), source, SUMMARY).state is FilterState.HONOURED
    assert source.asked == [FOR_EVERYBODY]


def test_a_few_fewer_are_asked_for_again() -> None:
    """Filtered, everybody's, filtered: between equal ends nothing arrived."""
    source = FakeSource({SUMMARY: total(5), FOR_EVERYBODY: total(9)})
    assert judged(total(5), source, SUMMARY).state is FilterState.HONOURED
    assert source.asked[-2:] == [FOR_EVERYBODY, SUMMARY]


@pytest.mark.promise("the group filter is ignored, and a message arrives between two requests", "held")
def test_arrived_between_two_requests() -> None:
    source = FakeSource({FOR_EVERYBODY: total(10), SUMMARY: total(10)})
    filtering = judged(total(9), source, SUMMARY)
    assert filtering.state is FilterState.UNVERIFIED
    assert "moved while it was compared" in filtering.reason


def test_more_than_everybody_is_no_proof() -> None:
    source = FakeSource({FOR_EVERYBODY: total(9), SUMMARY: total(10)})
    assert "counts more than" in judged(total(10), source, SUMMARY).reason


@pytest.mark.promise("the group filter is ignored, and a mean differs in its sixth decimal", "held")
def test_means_that_differ_by_rounding() -> None:
    for query, slot in ((SUMMARY, key_figures), (RESPONSES, responses)):
        another = slot(180.000001)
        source = FakeSource(defaultdict(partial(replace, another), {query: slot(180.0)}))
        assert judged(slot(180.0), source, query).state is FilterState.UNVERIFIED


def test_means_of_a_group_differ() -> None:
    source = FakeSource({replace(RESPONSES, groups=()): responses(180.0), RESPONSES: responses(150.0)})
    assert judged(responses(150.0), source, RESPONSES).state is FilterState.HONOURED


def test_nothing_at_all_is_nobody_elses() -> None:
    for nothing in (Empty(DUE), total(0)):
        assert judged(nothing, FakeSource(), SUMMARY).state is FilterState.HONOURED


def of_agents(*ids: int) -> Query:
    return replace(SUMMARY, groups=(), users=ids)


def test_group_with_all_messages_is_confirmed_by_its_agents() -> None:
    """On a quiet day all messages may be theirs. The filter by agent shows it: none of the others had any."""
    members, others = of_agents(JANE.id, BARRY.id), of_agents(GRACE.id, GONE.id)
    answers = {SUMMARY: total(9), FOR_EVERYBODY: total(9), members: total(9), others: total(0)}
    assert judged(total(9), FakeSource(answers), SUMMARY).state is FilterState.HONOURED
    # Seven are theirs, two are nobody's: the filter by group was ignored.
    assert (
        judged(total(9), FakeSource(answers | {members: total(7)}), SUMMARY).state is FilterState.UNVERIFIED
    )


def test_equal_answers_without_agents_are_unverified() -> None:
    source = FakeSource(defaultdict(lambda: total(9)))
    filtering = judged(total(9), source, SUMMARY)
    assert filtering.state is FilterState.UNVERIFIED
    assert filtering.reason == (
        "summary (2018-04-30 to 2018-05-06): the answer with the filter is the same as the one for everybody. "
        "So these may be other people's figures."
    )


def test_agents_of_a_group_are_held_against_the_group() -> None:
    """By agent and group: an API that knows one of the two names alone is found out."""
    query = replace(SUMMARY, users=(JANE.id,))
    source = FakeSource(defaultdict(lambda: total(90), {query: total(50), SUMMARY: total(50)}))
    assert judged(total(50), source, query).state is FilterState.UNVERIFIED
    source = FakeSource({SUMMARY: total(90)})
    assert judged(total(50), source, query).state is FilterState.HONOURED


def test_a_report_that_adds_up_needs_no_request() -> None:
    states = replace(SUMMARY, type="states_volume", report="states_volume")
    queries = {"summary": SUMMARY, "states_volume": states}
    assert comparisons(queries) == {"summary": (FOR_EVERYBODY,)}
    source = FakeSource(
        {FOR_EVERYBODY: total(90), replace(states, groups=()): closed(90), states: closed(90)}
    )
    source.answers = defaultdict(lambda: closed(90), source.answers)
    for count, state in ((50, FilterState.HONOURED), (90, FilterState.UNVERIFIED)):
        slots: dict[str, Slot] = {"summary": total(50), "states_volume": closed(count)}
        filtering = check_filter(source, [(queries, slots)], {}, source.fetch, EVERYBODY, DUE)
        assert filtering.state is state


def export(report: str, *rows: tuple[User | None, int, int]) -> Present:
    table = Table(
        AGENT_COLUMNS, tuple((full_name(user) if user else "", n, alone) for user, n, alone in rows)
    )
    file = ExportFile("x.csv", sum(n for _, n, _ in rows), 10, ("Agent",), (Insight(AGENTS, table),))
    return Present(file, DUE)


def of_export(report: str) -> ExportQuery:
    return ExportQuery(report, WEEK, (CARE,), report=report)


def test_export_is_judged_by_its_rows() -> None:
    theirs = export("case_details", (JANE, 5, 4), (BARRY, 2, 2))
    assert judged(theirs, FakeSource(), of_export("case_details")).state is FilterState.HONOURED
    strangers = export("case_details", (JANE, 5, 4), (GRACE, 2, 1))
    assert judged(strangers, FakeSource(), of_export("case_details")).state is FilterState.IGNORED


def test_shared_cases_of_a_large_export_are_usual() -> None:
    shared = export("case_details", (JANE, 196, 150), (GRACE, 4, 0))
    assert judged(shared, FakeSource(), of_export("case_details")).state is FilterState.HONOURED
    # Of a few cases these would be too many: everybody's are counted.
    few = export("case_details", (JANE, 16, 15), (GRACE, 4, 0))
    everybody = replace(of_export("case_details"), groups=())
    source = FakeSource({everybody: export("case_details", (JANE, 60, 15))})
    assert judged(few, source, of_export("case_details")).state is FilterState.HONOURED
    assert source.asked == [everybody]


def test_export_of_words_has_as_many_rows_as_the_summary() -> None:
    """The messages of everybody are never downloaded to compare them."""
    query = of_export("mention_sla_export")
    for rows, state in ((50, FilterState.HONOURED), (90, FilterState.UNVERIFIED)):
        source = FakeSource({SUMMARY: total(50), FOR_EVERYBODY: total(90)})
        filtering = judged(export("mention_sla_export", (JANE, rows - 1, 0), (None, 1, 0)), source, query)
        assert filtering.state is state
        assert {asked.type for asked in source.asked} == {"summary"}


def test_nps_is_compared_by_nps() -> None:
    nps = Query("nps_summary", WEEK, (CARE,), form=55, nps_category="all", report="nps_summary")
    source = FakeSource({replace(nps, groups=()): total(8), nps: total(3)})
    assert judged(total(3), source, nps).state is FilterState.HONOURED
    assert {query.type for query in source.asked} == {"nps_summary"}


def test_failed_company_answer_verifies_nothing() -> None:
    source = FakeSource({FOR_EVERYBODY: SourceUnavailable("HTTP 503")})
    filtering = judged(total(3), source, SUMMARY)
    assert filtering.state is FilterState.UNVERIFIED
    assert "HTTP 503" in filtering.reason


def test_busy_comparison_is_retried_later() -> None:
    source = FakeSource({FOR_EVERYBODY: SourceBusy("no request left", 60)})
    with pytest.raises(SourceBusy):
        judged(total(3), source, SUMMARY)


# An API that ignores what it likes


def editions(seed: int, count: int, ignores: Callable[[Random], Callable[[str, date], bool]]) -> Counter[str]:
    """Gather so many random editions; count those held, sent, and sent although a figure was of others."""
    counts: Counter[str] = Counter()
    for number in range(count):
        random = Random(f"{seed} {number}")
        company = Company(
            random,
            size=random.choice((0.1, 0.3, 1, 3)),
            groups_count=random.choice((1, 2, 3, 6, 6)),
            ignores=ignores(random),
            arrivals=random.choice((0, 0, 0.2)) if ignores is at_random else 0,
        )
        data = gather(company, random_digest(random, company), WEEK, WEEK_BEFORE, company.now, lambda _: None)
        slots = (*data.current.values(), *data.previous.values())
        given = [slot.answer for slot in slots if isinstance(slot, Present)]
        is_wrong = any(answer is wrong for answer in given for wrong in company.wrong)
        is_sent = data.filtering.state is FilterState.HONOURED
        counts["wrong, sent" if is_wrong and is_sent else "sent" if is_sent else "held"] += 1
    return counts


def random_digest(random: Random, company: Company) -> Digest:
    reports = random.sample(list(ANSWERS), random.randint(1, 8))
    names = [group.name for group in company.groups()]
    groups = tuple(random.sample(names, min(random.choice((1, 1, 1, 2)), len(names))))
    users: tuple[str, ...] = ()
    if random.random() < 0.15:
        users = (str(random.choice([user for user in company.users() if not user.archived]).id),)
        groups = random.choice((groups, ()))
    wanted = tuple(Report(kind, form="NPS Survey" if kind in FORM_REPORTS else "") for kind in reports)
    return digest(groups=groups, users=users, reports=wanted)


def never(random: Random) -> Callable[[str, date], bool]:
    return lambda kind, week: False


def at_random(random: Random) -> Callable[[str, date], bool]:
    """Ignore the filter for a random part of the report types and weeks."""
    share, which = random.choice((0.2, 0.5, 0.8)), random.random()
    return lambda kind, week: Random(f"{which} {kind} {week}").random() < share


@pytest.mark.promise(
    "the group filter is ignored for some report types and weeks", "held; no such figure is sent"
)
@pytest.mark.parametrize(
    "count", [pytest.param(100, marks=pytest.mark.long), pytest.param(2000, marks=pytest.mark.slow)]
)
def test_no_figure_of_others_is_sent(count: int) -> None:
    counts = editions(13, count, at_random)
    assert counts["wrong, sent"] == 0
    assert counts["sent"] > count / 20


@pytest.mark.parametrize(
    "count", [pytest.param(100, marks=pytest.mark.long), pytest.param(2000, marks=pytest.mark.slow)]
)
def test_honest_editions_are_not_held(count: int) -> None:
    assert editions(13, count, never)["held"] <= count / 100
