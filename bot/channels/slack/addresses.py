"""Resolve `#care`, `C0123ABCD` or `dana@example.com` to Slack's id."""

import difflib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from slack_sdk.errors import SlackApiError

from bot.channels.slack.api import (
    DESTINATION_ERRORS,
    NETWORK_ERRORS,
    ORGANISATION_ERRORS,
    Kind,
    SlackApi,
    items_of,
    next_cursor,
    refusal,
)
from bot.errors import DeliveryError, Retryability
from bot.lib.sanitize import one_line
from bot.model import Clock, Recipient

PAGE_SIZE: Final = 999
MOST_PAGES: Final = 100
KNOWN_FOR: Final = timedelta(days=1)
CURSOR_KEPT: Final = timedelta(hours=2)
_ID = re.compile(r"[CGDUW][A-Z0-9]{7,30}")
ALL_TYPES: Final = "public_channel,private_channel"


class AddressBook(Protocol):
    """What Slack said of addresses as written, in the ledger."""

    def get(self, written: str) -> tuple[str, datetime] | None:
        """Return the id and when it was looked up (UTC), or None."""

    def put(self, written: str, address: str, at: datetime) -> None:
        """Remember the id."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where messages to an address go: Slack's id, and what Slack says of a channel (nothing of a person).

    `note` says when the address leads to another one than before.
    """

    id: str
    room: Mapping[str, Any]
    note: str = ""


class Addresses:
    """Resolve addresses with the API. The book remembers the id behind each, for a name is no identity."""

    def __init__(self, api: SlackApi, book: AddressBook, clock: Clock) -> None:
        self._api = api
        self._book = book
        self._clock = clock

    def resolve(self, written: str, *, anew: bool = False) -> Destination:
        """Return where a message goes now, and remember it unless it has moved. Raise DeliveryError.

        A channel is looked at before each message, a person's address once a day; with `anew` at once.
        """
        found = None if anew else self._as_before(written)
        if found is None:
            found = self.look_up(written)
            if found.id != written and not found.note:
                self.remember(written, found.id)
        return found

    def remember(self, written: str, id: str) -> None:
        """Remember where an address leads: of one that moved only as its message leaves, for the note."""
        self._book.put(written, id, self._clock.now())

    def look_up(self, written: str) -> Destination:
        """Return where the address leads in Slack, whatever the book says; remember nothing.

        Raise DeliveryError: for an unknown name with the nearest ones, for a renamed channel with its name.
        """
        before, _ = self._book.get(written) or ("", None)
        try:
            if _ID.fullmatch(written):
                return Destination(written, self._room(written))
            new = self._id_of_person(written) if "@" in written else self._channel(written, before)
            note = _moved(written, before, new) if before not in ("", new) else ""
            return Destination(new, self._room(new), note)
        except NETWORK_ERRORS as fault:
            raise _not_found(written, fault) from None

    def remembered(self, written: str) -> str:
        """Return the id that the last message went to. Raise DeliveryError if it must be looked up."""
        known = None if _ID.fullmatch(written) else self._book.get(written)
        return known[0] if known else self.resolve(written).id

    def person(self, written: str) -> str:
        """Return a person's id by their mail address, to mention them. Raise DeliveryError."""
        found = self.resolve(written)
        if found.note:
            self.remember(written, found.id)
        return found.id

    def room_of(self, resolved: str) -> str:
        """Return the conversation of an id: for a person, their direct messages."""
        if resolved[0] not in "UW":
            return resolved
        return _id_in(self._api.conversations_open(users=resolved).get("channel"))

    def _as_before(self, written: str) -> Destination | None:
        """Return the remembered destination if it still is the one that the address means."""
        id, at = self._book.get(written) or ("", self._clock.now())
        if not id:
            return None
        if "@" in written:
            return Destination(id, {}) if self._clock.now() - at < KNOWN_FOR else None
        try:
            room = self._room(id)
        except NETWORK_ERRORS as fault:
            if refusal(fault).kind is Kind.DESTINATION:
                return None
            raise _not_found(written, fault) from None
        same = room.get("name") == written.removeprefix("#") and not room.get("is_archived")
        return Destination(id, room) if same else None

    def _room(self, slack_id: str) -> Mapping[str, Any]:
        """Return what Slack says of a channel; nothing of a person or a direct message."""
        if slack_id[0] not in "CG":
            return {}
        room = self._api.conversations_info(channel=slack_id).get("channel")
        if not isinstance(room, dict):
            raise ValueError("no channel")
        return room

    def _id_of_person(self, address: str) -> str:
        return _id_in(self._api.users_lookupByEmail(email=address).get("user"))

    def _channel(self, written: str, before: str) -> str:
        name, names, key = written.removeprefix("#"), dict[str, str](), f"list for {written}"
        for channel in self._channels(key):
            if isinstance(channel, dict) and isinstance(channel.get("name"), str):
                names[channel["name"]] = _id_in(channel)
            if name in names:
                break
        if self._book.get(key):
            self._book.put(key, "", self._clock.now())
        if name in names:
            return names[name]
        raise DeliveryError(
            self._renamed(name, before) or _unknown(name, list(names)), Retryability.PERMANENT
        )

    def _renamed(self, name: str, before: str) -> str:
        """Return what to write instead of a name whose channel is now called otherwise; '' if it is gone."""
        with suppress(*NETWORK_ERRORS):
            room = self._room(before) if before else {}
            new = one_line(str(room.get("name") or name), 80)
            if new != name and not room.get("is_archived"):
                return f"#{name} was renamed to #{new}: write that in reports.yaml, or its id {before}"
        return ""

    def _channels(self, key: str) -> Iterator[Any]:
        """Yield the channels that the bot may list; only public ones without the scope for private ones."""
        try:
            yield from self._pages(ALL_TYPES, key)
        except SlackApiError as fault:
            if refusal(fault).error != "missing_scope":
                raise
            yield from self._pages("public_channel", key)

    def _pages(self, types: str, key: str) -> Iterator[Any]:
        """Yield all channels. Where Slack asks to wait, the cursor is kept: the next round goes on there."""
        cursor, at = self._book.get(key) or ("", self._clock.now())
        cursor = cursor if self._clock.now() - at < CURSOR_KEPT else ""
        seen = {""}
        for _ in range(MOST_PAGES):
            try:
                answer = self._api.conversations_list(
                    types=types, exclude_archived=True, limit=PAGE_SIZE, cursor=cursor or None
                )
            except NETWORK_ERRORS as fault:
                if cursor and refusal(fault).error == "invalid_cursor":
                    cursor = ""
                    continue
                if cursor:
                    self._book.put(key, cursor, self._clock.now())
                raise
            yield from items_of(answer, "channels")
            cursor = next_cursor(answer)
            if cursor in seen:
                return
            seen.add(cursor)


def obstacle(room: Mapping[str, Any], recipient: Recipient) -> str:
    """Return why nothing may be posted to a channel, '' if it may.

    https://docs.slack.dev/reference/objects/conversation-object: `is_org_shared` alone is shared between
    workspaces of one organisation.
    """
    if room.get("is_archived"):
        return f"{DESTINATION_ERRORS['is_archived']} (is_archived)"
    outside = room.get("is_ext_shared") or room.get("is_pending_ext_shared")
    outside = outside or (room.get("is_shared") and not room.get("is_org_shared"))
    if outside and not recipient.shared_channel:
        return (
            "it is shared with another organisation, whose people would read the figures; if that is meant, "
            "write shared_channel: true beside it in reports.yaml"
        )
    return ""


def _id_in(thing: Any) -> str:
    """Return the `id` of an object in an answer. Raise ValueError if it is not an id."""
    slack_id = thing.get("id") if isinstance(thing, dict) else None
    if not isinstance(slack_id, str) or not _ID.fullmatch(slack_id):
        raise ValueError("not an id")
    return slack_id


def _not_found(written: str, fault: BaseException) -> DeliveryError:
    problem, what = refusal(fault), f"{one_line(written, 300)} could not be looked up in Slack"
    if problem.error in ORGANISATION_ERRORS:
        sentence = (
            f"{what}: this token belongs to a whole organisation and cannot look names up ({problem.error}). "
            "Write the channel's id instead, such as C0123456789"
        )
        return DeliveryError(sentence, Retryability.PERMANENT)
    return problem.as_error(what, Retryability.RETRYABLE)


def _moved(written: str, before: str, now: str) -> str:
    whose = "now belongs to another person" if "@" in written else "is now another channel"
    return f"{one_line(written, 80)} {whose}: {now} ({before} before)"


def _unknown(name: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join('#' + one_line(near, 80) for near in nearest)}?" if nearest else ""
    return (
        f"The bot sees no Slack channel #{one_line(name, 80)}.{hint}"
        " A private channel is seen only after the bot was invited."
    )
