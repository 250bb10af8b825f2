"""Whom people mean by `#care`, `C0123ABCD` or `dana@example.com`: Slack's id for it."""

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
    """Remembers which id an address as written stands for; the ledger keeps it."""

    def get(self, written: str) -> str | None:
        """The remembered id, or None."""

    def put(self, written: str, address: str) -> None:
        """Remember it."""


class Addresses:
    """Resolves addresses with the API and remembers them in the book."""

    def __init__(self, api: SlackApi, book: AddressBook) -> None:
        self._api = api
        self._book = book

    def resolve(self, written: str) -> str:
        """The id to post to. Raises DeliveryError; for an unknown name with the nearest ones."""
        if _ID.fullmatch(written):
            return written
        return self._book.get(written) or self.look_up(written)

    def look_up_only(self, written: str) -> str:
        """The id that Slack knows it by; nothing is remembered, and no conversation opened."""
        if _ID.fullmatch(written):
            return written
        return self._id_of_person(written) if "@" in written else self._channel(written.removeprefix("#"))

    def person(self, written: str) -> str:
        """A person's id by their mail address, to mention them. Raises DeliveryError."""
        known = self._book.get(f"@{written}")
        if known is not None:
            return known
        try:
            found = self._id_of_person(written)
        except NETWORK_ERRORS as fault:
            raise _not_found(written, fault) from None
        self._book.put(f"@{written}", found)
        return found

    def room_of(self, resolved: str) -> str:
        """The conversation behind an id: a person's id stands for the direct messages with them."""
        if resolved[0] not in "UW":
            return resolved
        return _id_in(self._api.conversations_open(users=resolved).get("channel"))

    def look_up(self, written: str) -> str:
        """As `resolve`, but asks Slack even if the book knows an answer."""
        try:
            found = self._person(written) if "@" in written else self._channel(written.removeprefix("#"))
        except NETWORK_ERRORS as fault:
            raise _not_found(written, fault) from None
        self._book.put(written, found)
        return found

    def _person(self, address: str) -> str:
        return self.room_of(self._id_of_person(address))

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
        """All channels the bot may see; the public ones alone when it may not list private ones."""
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
    """The `id` of an object in an answer. Raises ValueError for anything that is not an id."""
    found = thing.get("id") if isinstance(thing, dict) else None
    if not isinstance(found, str) or not _ID.fullmatch(found):
        raise ValueError("not an id")
    return found


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
