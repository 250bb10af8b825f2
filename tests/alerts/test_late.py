"""An edition that is not out in time: operators are told once, why and what follows, and once it ended."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts import plan_alerts
from bot.errors import ChannelAuthError, DeliveryError, Retryability, SourceBusy, SourceUnavailable
from bot.model import ALERTS, COMPOSE, DeliveryKind, OccurrenceKind, OccurrenceState, Report
from tests.delivery.weeks import Weeks, words_of
from tests.doubles.source import FakeSource

BUSY = DeliveryError("the server is busy", Retryability.RETRYABLE)
LATE, OUT, FAILED = "_late@2026-11-22", "_out@2026-11-22", "_failed@2026-11-22"
NOT_OUT = "was due Mon 23 November 2026 at 09:00, Sydney time, and is not out yet"
UNTIL = "until Tue 24 November 2026 at 09:00, Sydney time"


@pytest.fixture
def here() -> Weeks:
    """Return weeks of a digest of one report: when that cannot be loaded, nothing goes out."""
    made = Weeks()
    made.digest = replace(made.digest, reports=(Report("summary"),))
    return made


def api_fails(here: Weeks, error: Exception) -> None:
    here.source.answers = {"summary": error}


def minutes(here: Weeks, count: int) -> None:
    for _ in range(count):
        here.tick(60)


@pytest.mark.promise(
    "the API is slow or fails, and an edition is not out 15 minutes after it was due (`late_after`)",
    "operators are told once: why, when it is tried again, until when; and once it is out",
)
def test_late_is_told_once_with_reason_and_next_try_and_once_it_is_out(here: Weeks) -> None:
    here.begin(0)
    api_fails(here, SourceUnavailable("the API answered with HTTP status 503"))
    minutes(here, 14)
    assert here.told() == []
    minutes(here, 60)
    assert here.told() == [LATE]
    said = words_of(here.alert("_late"))
    assert NOT_OUT in said
    assert "Last reason: the API answered with HTTP status 503." in said
    assert f"It is tried again Mon 23 November 2026 at 09:22, Sydney time, and {UNTIL}." in said
    assert f"digestbot explain {here.occurrence.id}" in said
    here.source.answers = FakeSource().answers
    minutes(here, 61)
    assert here.state() is OccurrenceState.DONE
    assert here.told() == [LATE, OUT]
    assert "and went out Mon 23 November 2026 at 10:" in words_of(here.alert("_out"))


@pytest.mark.promise("the request limit delays an edition", "told as late, with that reason")
def test_waiting_for_the_limit_is_a_reason(here: Weeks) -> None:
    here.begin(0)
    api_fails(here, SourceBusy("the request limit is used up", 300.0))
    minutes(here, 17)
    assert here.told() == [LATE]
    assert "Last reason: the request limit is used up." in words_of(here.alert("_late"))


@pytest.mark.promise(
    "a channel's circuit is open, or its server is busy", "told as late: the channel, its words, for how many"
)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (BUSY, "Last reason: the server is busy."),
        (ChannelAuthError("token_revoked"), "Last reason: slack is stopped: token_revoked."),
    ],
)
def test_what_a_channel_delays_is_told_with_the_channels_words(
    here: Weeks, fault: DeliveryError, reason: str
) -> None:
    here.begin(0)
    here.slack.fault = fault
    minutes(here, 17)
    assert LATE in here.told()
    said = words_of(here.alert("_late"))
    assert f"{NOT_OUT} for 1 recipient." in said
    assert reason in said
    assert "It is tried again Mon 23 November 2026 at" in said


def test_what_is_being_fetched_says_so(here: Weeks) -> None:
    here.begin(0)
    assert here.ledger.claim_occurrence(here.occurrence.id, here.clock.now())
    minutes(here, 16)
    assert "its figures are being fetched, and the API is slow" in words_of(here.alert("_late"))


@pytest.mark.promise(
    "nothing was running when it was due; it goes out within a minute of the start",
    "one alert: it went out late",
)
def test_what_is_caught_up_at_once_is_told_once(here: Weeks) -> None:
    here.clock.present = here.of_week(0).due + timedelta(hours=2)
    here.week(0)
    minutes(here, 3)
    assert here.told() == [OUT]
    said = words_of(here.alert("_out"))
    assert "went out Mon 23 November 2026 at 11:00" in said
    assert "Nothing was running when it was due." in said


@pytest.mark.promise(
    "nothing was running when it was due, and it does not go out either",
    "told as late after a minute, and once it is out",
)
def test_what_is_caught_up_in_vain_is_told_as_late(here: Weeks) -> None:
    here.clock.present = here.of_week(0).due + timedelta(hours=2)
    api_fails(here, SourceUnavailable("no answer."))
    here.week(0)
    assert here.told() == []
    minutes(here, 2)
    assert here.told() == [LATE]
    assert "Nothing was running when it was due. Last reason: no answer." in words_of(here.alert("_late"))


@pytest.mark.promise(
    "nothing was running until it was too late", "told: it was not sent, with the command that sends it"
)
def test_of_what_was_missed_the_newest_is_told(here: Weeks) -> None:
    here.clock.present = here.of_week(0).due + timedelta(days=2)
    for number in (-1, 0):
        here.ledger.skip(here.of_week(number), here.digest, "missed while nothing ran", here.clock.now())
    minutes(here, 3)
    assert here.told() == [OUT]
    said = words_of(here.alert("_out"))
    assert "was not sent: missed while nothing ran." in said
    assert "digestbot send care-weekly --at 2026-11-22T22:00:00Z" in said


def test_what_a_person_paused_is_not_told(here: Weeks) -> None:
    here.clock.present = here.of_week(0).due + timedelta(days=2)
    here.ledger.skip(here.of_week(0), here.digest, "paused by a person since …", here.clock.now())
    minutes(here, 3)
    assert here.told() == []


@pytest.mark.promise("an edition that is held or has failed is late too", "its own alert is the only one")
def test_held_and_failed_are_not_told_as_late(here: Weeks) -> None:
    here.digest = replace(here.digest, if_incomplete="hold", grace_seconds=60.0)
    here.slack.fault = DeliveryError("no such channel", Retryability.PERMANENT)
    here.week(0)
    minutes(here, 40)
    assert here.told() == [FAILED]


def test_a_failure_after_late_is_the_end(here: Weeks) -> None:
    here.digest = replace(here.digest, grace_seconds=1800.0)
    here.begin(0)
    here.slack.fault = BUSY
    minutes(here, 60)
    assert here.told() == [LATE, FAILED]


def test_of_a_failing_streak_the_end_of_what_was_late_is_told(here: Weeks) -> None:
    here.slack.fault = DeliveryError("no such channel", Retryability.PERMANENT)
    here.week(0)
    here.digest, here.slack.fault = replace(here.digest, grace_seconds=1800.0), BUSY
    here.begin(1)
    minutes(here, 60)
    assert here.told() == [FAILED, "_late@2026-11-29", "_out@2026-11-29"]
    assert "and did not reach everybody: " in words_of(here.alert("_out", 1))


@pytest.mark.parametrize("kind", [OccurrenceKind.MANUAL, OccurrenceKind.TEST])
def test_what_a_person_sends_is_never_late(here: Weeks, kind: OccurrenceKind) -> None:
    here.occurrence = replace(here.of_week(0), kind=kind)
    here.clock.present = here.occurrence.due + timedelta(days=1)
    here.slack.fault = BUSY
    here.plan(DeliveryKind.TEST if kind is OccurrenceKind.TEST else DeliveryKind.REAL)
    minutes(here, 20)
    assert here.told() == []


def test_a_digest_may_have_a_limit_of_its_own(here: Weeks) -> None:
    here.digest = replace(here.digest, late_after_seconds=3600.0)
    here.begin(0)
    here.slack.fault = BUSY
    minutes(here, 59)
    assert here.told() == []
    minutes(here, 2)
    assert here.told() == [LATE]


@pytest.mark.promise(
    "twelve editions of one firing (`for_each`) are late", "one alert, and one once all are out"
)
def test_the_slices_of_a_firing_have_one_alert(here: Weeks) -> None:
    here.slack.fault = BUSY
    for name in ("billing", "care", "sales"):
        here.occurrence = replace(here.of_week(0), slice=name)
        here.plan()
    minutes(here, 17)
    assert here.told() == [LATE]
    assert "3 of its editions are not out yet" in words_of(here.alert("_late"))
    here.slack.fault = None
    minutes(here, 10)
    assert here.told() == [LATE, OUT]


@pytest.mark.promise("the API is so slow that every thread waits for it", "alerts have threads of their own")
def test_an_alert_waits_neither_for_composing_nor_for_what_it_is_about(here: Weeks) -> None:
    here.begin(0)
    here.clock.sleep(1200)
    plan_alerts(here.ledger, here.configuration(), here.clock.now())
    told, late = (job for job in here.ledger.jobs(here.clock.now()))
    assert (told.lane, late.lane) == (ALERTS, COMPOSE)
    assert told.order != late.order == "care-weekly/"
