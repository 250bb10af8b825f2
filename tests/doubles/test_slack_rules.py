"""The double refuses what Slack refuses: without this, a green test against it would mean little."""

from typing import Any

import pytest

from tests.doubles.slack_rules import Refused, check_message, pings

GOOD_FILE = "F0GOOD00001"


def text(content: str, kind: str = "mrkdwn") -> dict[str, str]:
    return {"type": kind, "text": content}


def rows(count: int, columns: int = 2, cell: str = "x") -> dict[str, Any]:
    return {"type": "table", "rows": [[text(cell, "raw_text")] * columns for _ in range(count)]}


def section(content: str) -> dict[str, Any]:
    return {"type": "section", "text": text(content)}


def image(**more: Any) -> dict[str, Any]:
    return {"type": "image", "slack_file": {"id": GOOD_FILE}, "alt_text": "a chart", **more}


def check(*blocks: dict[str, Any], **arguments: Any) -> None:
    everything = {"text": "x", "blocks": list(blocks), **arguments}
    check_message(everything, lambda file_id: file_id == GOOD_FILE)


GOOD: list[list[dict[str, Any]]] = [
    [{"type": "header", "text": text("x" * 150, "plain_text")}],
    [section("x" * 3_000)],
    [{"type": "section", "fields": [text("x" * 900)] * 10}],
    [image()],
    [rows(100, 20)],
    [{"type": "divider"}] * 50,
    [{"type": "context", "elements": [text("x")] * 10}],
    [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [text("x", "text")]}]}],
]
BAD: dict[str, list[dict[str, Any]]] = {
    "51 blocks": [{"type": "divider"}] * 51,
    "header too long": [{"type": "header", "text": text("x" * 151, "plain_text")}],
    "header with markup": [{"type": "header", "text": text("x")}],
    "empty header": [{"type": "header", "text": text("", "plain_text")}],
    "section too long": [section("x" * 3_001)],
    "empty section": [{"type": "section"}],
    "11 fields": [{"type": "section", "fields": [text("x")] * 11}],
    "field too long": [{"type": "section", "fields": [text("x" * 2_001)]}],
    "no alt text": [{"type": "image", "slack_file": {"id": GOOD_FILE}}],
    "two sources": [image(image_url="https://x.example/x.png")],
    "no source": [{"type": "image", "alt_text": "x"}],
    "unknown file": [image(slack_file={"id": "F0OTHER0001"})],
    "placeholder": [image(slack_file={"id": "F0000000000"})],
    "id and url": [image(slack_file={"id": GOOD_FILE, "url": "https://x.example"})],
    "11 in a context": [{"type": "context", "elements": [text("x")] * 11}],
    "101 rows": [rows(101)],
    "21 columns": [rows(2, 21)],
    "empty cell": [rows(2, cell="")],
    "ragged": [{"type": "table", "rows": [[text("a", "raw_text")], [text("a", "raw_text")] * 2]}],
    "table too large": [rows(100, 10, "x" * 11)],
    "two tables": [rows(2), rows(2)],
    "same id twice": [{"type": "divider", "block_id": "a"}] * 2,
    "id too long": [{"type": "divider", "block_id": "a" * 256}],
    "too much text": [section("x" * 3_000)] * 4,
    "unknown type": [{"type": "alert"}],
    "no type": [{}],
    "empty rich text": [{"type": "rich_text", "elements": []}],
    "long button": [
        {"type": "actions", "elements": [{"type": "button", "text": text("x" * 76, "plain_text")}]}
    ],
}


@pytest.mark.parametrize("blocks", GOOD)
def test_accepts_what_slack_accepts(blocks: list[dict[str, Any]]) -> None:
    check(*blocks)


@pytest.mark.parametrize("name", BAD)
def test_refuses_what_slack_refuses(name: str) -> None:
    with pytest.raises(Refused):
        check(*BAD[name])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"metadata": {"event_type": "x", "event_payload": {}, "more": 1}}, "invalid_metadata_format"),
        ({"metadata": {"event_type": 1, "event_payload": {}}}, "invalid_metadata_schema"),
        ({"metadata": {"event_type": "x", "event_payload": {"a": "x" * 9_000}}}, "metadata_too_large"),
    ],
)
def test_refuses_arguments(arguments: dict[str, Any], error: str) -> None:
    with pytest.raises(Refused) as caught:
        check(**arguments)
    assert caught.value.error == error


def test_refusal_has_json_pointer() -> None:
    with pytest.raises(Refused) as caught:
        check({"type": "divider"}, image(slack_file={"id": "F0OTHER0001"}))
    assert "[json-pointer:/blocks/1/slack_file]" in caught.value.fields["response_metadata"]["messages"][0]


@pytest.mark.parametrize(
    "arguments",
    [
        {"text": "<!channel> hi"},
        {"text": "<@U0DANA0001>"},
        {"text": "x", "blocks": [section("<!here>")]},
        {
            "text": "x",
            "blocks": [{"type": "rich_text", "elements": [{"type": "broadcast", "range": "here"}]}],
        },
    ],
)
def test_sees_pings(arguments: dict[str, Any]) -> None:
    assert pings(arguments)
    assert not pings({"text": "&lt;!channel&gt;", "blocks": [rows(1, cell="<!channel>")]})
