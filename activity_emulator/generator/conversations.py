"""One conversation: a customer's messages, what becomes of them, the case and the survey that follow."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from activity_emulator.generator.chance import Chance, Quantiles, Weights
from activity_emulator.generator.days import HOUR, SECOND, Day
from activity_emulator.generator.handling import Desk, Handling
from activity_emulator.generator.people import ACCOUNTS, AGENTS, Account, Row
from activity_emulator.generator.surveys import survey_rows
from activity_emulator.generator.wording import AGENT_NOTES, FOLLOW_UPS, REPLIES, TAGS, TOPICS, Topic

MESSAGES = Weights([(1, 72.0), (2, 18.0), (3, 7.0), (4, 3.0)])
MESSAGES_PER_CONVERSATION = 1.36

# From an agent's reply to the customer's next message, or between two messages without a reply; seconds.
NEXT_MESSAGE = Quantiles((0.0, 40), (0.5, 900), (0.85, 3 * 3600), (1.0, 20 * 3600))

BY_ACCOUNT = Weights([(account, account.weight) for account in ACCOUNTS])
BY_ID = {agent.id: agent for agent in AGENTS}

# Share of a day's messages by local hour, busy days and quiet days.
BUSY_HOURS = Weights(
    list(enumerate((2, 1, 1, 1, 1, 2, 5, 14, 62, 84, 92, 90, 88, 80, 76, 74, 72, 68, 60, 46, 12, 8, 5, 3)))
)
QUIET_HOURS = Weights(
    list(enumerate((3, 2, 1, 1, 1, 2, 4, 9, 22, 78, 92, 92, 88, 84, 78, 74, 60, 14, 10, 9, 8, 7, 5, 4)))
)


@dataclass(frozen=True, slots=True)
class Ids:
    """Running numbers of the log's rows."""

    messages: Iterator[int] = field(default_factory=lambda: count(100_001))
    responses: Iterator[int] = field(default_factory=lambda: count(500_001))
    cases: Iterator[int] = field(default_factory=lambda: count(20_001))
    surveys: Iterator[int] = field(default_factory=lambda: count(7_001))


@dataclass(frozen=True, slots=True)
class Opening:
    """How a conversation begins: who writes where and when."""

    customer_id: int
    account: Account
    topic: Topic
    day: int
    at: int


def opening(chance: Chance, number: int, day: Day, customer_id: int) -> Opening:
    """A conversation that begins on this day, number `number` of the log's days."""
    hour = chance.draw(QUIET_HOURS if day.is_quiet else BUSY_HOURS)
    # Networks note whole seconds; agents' actions have fractions.
    at = day.noon + (hour - 12) * HOUR + int(chance.between(0, 3600)) * SECOND
    return Opening(customer_id, chance.draw(BY_ACCOUNT), chance.draw(TOPICS), number, at)


def conversation_rows(chance: Chance, desk: Desk, ids: Ids, begun: Opening, now: int) -> Iterator[Row]:
    """All rows of one conversation as far as it has come by `now`."""
    told = list(_tell(chance, desk, begun, now))
    replies = [reply for _, handling in told for reply in handling.responses]
    case_id = next(ids.cases) if replies else None
    if case_id is not None:
        yield "cases", (case_id, begun.account.id, begun.customer_id)
    private = chance.happens(begun.account.private)
    for number, (published_at, handling) in enumerate(told):
        message_id = next(ids.messages)
        body = chance.pick(begun.topic.messages if number == 0 else FOLLOW_UPS)
        owner = (begun.account.id, begun.customer_id, case_id)
        yield "messages", (message_id, *owner, published_at, private, body)
        yield from _handling_rows(chance, ids, message_id, handling)
        yield from _classification_rows(chance, message_id, begun.topic)
    if case_id is not None:
        yield from survey_rows(chance, ids.surveys, begun, case_id, replies, now)


def _tell(chance: Chance, desk: Desk, begun: Opening, now: int) -> Iterator[tuple[int, Handling]]:
    """Each message's instant and what has become of it by `now`."""
    at, day, agent = begun.at, begun.day, None
    for _ in range(chance.draw(MESSAGES)):
        if at > now:
            return
        handling = desk.handle(chance, day, at, begun.account.group, agent)
        yield at, handling.until(now)
        if handling.responses:
            agent = BY_ID[handling.responses[-1][0]]
            at = handling.responses[-1][1]
        at += int(NEXT_MESSAGE.at(chance.share())) * SECOND
        at -= at % SECOND
        day = desk.day_of(at)


def _handling_rows(chance: Chance, ids: Ids, message_id: int, handling: Handling) -> Iterator[Row]:
    for step, (state, at) in enumerate(handling.states):
        yield "states", (message_id, step, state, at)
    for user_id, at in handling.assignments:
        yield "assignments", (message_id, user_id, at)
    for user_id, at in handling.responses:
        note = chance.pick(AGENT_NOTES) if chance.happens(0.03) else None
        yield "responses", (next(ids.responses), message_id, user_id, at, chance.pick(REPLIES), note)


def _classification_rows(chance: Chance, message_id: int, topic: Topic) -> Iterator[Row]:
    """Most messages carry their topic, some a tag or two besides, some nothing."""
    share = chance.share()
    if share < 0.86:
        yield "message_classifications", (message_id, topic.classification_id)
    if share < 0.35:
        first = int(chance.share() * len(TAGS))
        yield "message_classifications", (message_id, TAGS[first])
        if share < 0.08:
            yield "message_classifications", (message_id, TAGS[(first + 2) % len(TAGS)])
