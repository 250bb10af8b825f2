"""Deliver a rendition to a recipient, and return the receipt."""

import threading
from collections.abc import Callable, Iterator, Mapping

from bot.channels.email import AccessTokens, EmailChannel, oauth_app
from bot.channels.folder import FolderChannel, write_bundle
from bot.channels.slack import AddressBook, SlackChannel
from bot.model import Channel

__all__ = [
    "AccessTokens",
    "AddressBook",
    "Channels",
    "EmailChannel",
    "FolderChannel",
    "SlackChannel",
    "oauth_app",
    "write_bundle",
]


class Channels(Mapping[str, Channel]):
    """Channels by name, made from `makers` when a thread first asks for one; each thread has its own.

    Iterating gives those that this thread made. Asking raises UsageError when a secret or an address is
    missing or unsafe.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Channel]]) -> None:
        self._makers = makers
        self._of_thread = threading.local()

    def __getitem__(self, name: str) -> Channel:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._made))

    def __len__(self) -> int:
        return len(self._made)

    @property
    def _made(self) -> dict[str, Channel]:
        made: dict[str, Channel] = self._of_thread.__dict__.setdefault("made", {})
        return made
