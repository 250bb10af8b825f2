"""One SMTP conversation, step by step, so that every end of it has one meaning (RFC 5321).

Before the final dot is sent, a lost connection means 'not accepted'; after it, the result is unknown.
"""

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from bot.channels.connection import deadline, is_plaintext_allowed
from bot.channels.email.refusals import About, about, wants_oauth
from bot.errors import (
    CHANNEL_AGAIN_SECONDS,
    ChannelAuthError,
    ChannelStopped,
    DeliveryError,
    Retryability,
    UsageError,
)
from bot.lib.net import is_loopback_host
from bot.lib.sanitize import one_line, visible, without_secrets

PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server of SMTP_URL. The login never shows in `repr`; with `oauth` it is an access token."""

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    oauth: bool = False

    @property
    def bearer(self) -> str:
        """The login of XOAUTH2 (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol)."""
        return f"user={self.user}\1auth=Bearer {self.password}\1\1"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password, in the forms that a server may echo."""
        logins = (self.password, f"\0{self.user}\0{self.password}", self.bearer)
        forms = [base64.b64encode(text.encode()).decode() for text in logins if self.password]
        return (self.password, *forms)

    def quote(self, reply: bytes | str) -> str:
        """Return a server's words as one line of at most LONGEST characters, without our secrets."""
        text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
        line = " ".join(visible(text).split())
        return one_line(without_secrets(line, self.secrets, HIDDEN), LONGEST)


def parse_smtp_url(url: str, plaintext: tuple[str, ...] = ()) -> MailServer:
    """Parse `smtp+starttls://user:pass@host:587`, `smtps://…:465` or `smtp://…` (not encrypted).

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
            f"SMTP_URL would send mail to {one_line(host, LONGEST)} without encryption: "
            "use smtp+starttls:// or smtps://"
        )
    if scheme == "smtp" and user and not is_loopback_host(host):
        raise UsageError(
            "SMTP_URL would send a password without encryption: use smtp+starttls:// or smtps://"
        )
    return MailServer(scheme, host, port, user, password)


HIDDEN: Final = "(hidden)"
LONGEST: Final = 300
"""Characters of a server's text in our sentences."""

NO_PASSWORDS: Final = ". It takes no passwords: log in with an access token (SMTP_OAUTH in .env.example)"
BUSY_SECONDS: Final = 900.0
"""How long a server that refused our account with a 4yz reply is left alone."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Time limits in seconds: for each command, for the message's bytes, for the last reply."""

    step: float = 60.0
    content: float = 300.0
    reply: float = 600.0


class _Plain(smtplib.SMTP):
    """smtplib's client with a deadline for the greeting."""

    def connect(self, *where: Any, **more: Any) -> tuple[int, bytes]:
        try:
            with deadline(float(self.timeout), lambda: self.sock):
                return super().connect(*where, **more)
        except OSError:
            self.close()
            raise


class _Encrypted(_Plain, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class Refused(DeliveryError):
    """The server refused this message."""

    def __init__(self, message: str, code: int, about: About) -> None:
        super().__init__(message, Retryability.RETRYABLE if 400 <= code < 500 else Retryability.PERMANENT)
        self.about = about


class Session:
    """An open, greeted, encrypted and logged-in connection. Raises DeliveryError from every method."""

    def __init__(self, server: MailServer, context: ssl.SSLContext, own_name: str, waits: Waits) -> None:
        self._server = server
        self._host, self._waits = one_line(server.host, LONGEST), waits
        self.sent = 0
        with self._speaking("could not be reached"):
            self._smtp = self._open(own_name, context)
        try:
            with self._speaking("did not let us in"), self._within(self._waits.step):
                self._greet(context)
        except DeliveryError:
            self.close()
            raise

    def _open(self, own_name: str, context: ssl.SSLContext) -> smtplib.SMTP:
        server, seconds = self._server, self._waits.step
        if server.scheme == "smtps":
            return _Encrypted(server.host, server.port, own_name, timeout=seconds, context=context)
        return _Plain(server.host, server.port, own_name, timeout=seconds)

    def _greet(self, context: ssl.SSLContext) -> None:
        if self._smtp.sock is not None:  # the dot follows the content at once, not after a delayed ACK
            self._smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._server.scheme == "smtp+starttls":
            self._smtp.starttls(context=context)
        self._smtp.ehlo_or_helo_if_needed()
        if self._server.oauth:
            self._show_token()
        elif self._server.user:
            self._smtp.login(self._server.user, self._server.password)

    def _show_token(self) -> None:
        """Log in with XOAUTH2. A refusal comes as a challenge, which an empty line answers."""
        if "XOAUTH2" not in self._smtp.esmtp_features.get("auth", "").upper().split():
            raise self._refusal("does not offer XOAUTH2: leave SMTP_OAUTH out for this one")
        self._smtp.auth("XOAUTH2", lambda challenge=None: "" if challenge else self._server.bearer)

    @property
    def size_limit(self) -> int | None:
        """The largest message in bytes that the server announces (RFC 1870), or None."""
        text = self._smtp.esmtp_features.get("size", "")
        return int(text) if re.fullmatch(r"[1-9][0-9]{0,14}", text) else None

    @property
    def is_open(self) -> bool:
        """Whether neither side has closed the connection, as far as is known."""
        return self._smtp.sock is not None

    def is_alive(self) -> bool:
        """Return whether the server still answers."""
        try:
            with self._within(self._waits.step):
                return self._smtp.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def offer(self, sender: str) -> None:
        """Ask whether mail from this address is accepted; hand in none. Raise DeliveryError."""
        with self._speaking("broke off"), self._within(self._waits.step):
            self._expect(self._smtp.mail(sender), 250)
            self._smtp.rset()

    def transmit(self, sender: str, recipient: str, content: bytes) -> str:
        """Hand in one message (CRLF lines). Raise Refused, or DeliveryError: UNKNOWN once the dot is sent."""
        if content.count(b"\n") != content.count(b"\r\n") or content.count(b"\r") != content.count(b"\r\n"):
            raise DeliveryError("The mail has lines that end in different ways", Retryability.PERMANENT)
        with self._speaking("broke off before it took the mail"):
            with self._within(self._waits.step):
                options = [f"size={len(content)}"] if self._smtp.has_extn("size") else []
                self._expect(self._smtp.mail(sender, options), 250)
                self._expect(self._smtp.rcpt(recipient), 250, 251)
                self._expect(self._smtp.docmd("DATA"), 354)
            with self._within(self._waits.content):
                self._smtp.send(_stuffed(content))
        self.sent += 1
        return self._finish()

    def _finish(self) -> str:
        try:
            with self._within(self._waits.reply):
                self._smtp.send(b".\r\n")
                code, reply = self._smtp.getreply()
        except (OSError, smtplib.SMTPException):
            self.close()
            raise DeliveryError(
                "The mail server did not say whether it took the mail", Retryability.UNKNOWN
            ) from None
        if 400 <= code < 600:
            self._expect((code, reply))
        if not 200 <= code < 300:
            self.close()
            raise DeliveryError("The mail server's last answer could not be understood", Retryability.UNKNOWN)
        return f"{code} {self._server.quote(reply)}"

    def _expect(self, reply: tuple[int, bytes], *wanted: int) -> None:
        code, text = reply
        if code in wanted:
            return
        if code == 421:
            self.close()
        else:
            with suppress(OSError, smtplib.SMTPException), self._within(self._waits.step):
                self._smtp.rset()
        raise self._refused("The mail server", code, text)

    def _refused(self, who: str, code: int, reply: bytes | str) -> DeliveryError:
        """Return the error of a reply: one about the channel, or Refused."""
        text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
        matter = about(code, text)
        sentence = f"{who} {matter}: {code} {self._server.quote(text)}"
        if matter is About.LOGIN:
            hint = NO_PASSWORDS if wants_oauth(text) and not self._server.oauth else ""
            return ChannelAuthError(sentence + hint)
        if matter is About.ACCOUNT:
            return ChannelStopped(sentence, BUSY_SECONDS if code < 500 else CHANNEL_AGAIN_SECONDS)
        return Refused(sentence, code, matter)

    def close(self) -> None:
        """Quit if possible, and close."""
        with suppress(OSError, smtplib.SMTPException, AttributeError), self._within(1.0):
            self._smtp.quit()
        with suppress(OSError, AttributeError):
            self._smtp.close()

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        """Limit the block as a whole, and each wait in it."""
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(seconds)
        with deadline(seconds, lambda: self._smtp.sock):
            yield

    @contextmanager
    def _speaking(self, what: str) -> Iterator[None]:
        """Turn what smtplib raises before the final dot into DeliveryErrors."""
        try:
            yield
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            raise self._error(f"{what}: it hung up while encryption began", Retryability.RETRYABLE) from None
        except ssl.SSLError as fault:
            reason = one_line(getattr(fault, "verify_message", "") or "the encryption failed", LONGEST)
            raise self._refusal(f"could not be trusted: {reason}") from None
        except smtplib.SMTPNotSupportedError as fault:
            raise self._refusal(f"cannot be used: {one_line(str(fault), LONGEST)}") from None
        except smtplib.SMTPResponseException as fault:
            who = f"The mail server {self._host}"
            problem = self._refused(who, fault.smtp_code, fault.smtp_error)
            if not isinstance(problem, ChannelStopped):
                sentence = f"{what}: {fault.smtp_code} {self._server.quote(fault.smtp_error)}"
                problem = self._error(sentence, problem.retryability)
            raise problem from None
        except ValueError:
            raise self._error(
                f"{what}: an address or the login has letters it cannot take", Retryability.PERMANENT
            ) from None
        except (OSError, smtplib.SMTPException) as fault:
            if type(fault) is smtplib.SMTPException:  # it offers no way to log in that we know
                raise self._refusal(f"cannot be used: {one_line(str(fault), LONGEST)}") from None
            reason = "" if isinstance(fault, smtplib.SMTPServerDisconnected) else f" ({_reason(fault)})"
            raise self._error(f"{what}{reason}", Retryability.RETRYABLE) from None

    def _error(self, sentence: str, retryability: Retryability) -> DeliveryError:
        return DeliveryError(f"The mail server {self._host} {sentence}", retryability)

    def _refusal(self, sentence: str) -> ChannelAuthError:
        return ChannelAuthError(f"The mail server {self._host} {sentence}")


def _reason(fault: Exception) -> str:
    if isinstance(fault, socket.gaierror):
        return "its name is not known"
    return one_line(getattr(fault, "strerror", None) or type(fault).__name__, LONGEST)


def _stuffed(content: bytes) -> bytes:
    """Double the dot at the start of each line (RFC 5321 section 4.5.2); end the last line."""
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    return re.sub(rb"(?:^|(?<=\r\n))\.", b"..", ended)
