"""Deliver a rendition to a recipient, and return the receipt."""

from bot.channels.email import EmailChannel
from bot.channels.folder import FolderChannel, write_bundle
from bot.channels.slack import AddressBook, SlackChannel

__all__ = ["AddressBook", "EmailChannel", "FolderChannel", "SlackChannel", "write_bundle"]
