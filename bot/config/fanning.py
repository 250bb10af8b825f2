"""`for_each`: what it needs of the rest of its digest, and the words that only it gives a meaning."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bot.config.checks import listed
from bot.config.problems import quoted
from bot.config.tables import FOR_EACH
from bot.config.yaml_tree import Path
from bot.model import MEMBERS, SELF
from bot.model.report_types import AGENT_EXPORTS

Finding = tuple[Path, str]
WORDS = {MEMBERS: "group", SELF: "agent"}
"""Addresses that stand for people of the API's list, and the `for_each` that they belong to."""

PLACEHOLDERS = {"{group.slug}": "group", "{agent.slug}": "agent"}
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def filled(address: str) -> str:
    """The address with a name in place of each placeholder that we know."""
    for placeholder in PLACEHOLDERS:
        address = address.replace(placeholder, "x")
    return address


def strange_placeholder(address: str) -> str:
    """The first thing in braces that is no placeholder, or ''."""
    return next((found for found in _PLACEHOLDER.findall(address) if found not in PLACEHOLDERS), "")


def of_digest(entry: dict[str, Any], path: Path, reports: Sequence[str] | None) -> Iterator[Finding]:
    """Faults of a digest with its `for_each`, or without one."""
    kind = entry.get("for_each", "")
    if "at_most" in entry and not kind:
        yield (*path, "at_most"), "at_most: this counts only with for_each; remove it"
    if kind == "agent":
        for report in AGENT_EXPORTS:
            if reports is not None and report in reports:
                yield (
                    (*path, "for_each"),
                    f"for_each: {report} names other agents too, and each may get their own figures only; "
                    "leave it out of reports",
                )
    if kind in ("", *FOR_EACH):
        yield from of_recipients(entry.get("recipients"), (*path, "recipients"), kind)


def of_recipients(recipients: Any, path: Path, kind: str) -> Iterator[Finding]:
    """Each address that means nothing in a digest for each `kind` ('' for one edition in all)."""
    for index, recipient in enumerate(recipients if isinstance(recipients, list) else []):
        for channel in ("slack", "email", "folder"):
            value = listed(recipient.get(channel)) if isinstance(recipient, dict) else None
            for position, address in enumerate(value if isinstance(value, list) else []):
                if isinstance(address, str) and (wanted := _belongs_to(address, channel, kind)):
                    here = (*path, index, channel, position)
                    yield here, f"{quoted(address)} needs for_each: {wanted} in the same digest"


def _belongs_to(address: str, channel: str, kind: str) -> str:
    """The `for_each` that this address would need, or '' where all is well."""
    needed = [of for placeholder, of in PLACEHOLDERS.items() if placeholder in address]
    if channel != "folder" and address in WORDS:
        needed.append(WORDS[address])
    return next((of for of in needed if of != kind), "")
