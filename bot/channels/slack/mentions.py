"""Whom a message calls: only what `mention:` in reports.yaml asks for, as elements of rich text.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block (`user`, `broadcast`). The block is added
here, after the message was composed and checked: nothing in an edition can become one.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from bot.channels.slack.address import Addresses
from bot.channels.words import plain_words
from bot.errors import DeliveryError, Retryability

EVERYBODY: Final = ("here", "channel")
_PERSON = re.compile(r"[UW][A-Z0-9]{7,30}")

Block = Mapping[str, Any]


def with_mentions(
    blocks: tuple[Block, ...], wanted: tuple[str, ...], addresses: Addresses
) -> tuple[tuple[Block, ...], list[str]]:
    """The blocks with those called below the header, and a note for each who cannot be found.

    A person who left the workspace costs the mention, not the message. Raises DeliveryError where Slack
    must be asked again later; nothing was sent then.
    """
    elements: list[Block] = []
    notes: list[str] = []
    for one in wanted:
        try:
            elements.append(_element(one, addresses))
        except DeliveryError as fault:
            if fault.retryability is not Retryability.PERMANENT:
                raise
            notes.append(f"without mentioning {plain_words(one, longest=80)}")
    if not elements or not blocks:
        return blocks, notes
    place = 1 if blocks[0].get("type") == "header" else 0
    return (*blocks[:place], _line(elements), *blocks[place:]), notes


def _element(wanted: str, addresses: Addresses) -> Block:
    if wanted in EVERYBODY:
        return {"type": "broadcast", "range": wanted}
    return {"type": "user", "user_id": wanted if _PERSON.fullmatch(wanted) else addresses.person(wanted)}


def _line(elements: list[Block]) -> Block:
    spaced: list[Block] = []
    for element in elements:
        spaced += [{"type": "text", "text": " "}, element] if spaced else [element]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": spaced}]}
