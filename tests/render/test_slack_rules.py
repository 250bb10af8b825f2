"""Every limit of Slack's, broken once in a message."""

from typing import Any

import pytest

from bot.model import Picture, SlackMessage
from bot.render.slack.rules import check_message
from tests.render.pieces import slack
from tests.render.sample_edition import EDITION, EMPTY, INCOMPLETE

Block = dict[str, Any]


def plain_text(text: str = "a") -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "a") -> Block:
    return {"type": "mrkdwn", "text": text}


def section(**fields: Any) -> Block:
    return {"type": "section", **fields}


def image(**fields: Any) -> Block:
    return {"type": "image", "slack_file": {"id": "F12345678A"}, "alt_text": "a", **fields}


def table(rows: Any, **fields: Any) -> Block:
    return {"type": "table", "rows": rows, **fields}


def cell(text: str = "a") -> Block:
    return {"type": "raw_text", "text": text}


def rich(*elements: Any) -> Block:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def button(**fields: Any) -> Block:
    return {"type": "actions", "elements": [{"type": "button", "text": plain_text(), **fields}]}


DIVIDER: Block = {"type": "divider"}
BROKEN: list[tuple[str, list[Block], str]] = [
    ("no block", [], "0 blocks"),
    ("51 blocks", [DIVIDER] * 51, "51 blocks"),
    ("unknown type", [{"type": "markdown", "text": "a"}], "not one we send"),
    ("no type", [{}], "not one we send"),
    ("total", [section(text=mrkdwn("a" * 2999))] * 4, "all blocks hold"),
    ("same id", [{**DIVIDER, "block_id": "a"}, {**DIVIDER, "block_id": "a"}], "used 2 times"),
    ("long id", [{**DIVIDER, "block_id": "a" * 256}], "block_id has 1 to 255"),
    ("header mrkdwn", [{"type": "header", "text": mrkdwn()}], "must be plain_text"),
    ("header empty", [{"type": "header", "text": plain_text(" ")}], "header text is empty"),
    ("header long", [{"type": "header", "text": plain_text("a" * 151)}], "at most 150"),
    ("header astral", [{"type": "header", "text": plain_text("😀" * 76)}], "at most 150"),
    ("section bare", [section()], "needs text or fields"),
    ("section long", [section(text=mrkdwn("a" * 3001))], "at most 3000"),
    ("section empty", [section(text=mrkdwn(""))], "section text is empty"),
    ("fields 11", [section(fields=[mrkdwn()] * 11)], "1 to 10 fields"),
    ("field long", [section(fields=[mrkdwn("a" * 2001)])], "at most 2000"),
    ("mention", [section(text=mrkdwn("<!channel>"))], "could ping"),
    ("link", [section(fields=[mrkdwn("<https://x|y>")])], "could ping or link"),
    ("context 11", [{"type": "context", "elements": [mrkdwn()] * 11}], "1 to 10 elements"),
    ("context empty", [{"type": "context", "elements": []}], "1 to 10 elements"),
    ("context mention", [{"type": "context", "elements": [mrkdwn("<@U1>")]}], "could ping"),
    ("actions 26", [{"type": "actions", "elements": [{}] * 26}], "1 to 25 elements"),
    ("no button", [{"type": "actions", "elements": [{"type": "select"}]}], "must be a button"),
    ("button text", [button(text=plain_text("a" * 76))], "at most 75"),
    ("button mrkdwn", [button(text=mrkdwn())], "must be plain_text"),
    ("button url", [button(url="u" * 3001)], "url has at most 3000"),
    ("button value", [button(value="u" * 2001)], "value has at most 2000"),
    ("two sources", [image(image_url="https://x")], "exactly one of image_url"),
    ("no source", [{"type": "image", "alt_text": "a"}], "exactly one of image_url"),
    ("long source", [{"type": "image", "alt_text": "a", "image_url": "u" * 3001}], "image_url has at most"),
    ("file two", [image(slack_file={"id": "F12345678A", "url": "u"})], "exactly one of id and url"),
    ("file id", [image(slack_file={"id": "f123"})], "not a file id"),
    ("no alt", [{"type": "image", "slack_file": {"id": "F12345678A"}}], "alt_text has 1 to 2000"),
    ("long alt", [image(alt_text="a" * 2001)], "alt_text has 1 to 2000"),
    ("title mrkdwn", [image(title=mrkdwn())], "must be plain_text"),
    ("title long", [image(title=plain_text("a" * 2001))], "at most 2000"),
    ("no such picture", [image(slack_file={"id": "F0000000001"})], "which is not there"),
    ("rich empty", [{"type": "rich_text", "elements": []}], "at least one element"),
    ("rich section empty", [rich()], "at least one element"),
    ("rich no text", [rich({"type": "text", "text": ""})], "text is empty"),
    ("broadcast", [rich({"type": "broadcast", "range": "channel"})], "'broadcast' is not literal"),
    ("user", [rich({"type": "user", "user_id": "U1"})], "'user' is not literal"),
    ("rich link", [rich({"type": "link", "url": "https://x"})], "'link' is not literal"),
    ("rich string", [rich("text")], "must be an object"),
    ("ragged", [table([[cell(), cell()], [cell()]])], "not equally long"),
    ("no rows", [table([])], "0 rows"),
    ("rows missing", [table(None)], "needs rows"),
    ("101 rows", [table([[cell()]] * 101)], "101 rows"),
    ("21 columns", [table([[cell()] * 21])], "1 to 20 cells"),
    ("settings", [table([[cell()]], column_settings=[{}] * 21)], "at most 20 column_settings"),
    ("align", [table([[cell()]], column_settings=[{"align": "top"}])], "aligned"),
    ("empty cell", [table([[cell("")]])], "a cell is empty"),
    ("dict cell", [table([[{}]])], "must be raw_text"),
    ("rich cell", [table([[rich({"type": "text", "text": "a"})]])], "must be raw_text"),
    ("two tables", [table([[cell()]]), table([[cell()]])], "2 tables"),
    ("table long", [table([[cell("a" * 5001), cell("a" * 5000)]])], "tables hold 10001"),
]


@pytest.mark.parametrize(("blocks", "rule"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_broken_rule_is_named(blocks: list[Block], rule: str) -> None:
    picture = Picture("r", "a.png", b"", "a", 1, 1)
    faults = check_message(SlackMessage("text", tuple(blocks), (picture,)))
    assert any(rule in sentence for sentence in faults), faults


@pytest.mark.parametrize(
    ("text", "rule"),
    [(" ", "text is empty"), ("a" * 301, "at most 300"), ("<!here> hi", "could ping")],
)
def test_notification_rules(text: str, rule: str) -> None:
    faults = check_message(SlackMessage(text, (DIVIDER,)))
    assert len(faults) == 1
    assert rule in faults[0]


LIMITS: list[list[Block]] = [
    [DIVIDER] * 50,
    [{"type": "header", "text": plain_text("a" * 150)}],
    [section(text=mrkdwn("a" * 3000))],
    [section(fields=[mrkdwn("a" * 800)] * 10)],
    [{"type": "context", "elements": [mrkdwn()] * 9 + [image()]}],
    [button(text=plain_text("a" * 75), url="u" * 3000, value="v" * 2000)],
    [image(alt_text="a" * 2000, title=plain_text("a" * 2000))],
    [table([[cell()] * 20] * 100, column_settings=[None] * 20)],
    [rich({"type": "text", "text": "<!channel>"})],
    [{**DIVIDER, "block_id": "a" * 255}],
]


@pytest.mark.parametrize("blocks", LIMITS)
def test_text_at_the_limit_is_accepted(blocks: list[Block]) -> None:
    assert check_message(SlackMessage("a" * 300, tuple(blocks))) == ()


@pytest.mark.parametrize("edition", [EDITION, EMPTY, INCOMPLETE])
def test_shipped_template_breaks_no_rule(edition: Any) -> None:
    assert check_message(slack(edition, "TEST")) == ()
