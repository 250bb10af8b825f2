"""Deliver to Slack: one message, its pictures in it, its files in its thread."""

from bot.channels.slack.addresses import AddressBook
from bot.channels.slack.channel import SlackChannel

__all__ = ["AddressBook", "SlackChannel"]
