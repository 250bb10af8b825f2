"""What Slack refuses in a chat.postMessage, as far as its documents and bug trackers tell.

Written from Slack's Block Kit reference (https://docs.slack.dev/reference/block-kit) and from
refusals that people measured; it shares no code with the bot. Where sources disagree, stricter.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

FILE_ID = re.compile(r"^F[A-Z0-9]{8,}$")
POINTER_FORMAT = "[ERROR] {reason} [json-pointer:{pointer}]"
MAX_TEXT_OF_BLOCKS = 12_000


class Refused(Exception):
    """Slack's `ok: false`: the error code, and further fields of the answer."""

    def __init__(self, error: str, **fields: Any) -> None:
        super().__init__(error)
        self.error = error
        self.fields = fields

    @classmethod
    def block(cls, pointer: str, reason: str) -> "Refused":
        """`invalid_blocks` with the pointer in `response_metadata.messages`, as Slack words it."""
        message = POINTER_FORMAT.format(reason=reason, pointer=pointer)
        return cls("invalid_blocks", errors=[message], response_metadata={"messages": [message]})


def check_message(arguments: Mapping[str, Any], file_is_ready: Callable[[str], bool]) -> None:
    """Raise Refused when Slack would not take these arguments."""
    text, blocks = arguments.get("text") or "", arguments.get("blocks") or []
    if not text and not blocks:
        raise Refused("no_text")
    if len(text) > 40_000:
        raise Refused("msg_too_long")
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    _check_metadata(arguments.get("metadata"))
    if len(blocks) > 50:
        raise Refused.block("/blocks", "no more than 50 items allowed")
    for index, block in enumerate(blocks):
        _check_block(block, f"/blocks/{index}", file_is_ready)
    _check_together(blocks)


def _check_metadata(metadata: Any) -> None:
    if metadata is None:
        return
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata["event_type"], str) or not isinstance(metadata["event_payload"], dict):
        raise Refused("invalid_metadata_schema")
    if len(repr(metadata)) > 8_000:
        raise Refused("metadata_too_large")


def _check_together(blocks: list[dict[str, Any]]) -> None:
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        raise Refused.block("/blocks", "`block_id` must be unique")
    if any(not isinstance(name, str) or len(name) > 255 for name in ids):
        raise Refused.block("/blocks", "`block_id` must be less than 256 characters")
    tables = [block for block in blocks if block["type"] == "table"]
    if len(tables) > 1:
        raise Refused("invalid_attachments", response_metadata={"messages": ["only_one_table_allowed"]})
    if sum(len(words) for words in texts(tables)) > 10_000:
        raise Refused.block("/blocks", "tables are limited to 10000 characters in total")
    markdown = sum(len(block.get("text", "")) for block in blocks if block["type"] == "markdown")
    if markdown > 12_000:
        raise Refused.block("/blocks", "markdown is limited to 12000 characters in total")
    if sum(len(words) for words in texts(blocks)) >= MAX_TEXT_OF_BLOCKS:
        raise Refused("msg_blocks_too_long")


def texts(node: Any) -> Iterator[str]:
    """Every string that a reader sees in blocks."""
    if isinstance(node, list):
        for item in node:
            yield from texts(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in {"text", "alt_text"} and isinstance(value, str):
                yield value
            elif isinstance(value, dict | list):
                yield from texts(value)


def _check_block(block: Any, at: str, file_is_ready: Callable[[str], bool]) -> None:
    if not isinstance(block, dict) or "type" not in block:
        raise Refused.block(at, "missing required field: type")
    if block["type"] == "image":
        _check_image(block, at, file_is_ready)
    elif block["type"] in CHECKS:
        CHECKS[block["type"]](block, at)
    else:
        raise Refused.block(at, f"unsupported type: {block['type']}")


def _require(condition: bool, at: str, reason: str) -> None:
    if not condition:
        raise Refused.block(at, reason)


def _check_text(text: Any, at: str, longest: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> None:
    _require(isinstance(text, dict) and text.get("type") in kinds, at, f"must be one of {kinds}")
    words = text.get("text")
    _require(isinstance(words, str) and 1 <= len(words) <= longest, at, f"must be 1 to {longest} characters")
    allowed = {"type", "text", "emoji"} if text["type"] == "plain_text" else {"type", "text", "verbatim"}
    _require(set(text) <= allowed, at, f"unexpected field in {text['type']}")


def _check_header(block: dict[str, Any], at: str) -> None:
    _check_text(block.get("text"), f"{at}/text", 150, ("plain_text",))


def _check_section(block: dict[str, Any], at: str) -> None:
    fields = block.get("fields")
    _require("text" in block or bool(fields), at, "text or fields required")
    if "text" in block:
        _check_text(block["text"], f"{at}/text", 3_000)
    if fields is not None:
        _require(isinstance(fields, list) and 1 <= len(fields) <= 10, f"{at}/fields", "1 to 10 items")
        for index, field in enumerate(fields):
            _check_text(field, f"{at}/fields/{index}", 2_000)


def _check_context(block: dict[str, Any], at: str) -> None:
    elements = block.get("elements")
    _require(isinstance(elements, list) and 1 <= len(elements) <= 10, f"{at}/elements", "1 to 10 items")
    for index, element in enumerate(elements or []):
        _check_text(element, f"{at}/elements/{index}", 3_000)


def _check_actions(block: dict[str, Any], at: str) -> None:
    elements = block.get("elements")
    _require(isinstance(elements, list) and 1 <= len(elements) <= 25, f"{at}/elements", "1 to 25 items")
    for index, button in enumerate(elements or []):
        place = f"{at}/elements/{index}"
        _require(button.get("type") == "button", place, "only buttons are known here")
        _check_text(button.get("text"), f"{place}/text", 75, ("plain_text",))
        _require(len(button.get("url", "")) <= 3_000, f"{place}/url", "at most 3000 characters")
        _require(len(button.get("value", "")) <= 2_000, f"{place}/value", "at most 2000 characters")


def _check_image(block: dict[str, Any], at: str, file_is_ready: Callable[[str], bool]) -> None:
    alt = block.get("alt_text")
    _require(
        isinstance(alt, str) and 1 <= len(alt) <= 2_000, f"{at}/alt_text", "must be 1 to 2000 characters"
    )
    _require(("image_url" in block) != ("slack_file" in block), at, "one of image_url and slack_file")
    if "title" in block:
        _check_text(block["title"], f"{at}/title", 2_000, ("plain_text",))
    if "image_url" in block:
        _require(len(block["image_url"]) <= 3_000, f"{at}/image_url", "at most 3000 characters")
        return
    file = block["slack_file"]
    known = isinstance(file, dict) and set(file) == {"id"} and FILE_ID.match(str(file["id"]))
    _require(bool(known) and file_is_ready(file["id"]), f"{at}/slack_file", "invalid slack file")


def _check_table(block: dict[str, Any], at: str) -> None:
    rows = block.get("rows")
    _require(isinstance(rows, list) and 1 <= len(rows) <= 100, f"{at}/rows", "1 to 100 rows")
    widths = {len(row) for row in rows or []}
    _require(len(widths) == 1, f"{at}/rows", "rows must have the same number of cells")
    _require(1 <= widths.pop() <= 20, f"{at}/rows", "1 to 20 columns")
    settings = block.get("column_settings", [])
    _require(len(settings) <= 20, f"{at}/column_settings", "at most 20 items")
    for y, row in enumerate(rows or []):
        for x, cell in enumerate(row):
            _check_cell(cell, f"{at}/rows/{y}/{x}")


def _check_cell(cell: Any, at: str) -> None:
    _require(isinstance(cell, dict), at, "a cell is an object")
    if cell.get("type") == "raw_text":
        _require(isinstance(cell.get("text"), str) and len(cell["text"]) >= 1, at, "at least 1 character")
    elif cell.get("type") == "rich_text":
        _check_rich_text(cell, at)
    else:
        raise Refused.block(at, "unsupported type of cell")


def _check_rich_text(block: dict[str, Any], at: str) -> None:
    elements = block.get("elements")
    _require(isinstance(elements, list) and bool(elements), f"{at}/elements", "elements required")
    for index, element in enumerate(elements or []):
        _check_rich_element(element, f"{at}/elements/{index}")


def _check_rich_element(element: Any, at: str) -> None:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind in {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}:
        _check_rich_text(element, at)
    elif kind == "text":
        _require(bool(element.get("text")), f"{at}/text", "must be more than 0 characters")
    else:
        known = kind in {"link", "emoji", "user", "usergroup", "channel", "broadcast", "date"}
        _require(known, at, f"unsupported type: {kind}")


def _check_markdown(block: dict[str, Any], at: str) -> None:
    _require(bool(block.get("text")), f"{at}/text", "must be more than 0 characters")


def _nothing(block: dict[str, Any], at: str) -> None:
    """Check nothing: a divider has no content."""


CHECKS: Mapping[str, Callable[[dict[str, Any], str], None]] = {
    "header": _check_header,
    "section": _check_section,
    "context": _check_context,
    "actions": _check_actions,
    "table": _check_table,
    "rich_text": _check_rich_text,
    "markdown": _check_markdown,
    "divider": _nothing,
}

_PING = re.compile(r"<(?:!(?:channel|here|everyone|subteam)|@[UW])", re.IGNORECASE)


def pings(arguments: Mapping[str, Any]) -> list[str]:
    """Return what in a message would notify a user: mentions in marked-up text, and rich text elements."""
    mentions = _PING.findall(arguments.get("text") or "")

    def walk(node: Any) -> None:
        if isinstance(node, list):
            for item in node:
                walk(item)
        elif isinstance(node, dict):
            kind = node.get("type")
            if kind in {"mrkdwn", "markdown"}:
                mentions.extend(_PING.findall(str(node.get("text"))))
            elif kind in {"broadcast", "user", "usergroup"}:
                mentions.append(kind)
            for value in node.values():
                walk(value)

    walk(arguments.get("blocks") or [])
    return mentions
