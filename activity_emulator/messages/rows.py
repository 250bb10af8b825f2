"""The rows of the log for a file's messages, and the cases that they form."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from activity_emulator.generator.days import HOUR
from activity_emulator.log.schema import CLOSED_STATES, VERSION, Row
from activity_emulator.messages.file import Message

PRIVATE = ("direct", "private", "email", "e-mail", "messenger", "dm")
ALL_AGENTS = "Everybody"
UNKNOWN_AGENT = ("Unknown", "Agent")
SURVEY = 55
QUIET = 24 * HOUR


@dataclass(frozen=True)
class Ids:
    """Ids for the names in the file: from 1, in alphabetical order."""

    networks: dict[str, int]
    accounts: dict[tuple[str, str], int]
    customers: dict[tuple[str, int], int]
    users: dict[tuple[str, str], int]
    groups: dict[str, int]
    classifications: dict[str, int]

    @classmethod
    def of(cls, messages: Sequence[Message]) -> "Ids":
        """Assign an id to every name in these messages."""
        accounts = sorted({message.account for message in messages} - {ALL_AGENTS})
        return cls(
            networks=_numbered(message.network for message in messages),
            accounts=_numbered((message.account, message.network) for message in messages),
            customers=_numbered(customer_key(message) for message in messages),
            users=_numbered(user for user in map(user_key, messages) if user),
            groups={ALL_AGENTS: 1, **{name: number for number, name in enumerate(accounts, 2)}},
            classifications=_numbered(name for message in messages for name in message.classifications),
        )


def _numbered(keys: Iterable[Any]) -> dict[Any, int]:
    return {key: number for number, key in enumerate(sorted(set(keys)), 1)}


def customer_key(message: Message) -> tuple[str, int]:
    """Identify the author; a message without one has a customer of its own."""
    return (message.customer, 0) if message.customer else ("", message.line)


def user_key(message: Message) -> tuple[str, str] | None:
    """Identify the agent; a response without a name is from an unknown agent, who is assigned nothing."""
    if message.agent is not None:
        return message.agent
    return UNKNOWN_AGENT if message.responded_at is not None else None


def log_rows(messages: Sequence[Message], now: int) -> Iterator[Row]:
    """Yield all rows as (table, row), instants in microseconds since 1970 UTC; none is later than `now`."""
    published = sorted(
        (message for message in messages if message.published_at <= now),
        key=lambda message: (message.published_at, message.line),
    )
    ids = Ids.of(published)
    yield "meta", (VERSION, 0, now)
    yield from _people_rows(ids, published, now)
    yield from _customer_rows(ids, published)
    case_of = yield from _case_rows(ids, published, now)
    for number, message in enumerate(published, 1):
        yield from _message_rows(ids, number, message, case_of.get(number), now)


def _people_rows(ids: Ids, messages: Sequence[Message], now: int) -> Iterator[Row]:
    yield from (("networks", (number, name)) for name, number in ids.networks.items())
    for (account, network), number in ids.accounts.items():
        yield "accounts", (number, ids.networks[network], account)
    yield from (
        ("groups", (number, name, "Agents of your own messages")) for name, number in ids.groups.items()
    )
    yield from (("classifications", (number, name)) for name, number in ids.classifications.items())
    yield from _user_rows(ids, messages, now)
    first_at = min((message.published_at for message in messages), default=now)
    url = "https://forms.example.invalid/55/1/form"
    yield "forms", (SURVEY, "NPS Survey", "NPS Survey", False, first_at, True, url)
    yield from (("form_groups", (SURVEY, number)) for number in ids.groups.values())


def _user_rows(ids: Ids, messages: Sequence[Message], now: int) -> Iterator[Row]:
    last_seen: defaultdict[tuple[str, str], int] = defaultdict(int)
    groups = {(name, ALL_AGENTS) for name in ids.users if name != UNKNOWN_AGENT}
    for message in messages:
        user = user_key(message)
        if user is not None:
            instants = (_by(message.assigned_at, now), _by(message.responded_at, now))
            last_seen[user] = max(last_seen[user], *(at for at in instants if at is not None), 0)
        if message.agent is not None:
            groups.add((message.agent, message.account))
    emails = _emails(ids.users)
    for user, number in ids.users.items():
        yield "users", (number, emails[user], *user, "UTC", 0, 1, last_seen[user] or now, False)
    yield from (("memberships", (ids.users[user], ids.groups[group])) for user, group in sorted(groups))


def _emails(users: dict[tuple[str, str], int]) -> dict[tuple[str, str], str]:
    """Invent an address for each agent: the file has none."""
    emails: dict[tuple[str, str], str] = {}
    for user, number in users.items():
        local = ".".join(part for part in map(_ascii, user) if part) or "agent"
        email = f"{local}@example.invalid"
        emails[user] = email if email not in emails.values() else f"{local}.{number}@example.invalid"
    return emails


def _ascii(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).lower()
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())


def _customer_rows(ids: Ids, messages: Sequence[Message]) -> Iterator[Row]:
    """Yield one row for each customer, with the last name and note in the file."""
    names: dict[tuple[str, int], str] = {}
    notes: dict[tuple[str, int], str] = {}
    for message in messages:
        key = customer_key(message)
        names[key] = message.full_name or names.get(key, "")
        notes[key] = message.customer_note or notes.get(key, "")
    for key, number in ids.customers.items():
        yield (
            "customers",
            (number, key[0] or f"unknown-{number}", names[key] or None, None, notes[key] or None),
        )


def _case_rows(ids: Ids, messages: Sequence[Message], now: int) -> Any:
    """Yield the rows of the cases; return the case of each message that is in one, by number."""
    turns: defaultdict[tuple[int, int], list[Turn]] = defaultdict(list)
    for number, message in enumerate(messages, 1):
        state, entered_at = steps(message, now)[-1]
        responded_at = _by(message.responded_at, now)
        turn = Turn(
            number, message.published_at, responded_at, entered_at if state in CLOSED_STATES else None
        )
        turns[_account(ids, message), ids.customers[customer_key(message)]].append(turn)
    case_of: dict[int, int] = {}
    keyed = ((key, case) for key, conversation in turns.items() for case in cases(conversation))
    for case_id, (key, case) in enumerate(keyed, 1):
        yield "cases", (case_id, *key)
        case_of.update(dict.fromkeys(case, case_id))
    return case_of


def _message_rows(ids: Ids, number: int, message: Message, case_id: int | None, now: int) -> Iterator[Row]:
    owner = (_account(ids, message), ids.customers[customer_key(message)], case_id)
    is_private = any(word in message.network.lower().split() for word in PRIVATE)
    yield "messages", (number, *owner, message.published_at, is_private, message.body or None)
    for step, (state, entered_at) in enumerate(steps(message, now)):
        yield "states", (number, step, state, entered_at)
    assigned_at, responded_at = _by(message.assigned_at, now), _by(message.responded_at, now)
    if message.agent is not None and assigned_at is not None:
        yield "assignments", (number, ids.users[message.agent], assigned_at)
    user = user_key(message)
    if user is not None and responded_at is not None:
        texts = (message.reply or None, message.agent_note or None)
        yield "responses", (number, number, ids.users[user], responded_at, *texts)
    for name in message.classifications:
        yield "message_classifications", (number, ids.classifications[name])


def steps(message: Message, now: int) -> list[tuple[str, int]]:
    """Return the states that a message entered by `now`, as far as its row records them."""
    recorded = [("new", message.published_at), ("assigned", message.assigned_at)]
    recorded.append(("responded", message.responded_at))
    recorded.append((message.state, message.last_action_at or message.last_at))
    entered: list[tuple[str, int]] = []
    for state, at in recorded:
        if at is not None and (not entered or entered[-1][0] != state):
            entered.append((state, max(at, entered[-1][1]) if entered else at))
    return [(state, at) for state, at in entered if at <= now]


def _account(ids: Ids, message: Message) -> int:
    return ids.accounts[message.account, message.network]


def _by(at: int | None, now: int) -> int | None:
    return at if at is not None and at <= now else None


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation; instants in microseconds since 1970 UTC.

    `settled_at`: when it entered the closed state that it is in; None while it is in another state.
    """

    message_id: int
    published_at: int
    responded_at: int | None
    settled_at: int | None


@dataclass(slots=True)
class _Chain:
    message_ids: list[int] = field(default_factory=list)
    is_answered: bool = False
    active_at: int = 0
    settled_at: int | None = 0

    def is_over(self, at: int) -> bool:
        """Tell whether 24 quiet hours have passed and every message is in a closed state."""
        return self.settled_at is not None and self.settled_at <= at and self.active_at + QUIET <= at

    def add(self, turn: Turn) -> None:
        self.message_ids.append(turn.message_id)
        self.active_at = max(self.active_at, turn.published_at, turn.responded_at or 0)
        self.is_answered |= turn.responded_at is not None
        instants = (self.settled_at, turn.settled_at)
        self.settled_at = None if None in instants else max(at for at in instants if at is not None)


def cases(turns: Iterable[Turn]) -> list[list[int]]:
    """Group one customer's turns in one account into cases: message ids, the oldest first.

    A message begins another case once the one before is closed; messages without a response are no case.
    """
    chains: list[_Chain] = []
    for turn in sorted(turns, key=lambda turn: (turn.published_at, turn.message_id)):
        if not chains or chains[-1].is_over(turn.published_at):
            chains.append(_Chain())
        chains[-1].add(turn)
    return [chain.message_ids for chain in chains if chain.is_answered]
