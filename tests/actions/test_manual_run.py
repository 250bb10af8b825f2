"""Occurrences that a person asks for."""

from datetime import UTC, datetime

import pytest

from bot.actions import RunRequest, manual_run
from bot.errors import UsageError
from bot.model import Agents, Attach, DeliveryKind, Recipient
from bot.timetable.recurrence import parse_instant
from tests.compose.data import digest

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def test_at_without_an_offset_is_in_the_digests_zone() -> None:
    asked = manual_run(digest(), RunRequest(at="2018-05-07T09:00"), NOW)
    assert asked.occurrence.id == "care-weekly@2018-05-06T23:00:00Z"
    assert str(asked.occurrence.window) == "2018-04-30T00:00:00+10:00/2018-05-07T00:00:00+10:00"


def test_at_with_an_offset_is_that_instant() -> None:
    assert parse_instant("2018-05-07T09:00+00:00", "Australia/Sydney") == datetime(2018, 5, 7, 9, tzinfo=UTC)


def test_default_is_the_latest_past_firing() -> None:
    assert manual_run(digest(), RunRequest(), NOW).occurrence.id == "care-weekly@2026-11-22T22:00:00Z"


def test_a_paused_digest_can_still_be_sent_by_hand() -> None:
    assert (
        manual_run(digest(paused=True), RunRequest(), NOW).occurrence.id == "care-weekly@2026-11-22T22:00:00Z"
    )


def test_window_and_group_make_a_slice_of_their_own() -> None:
    asked = manual_run(digest(), RunRequest(window="last 7 days", group="Night Team"), NOW)
    assert asked.occurrence.id == "care-weekly/group-night-team-window-last-7-days@2026-11-22T22:00:00Z"
    assert asked.digest.groups == ("Night Team",)


def test_each_test_send_is_an_occurrence_of_its_own() -> None:
    asked = manual_run(digest(), RunRequest(to=("lee@example.com",)), NOW)
    later = manual_run(digest(), RunRequest(to=("lee@example.com",)), NOW.replace(minute=1))
    assert {delivery.kind for delivery in asked.deliveries} == {DeliveryKind.TEST}
    assert (
        len({asked.occurrence.id, later.occurrence.id, manual_run(digest(), RunRequest(), NOW).occurrence.id})
        == 3
    )


@pytest.mark.parametrize(
    ("address", "channel", "plain"),
    [
        ("#ops", "slack", "#ops"),
        ("C0123ABCD99", "slack", "C0123ABCD99"),
        ("lee@example.com", "email", "lee@example.com"),
        ("slack:lee@example.com", "slack", "lee@example.com"),
        ("folder:out", "folder", "out"),
    ],
)
def test_where_a_test_goes(address: str, channel: str, plain: str) -> None:
    [delivery] = manual_run(digest(recipients=()), RunRequest(to=(address,)), NOW).deliveries
    assert (delivery.recipient.channel, delivery.recipient.address) == (channel, plain)


def test_a_test_looks_like_the_channels_first_recipient() -> None:
    shown = Recipient("email", "dana@example.com", Agents.INITIALS, Attach(pdf=True, csv=True))
    [delivery] = manual_run(digest(recipients=(shown,)), RunRequest(to=("lee@example.com",)), NOW).deliveries
    assert delivery.recipient == Recipient(
        "email", "lee@example.com", Agents.INITIALS, Attach(pdf=True, csv=True)
    )


@pytest.mark.parametrize(
    ("run_request", "word"),
    [
        (RunRequest(at="monday"), "2018-05-07T09:00"),
        (RunRequest(window="last fortnight"), "--window"),
        (RunRequest(to=("nowhere",)), "--to"),
    ],
)
def test_what_cannot_be_understood_is_said(run_request: RunRequest, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        manual_run(digest(), run_request, NOW)
