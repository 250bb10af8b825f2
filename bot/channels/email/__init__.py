"""Deliver by mail: one message for each recipient, over SMTP."""

from bot.channels.email.channel import EmailChannel, allowed_mailbox
from bot.channels.email.oauth import AccessTokens, oauth_app

__all__ = ["AccessTokens", "EmailChannel", "allowed_mailbox", "oauth_app"]
