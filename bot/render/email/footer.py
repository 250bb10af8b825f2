"""The footer of a mail: why the reader gets it, whom to ask, and how to unsubscribe."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote

from bot.model import Edition, EmailMessage, MailSettings
from bot.model.names import filled
from bot.render.email.mime import parse_mailbox

ANY_READER = "reader-7c1d5b20@digest.invalid"
"""Placeholder of the reader's address: a mail is rendered once for all readers."""


@dataclass(frozen=True, slots=True)
class Foot:
    """Finished sentences; `leave` is a web or mail address, '' if reports.yaml names none."""

    why: str
    questions: str
    leave: str = ""


def foot(edition: Edition, mail: MailSettings, recipient: str) -> Foot:
    """Return the footer for one recipient (a mail address, or '' for none in particular)."""
    sent = f", sent {edition.schedule_text}" if edition.schedule_text else ""
    reply = f", or write to {parse_mailbox(mail.reply_to).address}" if mail.reply_to else ""
    addresses = unsubscribe_addresses(mail.unsubscribe, recipient, edition.digest)
    return Foot(
        why=f"Why you get this: you are on the list of {edition.title}{sent}.",
        questions=f"Questions? Reply to this mail{reply}.",
        leave=next((url for url in addresses if url.startswith("https:")), next(iter(addresses), "")),
    )


def unsubscribe_addresses(patterns: Iterable[str], recipient: str, digest: str) -> tuple[str, ...]:
    """Return the addresses of `email.unsubscribe` for one recipient of a digest, percent-encoded."""
    values = {"recipient": quote(bare_address(recipient), safe=""), "digest": quote(digest, safe="")}
    return tuple(filled(pattern, values) for pattern in patterns)


def for_reader(mail: EmailMessage, recipient: str) -> EmailMessage:
    """Put one reader's address in place of `ANY_READER`. Percent-encoded, it is safe as HTML."""
    placeholder, reader = (quote(bare_address(text), safe="") for text in (ANY_READER, recipient))
    html, text = (body.replace(placeholder, reader) for body in (mail.html, mail.text))
    return replace(mail, html=html, text=text)


def bare_address(text: str) -> str:
    """Return `dana@example.com` of `Dana <dana@example.com>`, or '' if `text` is not a mailbox."""
    try:
        return parse_mailbox(text).address
    except ValueError:
        return ""
