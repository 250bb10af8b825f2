"""The invented groups, agents, accounts and forms, and the roster of each day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from activity_emulator.generator.chance import Chance, Weights
from activity_emulator.generator.days import SYDNEY, Day, microseconds
from activity_emulator.log.schema import Row

SOCIAL, EMAIL, ESCALATIONS = 123, 456, 789
EVERY_DAY = range(7)
WEEKDAYS = range(5)
LATE_WEEK = range(2, 7)
EARLY_WEEK = (0, 1, 2, 5, 6)

GROUPS = (
    (SOCIAL, "Social Customer Care", "Social customer care team members"),
    (EMAIL, "Email Support", "Answers to support@ and the stores' page"),
    (ESCALATIONS, "Escalations", "Complaints, refunds over $200, press"),
)

ABSENT = 0.06
WEEKS_OF_A_QUARTER = 13

NETWORKS = ((1, "Facebook"), (2, "Instagram"), (3, "X"), (4, "Email"))


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent. `load`: share of the group's work; `speed`: factor on waiting times; `works`: weekdays."""

    id: int
    email: str
    first_name: str
    last_name: str
    groups: tuple[int, ...]
    load: float
    speed: float
    works: Sequence[int]
    joined: date = date.min
    left: date = date.max

    def is_employed(self, day: date) -> bool:
        """Tell whether the agent is employed on this day."""
        return self.joined <= day < self.left


@dataclass(frozen=True, slots=True)
class Account:
    """A page or mailbox. `weight`: share of all messages; `private`: share of direct messages."""

    id: int
    network_id: int
    name: str
    group: int
    weight: float
    private: float


AGENTS = (
    Agent(123, "jane.pear@example.com", "Jane", "Pear", (SOCIAL,), 1.3, 0.75, WEEKDAYS),
    Agent(789, "barry@example.com", "Barry", "Banana", (SOCIAL,), 0.8, 1.35, EARLY_WEEK),
    Agent(
        1544,
        "jane.pear.2017@example.com",
        "Jane",
        "Pear",
        (EMAIL,),
        0.6,
        1.1,
        WEEKDAYS,
        left=date(2019, 12, 20),
    ),
    Agent(
        1873, "grace@example.com", "Grace", "O'Neil", (EMAIL,), 0.9, 0.95, EVERY_DAY, left=date(2025, 8, 29)
    ),
    Agent(
        1987, "ngaire@example.com", "Ngaire", "Tūhoe", (SOCIAL,), 1.0, 0.9, EVERY_DAY, left=date(2026, 5, 15)
    ),
    Agent(2041, "zoe@example.com", "Zoë", "Müller-Łuczak", (SOCIAL,), 1.1, 0.9, LATE_WEEK),
    Agent(2057, "xiaoming@example.com", "小明", "王", (SOCIAL,), 1.0, 1.0, WEEKDAYS),
    Agent(2063, "liam@example.com", "Liam", "O'Connor", (SOCIAL,), 0.9, 1.15, LATE_WEEK),
    Agent(2071, "uri@example.com", "אורי", "כהן", (EMAIL,), 1.0, 0.9, EARLY_WEEK),
    Agent(2079, "anais@example.com", "Anaïs", "Lefèvre", (EMAIL,), 1.1, 1.0, WEEKDAYS),
    Agent(
        2084, "priya@example.com", "प्रिया", "शर्मा", (EMAIL,), 0.9, 1.2, LATE_WEEK, joined=date(2019, 12, 2)
    ),
    Agent(2092, "mohammed@example.com", "محمد", "العلي", (ESCALATIONS,), 1.2, 1.0, EVERY_DAY),
    Agent(2099, "jose@example.com", "José", "Núñez", (EMAIL, ESCALATIONS), 0.7, 1.05, WEEKDAYS),
    Agent(
        3105, "lukasz@example.com", "Łukasz", "Żak", (SOCIAL,), 0.9, 1.25, EARLY_WEEK, joined=date(2026, 2, 2)
    ),
    Agent(12345, "jane@example.com", "Jane", "Remington", (SOCIAL, EMAIL, ESCALATIONS), 0.1, 0.85, WEEKDAYS),
)

ACCOUNTS = (
    Account(11, 1, "Acme Care", SOCIAL, 24, 0.45),
    Account(12, 2, "acme.care", SOCIAL, 14, 0.6),
    Account(13, 3, "@AcmeCare", SOCIAL, 9, 0.25),
    Account(21, 4, "Acme Support", EMAIL, 29, 1.0),
    Account(22, 1, "Acme Stores", EMAIL, 8, 0.35),
    Account(31, 4, "Acme Customer Relations", ESCALATIONS, 10, 1.0),
    Account(32, 3, "@AcmeNews", ESCALATIONS, 6, 0.1),
)


@dataclass(frozen=True, slots=True)
class Form:
    """A survey or another form."""

    id: int
    name: str
    title: str
    archived: bool
    created_at: datetime
    groups: tuple[int, ...]
    nps: bool


SURVEY, CARE_SURVEY = 123, 55

FORMS = (
    Form(
        31,
        "Spring Competition",
        "Win a picnic",
        True,
        datetime(2018, 2, 1, 3, 10, 44, tzinfo=UTC),
        (SOCIAL,),
        False,
    ),
    Form(
        CARE_SURVEY,
        "NPS Survey",
        "Acme NPS Survey",
        False,
        datetime(2018, 5, 26, 21, 54, 19, tzinfo=UTC),
        (SOCIAL,),
        True,
    ),
    Form(
        88,
        "Identity Check",
        "Please tell us who you are",
        False,
        datetime(2018, 2, 19, 1, 2, 3, tzinfo=UTC),
        (SOCIAL, EMAIL),
        False,
    ),
    Form(
        SURVEY,
        "Support Survey",
        "How did we do?",
        False,
        datetime(2018, 2, 12, 0, 30, tzinfo=UTC),
        (SOCIAL, EMAIL, ESCALATIONS),
        True,
    ),
)


def people_rows(seed: int, now: datetime) -> Iterator[Row]:
    """Yield rows of networks, accounts, groups, users, memberships and forms as of `now`."""
    yield from (("networks", network) for network in NETWORKS)
    yield from (("accounts", (account.id, account.network_id, account.name)) for account in ACCOUNTS)
    yield from (("groups", group) for group in GROUPS)
    today = now.astimezone(SYDNEY).date()
    for agent in AGENTS:
        if agent.joined <= today:
            yield "users", _user(seed, agent, today)
            yield from (("memberships", (agent.id, group)) for group in agent.groups)
    for form in FORMS:
        if form.created_at <= now:
            yield from _form_rows(form)


def _user(seed: int, agent: Agent, today: date) -> Sequence[object]:
    chance = Chance(seed, "user", agent.id)
    archived = agent.left <= today
    last_day = agent.left if archived else today
    signed_in = datetime.combine(last_day - timedelta(days=1), time(8), SYDNEY)
    signed_in += timedelta(seconds=int(chance.between(0, 10 * 3600)))
    count = int(chance.between(60, 900))
    name = (agent.first_name, agent.last_name)
    return (agent.id, agent.email, *name, SYDNEY.key, 10, count, microseconds(signed_in), archived)


def _form_rows(form: Form) -> Iterator[Row]:
    url = f"https://forms.example.com/{form.id}/1/form"
    created_at = microseconds(form.created_at)
    yield "forms", (form.id, form.name, form.title, form.archived, created_at, form.nps, url)
    yield from (("form_groups", (form.id, group)) for group in form.groups)


class Rosters:
    """The agents at work for each day and group, by their load."""

    def __init__(self, seed: int, days: list[Day]) -> None:
        self._seed = seed
        self._days = days
        self._by_day: dict[tuple[int, int], Weights[Agent]] = {}

    def at_work(self, day: int, group: int) -> Weights[Agent]:
        """Return the agents of a group at work on day number `day`; at least one."""
        key = (day, group)
        if key not in self._by_day:
            self._by_day.update(self._of(day))
        return self._by_day[key]

    def _of(self, number: int) -> dict[tuple[int, int], Weights[Agent]]:
        day = self._days[number].date
        chance = Chance(self._seed, "roster", day)
        employed = [agent for agent in AGENTS if agent.is_employed(day)]
        # One draw for each agent, needed or not: illness must not depend on leave.
        ill = {agent.id for agent in employed if chance.happens(ABSENT)}
        present = [agent for agent in employed if day.weekday() in agent.works and agent.id not in ill]
        present = [agent for agent in present if not _is_on_leave(self._seed, agent, day)]
        return {(number, group[0]): _by_load(group[0], present, employed) for group in GROUPS}


def _by_load(group: int, present: list[Agent], employed: list[Agent]) -> Weights[Agent]:
    members = [agent for agent in present if group in agent.groups]
    members = members or [agent for agent in employed if group in agent.groups]
    return Weights([(agent, agent.load) for agent in members])


def _is_on_leave(seed: int, agent: Agent, day: date) -> bool:
    """Tell whether the agent is on leave: one week in each quarter."""
    quarter, week = (day.month - 1) // 3, day.toordinal() // 7
    leave = int(Chance(seed, "leave", agent.id, day.year, quarter).between(0, WEEKS_OF_A_QUARTER))
    return week % WEEKS_OF_A_QUARTER == leave
