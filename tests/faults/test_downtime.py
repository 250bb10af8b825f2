"""Five days without a process, and a machine whose zone changes: the three ways to catch up, and no difference."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.model import Configuration, Digest, OccurrenceState
from bot.service import Service
from bot.timetable import parse_schedule, parse_window
from tests.compose.data import digest
from tests.delivery.test_pipeline import MAIL, World
from tests.doubles.ledger import new_ledger
from tests.journeys.world import World as Journey

STARTED = datetime(2026, 11, 15, 12, tzinfo=UTC)
FIRST_DUE = datetime(2026, 11, 15, 22, tzinfo=UTC)  # 09:00 in Sydney
BACK = FIRST_DUE + timedelta(days=5, hours=3)
HOST_ZONES = ("America/New_York", "Pacific/Apia", "Asia/Kolkata", "")


def daily(catch_up: str, hours: float) -> Digest:
    return digest(
        schedule=parse_schedule("every day at 09:00"),
        window=parse_window("yesterday"),
        recipients=(MAIL,),
        grace_seconds=hours * 3600,
        catch_up=catch_up,
    )


def after_five_days(of: Digest) -> World:
    """Start, stop before anything is due, and start again five days and three hours later."""
    return at(of, STARTED, BACK, BACK + timedelta(seconds=5))


def at(of: Digest, *moments: datetime) -> World:
    """One round of the service at each of these moments."""
    here = World(digest=of, ledger=new_ledger())
    configuration = Configuration("reports.yaml", (of,))
    for moment in moments:
        here.clock.present = moment
        service = Service(configuration, here.runtime(), Path(), lambda result: None)
        service.plan_once()
        service.deliver_once()
    return here


def days(here: World, state: OccurrenceState) -> dict[int, bool]:
    """Days of November with an occurrence in that state, and whether it is marked late."""
    return {
        record.occurrence.due.day: record.late
        for record, _ in here.ledger.history(None)
        if record.state is state
    }


@pytest.mark.covers("Nothing runs for five days")
def test_catch_up_latest_skips_older_firings() -> None:
    here = after_five_days(daily("latest", 24))
    assert days(here, OccurrenceState.DONE) == {20: True}
    assert set(days(here, OccurrenceState.SKIPPED)) == {15, 16, 17, 18, 19}
    reasons = {r.reason for r, _ in here.ledger.history(None) if r.state is OccurrenceState.SKIPPED}
    assert reasons == {"missed while nothing ran (catch_up: latest, grace 24 h)"}
    assert len(here.mail.took) == 1
    editions = here.ledger.editions("care-weekly@2026-11-20T22:00:00Z")
    assert all("late" in edition.late_text.casefold() for edition in editions.values())


@pytest.mark.covers("Nothing runs for five days")
def test_catch_up_all_sends_oldest_first() -> None:
    here = after_five_days(daily("all", 72))
    assert days(here, OccurrenceState.DONE) == {18: True, 19: True, 20: True}
    assert set(days(here, OccurrenceState.SKIPPED)) == {15, 16, 17}
    assert [took.occurrence[-20:-10] for took in here.mail.took] == ["2026-11-18", "2026-11-19", "2026-11-20"]
    windows = [r.occurrence.window for r, _ in here.ledger.history(None)]
    assert all(earlier.end == later.start for later, earlier in pairwise(windows))


@pytest.mark.covers("Nothing runs for five days")
def test_none_sends_nothing_that_is_late_and_says_why() -> None:
    here = after_five_days(daily("none", 24))
    assert (days(here, OccurrenceState.DONE), here.mail.took) == ({}, [])
    assert set(days(here, OccurrenceState.SKIPPED)) == {15, 16, 17, 18, 19, 20}
    reasons = {record.reason for record, _ in here.ledger.history(None)}
    assert reasons == {"missed while nothing ran (catch_up: none, grace 24 h)"}


@pytest.mark.covers("Nothing runs for five days")
@pytest.mark.parametrize("catch_up", ["latest", "all", "none"])
def test_what_is_on_time_goes_out_whatever_the_way(catch_up: str) -> None:
    on_time = FIRST_DUE + timedelta(seconds=4)
    here = at(daily(catch_up, 24), STARTED, on_time, on_time + timedelta(seconds=5))
    assert days(here, OccurrenceState.DONE) == {15: False}
    assert len(here.mail.took) == 1


@pytest.mark.long
@pytest.mark.covers("Nothing runs for five days")
def test_history_has_every_missed_firing() -> None:
    """Record each of the six firings once, sent or skipped, with every catch-up policy."""
    for catch_up in ("latest", "all", "none"):
        known = after_five_days(daily(catch_up, 24)).ledger.history(None)
        assert sorted(record.occurrence.due.day for record, _ in known) == [15, 16, 17, 18, 19, 20]


@pytest.mark.covers("Nothing runs for five days")
@pytest.mark.long
def test_five_days_of_downtime_by_the_command(here: Journey) -> None:
    text = (here.folder / "reports.yaml").read_text(encoding="utf-8")
    text = text.replace("every monday at 09:00", "every day at 09:00").replace("last week", "yesterday")
    here.write(text)
    assert here.bot("run", "--once", "--now", "2018-05-06T12:00:00Z").returncode == 0
    assert here.bot("run", "--once", "--now", "2018-05-12T02:00:00Z").returncode == 0
    rows = {row["due"][:10]: row for row in here.history() if row["channel"] in (None, "", "slack")}
    assert {due: (row["state"], row["late"]) for due, row in rows.items()} == {
        "2018-05-11": ("sent", True),
        **{f"2018-05-{day:02}": ("skipped", False) for day in range(6, 11)},
    }
    assert "catch_up: latest, grace 24 h" in rows["2018-05-06"]["error"]
    assert "late" in str(here.slack.messages[0].arguments).casefold()
    assert (len(here.slack.messages), len(here.smtp.messages)) == (1, 1)


@pytest.mark.covers("The host's time zone changes")
@pytest.mark.long
def test_the_hosts_zone_changes_nothing_and_sends_nothing_twice(here: Journey) -> None:
    """The machine is moved from zone to zone between rounds: the same plan, and one delivery."""
    asked = ("plan", "--days", "9", "--now", "2018-05-06T12:00:00Z", "--json")
    plans = [json.loads(here.bot(*asked, TZ=zone).stdout) for zone in HOST_ZONES]
    assert plans[0]
    assert all(plan == plans[0] for plan in plans)
    moments = ("2018-05-06T12:00:00Z", "2018-05-06T23:00:30Z", "2018-05-06T23:30:00Z", "2018-05-07T13:00:00Z")
    for moment, zone in zip(moments, HOST_ZONES, strict=True):
        assert here.bot("run", "--once", "--now", moment, TZ=zone).returncode == 0
    assert (len(here.slack.messages), len(here.smtp.messages)) == (1, 1)
