"""Past windows: which they are, that nothing is sent, and that a gap stays a gap."""

from dataclasses import replace

from bot.actions import backfill, past_firings
from bot.delivery.occurrences import occurrence_of
from bot.errors import EditionHeld, SourceUnavailable
from bot.model import Agents, Digest, Group, Occurrence, OccurrenceState, User
from tests.compose.data import digest
from tests.delivery.test_pipeline import World
from tests.doubles.source import FakeSource


def filled(here: World, count: int = 2) -> list[tuple[str, bool, str]]:
    return [
        (one.occurrence.id, one.known, type(one.error).__name__ if one.error else "")
        for one in backfill(here.runtime(), here.digest, count)
    ]


def state(here: World, occurrence_id: str) -> OccurrenceState | None:
    record = here.ledger.occurrence(occurrence_id)
    return record.state if record else None


BEFORE, EARLIER = "care-weekly@2026-11-15T22:00:00Z", "care-weekly@2026-11-08T22:00:00Z"


def test_the_windows_before_the_latest_newest_first() -> None:
    here = World()
    dues = [firing.due.isoformat() for firing in past_firings(here.digest, here.clock.now(), 3)]
    assert dues == ["2026-11-15T22:00:00+00:00", "2026-11-08T22:00:00+00:00", "2026-11-01T22:00:00+00:00"]


def test_a_paused_digest_has_a_past_too() -> None:
    here = World()
    paused = replace(here.digest, paused=True)
    assert past_firings(paused, here.clock.now(), 3) == past_firings(here.digest, here.clock.now(), 3)


def test_they_are_kept_for_trends_and_nobody_gets_anything() -> None:
    here = World()
    assert filled(here) == [(BEFORE, False, ""), (EARLIER, False, "")]
    assert state(here, BEFORE) is OccurrenceState.BACKFILLED
    assert (here.slack.took, here.mail.took) == ([], [])
    assert Agents.NONE in here.ledger.editions(BEFORE)
    assert len(here.ledger.past(here.occurrence, 8)) == 2


def test_what_is_kept_already_is_not_asked_for() -> None:
    here = World()
    filled(here, 1)
    here.source.asked.clear()
    assert filled(here, 1) == [(BEFORE, True, "")]
    assert here.source.asked == []


def test_failed_window_leaves_a_gap() -> None:
    here = World()
    good = dict(here.source.answers)
    failures = iter([SourceUnavailable("down")])

    def fail_once() -> None:
        here.source.answers = good | ({"summary": next(failures)} if here.source.asked == ["summary"] else {})

    here.digest = digest(reports=here.digest.reports[:1], recipients=here.digest.recipients)
    here.source.during = fail_once
    first, second = filled(here)
    assert first == (BEFORE, False, "SourceUnavailable")
    assert second == (EARLIER, False, "")
    assert state(here, BEFORE) is None
    assert filled(here)[0] == (BEFORE, False, "")


def test_half_a_window_is_not_kept() -> None:
    here = World()
    here.source.answers["user_summary"] = SourceUnavailable("down")
    assert filled(here, 1) == [(BEFORE, False, "SourceError")]
    assert state(here, BEFORE) is None


def test_figures_that_may_be_somebody_elses_are_not_kept() -> None:
    here = World()
    here.digest = replace(here.digest, groups=("Billing",), reports=here.digest.reports[:1])
    here.source = FakeSource(
        named=(Group(2, "Billing"),),
        people=(User(1, "a@b", "A", "B", False, (2,)), User(2, "c@d", "C", "D", False, ())),
    )
    assert filled(here, 1) == [(BEFORE, False, EditionHeld.__name__)]
    assert state(here, BEFORE) is None


def test_a_window_that_was_missed_is_filled() -> None:
    here = World()
    [firing] = past_firings(here.digest, here.clock.now(), 1)
    missed: Occurrence = occurrence_of(here.digest, firing, None)
    some: Digest = here.digest
    here.ledger.skip(missed, some, "missed while nothing ran", here.clock.now())
    assert filled(here, 1) == [(BEFORE, False, "")]
    assert state(here, BEFORE) is OccurrenceState.BACKFILLED
