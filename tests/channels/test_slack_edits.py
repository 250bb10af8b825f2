"""Corrections in Slack: the message is edited where it stands, and doing that again changes nothing."""

from typing import Any

import pytest

from bot.channels import SlackChannel
from bot.errors import DeliveryError, Retryability
from bot.model import CsvFile, Delivery, Receipt
from tests.channels.renditions import NOW, TOKEN, Book, TurnedClock, delivery, slack_message
from tests.doubles import slack_server as double
from tests.doubles.slack_server import SlackServer

UPDATE, POST = "chat.update", "chat.postMessage"


def channel_to(slack: SlackServer) -> SlackChannel:
    return SlackChannel(token=TOKEN, api_url=slack.url, address_book=Book(), clock=TurnedClock())


def sent(slack: SlackServer, address: str = "#social-care", **changes: Any) -> str:
    return channel_to(slack).send(delivery("slack", address), slack_message(**changes), NOW).provider_id


def correction(address: str = "#social-care") -> Delivery:
    return Delivery("care-weekly/_corrected-1@2018-05-06T23:00:00Z", delivery("slack", address).recipient)


def replaced(slack: SlackServer, provider_id: str, address: str = "#social-care", **changes: Any) -> Receipt:
    message = slack_message(**({"text": "Corrected: 2 h."} | changes))
    return channel_to(slack).replace(correction(address), message, provider_id, NOW)


def failure(slack: SlackServer, provider_id: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        replaced(slack, provider_id)
    assert TOKEN not in str(caught.value)
    return caught.value


def test_message_is_edited_in_place(slack: SlackServer) -> None:
    before = sent(slack)
    receipt = replaced(slack, before)
    [message] = slack.messages
    assert (receipt.provider_id, message.text) == (before, "Corrected: 2 h.")
    assert "edited in place" in receipt.detail
    assert [block["type"] for block in message.blocks] == ["header", "section", "image", "table"]
    assert len(slack.calls(POST)) == 1


def test_edit_carries_new_key_and_does_not_ping(slack: SlackServer) -> None:
    replaced(slack, sent(slack))
    [call] = slack.calls(UPDATE)
    assert call.arguments["metadata"]["event_payload"]["key"] == correction().key
    assert call.arguments["parse"] == "none"
    assert slack.messages[0].metadata == call.arguments["metadata"]


def test_new_files_follow_old_ones_in_thread(slack: SlackServer) -> None:
    before = sent(slack)
    old = len(slack.files_in_thread(slack.messages[0].ts))
    replaced(slack, before, files=(CsvFile("summary", "summary.csv", b"a\r\n1\r\n"),))
    files = slack.files_in_thread(slack.messages[0].ts)
    assert [file.initial_comment for file in files[old:]] == ["Corrected files of this report"]


def test_direct_message_is_edited_by_id(slack: SlackServer) -> None:
    before = sent(slack, "dana@example.com")
    assert before.startswith("D0DANA0001/")
    replaced(slack, before, "dana@example.com")
    assert slack.messages[0].text == "Corrected: 2 h."


def test_edit_ignores_reassigned_channel_name(slack: SlackServer) -> None:
    before = sent(slack)
    slack.workspace.room("C0SOCIAL01").name = "renamed"
    slack.workspace.room("C0OPS00001").name = "social-care"
    replaced(slack, before)
    assert (slack.messages[0].channel, slack.messages[0].text) == ("C0SOCIAL01", "Corrected: 2 h.")


@pytest.mark.parametrize(
    "fault", [double.dropped(), double.dropped(accept=False), double.server_error(), double.cut_answer()]
)
def test_lost_edit_response_is_retryable(slack: SlackServer, fault: double.Fault) -> None:
    before = sent(slack)
    slack.fault(UPDATE, fault)
    assert failure(slack, before).retryability is Retryability.RETRYABLE
    replaced(slack, before)
    [message] = slack.messages
    assert message.text == "Corrected: 2 h."


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("message_not_found", "not there any more"),
        ("cant_update_message", "may not edit"),
        ("edit_window_closed", "of this age"),
    ],
)
def test_uneditable_message_is_permanent_with_reason(slack: SlackServer, error: str, reason: str) -> None:
    before = sent(slack)
    slack.fault(UPDATE, double.refused(error))
    delivery_error = failure(slack, before)
    assert delivery_error.retryability is Retryability.PERMANENT
    assert reason in str(delivery_error)
    assert "#social-care still has the message as it was" in str(delivery_error)
    assert len(slack.messages) == 1


def test_deleted_message_is_reported_missing(slack: SlackServer) -> None:
    before = sent(slack)
    slack.messages.clear()
    assert "not there any more" in str(failure(slack, before))
    assert slack.messages == []


def test_rate_limit_is_obeyed(slack: SlackServer) -> None:
    before = sent(slack)
    slack.fault(UPDATE, double.rate_limited(77))
    delivery_error = failure(slack, before)
    assert (delivery_error.retryability, delivery_error.retry_after) == (Retryability.RETRYABLE, 77.0)


def test_refused_blocks_replace_old_blocks(slack: SlackServer) -> None:
    """Blocks that an edit leaves out stay as they were, unless it says that there are none."""
    before = sent(slack)
    slack.fault(UPDATE, *[double.refused("msg_blocks_too_long")] * 3)
    replaced(slack, before)
    assert slack.messages[0].blocks == []
    assert slack.messages[0].text == "Corrected: 2 h."


def test_edit_without_blocks_keeps_old_blocks(slack: SlackServer) -> None:
    before = sent(slack)
    room, ts = before.split("/")
    slack.workspace.chat_update({"channel": room, "ts": ts, "text": "Corrected: 2 h."})
    assert slack.messages[0].blocks != []


def test_files_that_are_perhaps_there_are_unknown(slack: SlackServer) -> None:
    before = sent(slack)
    slack.fault("files.completeUploadExternal", double.Fault(), double.Fault(), double.dropped())
    with pytest.raises(DeliveryError) as caught:
        replaced(slack, before)
    assert caught.value.retryability is Retryability.UNKNOWN
