"""Slack's limits for a message: `check` reports an override that breaks them, and messages are cut to fit.

The numbers are from Slack's Block Kit reference (docs.slack.dev/reference/block-kit/blocks) or, if it is
silent, the lowest that was reported to be refused: one table, 10,000 characters in tables, about 12,000 in
all blocks together (ours: 9,000). Slack's client checks none of this for plain dicts. Lengths are UTF-16
units. Blocks that this bot never sends (markdown, alert, video …) count as unknown.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot.model import SlackMessage, picture_placeholder
from bot.render.escaping import units

Json = Mapping[str, Any]
ElementRule = Callable[[int, object], Iterator[str]]

TEXT_LIMIT = 300
BLOCK_LIMIT = 50
TOTAL_LIMIT = 9_000
ROW_LIMIT = 100
COLUMN_LIMIT = 20
CELLS_LIMIT = 10_000
ALIGNMENTS = ("left", "center", "right")
ANY_TEXT = ("mrkdwn", "plain_text")
FILE_ID = re.compile(r"F[A-Z0-9]{8,}")
RICH_ELEMENTS = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")


def check_message(message: SlackMessage) -> tuple[str, ...]:
    """Return a sentence for each rule that the message breaks, with the index of the block."""
    faults = list(_check_whole(message))
    for index, block in enumerate(message.blocks):
        check = BLOCK_RULES.get(str(block.get("type")))
        broken = check(block) if check else iter((f"type {block.get('type')!r} is not one we send",))
        faults += [f"block {index}: {rule}" for rule in broken]
        if "block_id" in block and not 1 <= units(str(block["block_id"])) <= 255:
            faults.append(f"block {index}: block_id has 1 to 255 characters")
    return (*faults, *_check_tables(message.blocks))


def _check_whole(message: SlackMessage) -> Iterator[str]:
    if not message.text.strip():
        yield "text is empty: it is the notification, and what screen readers read"
    if units(message.text) > TEXT_LIMIT:
        yield f"text has {units(message.text)} characters, at most {TEXT_LIMIT}"
    if "<" in message.text or ">" in message.text:
        yield "text holds < or >: it could ping or link"
    if not 1 <= len(message.blocks) <= BLOCK_LIMIT:
        yield f"{len(message.blocks)} blocks, 1 to {BLOCK_LIMIT} allowed"
    total = sum(units(text) for block in message.blocks for text in texts(block))
    if total > TOTAL_LIMIT:
        yield f"all blocks hold {total} characters of text, at most {TOTAL_LIMIT}"
    ids = Counter(str(block["block_id"]) for block in message.blocks if "block_id" in block)
    yield from (f"block_id {name} is used {count} times" for name, count in ids.items() if count > 1)
    yield from _check_pictures(message)


def _check_pictures(message: SlackMessage) -> Iterator[str]:
    known = {picture_placeholder(index) for index in range(len(message.pictures))}
    for block in message.blocks:
        file = block.get("slack_file")
        name = str(file.get("id")) if isinstance(file, Mapping) else ""
        if re.fullmatch(r"F0\d{9}", name) and name not in known:
            yield f"an image stands for picture {name}, which is not there"


def texts(value: object) -> Iterator[str]:
    """Yield all text that people read in a block, however deep."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key in ("text", "alt_text") and isinstance(item, str):
                yield item
            else:
                yield from texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


def _text(value: object, name: str, kinds: tuple[str, ...], limit: int) -> Iterator[str]:
    """Check a text object: type, not empty, not too long, no token in mrkdwn."""
    if not isinstance(value, Mapping):
        yield f"{name} is missing"
        return
    text = value.get("text")
    if value.get("type") not in kinds:
        yield f"{name} is {value.get('type')!r}, must be {' or '.join(kinds)}"
    if not isinstance(text, str) or not text.strip():
        yield f"{name} is empty"
    elif units(text) > limit:
        yield f"{name} has {units(text)} characters, at most {limit}"
    elif value.get("type") == "mrkdwn" and ("<" in text or ">" in text):
        yield f"{name} holds < or >: it could ping or link"


def _header(block: Json) -> Iterator[str]:
    yield from _text(block.get("text"), "header text", ("plain_text",), 150)


def _section(block: Json) -> Iterator[str]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield "a section needs text or fields"
    if "text" in block:
        yield from _text(block["text"], "section text", ANY_TEXT, 3000)
    if fields is not None:
        yield from _each(fields, 10, "a section has 1 to 10 fields", _field)


def _each(elements: object, limit: int | None, rule: str, check: ElementRule) -> Iterator[str]:
    """Check a list of 1 to `limit` elements (None: any number), and each of them."""
    if not isinstance(elements, list) or not elements or len(elements) > (limit or len(elements)):
        yield rule
        return
    for index, element in enumerate(elements):
        yield from check(index, element)


def _of_elements(limit: int | None, rule: str, check: ElementRule) -> Callable[[Json], Iterator[str]]:
    """Return the check of a block that holds nothing but elements."""
    return lambda block: _each(block.get("elements"), limit, rule, check)


def _field(index: int, field: object) -> Iterator[str]:
    return _text(field, f"field {index}", ANY_TEXT, 2000)


def _context_element(index: int, element: object) -> Iterator[str]:
    if isinstance(element, Mapping) and element.get("type") == "image":
        return _image(element)
    return _text(element, f"context element {index}", ANY_TEXT, 2000)


def _button(index: int, element: object) -> Iterator[str]:
    if not isinstance(element, Mapping) or element.get("type") != "button":
        yield "an action must be a button"
        return
    yield from _text(element.get("text"), "button text", ("plain_text",), 75)
    if units(str(element.get("url", ""))) > 3000:
        yield "a button's url has at most 3000 characters"
    if units(str(element.get("value", ""))) > 2000:
        yield "a button's value has at most 2000 characters"


def _image(block: Json) -> Iterator[str]:
    if ("image_url" in block) == ("slack_file" in block):
        yield "an image needs exactly one of image_url and slack_file"
    if units(str(block.get("image_url", ""))) > 3000:
        yield "image_url has at most 3000 characters"
    if "slack_file" in block:
        yield from _slack_file(block["slack_file"])
    alt = block.get("alt_text")
    if not isinstance(alt, str) or not alt.strip() or units(alt) > 2000:
        yield "alt_text has 1 to 2000 characters"
    if "title" in block:
        yield from _text(block["title"], "image title", ("plain_text",), 2000)


def _slack_file(file: object) -> Iterator[str]:
    if not isinstance(file, Mapping) or ("id" in file) == ("url" in file):
        yield "slack_file needs exactly one of id and url"
    elif "id" in file and not FILE_ID.fullmatch(str(file["id"])):
        yield f"slack_file id {file['id']!r} is not a file id"


def _rich_element(index: int, element: object) -> Iterator[str]:
    """Allow literal text only: a `broadcast`, `user` or `link` element made from data would ping or link."""
    if not isinstance(element, Mapping):
        yield "a rich_text element must be an object"
        return
    kind, text = element.get("type"), element.get("text")
    if kind in RICH_ELEMENTS:
        if kind == "rich_text_list":
            yield from _list_rules(element)
        yield from _each(element.get("elements"), None, f"a {kind} has at least one element", _rich_element)
    elif kind != "text":
        yield f"rich_text element {kind!r} is not literal text"
    elif not isinstance(text, str) or not text:
        yield "a rich_text text is empty"


def _list_rules(element: Json) -> Iterator[str]:
    if element.get("style") not in ("bullet", "ordered"):
        yield f"a rich_text_list has the style bullet or ordered, not {element.get('style')!r}"
    items = element.get("elements")
    mappings = [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
    if any(str(item.get("type")) != "rich_text_section" for item in mappings):
        yield "a rich_text_list holds rich_text_sections only"


def _no_rules(block: Json) -> Iterator[str]:
    """Accept a divider, which has no content, and a table: `_check_tables` takes all of them together."""
    return iter(())


def _check_tables(blocks: Sequence[Json]) -> Iterator[str]:
    """Check all tables: Slack accepts one (`only_one_table_allowed`) and counts characters over all."""
    tables = [(index, block) for index, block in enumerate(blocks) if block.get("type") == "table"]
    yield from (f"block {index}: {rule}" for index, table in tables for rule in _check_table(table))
    if len(tables) > 1:
        yield f"{len(tables)} tables: a message may hold one"
    size = sum(units(text) for _, table in tables for text in texts(table))
    if size > CELLS_LIMIT:
        yield f"tables hold {size} characters, at most {CELLS_LIMIT}"


def _check_table(table: Json) -> Iterator[str]:
    rows = table.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        yield "a table needs rows, each a list of cells"
        return
    if not 1 <= len(rows) <= ROW_LIMIT:
        yield f"{len(rows)} rows, 1 to {ROW_LIMIT} allowed with the header"
    if len({len(row) for row in rows}) > 1:
        yield "rows are not equally long"
    if any(not 1 <= len(row) <= COLUMN_LIMIT for row in rows):
        yield f"a row has 1 to {COLUMN_LIMIT} cells"
    yield from _check_settings(table.get("column_settings", []))
    for row in rows:
        for cell in row:
            yield from _check_cell(cell)


def _check_settings(settings: object) -> Iterator[str]:
    if not isinstance(settings, list) or len(settings) > COLUMN_LIMIT:
        yield f"at most {COLUMN_LIMIT} column_settings"
        return
    for setting in settings:
        if setting is not None and (
            not isinstance(setting, Mapping) or setting.get("align", "left") not in ALIGNMENTS
        ):
            yield f"a column is aligned {', '.join(ALIGNMENTS)}"


def _check_cell(cell: object) -> Iterator[str]:
    """Allow literal text only: a rich_text cell could hold a mention."""
    if not isinstance(cell, Mapping) or cell.get("type") != "raw_text":
        yield "a cell must be raw_text"
    elif not isinstance(cell.get("text"), str) or not cell["text"]:
        yield "a cell is empty"


BLOCK_RULES: Mapping[str, Callable[[Json], Iterator[str]]] = {
    "header": _header,
    "section": _section,
    "context": _of_elements(10, "a context has 1 to 10 elements", _context_element),
    "actions": _of_elements(25, "actions have 1 to 25 elements", _button),
    "image": _image,
    "rich_text": _of_elements(None, "a rich_text has at least one element", _rich_element),
    "divider": _no_rules,
    "table": _no_rules,
}
