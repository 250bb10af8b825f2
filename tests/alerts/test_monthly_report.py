"""The monthly trust digest: every delivery that was due, counted once, from the ledger alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.alert import FAILED, alert_of
from bot.alerts.monthly_report import count, month_of
from bot.alerts.wording import Counted
from bot.errors import DeliveryError, Retryability
from bot.model import Agents, Delivery, OccurrenceKind, Recipient, TableBlock, Window, correction_of
from bot.render import Renderer
from tests.delivery.weeks import OPERATOR, Weeks

DECEMBER_FIRST = datetime(2026, 11, 30, 21, 0, tzinfo=UTC)  # 08:00 in Sydney
GONE = DeliveryError("no", Retryability.PERMANENT)


@pytest.fixture
def here() -> Weeks:
    """Provide November: the firings of 2, 9, 16, 23 and 30 November, 09:00 in Sydney."""
    world = Weeks()
    world.clock.present = datetime(2026, 11, 1, tzinfo=UTC)
    return world


def november(here: Weeks) -> None:
    """Sent on time, sent late, failed and unknown in part, held, and skipped."""
    here.week(-3)
    here.begin(-2)
    here.tick(600)
    here.slack.fault, here.mail.fault = GONE, DeliveryError("lost", Retryability.UNKNOWN)
    here.begin(-1)
    here.run()
    here.slack.fault = here.mail.fault = None
    held = here.begin(0)
    here.stopping = lambda: True
    here.run()
    here.stopping = lambda: False
    here.ledger.correct(held, correction_of(held, 1), here.digest, (), here.clock.now())
    here.ledger.skip(here.of_week(1), here.digest, "holiday", here.clock.now())


def test_everything_is_counted_once(here: Weeks) -> None:
    november(here)
    month = month_of("_bot", here.digest.zone, DECEMBER_FIRST)
    [found] = count(here.ledger, month.window)
    assert found == Counted(
        "care-weekly", due=10, sent=4, on_time=2, late=2, failed=1, unknown=1, held=0, skipped=4
    )
    assert found.due == found.sent + found.failed + found.unknown + found.held + found.skipped


def test_held_ones_are_counted_as_such(here: Weeks) -> None:
    of = here.begin(0)
    claim = here.ledger.claim_occurrence(of.id, here.clock.now())
    assert claim is not None
    here.ledger.save_snapshot(claim, {}, here.clock.now(), held="not known whether the filter was honoured")
    month = month_of("_bot", here.digest.zone, DECEMBER_FIRST)
    assert count(here.ledger, month.window) == (Counted("care-weekly", due=2, held=2),)


def test_on_time_limit_is_five_minutes(here: Weeks) -> None:
    for number, seconds in ((-3, 300), (-2, 301)):
        here.begin(number)
        here.tick(seconds)
    month = month_of("_bot", here.digest.zone, DECEMBER_FIRST)
    [found] = count(here.ledger, month.window)
    assert (found.on_time, found.late) == (2, 2)


def test_alerts_tests_and_manual_runs_are_not_counted(here: Weeks) -> None:
    scheduled = here.of_week(0)
    for of in (
        alert_of(FAILED, scheduled),
        correction_of(scheduled, 1),
        replace(scheduled, slice="window-last-week", kind=OccurrenceKind.MANUAL),
        replace(scheduled, slice="test-20261122t", kind=OccurrenceKind.TEST),
    ):
        here.ledger.plan(of, here.digest, (Delivery(of.id, OPERATOR),), here.clock.now(), False)
    assert count(here.ledger, month_of("_bot", here.digest.zone, DECEMBER_FIRST).window) == ()


@pytest.mark.long
def test_report_is_sent_once_on_the_first(here: Weeks) -> None:
    november(here)
    here.mail.took.clear()
    here.clock.present = DECEMBER_FIRST - timedelta(minutes=1)
    here.tick(1)
    assert not any("_trust" in one.occurrence for one in here.mail.took)
    for _ in range(5):
        here.tick(3600)
    [told] = [one for one in here.mail.took if "_trust" in one.occurrence]
    assert (told.occurrence, told.recipient) == ("_bot/_trust@2026-11-30T21:00:00Z", OPERATOR)
    edition = here.ledger.editions(told.occurrence)[Agents.NONE]
    [table] = [block for block in edition.blocks if isinstance(block, TableBlock)]
    assert [cell.text for cell in table.rows[0]] == ["care-weekly", "10", "4", "2", "2", "2", "0", "0", "4"]
    renderer = Renderer(make_pdf=lambda *of: b"%PDF")
    slack = renderer.slack(edition, Recipient("slack", "#ops"))
    mail = renderer.email(edition, OPERATOR)
    for said in (str(slack.blocks), " ".join(mail.text.split())):
        assert "of 10 deliveries that were due, 4 were sent, 20% on time" in said
        assert "Late 2 · failed 2 · unknown 0 · held 0 · skipped 4" in said
    assert mail.subject == "How reliable the reports were, 1 – 30 November 2026"


def test_after_downtime_it_still_comes_within_three_days(here: Weeks) -> None:
    here.week(0)
    here.mail.took.clear()
    here.clock.present = DECEMBER_FIRST + timedelta(days=2)
    here.tick()
    assert [one.occurrence for one in here.mail.took] == ["_bot/_trust@2026-11-30T21:00:00Z"]


def test_where_nothing_was_due_nothing_is_told(here: Weeks) -> None:
    here.clock.present = DECEMBER_FIRST + timedelta(hours=1)
    here.tick()
    assert here.ledger.history(None) == ()


def test_without_operators_there_is_none(here: Weeks) -> None:
    here.operators = ()
    here.week(0)
    here.clock.present = DECEMBER_FIRST
    here.tick()
    assert len(here.ledger.history(None)) == 1


def test_months_and_zones() -> None:
    sydney = month_of("_bot", "Australia/Sydney", datetime(2027, 1, 1, 0, 0, tzinfo=UTC))
    assert (sydney.due, sydney.window.first_day.isoformat(), sydney.window.last_day.isoformat()) == (
        datetime(2026, 12, 31, 21, 0, tzinfo=UTC),
        "2026-12-01",
        "2026-12-31",
    )
    apia = month_of("_bot", "Pacific/Apia", datetime(2012, 1, 15, tzinfo=UTC))
    assert apia.window == Window.of_dates(
        datetime(2011, 12, 1).date(), datetime(2011, 12, 31).date(), "Pacific/Apia"
    )
    march = month_of("_bot", "Europe/Berlin", datetime(2028, 3, 31, 22, 30, tzinfo=UTC))
    assert march.due == datetime(2028, 4, 1, 6, 0, tzinfo=UTC)
