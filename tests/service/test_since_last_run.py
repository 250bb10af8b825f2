"""`since last run` leaves no gap and no overlap: over holidays, clock changes, downtime, and what nobody got."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ledger import Ledger
from bot.model import (
    Agents,
    Configuration,
    DeliveryState,
    Digest,
    Holidays,
    Occurrence,
    OccurrenceState,
    OnHoliday,
    Outcome,
    Receipt,
    WindowRule,
)
from bot.service import plan_due
from bot.timetable import parse_schedule
from tests.compose.data import digest
from tests.doubles.ledger import new_ledger
from tests.ledger.factories import edition

SINCE = WindowRule("since last run", "since last run")
PHRASES = (
    "every day at 09:00",
    "every day at 00:00",
    "weekdays at 09:00",
    "every monday at 09:00",
    "monday, thursday at 23:30",
    "every 2 weeks on monday at 09:00",
    "monthly on the 31st at 02:30",
    "last day of the month at 17:00",
    "second tuesday of the month at 10:00",
    "first business day of the month at 08:00",
)
ZONES = ("Australia/Sydney", "Europe/London", "America/St_Johns", "Pacific/Apia", "UTC")
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
DAYS = st.dates(date(2026, 9, 1), date(2027, 2, 28))


@dataclass
class Tick:
    """A look at the clock, so many hours after the one before; `goes_out`: of what was planned, in turn."""

    hours: int
    goes_out: list[bool]


TICKS = st.lists(
    st.builds(Tick, st.integers(1, 24 * 12), st.lists(st.booleans(), min_size=1, max_size=5)),
    min_size=3,
    max_size=25,
)


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    calendar = Holidays(draw(st.sampled_from(("", "AU-NSW"))), tuple(draw(st.lists(DAYS, max_size=8))))
    return digest(
        window=SINCE,
        schedule=replace(parse_schedule(draw(st.sampled_from(PHRASES))), anchor=date(2026, 9, 7)),
        zone=draw(st.sampled_from(ZONES)),
        holidays=calendar,
        on_holiday=draw(st.sampled_from(list(OnHoliday))),
        catch_up=draw(st.sampled_from(("latest", "all", "none"))),
        grace_seconds=draw(st.sampled_from((3600.0, 86_400.0, 8 * 86_400.0))),
    )


def conclude(ledger: Ledger, occurrence: Occurrence, goes_out: bool, now: datetime) -> None:
    claim = ledger.claim_occurrence(occurrence.id, now)
    assert claim is not None
    said = {Agents.NONE: edition(occurrence)}
    if not goes_out:
        assert ledger.suppress(claim, said, "no target was missed", now)
        return
    assert ledger.save_snapshot(claim, said, now)
    for delivery in ledger.deliveries(occurrence.id):
        claim = ledger.claim_delivery(delivery.delivery, now)
        assert claim is not None
        ledger.finish_attempt(claim, Outcome(DeliveryState.SENT, Receipt("1")), now)
    ledger.finish(occurrence.id, now)


def sent(ledger: Ledger) -> list[Occurrence]:
    records = [record for record, _ in ledger.history(None) if record.state is OccurrenceState.DONE]
    return sorted((record.occurrence for record in records), key=lambda one: one.due)


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(digests(), TICKS)
def test_what_was_sent_tiles(of: Digest, ticks: list[Tick]) -> None:
    ledger, now = new_ledger(), BEGIN
    configuration = Configuration("reports.yaml", (of,))
    plan_due(configuration, ledger, now)
    for tick in ticks:
        now += timedelta(hours=tick.hours)
        plan_due(configuration, ledger, now)
        for index, record in enumerate(ledger.outstanding(now)):
            conclude(ledger, record.occurrence, tick.goes_out[index % len(tick.goes_out)], now)
    out = sent(ledger)
    for before, after in pairwise(out):
        assert before.window.end == after.window.start
    for one in out:
        assert one.window.is_whole_days or of.zone == "Pacific/Apia"
        assert one.window.end <= one.due.astimezone(one.window.end.tzinfo)
