"""TO WHOM: a rendition goes to a recipient and comes back as a receipt. One table of all means."""

from collections.abc import Mapping
from typing import Final

from bot.channels.email import EmailChannel
from bot.channels.folder import FolderChannel, write_bundle
from bot.channels.slack import SlackChannel
from bot.channels.slack_address import AddressBook
from bot.model import Channel

CHANNELS: Final[Mapping[str, type[Channel]]] = {
    "slack": SlackChannel,
    "email": EmailChannel,
    "folder": FolderChannel,
}

__all__ = ["CHANNELS", "AddressBook", "EmailChannel", "FolderChannel", "SlackChannel", "write_bundle"]
