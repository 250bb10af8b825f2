"""Addresses: mailboxes, Slack channels and people, folders, and where readers leave a list."""

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from bot.config.messages import one_of, quoted, refusal
from bot.config.values import (
    ITEM,
    item,
    kind,
    names_pattern,
    one_or_many,
    require_placeholders,
    text,
    text_schema,
)
from bot.model import MEMBERS, SELF

FOR_EACH_WORDS = {MEMBERS: "group", SELF: "agent"}
"""Addresses that stand for people of the API's list, and the `for_each` that gives them a meaning."""

LEAVING_NAMES = ("recipient", "digest")
"""What may stand between braces in `email.unsubscribe:`."""

MENTIONS = ("here", "channel")
PLACEHOLDERS = {"{group.slug}": "group", "{agent.slug}": "agent"}
"""What may stand in a channel's or folder's name, likewise."""

_MAX_LOCAL_LENGTH, _MAX_MAILBOX_LENGTH = 64, 254  # RFC 5321, 4.5.3.1
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_LOCALHOST = "".join(f"[{letter.upper()}{letter}]" for letter in "localhost")
_ALLOWED_DOMAIN = rf"^({_LABEL}(\.{_LABEL})+|{_LOCALHOST})$"
# The plain form of RFC 5321's Mailbox: no quoted local part, no comment, no address literal.
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAILBOX = rf"{_LOCAL}(\.{_LOCAL})*@{_DOMAIN}"
_SENDER_NAME = r'([^<>@,;:\\"\[\]()]+|"[^"\\]*")'
_SENDER = f"^(({_SENDER_NAME} )?<{_MAILBOX}>|{_MAILBOX})$"
# docs.slack.dev: names are at most 80 characters, lower case, without spaces or periods.
_SLACK_NAME = r"""#([^\sA-Z#@.,<>&"'`/\\:;!?*()\[\]{}|=+]|\{(group|agent)\.slug\}){1,80}"""
_SLACK_ID = "[CGDUW][A-Z0-9]{7,20}"
_SLACK_PERSON = "^[UW][A-Z0-9]{7,20}$"
_PEOPLE = "|".join(FOR_EACH_WORDS)
_FOLDER = r"^(?!(.*[/\\])?\.\.([/\\]|$))"
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")

_UNSUBSCRIBE = (
    "where people leave, such as https://example.com/leave?who={recipient} or mailto:leave@example.com"
)
# RFC 2369: printable ASCII; what would end the address in the header stays out, as does a login.
_URL = re.compile(r"[A-Za-z0-9:/?#\[\]@!$&'*+=._~%{};-]+")
_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]{1,5})?")


def parsed_mailbox(written: str) -> str | None:
    """Return the one mailbox in `written` with its domain in lower case, or None."""
    local, _, domain_name = written.rpartition("@")
    is_mailbox = re.fullmatch(_MAILBOX, written) and len(local) <= _MAX_LOCAL_LENGTH
    return f"{local}@{domain_name.lower()}" if is_mailbox and len(written) <= _MAX_MAILBOX_LENGTH else None


def mailbox(value: object) -> str:
    """Return one plain mailbox, such as dana@example.com; or `members` or `self` of a `for_each` digest."""
    written = text(value, "one mail address, such as dana@example.com")
    address = written if written in FOR_EACH_WORDS else parsed_mailbox(written)
    if address is None:
        more = "one address per list item" if "," in written or ";" in written else "a whole one"
        more = "only the address, without the name" if "<" in written else more
        raise refusal(f"{quoted(written)} is not one mail address; write {more}, such as dana@example.com")
    return address


def sender(value: object) -> str:
    """Return a mailbox, with a name or without: 'Care reports <reports@example.com>'."""
    written = text(value, 'a sender, such as "Care reports <reports@example.com>"')
    address = written.rpartition("<")[2].removesuffix(">")
    if not re.fullmatch(_SENDER, written) or parsed_mailbox(address) is None:
        raise refusal(
            f'{quoted(written)} is not one sender; write "Care reports <reports@example.com>" '
            "(a name with a comma in it needs quotes of its own)"
        )
    return written


def slack_address(value: object) -> str:
    """Return a channel's '#name', an id, a person's mail address; or `members` or `self`."""
    written = text(value, 'a Slack channel in quotes, such as "#social-care"')
    _refuse_unknown_placeholder(written)
    if written in FOR_EACH_WORDS or re.fullmatch(f"{_SLACK_NAME}|{_SLACK_ID}", written):
        return written
    address = parsed_mailbox(written)
    if address is None:
        raise refusal(
            f'{quoted(written)} is not a Slack address; write a channel such as "#social-care" '
            "(lower case), its id such as C0123456789, or a person's mail address"
        )
    return address


def mention(value: object) -> str:
    """Return whom a Slack message calls: 'here', 'channel', a person's id or mail address, as written."""
    written = text(value, "here, channel, or a person's mail address")
    is_word = written in MENTIONS or re.fullmatch(_SLACK_PERSON, written)
    if not is_word and parsed_mailbox(written) is None:
        raise refusal(
            f"{quoted(written)} cannot be mentioned; write here, channel, a person's mail address "
            "or their Slack id such as U0123456789"
        )
    return written


def folder(value: object) -> str:
    """Return a folder that stays where it is written: no '..'."""
    written = text(value, "a folder, such as outbox/care")
    _refuse_unknown_placeholder(written)
    if not re.match(_FOLDER, written):
        hint = "write the folder itself, such as outbox/care"
        raise refusal(f'{quoted(written)} has ".." in it, which leads somewhere else; {hint}')
    return written


def _refuse_unknown_placeholder(written: str) -> None:
    for placeholder in _PLACEHOLDER.findall(written):
        if placeholder not in PLACEHOLDERS:
            raise refusal(f"{quoted(placeholder)} stands for nothing here; write {one_of(PLACEHOLDERS)}")


def domain(value: object) -> str:
    """Return a mail domain in lower case; it includes its subdomains."""
    written = text(value, "a domain, such as example.com").lower()
    if not re.fullmatch(_DOMAIN, written):
        raise refusal(f"{quoted(written)} is not a domain; write it without @ and *, such as example.com")
    if not re.fullmatch(_ALLOWED_DOMAIN, written):
        hint = "write your own domain, such as example.com"
        raise refusal(f"{quoted(written)} would allow every address that ends in .{written}; {hint}")
    return written


def is_allowed(address: str, domains: frozenset[str]) -> bool:
    """Return whether a mailbox is in one of the domains or below one (compared after a dot)."""
    name = address.rpartition("@")[2].lower()
    return any(name == allowed or name.endswith(f".{allowed}") for allowed in domains)


def unsubscribe(value: object) -> str:
    """Return `https://…` or `mailto:…`, perhaps with `{recipient}` and `{digest}` in it."""
    written = text(value, _UNSUBSCRIBE)
    require_placeholders(written, LEAVING_NAMES)
    if not _URL.fullmatch(written) or "=?" in written or not _has_target(written):
        raise refusal(f"{quoted(written)} is not an address that mail programs can use; write {_UNSUBSCRIBE}")
    return written


def _has_target(address: str) -> bool:
    if address.startswith("mailto:"):
        target = address.removeprefix("mailto:").partition("?")[0]
        return "{" not in target and parsed_mailbox(target) is not None
    try:
        return address.startswith("https://") and bool(_HOST.fullmatch(urlsplit(address).netloc))
    except ValueError:
        return False


_MENTION_SCHEMA = {
    "anyOf": [
        {"enum": list(MENTIONS)},
        {"type": "string", "pattern": _SLACK_PERSON},
        {"type": "string", "pattern": f"^{_MAILBOX}$"},
    ]
}
_SLACK_SCHEMA = text_schema(f"^({_SLACK_NAME}|{_SLACK_ID}|{_MAILBOX}|{_PEOPLE})$")
_UNSUBSCRIBE_SCHEMA = text_schema("^(https://|mailto:)", names_pattern(LEAVING_NAMES))

Sender = Annotated[str, *kind(sender, text_schema(_SENDER))]
Domain = Annotated[str, *kind(domain, text_schema(_ALLOWED_DOMAIN)), ITEM]
Unsubscribe = Annotated[list[Annotated[str, *item(unsubscribe)]], *one_or_many(_UNSUBSCRIBE_SCHEMA)]
SlackAddresses = Annotated[list[Annotated[str, *item(slack_address)]], *one_or_many(_SLACK_SCHEMA)]
Mailboxes = Annotated[
    list[Annotated[str, *item(mailbox)]], *one_or_many(text_schema(f"^({_MAILBOX}|{_PEOPLE})$"))
]
Folders = Annotated[list[Annotated[str, *item(folder)]], *one_or_many(text_schema(_FOLDER))]
ADDRESSES: Mapping[str, Any] = {
    "slack": SlackAddresses,
    "email": Mailboxes,
    "folder": Folders,
}
"""How the addresses of each type of channel are written."""

Mentions = Annotated[list[Annotated[str, *item(mention)]], *one_or_many(_MENTION_SCHEMA)]
