"""Deliver by mail: one message for each recipient, over SMTP."""

from bot.channels.email.channel import EmailChannel, allowed_mailbox

__all__ = ["EmailChannel", "allowed_mailbox"]
