"""A company that answers as the Activity API, and ignores the filter of the report types and weeks it is told to."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from threading import Lock
from typing import Any, TypeVar

from bot.model import (
    Answer,
    Column,
    Empty,
    ExportFile,
    Form,
    Group,
    Insight,
    Point,
    Present,
    Query,
    Scalars,
    Series,
    Table,
    Unit,
    User,
)
from bot.source.exports.insights.agents import AGENT_COLUMNS, AGENTS
from bot.source.names import full_name

FORM = Form(55, "NPS Survey", "How likely?", "", True, False, ())
STATES = ("new", "assigned", "responded", "closed")
TOPICS = ("praise", "delivery", "billing")


@dataclass(frozen=True)
class Message:
    """One message: its day, who had it (nobody: unassigned; the last one has it now), topics, seconds to answer."""

    day: int
    agents: tuple[int, ...]
    state: str
    topics: tuple[str, ...]
    answered: float | None


@dataclass(frozen=True)
class Case:
    """One case: the day it closed, who answered in it (the last one last), its topics."""

    day: int
    agents: tuple[int, ...]
    topics: tuple[str, ...]


@dataclass(frozen=True)
class Survey:
    """One survey that an agent sent, and its score if it was answered."""

    day: int
    agents: tuple[int, ...]
    score: int | None


@dataclass
class Week:
    """What happened in a week."""

    messages: list[Message] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    surveys: list[Survey] = field(default_factory=list)


@dataclass
class Company:
    """The port `Source` of an invented company. `arrivals`: how likely a message arrives with each request.

    `wrong` has every answer given that is not about those who were asked for.
    """

    random: Random
    size: float = 1.0
    groups_count: int = 6
    ignores: Callable[[str, date], bool] = lambda kind, week: False
    arrivals: float = 0.0
    now: datetime = datetime(2018, 5, 6, 23, tzinfo=UTC)
    asked: list[Query] = field(default_factory=list)
    wrong: list[Answer | None] = field(default_factory=list)
    weeks: dict[date, Week] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._groups = tuple(Group(n, f"Group {n}") for n in range(1, self.groups_count + 1))
        self._users = tuple(self._user(n) for n in range(100, 100 + 3 * self.groups_count))
        self.once = {
            (user.id, group.id)
            for user in self._users
            for group in self._groups
            if self.random.random() < 0.05
        }

    def _user(self, number: int) -> User:
        own = {1 + number % self.groups_count}
        if self.random.random() < 0.15:
            own.add(self.random.randint(1, self.groups_count))
        archived = self.random.random() < 0.1
        listed = () if archived and self.random.random() < 0.5 else tuple(sorted(own))
        return User(number, f"{number}@example.com", f"Agent{number}", "Pear", archived, listed)

    def groups(self) -> tuple[Group, ...]:
        return self._groups

    def users(self) -> tuple[User, ...]:
        return self._users

    def forms(self) -> tuple[Form, ...]:
        return (FORM,)

    def belonged(self, groups: Sequence[int]) -> frozenset[int]:
        return frozenset(user for user, group in self.once if group in groups)

    def fetch(self, query: Query, due: datetime, *, anew: bool = False) -> Present | Empty:
        with self.lock:
            return self._fetch(query)

    def _fetch(self, query: Query) -> Present | Empty:
        self.asked.append(query)
        self.now += timedelta(seconds=1)
        week = self._week(query.window.first_day)
        if self.random.random() < self.arrivals:
            week.messages.append(self._message())
        ids = self._selected(query)
        honest = ANSWERS[query.report or query.type](self, week, query, ids)
        if ids is None or not self.ignores(query.type, query.window.first_day):
            return Empty(self.now) if honest is None else Present(honest, self.now)
        given = ANSWERS[query.report or query.type](self, week, query, None)
        if given != honest:
            self.wrong.append(given)
        return Empty(self.now) if given is None else Present(given, self.now)

    def _selected(self, query: Query) -> frozenset[int] | None:
        if not query.groups and not query.users:
            return None
        return frozenset(
            user.id
            for user in self._users
            if (not query.groups or set(user.groups) & set(query.groups))
            and (not query.users or user.id in query.users)
        )

    def _week(self, first: date) -> Week:
        if first not in self.weeks:
            busy = self.size * self.random.choice((0.02, 0.1, 1, 1, 1, 1))
            self.weeks[first] = Week(
                [self._message() for _ in range(int(200 * busy))],
                [self._case() for _ in range(int(100 * busy))],
                [self._survey() for _ in range(int(20 * busy))],
            )
        return self.weeks[first]

    def _agents(self, shared: float) -> tuple[int, ...]:
        count = 2 if self.random.random() < shared else 1
        return tuple(user.id for user in self.random.sample(self._users, min(count, len(self._users))))

    def _message(self) -> Message:
        random = self.random
        agents = () if random.random() < 0.05 else self._agents(0.1)
        topics = tuple(topic for topic in TOPICS if random.random() < 0.3)
        answered = random.uniform(60, 90_000) if agents and random.random() < 0.8 else None
        return Message(random.randrange(7), agents, random.choice(STATES), topics, answered)

    def _case(self) -> Case:
        topics = tuple(topic for topic in TOPICS if self.random.random() < 0.3)
        return Case(self.random.randrange(7), self._agents(0.1), topics)

    def _survey(self) -> Survey:
        score = self.random.randint(0, 10) if self.random.random() < 0.5 else None
        return Survey(self.random.randrange(7), self._agents(0), score)

    def name(self, user: int) -> str:
        return full_name(self._users[user - 100])


Ids = frozenset[int] | None
Happened = TypeVar("Happened", Message, Case, Survey)


def of(happened: Sequence[Happened], ids: Ids) -> list[Happened]:
    return [one for one in happened if ids is None or ids.intersection(one.agents)]


def summary(company: Company, week: Week, query: Query, ids: Ids) -> Answer:
    messages = of(week.messages, ids)
    times = [one.answered for one in messages if one.answered is not None]
    values = {
        "total_volume": float(len(messages)),
        "total_responded_to": float(len(times)),
        "broke_sla": float(sum(time > 7200 for time in times)),
        "avg_response_time": sum(times) / len(times) if times else None,
    }
    return scalars(values)


def scalars(values: dict[str, float | None]) -> Scalars:
    units = {name: Unit.SECONDS if name.endswith("_time") else Unit.COUNT for name in values}
    return Scalars(values, units)


def series(query: Query, counts: Mapping[tuple[str, int], float], unit: Unit = Unit.COUNT) -> Series | None:
    names = dict.fromkeys(name for name, _ in sorted(counts))
    points = {
        name: tuple(
            Point(query.window.start + timedelta(days=day), value)
            for (of_name, day), value in sorted(counts.items())
            if of_name == name
        )
        for name in names
    }
    return Series(points, 86_400, unit) if points else None


def states_volume(company: Company, week: Week, query: Query, ids: Ids) -> Answer | None:
    return series(query, Counter((one.state, one.day) for one in of(week.messages, ids)))


def response_volume(company: Company, week: Week, query: Query, ids: Ids) -> Answer | None:
    days: dict[int, list[float]] = {}
    for one in of(week.messages, ids):
        if one.answered is not None:
            days.setdefault(one.day, []).append(one.answered)
    means = {("avg_response_time", day): sum(times) / len(times) for day, times in days.items()}
    return series(query, means, Unit.SECONDS)


def table(words: Sequence[str], counts: Mapping[Any, float]) -> Table | None:
    columns = (*map(Column, words), Column("volume", Unit.COUNT))
    return Table(columns, tuple((*key, float(n)) for key, n in sorted(counts.items()))) if counts else None


def classifications(company: Company, week: Week, query: Query, ids: Ids) -> Answer | None:
    messages = of(week.messages, ids)
    counts = Counter(
        (topic, state) for one in messages for topic in one.topics for state in (one.state, "all_states")
    )
    return table(("classification", "state"), counts)


def by_agent(counts: Counter[tuple[str, ...]]) -> Table | None:
    return table(("user_id", "first_name"), counts)


def user_summary(company: Company, week: Week, query: Query, ids: Ids) -> Answer | None:
    return by_agent(
        Counter(
            (str(agent), company.name(agent))
            for one in of(week.messages, ids)
            for agent in one.agents
            if ids is None or agent in ids
        )
    )


def owners(week: Week, ids: Ids) -> Iterator[tuple[int, str]]:
    for one in week.messages:
        if one.agents and (ids is None or one.agents[-1] in ids):
            yield one.agents[-1], one.state


def user_volume(company: Company, week: Week, query: Query, ids: Ids) -> Answer | None:
    return by_agent(Counter((str(agent), company.name(agent)) for agent, _ in owners(week, ids)))


def workflow_states(company: Company, week: Week, query: Query, ids: Ids) -> Answer | None:
    return table(("state",), Counter((state,) for _, state in owners(week, ids)))


def case_summary(company: Company, week: Week, query: Query, ids: Ids) -> Answer:
    return scalars({"total_cases": float(len(of(week.cases, ids)))})


def case_volume(company: Company, week: Week, query: Query, ids: Ids) -> Answer:
    days = Counter(("open", day) for one in of(week.cases, ids) for day in range(one.day + 1))
    found = series(query, {("open", day): float(days["open", day]) for day in range(7)})
    assert found is not None
    return found


def case_classifications(company: Company, week: Week, query: Query, ids: Ids) -> Answer | None:
    return table(
        ("classification",), Counter((topic,) for one in of(week.cases, ids) for topic in one.topics)
    )


def nps(surveys: Sequence[Survey]) -> dict[str, float]:
    scores = [one.score for one in surveys if one.score is not None]
    return {
        "total_sent": float(len(surveys)),
        "total_received": float(len(scores)),
        "total_promoters": float(sum(score >= 9 for score in scores)),
        "total_detractors": float(sum(score < 7 for score in scores)),
    }


def nps_summary(company: Company, week: Week, query: Query, ids: Ids) -> Answer:
    return scalars(dict(nps(of(week.surveys, ids))))


def nps_volume(company: Company, week: Week, query: Query, ids: Ids) -> Answer | None:
    days = {day: nps([one for one in of(week.surveys, ids) if one.day == day]) for day in range(7)}
    return series(
        query, {(name, day): value for day, counts in days.items() for name, value in counts.items()}
    )


def file(rows: Sequence[tuple[str, bool]], of_rows: object) -> ExportFile:
    """Return an export of rows by agent; `of_rows` makes the file's name differ where its rows do."""
    names = sorted({agent for agent, _ in rows})
    counted = tuple(
        (name, sum(agent == name for agent, _ in rows), sum(row == (name, True) for row in rows))
        for name in names
    )
    insights = (Insight(AGENTS, Table(AGENT_COLUMNS, counted)),) if counted else ()
    return ExportFile(f"{hash(str(of_rows)) % 10**9}.csv", len(rows), 10 * len(rows), ("Agent",), insights)


def mention_sla_export(company: Company, week: Week, query: Query, ids: Ids) -> Answer:
    messages = of(week.messages, ids)
    return file([(company.name(one.agents[0]) if one.agents else "", False) for one in messages], messages)


def case_details(company: Company, week: Week, query: Query, ids: Ids) -> Answer:
    cases = of(week.cases, ids)
    return file([(company.name(one.agents[-1]), len(one.agents) == 1) for one in cases], cases)


def nps_submissions(company: Company, week: Week, query: Query, ids: Ids) -> Answer:
    answers = [one for one in of(week.surveys, ids) if one.score is not None]
    return file([(company.name(one.agents[0]), False) for one in answers], answers)


ANSWERS: dict[str, Callable[[Company, Week, Query, Ids], Answer | None]] = {
    answer.__name__: answer  # type: ignore[attr-defined]
    for answer in (
        summary,
        states_volume,
        workflow_states,
        classifications,
        response_volume,
        user_summary,
        user_volume,
        case_summary,
        case_volume,
        case_classifications,
        nps_summary,
        nps_volume,
        case_details,
        nps_submissions,
        mention_sla_export,
    )
}
