"""Alerts about a firing that is late: one that says why and what follows, and one once it ended.

However many slices a firing has, it has one of each. What is held, set aside or failed has an alert already
and gets no other. What was late when it was planned gets only the second one if it goes out within SETTLES.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from bot.alerts.alert import ASIDE, FAILED, HELD, LATE, OUT, RECOVERED, alert_of, plan_alert
from bot.alerts.wording import Lateness, Notice, late_notice, out_notice
from bot.delivery.retry_policy import ALERT_WITHIN
from bot.ledger import Ledger
from bot.model import (
    Configuration,
    DeliveryState,
    OccurrenceKind,
    OccurrenceRecord,
    OccurrenceState,
)

SETTLES = timedelta(minutes=1)
WAITS = (OccurrenceState.PLANNED, OccurrenceState.RENDERED)
PAUSED = "paused"
"""How the reason of what a person paused begins."""

Firing = tuple[OccurrenceRecord, ...]


def detect(ledger: Ledger, configuration: Configuration, now: datetime) -> None:
    """Plan the alert of each firing that is late, and of each that was and ended."""
    firings = tuple(_firings(_late(ledger, configuration, now)))
    told = ledger.alerted({id for firing in firings for id in _ids(firing)})
    newest = {firing[0].occurrence.digest: firing for firing in firings}
    for firing in firings:
        whole = replace(firing[0].occurrence, slice="")
        topic = _topic(firing, told, now)
        # Of several missed ones the newest stands for all.
        if topic and not (_was_missed(firing) and newest[whole.digest] is not firing):
            plan_alert(ledger, alert_of(topic, whole), firing[0].definition, configuration.operators, now)


def late_now(ledger: Ledger, configuration: Configuration, now: datetime) -> tuple[OccurrenceRecord, ...]:
    """Return what was scheduled, is not out in time, and waits for no person; oldest first."""
    return tuple(one for one in _late(ledger, configuration, now) if one.state in WAITS)


def compose_late(ledger: Ledger, alert: OccurrenceRecord, now: datetime) -> Notice:
    """Compose why it is not out and what happens next; or how it ended meanwhile."""
    waiting = [one for one in _subjects(ledger, alert) if one.state in WAITS]
    if not waiting:
        return compose_out(ledger, alert, now)
    lateness = _lateness(ledger, waiting[0])
    return late_notice(alert.definition, waiting[0], len(waiting), lateness)


def compose_out(ledger: Ledger, alert: OccurrenceRecord, now: datetime) -> Notice:
    """Compose when it went out, or how else it ended."""
    subjects = _subjects(ledger, alert)
    nobody_ran = any(map(_was_planned_late, subjects))
    return out_notice(alert.definition, subjects, nobody_ran=nobody_ran, was_missed=_was_missed(subjects))


def _late(ledger: Ledger, configuration: Configuration, now: datetime) -> list[OccurrenceRecord]:
    """Return what is late, and what was and ended lately; oldest first, by digest."""
    behind = timedelta(seconds=min(digest.late_after_seconds for digest in configuration.digests))
    records = ledger.tardy(behind, now - ALERT_WITHIN, now)
    late = (one for one in records if (one.ended_at or now) - one.occurrence.due >= _limit(one))
    return sorted(late, key=_firing_of)


def _firing_of(record: OccurrenceRecord) -> tuple[datetime, str]:
    return record.occurrence.due, record.occurrence.digest


def _firings(late: Sequence[OccurrenceRecord]) -> Iterator[Firing]:
    for _, group in groupby(late, key=_firing_of):
        yield _undivided(tuple(group))


def _undivided(firing: Firing) -> Firing:
    """Leave out an occurrence that was divided, where its slices are known."""
    whole = (one for one in firing if not one.definition.for_each or one.state is not OccurrenceState.DONE)
    return tuple(whole) or firing


def _limit(record: OccurrenceRecord) -> timedelta:
    return timedelta(seconds=record.definition.late_after_seconds)


def _ids(firing: Firing) -> Iterator[str]:
    yield replace(firing[0].occurrence, slice="").id
    yield from (one.occurrence.id for one in firing)


def _topic(firing: Firing, told: Mapping[str, Set[str]], now: datetime) -> str:
    """Return LATE, OUT or ''."""
    whole = told.get(replace(firing[0].occurrence, slice="").id, frozenset())
    if waiting := [one for one in firing if one.state in WAITS]:
        is_news = any(_is_quiet(one, told, HELD, ASIDE, FAILED) and _settled(one, now) for one in waiting)
        return LATE if is_news and LATE not in whole else ""
    if LATE in whole:
        is_news = any(_is_quiet(one, told, FAILED, RECOVERED) for one in firing)
    else:
        went_out = any(one.state is OccurrenceState.DONE for one in firing)
        is_news = all(_is_quiet(one, told, HELD, ASIDE, FAILED, RECOVERED) for one in firing)
        is_news &= went_out or _was_missed(firing)
    return OUT if is_news and OUT not in whole else ""


def _is_quiet(record: OccurrenceRecord, told: Mapping[str, Set[str]], *topics: str) -> bool:
    return not told.get(record.occurrence.id, frozenset()) & set(topics)


def _settled(record: OccurrenceRecord, now: datetime) -> bool:
    return record.planned_at is None or now - record.planned_at >= SETTLES


def _was_planned_late(record: OccurrenceRecord) -> bool:
    due = record.occurrence.due
    return (record.planned_at or due) - due >= _limit(record)


def _was_missed(firing: Firing) -> bool:
    """Return whether it was skipped when it was planned, too late, and no person had paused it."""
    return all(
        one.state is OccurrenceState.SKIPPED
        and not one.occurrence.slice
        and one.ended_at == one.planned_at
        and not one.reason.startswith(PAUSED)
        for one in firing
    )


def _subjects(ledger: Ledger, alert: OccurrenceRecord) -> Firing:
    due = alert.occurrence.due
    rows = ledger.due_between(due, due + timedelta(seconds=1))
    mine = (
        record
        for record, _ in rows
        if record.occurrence.digest == alert.occurrence.digest
        and record.occurrence.kind is OccurrenceKind.SCHEDULED
    )
    return _undivided(tuple(mine))


def _lateness(ledger: Ledger, record: OccurrenceRecord) -> Lateness:
    """Return why this occurrence waits, and when it is tried next."""
    nobody_ran = _was_planned_late(record)
    waiting = [one for one in ledger.deliveries(record.occurrence.id) if one.state is DeliveryState.READY]
    if record.state is OccurrenceState.PLANNED or not waiting:
        return Lateness(record.reason or _step(record), record.not_before, nobody_ran)
    stops = {stop.channel: stop for stop in ledger.open_circuits()}
    for pending in waiting:
        if stop := stops.get(pending.delivery.recipient.channel):
            reason = f"{stop.channel} is stopped: {stop.reason}"
            return Lateness(reason, stop.retry_at, nobody_ran, len(waiting))
    first = min(waiting, key=lambda one: one.not_before or record.occurrence.due)
    return Lateness(
        first.error or "it waits for its turn to be sent", first.not_before, nobody_ran, len(waiting)
    )


def _step(record: OccurrenceRecord) -> str:
    if record.state is OccurrenceState.RENDERED:
        return "it is being sent now"
    # A claim counts as an attempt until it turns out that nothing failed.
    return (
        "its figures are being fetched, and the API is slow" if record.attempts else "it waits for its turn"
    )
