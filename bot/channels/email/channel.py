"""Deliver by mail: one message for each recipient, handed to the configured mail server."""

import html
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.channels.connection import failure
from bot.channels.email.oauth import AccessTokens
from bot.channels.email.refusals import About
from bot.channels.email.smtp import MailServer, Refused, Session, Waits, parse_smtp_url
from bot.errors import ChannelAuthError, DeliveryError, Retryability, UsageError
from bot.lib.sanitize import one_line
from bot.model import (
    Attachment,
    CsvFile,
    Delivery,
    EmailMessage,
    Finding,
    MailSettings,
    PdfDocument,
    Progress,
    Receipt,
    Recipient,
    Rendition,
    State,
    split_correction,
)
from bot.render.email.footer import unsubscribe_addresses
from bot.render.email.mime import Mailbox, build_mail, parse_mailbox

LARGEST_MAIL: Final = 25_000_000
MOST_PER_CONNECTION: Final = 50
ENCRYPTED = {"smtp+starttls": "encrypted with STARTTLS", "smtps": "encrypted", "smtp": "not encrypted"}
ABOUT = "mail server"


class EmailChannel:
    """Send EmailMessages. `address` is one mailbox in `mail.allowed_domains`. Thread-safe."""

    def __init__(
        self,
        *,
        smtp_url: str,
        mail: MailSettings,
        plaintext: tuple[str, ...] = (),
        ca_file: str = "",
        waits: Waits = Waits(),  # noqa: B008
        tokens: AccessTokens | None = None,
        progress: Progress = lambda line: None,
    ) -> None:
        """Check the settings. Raise UsageError.

        `plaintext` lists the `host:port` that may be used unencrypted; `ca_file` replaces the system's
        certificate authorities. With `tokens` the login is XOAUTH2.
        """
        self._server: MailServer = parse_smtp_url(smtp_url, plaintext)
        self._tokens = tokens
        if tokens and (self._server.password or not self._server.user):
            raise UsageError(
                "SMTP_URL: with SMTP_OAUTH write user@host, without a password (user%40example.com@…)"
            )
        self._mail = mail
        self._sender = _sender(mail.sender)
        self._context = _context(ca_file)
        self._waits, self._progress = waits, progress
        self._idle: list[Session] = []
        self._lock = threading.Lock()

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        """Hand in one mail; `provider_id` is its Message-ID, `detail` the server's reply.

        Attachments that the server has no room for are left out, and the mail says so. Raises
        DeliveryError; UNKNOWN when the connection was lost after the last byte.
        """
        if not isinstance(rendition, EmailMessage):
            raise TypeError(f"a {type(rendition).__name__} cannot go by mail")
        recipient = allowed_mailbox(delivery.recipient.address, self._mail.allowed_domains)
        session = self._session()
        self._progress("handing the mail to the mail server")
        try:
            return self._send(session, delivery, recipient, rendition, now)
        finally:
            self._put_back(session)

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        """Return None to send again (same Message-ID). Raise DeliveryError (PERMANENT) if told to hold."""
        if self._mail.on_unknown == "resend":
            return None
        raise DeliveryError(
            "The mail server's answer was lost, and email.on_unknown is hold: it is not sent again by itself",
            Retryability.PERMANENT,
        )

    def probe(self, recipients: Sequence[Recipient]) -> Iterator[Finding]:
        """Yield what the mail server accepts from us; hand in no mail. `recipients` do not matter."""
        try:
            session = self._connected()
        except DeliveryError as error:
            yield failure(ABOUT, error)
            return
        where = f"{one_line(self._server.host, 300)}:{self._server.port}"
        login = "logged in" if self._server.user else "no login asked for by SMTP_URL"
        login += " with XOAUTH2" if self._tokens else ""
        try:
            yield Finding(State.FINE, ABOUT, f"{where} let us in, {ENCRYPTED[self._server.scheme]}, {login}")
            yield _size_finding(session)
            session.offer(self._sender.address)
            yield Finding(State.FINE, "mail sender", f"{self._sender.address} may send")
        except DeliveryError as error:
            yield failure("mail sender", error)
        finally:
            session.close()

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            sessions, self._idle = self._idle, []
        for session in sessions:
            session.close()

    def _send(
        self, session: Session, delivery: Delivery, recipient: Mailbox, message: EmailMessage, now: datetime
    ) -> Receipt:
        label = list_label(delivery.occurrence)
        ways = unsubscribe_addresses(self._mail.unsubscribe, recipient.address, label.partition("/")[0])

        def build(smaller: EmailMessage) -> tuple[str, bytes]:
            mail = build_mail(
                smaller,
                sender=self._mail.sender,
                recipient=delivery.recipient.address,
                reply_to=self._mail.reply_to,
                message_id_key=delivery.key,
                now=now,
                list_id=label,
                unsubscribe=ways,
            )
            return str(mail["Message-ID"]).strip(), mail.as_bytes()

        limit = min(session.size_limit or LARGEST_MAIL, LARGEST_MAIL)
        name, content = _fitting(message, limit, build)
        try:
            reply = session.transmit(self._sender.address, recipient.address, content)
        except Refused as fault:
            if fault.about is not About.SIZE or not message.attachments:
                raise
            name, content = build(_without(message, message.attachments, None))
            reply = session.transmit(self._sender.address, recipient.address, content)
        return Receipt(name, reply)

    def _session(self) -> Session:
        """Return an idle connection that still answers, or a new one."""
        while True:
            with self._lock:
                session = self._idle.pop() if self._idle else None
            if session is None:
                return self._connected()
            if session.is_alive():
                return session
            session.close()

    def _connected(self) -> Session:
        self._progress(f"connecting to the mail server {self._server.host}")
        kept = self._tokens.kept() if self._tokens else ""
        if kept:
            with suppress(ChannelAuthError):  # it was revoked early: log in once more with a new one
                return self._logged_in(kept)
        return self._logged_in(self._tokens.new() if self._tokens else "")

    def _logged_in(self, token: str) -> Session:
        server = replace(self._server, password=token, oauth=True) if token else self._server
        return Session(server, self._context, self._sender.domain, self._waits)

    def _put_back(self, session: Session) -> None:
        if session.sent < MOST_PER_CONNECTION and session.is_open:
            with self._lock:
                self._idle.append(session)
        else:
            session.close()


def list_label(occurrence: str) -> str:
    """Return `care-weekly`, or `per-group/billing`, of an occurrence's id; a correction has the same."""
    digest, _, slice_ = occurrence.partition("@")[0].partition("/")
    inner = split_correction(slice_)[1]
    return f"{digest}/{inner}" if inner else digest


def allowed_mailbox(address: str, allowed_domains: tuple[str, ...]) -> Mailbox:
    """Return the mailbox, if it is in an allowed domain or below one. Raise DeliveryError."""
    try:
        box = parse_mailbox(address)
    except ValueError as fault:
        raise DeliveryError(str(fault), Retryability.PERMANENT) from None
    for domain in allowed_domains:
        bare = domain.lower().lstrip(".")
        if bare and (box.domain == bare or box.domain.endswith(f".{bare}")):
            return box
    raise DeliveryError(
        f"{box.address} is not in email.allowed_domains, so nothing was sent there", Retryability.PERMANENT
    )


def _sender(text: str) -> Mailbox:
    try:
        return parse_mailbox(text)
    except ValueError as fault:
        raise UsageError(f"email.from: {fault}") from None


def _context(ca_file: str) -> ssl.SSLContext:
    """Return a context that verifies the server's name and certificate."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError:
        raise UsageError(f"{ca_file} is not a file of certificates") from None


def _fitting(
    message: EmailMessage, limit: int, build: Callable[[EmailMessage], tuple[str, bytes]]
) -> tuple[str, bytes]:
    """Return the mail in at most `limit` bytes, without the largest CSVs and then the PDF if need be."""
    left_out: tuple[Attachment, ...] = ()
    candidates = sorted(
        message.attachments, key=lambda file: (isinstance(file, PdfDocument), -len(file.content))
    )
    built = build(message)
    while len(built[1]) > limit and candidates:
        left_out = (*left_out, candidates.pop(0))
        built = build(_without(message, left_out, limit))
    if len(built[1]) > limit:
        raise DeliveryError(
            f"The mail is larger than the {_megabytes(limit)} that are allowed, even without attachments",
            Retryability.PERMANENT,
        )
    return built


def _without(message: EmailMessage, left_out: tuple[Attachment, ...], limit: int | None) -> EmailMessage:
    """Return the message without these files, with a line about them in both bodies."""
    at_most = f" at most {_megabytes(limit)}" if limit else " no message this large"
    names = ", ".join(f"{file.name} ({_size(file)})" for file in left_out)
    line = f"Not attached because the mail server takes{at_most}: {names}."
    kept = tuple(file for file in message.attachments if file not in left_out)
    text, page = (_naming(body, message.attachments, kept) for body in (message.text, message.html))
    head, body_end, tail = page.rpartition("</body>")
    paragraph = f"<p>{html.escape(line)}</p>"
    return replace(
        message,
        text=f"{text.rstrip()}\n\n{line}\n",
        html=(f"{head}{paragraph}{body_end}{tail}" if body_end else tail + paragraph) if page else "",
        attachments=kept,
    )


def _naming(body: str, files: Sequence[Attachment], kept: Sequence[Attachment]) -> str:
    """Return a body whose foot, and whose tables, name the files that are kept and no other."""
    names, left = (", ".join(file.name for file in some) for some in (files, kept))
    head, found, tail = body.rpartition(names)
    body = f"{head}{left or 'nothing'}{tail}" if found else body
    for file in files:
        body = body if file in kept else body.replace(f" more in {file.name}", " more")
    return body


def _size(file: Attachment) -> str:
    """Return rows and bytes of a CSV, bytes of a PDF."""
    if isinstance(file, CsvFile):
        rows = max(0, file.content.count(b"\n") - 1) if file.rows is None else file.rows
        return f"{rows} rows, {_megabytes(len(file.content))}"
    return _megabytes(len(file.content))


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB"


def _size_finding(session: Session) -> Finding:
    limit = session.size_limit
    if limit is None:
        seen = "the server does not say how large a mail may be, so a large one may be refused later"
        return Finding(State.UNCLEAR, "mail size", seen)
    return Finding(State.FINE, "mail size", f"up to {limit / 1_000_000:,.1f} MB with attachments, as sent")
