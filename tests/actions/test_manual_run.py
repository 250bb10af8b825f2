"""Occurrences that a person asks for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.actions import RunRequest, going, manual_run
from bot.delivery.occurrences import deliveries_of, occurrence_of
from bot.errors import UsageError
from bot.ledger import Ledger
from bot.model import Agents, Attach, DeliveryKind, Digest, OccurrenceKind, Recipient
from bot.timetable import firing_at, parse_window, schedule_from_cron
from bot.timetable.recurrence import parse_instant
from tests.compose.data import digest
from tests.doubles.ledger import new_ledger

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


def refused(of: Digest, at: str, **more: str) -> str:
    with pytest.raises(UsageError) as refusal:
        manual_run(of, RunRequest(at, **more), NOW)  # type: ignore[arg-type]
    return str(refusal.value)


@pytest.mark.promise(
    "`send --at` a moment that the schedule does not have",
    "refused with the two nearest firings and their commands; `--off-schedule` says that it is meant",
)
def test_moment_off_the_schedule_is_refused() -> None:
    words = refused(digest(), "2026-11-16T09:30", group="Night Team")
    assert words.splitlines()[1:] == [
        "  digestbot send care-weekly --at 2026-11-16T09:00 --group 'Night Team'",
        "  digestbot send care-weekly --at 2026-11-23T09:00 --group 'Night Team'",
        "If you mean this very moment, add --off-schedule.",
    ]
    meant = manual_run(digest(), RunRequest("2026-11-16T09:30", off_schedule=True), NOW)
    assert meant.occurrence.id == "care-weekly@2026-11-15T22:30:00Z"


def test_refused_commands_work() -> None:
    of = digest(schedule=schedule_from_cron("30 2 * * *"), paused=True)
    for at in ("2026-11-16T09:30", "2026-11-23T04:00+11:00", "2026-10-04T12:00", "2001-05-07T00:00"):
        commands = refused(of, at).splitlines()[1:-1]
        for words in (line.split() for line in commands):
            asked = RunRequest(words[4], preview=words[1] == "preview")
            assert manual_run(of, asked, NOW).occurrence.kind is OccurrenceKind.SCHEDULED


def test_next_firing_that_is_not_due_yet_can_be_looked_at() -> None:
    words = refused(digest(), "2026-11-23T13:00")
    assert "  digestbot preview care-weekly --at 2026-11-30T09:00 (not due yet)" in words.splitlines()


@pytest.mark.parametrize(
    "asked", [{"to": ("lee@example.com",)}, {"window": "last 7 days"}, {"preview": True}]
)
def test_what_replaces_no_edition_may_be_off_the_schedule(asked: dict[str, object]) -> None:
    run = manual_run(digest(), RunRequest("2026-11-16T09:30", **asked), NOW)  # type: ignore[arg-type]
    assert run.occurrence.due == datetime(2026, 11, 15, 22, 30, tzinfo=UTC)


@pytest.mark.promise(
    "`send --at` a date alone", "that day's firing; of several on that day one is to be chosen"
)
def test_date_alone_is_the_firing_of_that_day() -> None:
    assert manual_run(digest(), RunRequest("2026-11-16"), NOW).occurrence.id.endswith("@2026-11-15T22:00:00Z")
    twice = digest(schedule=schedule_from_cron("0 9,17 * * *"))
    assert refused(twice, "2026-11-16").splitlines()[1:] == [
        "  digestbot send care-weekly --at 2026-11-16T09:00",
        "  digestbot send care-weekly --at 2026-11-16T17:00",
    ]
    assert "2026-11-17 is no moment" in refused(digest(), "2026-11-17")
    assert "2026-11-30 is in the future" in refused(digest(), "2026-11-30")


def test_date_whose_clock_is_set_back_names_both_hours() -> None:
    """In Sydney 02:00 came twice on 5 April 2026."""
    hourly = digest(schedule=schedule_from_cron("0 * * * *"))
    dues = [
        manual_run(hourly, RunRequest(line.split()[4]), NOW).occurrence.due
        for line in refused(hourly, "2026-04-05").splitlines()[1:]
    ]
    assert len(dues) == 25
    assert {later - earlier for earlier, later in pairwise(dues)} == {timedelta(hours=1)}


BOTH = (Recipient("slack", "#care"), Recipient("email", "dana@example.com"))


def sent(ledger: Ledger, of: Digest, at: str) -> None:
    """Plan the occurrence of that moment: its deliveries wait."""
    due = parse_instant(at, of.zone)
    occurrence = occurrence_of(of, firing_at(of, due), None)
    ledger.plan(occurrence, of, deliveries_of(of, occurrence), due, late=False)


@pytest.mark.promise(
    "`send` of a window that a reader already has from this digest",
    "asked about on a terminal; elsewhere refused with status 2 until `--yes` says that it is meant",
)
@pytest.mark.parametrize(
    ("change", "had"),
    [
        ({}, [True, True]),
        ({"recipients": (BOTH[0], Recipient("slack", "#new"))}, [True, False]),
        ({"groups": ("Billing",)}, [False, False]),
        ({"window": parse_window("last 2 weeks")}, [False, False]),
        ({"window": parse_window("last 7 days")}, [True, True]),
        ({"name": "other"}, [False, False]),
    ],
)
def test_who_has_this_window_already(change: dict[str, object], had: list[bool]) -> None:
    ledger, of = new_ledger(), digest(recipients=BOTH)
    sent(ledger, of, "2026-11-16T09:00")
    changed = replace(of, **change)  # type: ignore[arg-type]
    run = manual_run(changed, RunRequest("2026-11-16T10:00", off_schedule=True), NOW, ledger)
    assert [bool(one.before) for one in going(ledger, (run,))] == had


def test_what_failed_and_what_was_a_test_is_nobodys() -> None:
    ledger, of = new_ledger(), digest(recipients=BOTH)
    sent(ledger, of, "2026-11-16T09:00")
    for pending in ledger.deliveries("care-weekly@2026-11-15T22:00:00Z"):
        ledger.expire(pending.delivery, "refused", NOW)
    run = manual_run(of, RunRequest("2026-11-16T10:00", off_schedule=True), NOW, ledger)
    assert [one.before for one in going(ledger, (run,))] == ["", ""]


def test_the_rest_of_an_occurrence_has_nothing_before() -> None:
    ledger, of = new_ledger(), digest(recipients=BOTH)
    sent(ledger, of, "2026-11-16T09:00")
    run = manual_run(of, RunRequest("2026-11-16"), NOW, ledger)
    assert [one.before for one in going(ledger, (run,))] == ["", ""]
