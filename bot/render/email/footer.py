"""The foot of a mail: why somebody gets it, whom to ask, and where to leave the list."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote

from bot.model import Edition, EmailMessage, MailSettings
from bot.model.placeholders import filled
from bot.render.email.mime import parse_mailbox

SOMEBODY = "reader-7c1d5b20@digest.invalid"
"""Stands for the reader while a mail is made, which is then made once for all of them."""


@dataclass(frozen=True, slots=True)
class Foot:
    """Finished sentences; `leave` is a web or mail address, '' where reports.yaml names none."""

    why: str
    questions: str
    leave: str = ""


def foot(edition: Edition, mail: MailSettings, recipient: str) -> Foot:
    """The foot for one recipient (a mail address, '' when nobody in particular reads it)."""
    sent = f", sent {edition.schedule_text}" if edition.schedule_text else ""
    asked = f", or write to {parse_mailbox(mail.reply_to).address}" if mail.reply_to else ""
    ways = ways_to_leave(mail.unsubscribe, recipient, edition.digest)
    return Foot(
        why=f"Why you get this: you are on the list of {edition.title}{sent}.",
        questions=f"Questions? Reply to this mail{asked}.",
        leave=next((way for way in ways if way.startswith("https:")), next(iter(ways), "")),
    )


def ways_to_leave(patterns: Iterable[str], recipient: str, digest: str) -> tuple[str, ...]:
    """The addresses of `email.unsubscribe` for one recipient of a digest, names percent-encoded."""
    values = {"recipient": quote(bare_address(recipient), safe=""), "digest": quote(digest, safe="")}
    return tuple(filled(pattern, values) for pattern in patterns)


def for_reader(mail: EmailMessage, recipient: str) -> EmailMessage:
    """A mail made for `SOMEBODY`, for one reader. Percent-encoded, it is safe as HTML."""
    somebody, reader = (quote(bare_address(one), safe="") for one in (SOMEBODY, recipient))
    html, text = (body.replace(somebody, reader) for body in (mail.html, mail.text))
    return replace(mail, html=html, text=text)


def bare_address(text: str) -> str:
    """`dana@example.com` of `Dana <dana@example.com>`; '' for what is no mailbox."""
    try:
        return parse_mailbox(text).address
    except ValueError:
        return ""
