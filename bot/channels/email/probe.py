"""A look at the mail server before the first mail: connection, encryption, login, sender and size."""

from collections.abc import Callable, Iterator

from bot.channels.email.server import MailServer
from bot.channels.email.smtp import Session
from bot.channels.words import plain_words
from bot.errors import ChannelAuthError, DeliveryError, Retryability
from bot.model import Finding, State

ENCRYPTED = {"smtp+starttls": "encrypted with STARTTLS", "smtps": "encrypted", "smtp": "not encrypted"}
ABOUT = "mail server"


def probe_smtp(server: MailServer, sender: str, connect: Callable[[], Session]) -> Iterator[Finding]:
    """Connects, says who sends, and leaves: no mail is handed in."""
    try:
        session = connect()
    except DeliveryError as error:
        yield _failed(ABOUT, error)
        return
    try:
        yield _let_in(server)
        yield _size(session)
        yield _sender(session, sender)
    finally:
        session.close()


def _let_in(server: MailServer) -> Finding:
    where = f"{plain_words(server.host)}:{server.port}"
    login = "logged in" if server.user else "no login asked for by SMTP_URL"
    return Finding(State.FINE, ABOUT, f"{where} let us in, {ENCRYPTED[server.scheme]}, {login}")


def _size(session: Session) -> Finding:
    limit = session.size_limit
    if limit is None:
        seen = "the server does not say how large a mail may be, so a large one may be refused later"
        return Finding(State.UNCLEAR, "mail size", seen)
    return Finding(State.FINE, "mail size", f"up to {limit / 1_000_000:,.1f} MB with attachments, as sent")


def _sender(session: Session, sender: str) -> Finding:
    try:
        session.offer(sender)
    except DeliveryError as error:
        return _failed("mail sender", error)
    return Finding(State.FINE, "mail sender", f"{sender} may send")


def _failed(about: str, error: DeliveryError) -> Finding:
    wrong = isinstance(error, ChannelAuthError) or error.retryability is Retryability.PERMANENT
    return Finding(
        State.WRONG if wrong else State.FAILED, about, str(error), "" if wrong else "try again later"
    )
