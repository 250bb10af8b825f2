"""Operators are told of final failures, once a streak, and of what is sent again; readers never."""

from dataclasses import replace

import pytest

from bot.alerts import KINDS, plan_alerts
from bot.delivery.pipeline import run_occurrence
from bot.errors import CannotLookUp, DeliveryError, Retryability, SourceRefused
from bot.model import Compare, DeliveryKind, DeliveryState, OccurrenceKind, OccurrenceState, Recipient, Report
from bot.render import Renderer
from tests.delivery.weeks import OPERATOR, Weeks, of_alerts, words_of

GONE = DeliveryError("there is no such channel (channel_not_found)", Retryability.PERMANENT)


@pytest.fixture
def here() -> Weeks:
    return Weeks()


def test_final_failure_alert_names_cause_and_commands(here: Weeks) -> None:
    here.slack.fault = GONE
    assert here.week(0) is OccurrenceState.FAILED
    [told] = of_alerts(here.mail.took)
    assert told.recipient == OPERATOR
    said = words_of(here.alert("_failed"))
    assert "failed: 1 of 2 recipients did not surely get it" in said
    assert "slack #social-care: there is no such channel (channel_not_found) (1 try)" in said
    assert f"digestbot resend {here.occurrence.id}" in said
    assert f"digestbot explain {here.occurrence.id}" in said
    assert "the next one is due Mon 30 November 2026 at 09:00, Sydney time" in said


@pytest.mark.long
def test_readers_are_never_told(here: Weeks) -> None:
    here.slack.fault = GONE
    here.week(0)
    assert {one.recipient for one in of_alerts(here.mail.took)} == {OPERATOR}


@pytest.mark.long
def test_what_will_be_tried_again_has_not_failed(here: Weeks) -> None:
    here.slack.fault = DeliveryError("busy", Retryability.RETRYABLE)
    assert here.week(0) is OccurrenceState.RENDERED
    here.tick(3600)
    assert here.told() == ["_late@2026-11-22"]
    for _ in range(40):
        here.tick(3600)
    assert here.state() is OccurrenceState.FAILED
    assert here.told() == ["_late@2026-11-22", "_failed@2026-11-22"]


def test_unknown_delivery_alerts_once_looking_up_is_in_vain(here: Weeks) -> None:
    here.slack.fault = DeliveryError("the answer was lost", Retryability.UNKNOWN)
    here.slack.find = lambda *of: (_ for _ in ()).throw(  # type: ignore[method-assign]
        DeliveryError("the history cannot be read", Retryability.UNKNOWN)
    )
    assert here.week(0) is OccurrenceState.FAILED
    here.tick(600)
    assert here.told() == []
    for _ in range(3):
        here.tick(200)
    assert here.told() == ["_failed@2026-11-22"]
    assert "the history cannot be read" in words_of(here.alert("_failed"))


@pytest.mark.promise(
    "an answer is lost, and the channel cannot be asked (no scope, mail with `hold`)",
    "operators are alerted at once; `resend` asks again",
)
def test_unknown_that_cannot_be_looked_up_is_told_at_once(here: Weeks) -> None:
    here.slack.fault = DeliveryError("the answer was lost", Retryability.UNKNOWN)
    here.slack.find = lambda *of: (_ for _ in ()).throw(  # type: ignore[method-assign]
        CannotLookUp("the app lacks the permission channels:history")
    )
    here.week(0)
    assert here.told() == ["_failed@2026-11-22"]
    assert "lacks the permission channels:history" in words_of(here.alert("_failed"))
    for _ in range(30):
        here.tick(3600)
    assert len(here.told()) == 1


@pytest.mark.long
def test_once_a_streak_and_again_on_recovery(here: Weeks) -> None:
    here.week(0)
    here.slack.fault = GONE
    for number in (1, 2, 3):
        here.week(number)
    assert here.told() == ["_failed@2026-11-29"]
    here.slack.fault = None
    for number in (4, 5):
        here.week(number)
    assert here.told() == ["_failed@2026-11-29", "_recovered@2026-12-20"]
    assert "care-weekly@2026-12-13T22:00:00Z had failed" in words_of(here.alert("_recovered", 4))
    here.slack.fault = GONE
    here.week(6)
    assert here.told()[-1] == "_failed@2027-01-03"


def test_sent_again_by_a_person_it_has_recovered(here: Weeks) -> None:
    here.slack.fault = GONE
    here.week(0)
    here.slack.fault = None
    assert here.ledger.reopen(here.occurrence.id, here.clock.now()) == 1
    here.tick(60)
    here.tick()
    assert here.told() == ["_failed@2026-11-22", "_recovered@2026-11-22"]
    assert "It had failed before" in words_of(here.alert("_recovered"))
    here.week(1)
    assert len(here.told()) == 2


def test_sent_again_in_vain_nobody_is_told_twice(here: Weeks) -> None:
    here.slack.fault = GONE
    here.week(0)
    here.ledger.reopen(here.occurrence.id, here.clock.now())
    here.tick(60)
    here.tick()
    assert here.told() == ["_failed@2026-11-22"]


def test_what_the_api_refused_is_told_with_its_words(here: Weeks) -> None:
    here.digest = replace(here.digest, reports=(Report("summary"),), compare=Compare.NONE, grace_seconds=60.0)
    here.source.answers = {"summary": SourceRefused("HTTP 400: unknown group")}
    here.week(0)
    for _ in range(3):
        here.tick(120)
    assert here.state() is OccurrenceState.FAILED
    said = words_of(here.alert("_failed"))
    assert "2 of 2 recipients" in said
    assert "slack #social-care, email dana@example.com: HTTP 400: unknown group" in said


@pytest.mark.long
def test_failed_alert_is_retried_and_raises_none(here: Weeks) -> None:
    here.digest = replace(here.digest, late_after_seconds=864_000.0)
    here.slack.fault = GONE
    here.mail.fault = DeliveryError("550 no such user", Retryability.PERMANENT)
    here.week(0)
    for _ in range(5):
        here.tick(3600)
    alerts = [record.occurrence.topic for record, _ in here.ledger.history(None) if record.occurrence.topic]
    assert alerts == ["failed"]
    here.mail.fault = DeliveryError("busy", Retryability.RETRYABLE)
    here.week(1)
    here.slack.fault = None
    here.week(2)
    here.mail.fault = None
    for _ in range(3):
        here.tick(3600)
    assert here.told() == ["_recovered@2026-12-06"]


def test_crash_neither_loses_nor_repeats_an_alert(here: Weeks) -> None:
    here.begin(0)
    here.slack.fault = GONE
    here.run()  # the process ends here
    for _ in range(2):
        plan_alerts(here.ledger, here.configuration(), here.clock.now())
    [record] = here.ledger.outstanding(here.clock.now())
    run_occurrence(here.runtime(), record)
    here.tick(60)
    assert here.told() == ["_failed@2026-11-22"]


def test_what_ended_four_days_ago_is_no_news(here: Weeks) -> None:
    here.begin(0)
    here.slack.fault = GONE
    here.run()
    here.tick(4 * 86_400)
    assert here.told() == []


def test_without_operators_nobody_is_told(here: Weeks) -> None:
    here.operators = ()
    here.slack.fault = GONE
    here.week(0)
    assert len(here.ledger.history(None)) == 1


def test_a_test_that_fails_is_its_senders_news(here: Weeks) -> None:
    here.occurrence = replace(here.of_week(0), kind=OccurrenceKind.TEST)
    here.plan(DeliveryKind.TEST)
    here.slack.fault = GONE
    here.tick()
    here.tick()
    assert here.told() == []


def test_every_kind_can_be_said_in_every_form(here: Weeks) -> None:
    """The usual forms: nothing of an alert needs templates of its own."""
    assert set(KINDS) == {"held", "aside", "failed", "recovered", "late", "out", "stopped", "trust", "file"}
    here.slack.fault = GONE
    here.week(0)
    here.slack.fault = None
    here.week(1)
    renderer = Renderer(make_pdf=lambda *of: b"%PDF")
    for edition in (here.alert("_failed"), here.alert("_recovered", 1)):
        slack = renderer.slack(edition, Recipient("slack", "#ops"))
        mail = renderer.email(edition, OPERATOR)
        assert "Social care, weekly" in mail.subject
        assert "digestbot" in mail.text or "had failed" in mail.text
        assert slack.text


def test_alerts_are_retried_for_a_day(here: Weeks) -> None:
    here.digest = replace(here.digest, grace_seconds=60.0)
    here.slack.fault, here.mail.fault = GONE, DeliveryError("busy", Retryability.RETRYABLE)
    here.week(0)
    for _ in range(4):
        here.tick(600)
    here.mail.fault = None
    here.tick(3600)
    assert here.told() == ["_failed@2026-11-22"]
    assert here.states() == [DeliveryState.FAILED, DeliveryState.FAILED]
