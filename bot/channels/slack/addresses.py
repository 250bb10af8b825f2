"""Resolve `#care`, `C0123ABCD` or `dana@example.com` to Slack's id."""

import difflib
import re
from collections.abc import Iterator
from typing import Any, Final, Protocol

from slack_sdk.errors import SlackApiError

from bot.channels.slack.api import NETWORK_ERRORS, SlackApi, items_of, next_cursor, refusal
from bot.errors import DeliveryError, Retryability
from bot.lib.sanitize import one_line

PAGE_SIZE: Final = 999
MOST_PAGES: Final = 100
_ID = re.compile(r"[CGDUW][A-Z0-9]{7,30}")
ALL_TYPES: Final = "public_channel,private_channel"


class AddressBook(Protocol):
    """Cache of ids by address as written, in the ledger."""

    def get(self, written: str) -> str | None:
        """Return the cached id, or None."""

    def put(self, written: str, address: str) -> None:
        """Cache the id."""


class Addresses:
    """Resolve addresses with the API, and cache them in the book."""

    def __init__(self, api: SlackApi, book: AddressBook) -> None:
        self._api = api
        self._book = book

    def resolve(self, written: str) -> str:
        """Return the id to post to. Raise DeliveryError, for an unknown name with the nearest ones."""
        if _ID.fullmatch(written):
            return written
        return self._book.get(written) or self.look_up(written)

    def look_up_only(self, written: str) -> str:
        """Return Slack's id; cache nothing and open no conversation."""
        if _ID.fullmatch(written):
            return written
        return self._id_of_person(written) if "@" in written else self._channel(written.removeprefix("#"))

    def person(self, written: str) -> str:
        """Return a person's id by their mail address, to mention them. Raise DeliveryError."""
        known = self._book.get(f"@{written}")
        if known is not None:
            return known
        try:
            person = self._id_of_person(written)
        except NETWORK_ERRORS as fault:
            raise _not_found(written, fault) from None
        self._book.put(f"@{written}", person)
        return person

    def room_of(self, resolved: str) -> str:
        """Return the conversation of an id: for a person, their direct messages."""
        if resolved[0] not in "UW":
            return resolved
        return _id_in(self._api.conversations_open(users=resolved).get("channel"))

    def look_up(self, written: str) -> str:
        """Resolve with Slack, whatever the book says. Raise DeliveryError."""
        try:
            is_person, name = "@" in written, written.removeprefix("#")
            resolved = self.room_of(self._id_of_person(written)) if is_person else self._channel(name)
        except NETWORK_ERRORS as fault:
            raise _not_found(written, fault) from None
        self._book.put(written, resolved)
        return resolved

    def _id_of_person(self, address: str) -> str:
        return _id_in(self._api.users_lookupByEmail(email=address).get("user"))

    def _channel(self, name: str) -> str:
        names: dict[str, str] = {}
        for channel in self._channels():
            if isinstance(channel, dict) and isinstance(channel.get("name"), str):
                names[channel["name"]] = _id_in(channel)
            if name in names:
                return names[name]
        raise DeliveryError(_unknown(name, list(names)), Retryability.PERMANENT)

    def _channels(self) -> Iterator[Any]:
        """Yield the channels that the bot may list; only public ones without the scope for private ones."""
        try:
            yield from self._pages(ALL_TYPES)
        except SlackApiError as fault:
            if refusal(fault).error != "missing_scope":
                raise
            yield from self._pages("public_channel")

    def _pages(self, types: str) -> Iterator[Any]:
        cursor, seen = "", {""}
        for _ in range(MOST_PAGES):
            answer = self._api.conversations_list(
                types=types, exclude_archived=True, limit=PAGE_SIZE, cursor=cursor or None
            )
            yield from items_of(answer, "channels")
            cursor = next_cursor(answer)
            if cursor in seen:
                return
            seen.add(cursor)


def _id_in(thing: Any) -> str:
    """Return the `id` of an object in an answer. Raise ValueError if it is not an id."""
    slack_id = thing.get("id") if isinstance(thing, dict) else None
    if not isinstance(slack_id, str) or not _ID.fullmatch(slack_id):
        raise ValueError("not an id")
    return slack_id


def _not_found(written: str, fault: BaseException) -> DeliveryError:
    return refusal(fault).as_error(
        f"{one_line(written, 300)} could not be looked up in Slack", Retryability.RETRYABLE
    )


def _unknown(name: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join('#' + one_line(near, 80) for near in nearest)}?" if nearest else ""
    return (
        f"The bot sees no Slack channel #{one_line(name, 80)}.{hint}"
        " A private channel is seen only after the bot was invited."
    )
