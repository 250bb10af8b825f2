"""Changes to a message's blocks: mentions and pictures before it is sent, less after Slack refused it.

A digest never fails for a chart: each step of DEGRADATIONS takes something away, once. Mentions come from
`mention:` in reports.yaml alone and are added after the message was composed and checked, as elements of
rich text: nothing in an edition can become one.
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.channels.slack.addresses import Addresses
from bot.errors import DeliveryError, Retryability
from bot.lib.sanitize import one_line
from bot.model import picture_placeholder

Arguments = Mapping[str, Any]
Block = Mapping[str, Any]
Step = Callable[[Arguments], Arguments]


def with_pictures(blocks: tuple[Mapping[str, Any], ...], file_ids: tuple[str | None, ...]) -> list[Any]:
    """Return the blocks with uploaded file ids in place of placeholders; None drops the image block."""
    ids = {picture_placeholder(index): file_id for index, file_id in enumerate(file_ids)}
    result: list[Any] = []
    for block in blocks:
        wanted = _slack_file(block)
        if wanted not in ids:
            result.append(dict(block))
        elif ids[wanted]:
            result.append({**block, "slack_file": {"id": ids[wanted]}})
    return result


def _slack_file(block: Mapping[str, Any]) -> str:
    file = block.get("slack_file")
    return str(file.get("id", "")) if block.get("type") == "image" and isinstance(file, Mapping) else ""


def without_images(arguments: Arguments) -> Arguments:
    """Drop the image blocks."""
    return _with_blocks(arguments, [block for block in _blocks(arguments) if block.get("type") != "image"])


def with_tables_as_lists(arguments: Arguments) -> Arguments:
    """Replace tables by bulleted rich text, in which names stay literal, unlike in mrkdwn."""
    blocks = [_as_list(block) if block.get("type") == "table" else block for block in _blocks(arguments)]
    return _with_blocks(arguments, blocks)


def only_text(arguments: Arguments) -> Arguments:
    """Keep only the notification's sentence."""
    return _with_blocks(arguments, [])


DEGRADATIONS: Final[tuple[tuple[str, Step], ...]] = (
    ("without pictures", without_images),
    ("tables as lists", with_tables_as_lists),
    ("text only", only_text),
)


def next_step(arguments: Arguments, error: str, pointers: tuple[str, ...]) -> tuple[str, Arguments] | None:
    """Return name and arguments of the next smaller message, or None; `pointers` may choose the step."""
    if "metadata" in error:
        # Without its key the message cannot be found again afterwards, but people can read it.
        rest = {name: value for name, value in arguments.items() if name != "metadata"}
        return ("without its key", rest) if "metadata" in arguments else None
    kinds = {_kind_at(arguments, pointer) for pointer in pointers}
    steps = DEGRADATIONS[1:] if kinds == {"table"} else DEGRADATIONS
    for name, step in steps:
        smaller = step(arguments)
        if smaller != arguments:
            return name, smaller
    return None


def _kind_at(arguments: Arguments, pointer: str) -> str:
    parts = pointer.split("/")
    blocks = _blocks(arguments)
    if len(parts) < 3 or parts[1] != "blocks" or not parts[2].isdecimal() or int(parts[2]) >= len(blocks):
        return ""
    return str(blocks[int(parts[2])].get("type", ""))


def _blocks(arguments: Arguments) -> list[Any]:
    return list(arguments.get("blocks", []))


def _with_blocks(arguments: Arguments, blocks: list[Any]) -> Arguments:
    rest = {name: value for name, value in arguments.items() if name != "blocks"}
    return {**rest, "blocks": blocks} if blocks else rest


def _as_list(table: Mapping[str, Any]) -> Mapping[str, Any]:
    lines = [" · ".join(_cell_text(cell) or "–" for cell in row) for row in table.get("rows", [])]
    items = [{"type": "rich_text_section", "elements": [{"type": "text", "text": line}]} for line in lines]
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_list", "style": "bullet", "elements": items}],
    }


def _cell_text(cell: Mapping[str, Any]) -> str:
    """Return all text in a cell, raw or rich."""
    if isinstance(cell.get("text"), str):
        return str(cell["text"])
    return "".join(_cell_text(element) for element in cell.get("elements", []))


EVERYBODY: Final = ("here", "channel")
_PERSON = re.compile(r"[UW][A-Z0-9]{7,30}")


def with_mentions(
    blocks: tuple[Block, ...], wanted: tuple[str, ...], addresses: Addresses
) -> tuple[tuple[Block, ...], list[str]]:
    """Return the blocks with the mentions below the header, and a note for each person not found.

    A person who left the workspace costs the mention, not the message. Raise DeliveryError if Slack must
    be asked again later; nothing was sent then.
    """
    elements: list[Block] = []
    notes: list[str] = []
    for mention in wanted:
        try:
            elements.append(_element(mention, addresses))
        except DeliveryError as fault:
            if fault.retryability is not Retryability.PERMANENT:
                raise
            notes.append(f"without mentioning {one_line(mention, 80)}")
    if not elements or not blocks:
        return blocks, notes
    place = 1 if blocks[0].get("type") == "header" else 0
    return (*blocks[:place], _line(elements), *blocks[place:]), notes


def _element(wanted: str, addresses: Addresses) -> Block:
    if wanted in EVERYBODY:
        return {"type": "broadcast", "range": wanted}
    return {"type": "user", "user_id": wanted if _PERSON.fullmatch(wanted) else addresses.person(wanted)}


def _line(elements: list[Block]) -> Block:
    spaced = [part for element in elements for part in ({"type": "text", "text": " "}, element)][1:]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": spaced}]}
