"""One conversation: a customer's messages, their handling, the case and the survey."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from activity_emulator.generator.chance import Chance, Quantiles, Weights
from activity_emulator.generator.days import HOUR, SECOND, Day, microseconds
from activity_emulator.generator.desk import Desk, Handling
from activity_emulator.generator.people import (
    ACCOUNTS,
    AGENTS,
    CARE_SURVEY,
    FORMS,
    SOCIAL,
    SURVEY,
    Account,
)
from activity_emulator.generator.texts import AGENT_NOTES, COMMENTS, FOLLOW_UPS, REPLIES, TAGS, TOPICS, Topic
from activity_emulator.log.schema import Row

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

SURVEY_SENT = 0.22
SURVEY_ANSWERED = 0.42
ANSWER_COMMENTED = 0.4
ANSWER_DELAY = Quantiles((0.0, 60), (0.5, 3600), (0.85, 20 * 3600), (1.0, 5 * 86_400))

# A customer who waited for over an hour is seldom a promoter.
SLOW_REPLY = 3600 * SECOND
AFTER_A_QUICK_REPLY = Weights(
    [(10, 34.0), (9, 24.0), (8, 14.0), (7, 9.0), (6, 6.0), (5, 4.0), (3, 4.0), (0, 5.0)]
)
AFTER_A_SLOW_REPLY = Weights(
    [(10, 14.0), (9, 14.0), (8, 14.0), (7, 12.0), (6, 12.0), (4, 12.0), (2, 10.0), (0, 12.0)]
)

CREATED_AT = {form.id: microseconds(form.created_at) for form in FORMS}


@dataclass(frozen=True, slots=True)
class Ids:
    """Running numbers of the log's rows."""

    messages: Iterator[int] = field(default_factory=lambda: count(100_001))
    responses: Iterator[int] = field(default_factory=lambda: count(500_001))
    cases: Iterator[int] = field(default_factory=lambda: count(20_001))
    surveys: Iterator[int] = field(default_factory=lambda: count(7_001))


@dataclass(frozen=True, slots=True)
class Opening:
    """The start of a conversation: its customer, account, topic, day number and instant."""

    customer_id: int
    account: Account
    topic: Topic
    day: int
    at: int


def opening(chance: Chance, number: int, day: Day, customer_id: int) -> Opening:
    """Draw the start of a conversation on this day, number `number` of the log's days."""
    hour = chance.draw(QUIET_HOURS if day.is_quiet else BUSY_HOURS)
    # Networks record whole seconds; agents' actions have fractions.
    at = day.noon + (hour - 12) * HOUR + int(chance.between(0, 3600)) * SECOND
    return Opening(customer_id, chance.draw(BY_ACCOUNT), chance.draw(TOPICS), number, at)


def conversation_rows(chance: Chance, desk: Desk, ids: Ids, start: Opening, now: int) -> Iterator[Row]:
    """Yield all rows of one conversation up to `now`."""
    messages = list(_messages(chance, desk, start, now))
    replies = [reply for _, handling in messages for reply in handling.responses]
    case_id = next(ids.cases) if replies else None
    if case_id is not None:
        yield "cases", (case_id, start.account.id, start.customer_id)
    private = chance.happens(start.account.private)
    for number, (published_at, handling) in enumerate(messages):
        message_id = next(ids.messages)
        body = chance.pick(start.topic.messages if number == 0 else FOLLOW_UPS)
        owner = (start.account.id, start.customer_id, case_id)
        yield "messages", (message_id, *owner, published_at, private, body)
        yield from _handling_rows(chance, ids, message_id, handling)
        yield from _classification_rows(chance, message_id, start.topic)
    if case_id is not None:
        yield from _survey_rows(chance, ids.surveys, start, case_id, replies, now)


def _messages(chance: Chance, desk: Desk, start: Opening, now: int) -> Iterator[tuple[int, Handling]]:
    """Yield each message's instant and its handling up to `now`."""
    at, day, agent = start.at, start.day, None
    for _ in range(chance.draw(MESSAGES)):
        if at > now:
            return
        handling = desk.handle(chance, day, at, start.account.group, agent)
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
    """Yield the topic of most messages, and one or two tags of some."""
    share = chance.share()
    if share < 0.86:
        yield "message_classifications", (message_id, topic.classification_id)
    if share < 0.35:
        first = int(chance.share() * len(TAGS))
        yield "message_classifications", (message_id, TAGS[first])
        if share < 0.08:
            yield "message_classifications", (message_id, TAGS[(first + 2) % len(TAGS)])


def _survey_rows(
    chance: Chance,
    ids: Iterator[int],
    start: Opening,
    case_id: int,
    replies: list[tuple[int, int]],
    now: int,
) -> Iterator[Row]:
    """Yield a case's survey and its answer, unless they are after `now`; `replies` are (user id, instant)."""
    user_id, replied_at = replies[-1]
    if not chance.happens(SURVEY_SENT):
        return
    sent_at = replied_at + int(chance.between(300, 3600) * SECOND)
    if sent_at > now or sent_at < CREATED_AT[SURVEY]:
        return
    survey_id = next(ids)
    yield "surveys", (survey_id, _form(chance, start, sent_at), case_id, user_id, sent_at)
    answered_at = sent_at + int(ANSWER_DELAY.at(chance.share()) * SECOND)
    if chance.happens(SURVEY_ANSWERED) and answered_at <= now:
        slow = replies[0][1] - start.at > SLOW_REPLY
        score = chance.draw(AFTER_A_SLOW_REPLY if slow else AFTER_A_QUICK_REPLY)
        comment = chance.pick(COMMENTS) if chance.happens(ANSWER_COMMENTED) else None
        yield "survey_answers", (survey_id, answered_at, score, comment)


def _form(chance: Chance, start: Opening, sent_at: int) -> int:
    """Choose the form: the social team has a survey of its own once that exists."""
    own = start.account.group == SOCIAL and sent_at >= CREATED_AT[CARE_SURVEY]
    return CARE_SURVEY if own and chance.happens(0.7) else SURVEY
