"""The log's rows of a file's messages."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from activity_emulator.log.schema import VERSION
from activity_emulator.messages.cases import Turn, cases
from activity_emulator.messages.reading import Message

Row = tuple[str, Sequence[object]]

CLOSED = {"redirected", "irrelevant", "duplicate", "closed", "no_response_required"}
PRIVATE = ("direct", "private", "email", "e-mail", "messenger", "dm")
EVERYBODY = "Everybody"
SOMEBODY = ("Unknown", "Agent")
SURVEY = 55


@dataclass(frozen=True)
class Ids:
    """The ids of what the file calls by name. Names in the order of the alphabet, from 1 on."""

    networks: dict[str, int]
    accounts: dict[tuple[str, str], int]
    customers: dict[tuple[str, int], int]
    users: dict[tuple[str, str], int]
    groups: dict[str, int]
    classifications: dict[str, int]

    @classmethod
    def of(cls, messages: Sequence[Message]) -> "Ids":
        """Ids for everything in these messages."""
        accounts = sorted({message.account for message in messages} - {EVERYBODY})
        return cls(
            networks=_numbered(message.network for message in messages),
            accounts=_numbered((message.account, message.network) for message in messages),
            customers=_numbered(customer_key(message) for message in messages),
            users=_numbered(user for user in map(user_key, messages) if user),
            groups={EVERYBODY: 1, **{name: number for number, name in enumerate(accounts, 2)}},
            classifications=_numbered(name for message in messages for name in message.classifications),
        )


def _numbered(keys: Iterable[Any]) -> dict[Any, int]:
    return {key: number for number, key in enumerate(sorted(set(keys)), 1)}


def customer_key(message: Message) -> tuple[str, int]:
    """Who wrote; a message that does not say is of a customer of its own."""
    return (message.customer, 0) if message.customer else ("", message.line)


def user_key(message: Message) -> tuple[str, str] | None:
    """Who handled it; a response without a name is of an unknown agent, who is assigned nothing."""
    if message.agent is not None:
        return message.agent
    return SOMEBODY if message.responded_at is not None else None


def log_rows(messages: Sequence[Message], now: int) -> Iterator[Row]:
    """All rows as (table, row), instants in microseconds since 1970 UTC; nothing is later than `now`."""
    told = sorted(
        (message for message in messages if message.published_at <= now),
        key=lambda message: (message.published_at, message.line),
    )
    ids = Ids.of(told)
    yield "meta", (VERSION, 0, now)
    yield from _people_rows(ids, told, now)
    yield from _customer_rows(ids, told)
    case_of = yield from _case_rows(ids, told, now)
    for number, message in enumerate(told, 1):
        yield from _message_rows(ids, number, message, case_of.get(number), now)


def _people_rows(ids: Ids, told: Sequence[Message], now: int) -> Iterator[Row]:
    yield from (("networks", (number, name)) for name, number in ids.networks.items())
    for (account, network), number in ids.accounts.items():
        yield "accounts", (number, ids.networks[network], account)
    yield from (
        ("groups", (number, name, "Agents of your own messages")) for name, number in ids.groups.items()
    )
    yield from (("classifications", (number, name)) for name, number in ids.classifications.items())
    yield from _user_rows(ids, told, now)
    begun = min((message.published_at for message in told), default=now)
    url = "https://forms.example.invalid/55/1/form"
    yield "forms", (SURVEY, "NPS Survey", "NPS Survey", False, begun, True, url)
    yield from (("form_groups", (SURVEY, number)) for number in ids.groups.values())


def _user_rows(ids: Ids, told: Sequence[Message], now: int) -> Iterator[Row]:
    seen: defaultdict[tuple[str, str], int] = defaultdict(int)
    groups = {(name, EVERYBODY) for name in ids.users if name != SOMEBODY}
    for message in told:
        user = user_key(message)
        if user is not None:
            known = (message.assigned_at, message.responded_at)
            seen[user] = max(seen[user], *(at for at in known if at is not None and at <= now), 0)
        if message.agent is not None:
            groups.add((message.agent, message.account))
    emails = _emails(ids.users)
    for user, number in ids.users.items():
        yield "users", (number, emails[user], *user, "UTC", 0, 1, seen[user] or now, False)
    yield from (("memberships", (ids.users[user], ids.groups[group])) for user, group in sorted(groups))


def _emails(users: dict[tuple[str, str], int]) -> dict[tuple[str, str], str]:
    """An invented address for each agent: the file has none."""
    emails: dict[tuple[str, str], str] = {}
    for user, number in users.items():
        local = ".".join(part for part in map(_ascii, user) if part) or "agent"
        email = f"{local}@example.invalid"
        emails[user] = email if email not in emails.values() else f"{local}.{number}@example.invalid"
    return emails


def _ascii(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).lower()
    return "".join(letter for letter in letters if letter.isascii() and letter.isalnum())


def _customer_rows(ids: Ids, told: Sequence[Message]) -> Iterator[Row]:
    """One row for each customer, with the last name and note that the file has of them."""
    names: dict[tuple[str, int], str] = {}
    notes: dict[tuple[str, int], str] = {}
    for message in told:
        key = customer_key(message)
        names[key] = message.full_name or names.get(key, "")
        notes[key] = message.customer_note or notes.get(key, "")
    for key, number in ids.customers.items():
        yield (
            "customers",
            (number, key[0] or f"unknown-{number}", names[key] or None, None, notes[key] or None),
        )


def _case_rows(ids: Ids, told: Sequence[Message], now: int) -> Any:
    """Rows of the cases; returns the case of each message that is in one, by their numbers."""
    turns: defaultdict[tuple[int, int], list[Turn]] = defaultdict(list)
    for number, message in enumerate(told, 1):
        state, entered_at = steps(message, now)[-1]
        responded_at = _by(message.responded_at, now)
        turn = Turn(number, message.published_at, responded_at, entered_at if state in CLOSED else None)
        turns[_account(ids, message), ids.customers[customer_key(message)]].append(turn)
    case_of: dict[int, int] = {}
    found = ((key, case) for key, theirs in turns.items() for case in cases(theirs))
    for case_id, (key, case) in enumerate(found, 1):
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
        words = (message.reply or None, message.agent_note or None)
        yield "responses", (number, number, ids.users[user], responded_at, *words)
    for name in message.classifications:
        yield "message_classifications", (number, ids.classifications[name])


def steps(message: Message, now: int) -> list[tuple[str, int]]:
    """The states that a message entered by `now`, as far as its row tells: the last one is its own."""
    told = [("new", message.published_at), ("assigned", message.assigned_at)]
    told += [("responded", message.responded_at), (message.state, message.last_action_at or message.last_at)]
    found: list[tuple[str, int]] = []
    for state, at in told:
        if at is not None and (not found or found[-1][0] != state):
            found.append((state, max(at, found[-1][1]) if found else at))
    return [(state, at) for state, at in found if at <= now]


def _account(ids: Ids, message: Message) -> int:
    return ids.accounts[message.account, message.network]


def _by(at: int | None, now: int) -> int | None:
    return at if at is not None and at <= now else None
