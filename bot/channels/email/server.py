"""Where mail is handed in: SMTP_URL, and which of its forms are safe to use."""

import base64
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from bot.channels.addresses import is_plaintext_allowed
from bot.channels.words import plain_words
from bot.errors import UsageError
from bot.lib.net import is_loopback_host

PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, and how. The login never shows in `repr`."""

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be repeated in an error, in the forms that a server may echo."""
        login = f"\0{self.user}\0{self.password}"
        forms = [base64.b64encode(text.encode()).decode() for text in (self.password, login) if self.password]
        return (self.password, *forms)


def parse_smtp_url(url: str, plaintext: tuple[str, ...] = ()) -> MailServer:
    """`smtp+starttls://user:pass@host:587`, `smtps://…:465` or `smtp://…` (not encrypted).

    Not encrypted only to loopback or to a `host:port` in `plaintext`; a password so only to
    loopback. Raises UsageError, without repeating the URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise UsageError("SMTP_URL is not a URL") from None
    scheme = parts.scheme
    if not host or scheme not in PORTS:
        raise UsageError("SMTP_URL must be smtp+starttls://…, smtps://…, or smtp://… on this machine")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if scheme == "smtp" and not is_plaintext_allowed(host, port, plaintext):
        raise UsageError(
            f"SMTP_URL would send mail to {plain_words(host)} without encryption: use smtp+starttls:// or smtps://"
        )
    if scheme == "smtp" and user and not is_loopback_host(host):
        raise UsageError(
            "SMTP_URL would send a password without encryption: use smtp+starttls:// or smtps://"
        )
    return MailServer(scheme, host, port, user, password)
