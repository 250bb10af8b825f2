"""Addresses: one mailbox per item, Slack channels and people, folders."""

import re
from pathlib import PurePath

from bot.config.checks import refusal, text
from bot.config.fanning import PLACEHOLDERS, WORDS, filled, strange_placeholder
from bot.config.problems import one_of, quoted
from bot.config.tables import MENTIONS

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# The plain form of RFC 5321's Mailbox: no quoted local part, no comment, no address literal.
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_MAILBOX = re.compile(rf"(?P<local>{_LOCAL})@(?P<domain>{_DOMAIN.pattern})")
_NAMED = re.compile(r'(?:(?P<name>[^<>@,;:\\"\[\]()]+|"[^"\\]*") )?<(?P<address>[^<>]+)>')
_LONGEST_LOCAL, _LONGEST_MAILBOX = 64, 254  # RFC 5321, 4.5.3.1
# docs.slack.dev: names are at most 80 characters, lower case, without spaces or periods.
_SLACK_NAME = re.compile(r"#[^\sA-Z#@.,<>&\"'`/\\:;!?*()\[\]{}|=+]{1,80}")
_SLACK_ID = re.compile(r"[CGDUW][A-Z0-9]{7,20}")
_SLACK_PERSON = re.compile(r"[UW][A-Z0-9]{7,20}")


def parsed_mailbox(written: str) -> str | None:
    """The one mailbox in `written` with its domain in lower case, or None."""
    match = _MAILBOX.fullmatch(written)
    if not match or len(match["local"]) > _LONGEST_LOCAL or len(written) > _LONGEST_MAILBOX:
        return None
    return f"{match['local']}@{match['domain'].lower()}"


def mailbox(value: object) -> str:
    """One plain mailbox, such as dana@example.com; or `members` or `self` of a `for_each` digest."""
    written = text(value, "one mail address, such as dana@example.com")
    if written in WORDS:
        return written
    found = parsed_mailbox(written)
    if found is None:
        more = "one address per list item" if "," in written or ";" in written else "a whole one"
        more = "only the address, without the name" if "<" in written else more
        raise refusal(f"{quoted(written)} is not one mail address; write {more}, such as dana@example.com")
    return found


def sender(value: object) -> str:
    """A mailbox, with a name or without: 'Care reports <reports@example.com>'."""
    written = text(value, 'a sender, such as "Care reports <reports@example.com>"')
    match = _NAMED.fullmatch(written)
    if parsed_mailbox(match["address"] if match else written) is None:
        raise refusal(
            f'{quoted(written)} is not one sender; write "Care reports <reports@example.com>" '
            "(a name with a comma in it needs quotes of its own)"
        )
    return written


def slack_address(value: object) -> str:
    """A channel's '#name', an id of a channel or person, a person's mail address; or `members`, `self`."""
    written = text(value, 'a Slack channel in quotes, such as "#social-care"')
    _refuse_strange_placeholder(written)
    if written in WORDS or _SLACK_NAME.fullmatch(filled(written)) or _SLACK_ID.fullmatch(written):
        return written
    found = parsed_mailbox(written)
    if found is None:
        raise refusal(
            f'{quoted(written)} is not a Slack address; write a channel such as "#social-care" '
            "(lower case), its id such as C0123456789, or a person's mail address"
        )
    return found


def mention(value: object) -> str:
    """Whom a Slack message calls: 'here', 'channel', a person's id or mail address."""
    written = text(value, "here, channel, or a person's mail address")
    if written in MENTIONS or _SLACK_PERSON.fullmatch(written):
        return written
    found = parsed_mailbox(written)
    if found is None:
        raise refusal(
            f"{quoted(written)} cannot be mentioned; write here, channel, a person's mail address "
            "or their Slack id such as U0123456789"
        )
    return found


def folder(value: object) -> str:
    """A folder that stays where it is written: no '..'."""
    written = text(value, "a folder, such as outbox/care")
    _refuse_strange_placeholder(written)
    if ".." in PurePath(written.replace("\\", "/")).parts:
        raise refusal(
            f'{quoted(written)} has ".." in it, which leads somewhere else; write the folder itself, '
            "such as outbox/care"
        )
    return written


def _refuse_strange_placeholder(written: str) -> None:
    if strange := strange_placeholder(written):
        raise refusal(f"{quoted(strange)} stands for nothing here; write {one_of(PLACEHOLDERS)}")


def domain(value: object) -> str:
    """A mail domain in lower case; its subdomains are included."""
    written = text(value, "a domain, such as example.com").lower()
    if not _DOMAIN.fullmatch(written):
        raise refusal(f"{quoted(written)} is not a domain; write it without @ and *, such as example.com")
    if "." not in written and written != "localhost":
        raise refusal(
            f"{quoted(written)} would allow every address that ends in .{written}; "
            "write your own domain, such as example.com"
        )
    return written


def is_allowed(address: str, domains: frozenset[str]) -> bool:
    """Whether a mailbox lies in one of the domains or below one (compared after a dot)."""
    name = address.rpartition("@")[2].lower()
    return any(name == allowed or name.endswith(f".{allowed}") for allowed in domains)
