"""Mentions: only the users that `mention:` names, below the header."""

from dataclasses import replace

import pytest

from bot.channels import SlackChannel
from bot.errors import DeliveryError, Retryability
from bot.model import Delivery, Recipient, SlackMessage
from tests.channels.renditions import NOW, OCCURRENCE, TOKEN, Book, TurnedClock, slack_message, table
from tests.doubles import slack_server as double
from tests.doubles.slack_rules import pings
from tests.doubles.slack_server import SlackServer

HOSTILE = ("<!channel>", "<@U0DANA0001> @here", "<!subteam^S0123456789>")


def posted(slack: SlackServer, *mention: str, book: Book | None = None, message: SlackMessage | None = None):
    channel = SlackChannel(token=TOKEN, api_url=slack.url, address_book=book or Book(), clock=TurnedClock())
    to = Delivery(OCCURRENCE, Recipient("slack", "#social-care", mention=mention))
    receipt = channel.send(to, message or slack_message(), NOW)
    return slack.messages[-1], receipt


def called(message) -> list[dict[str, str]]:
    """Return the elements of the block below the header that are no blanks."""
    (section,) = message.blocks[1]["elements"]
    return [element for element in section["elements"] if element["type"] != "text"]


def test_no_mention_unless_configured(slack: SlackServer) -> None:
    message, _ = posted(slack)
    assert pings(message.arguments) == []
    assert message.blocks[1]["type"] == "section"


@pytest.mark.parametrize("range_", ["here", "channel"])
def test_mentions_follow_the_header(slack: SlackServer, range_: str) -> None:
    message, receipt = posted(slack, range_)
    assert message.blocks[0]["type"] == "header"
    assert called(message) == [{"type": "broadcast", "range": range_}]
    assert pings(message.arguments) == ["broadcast"]
    assert receipt.detail == ""


def test_fallback_text_stays_plain(slack: SlackServer) -> None:
    message, _ = posted(slack, "channel")
    assert message.text == slack_message().text


def test_mention_lookup_is_once_per_address(slack: SlackServer) -> None:
    dana, book = slack.workspace.people[0], Book()
    message, _ = posted(slack, dana.email, "U0123456789", book=book)
    assert [element["user_id"] for element in called(message)] == [dana.id, "U0123456789"]
    slack.workspace.people.clear()
    again, _ = posted(slack, dana.email, book=book)
    assert called(again) == [{"type": "user", "user_id": dana.id}]


def test_mentioned_user_may_be_recipient(slack: SlackServer) -> None:
    """The book holds a person's conversation under their address: a mention must not take that for them."""
    dana, book = slack.workspace.people[0], Book()
    channel = SlackChannel(token=TOKEN, api_url=slack.url, address_book=book, clock=TurnedClock())
    channel.send(Delivery(OCCURRENCE, Recipient("slack", dana.email)), slack_message(), NOW)
    message, _ = posted(slack, dana.email, book=book)
    assert called(message) == [{"type": "user", "user_id": dana.id}]


def test_departed_user_drops_only_the_mention(slack: SlackServer) -> None:
    message, receipt = posted(slack, "gone@example.com", "here")
    assert called(message) == [{"type": "broadcast", "range": "here"}]
    assert "without mentioning gone@example.com" in receipt.detail
    alone, _ = posted(slack, "gone@example.com")
    assert alone.blocks[1]["type"] == "section"


def test_transient_lookup_failure_is_retryable(slack: SlackServer) -> None:
    slack.fault("users.lookupByEmail", double.rate_limited(30))
    with pytest.raises(DeliveryError) as caught:
        posted(slack, slack.workspace.people[0].email)
    assert caught.value.retryability is Retryability.RETRYABLE
    assert not slack.messages


@pytest.mark.parametrize("name", HOSTILE)
def test_data_never_mentions_a_user(slack: SlackServer, name: str) -> None:
    """A name of an agent or a topic is literal text, whatever the delivery asks for."""
    blocks = (*slack_message().blocks[:2], table(("Agent", "Closed"), (name, "12")))
    hostile = replace(slack_message(), blocks=blocks, pictures=())
    assert pings(posted(slack, message=hostile)[0].arguments) == []
    assert pings(posted(slack, "here", message=hostile)[0].arguments) == ["broadcast"]
