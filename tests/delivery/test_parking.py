"""What kills its process three times, alone, is set aside for an hour; after the fourth time it is parked."""

from dataclasses import replace

import pytest

from bot.delivery.pipeline import PARKED, SET_ASIDE, run_occurrence
from bot.model import DeliveryState, OccurrenceState
from tests.delivery.weeks import Weeks, words_of
from tests.doubles.ledger import beside, kill


class Poisoned:
    """The work of one process after another, each of which dies at the same place."""

    def __init__(self, here: Weeks) -> None:
        self.here, self.died = here, 0

    def run(self) -> None:
        """Run the next process: it takes back what the one before left, and dies at the work."""
        here, owner = self.here, f"elsewhere:{self.died}:a"
        process = beside(here.ledger, owner)
        process.reap(here.clock.now())
        for record in process.outstanding(here.clock.now()):
            # A killed process never gets to `end_work`.
            process.start_work(record.occurrence.id)
            if not here.ledger.editions(record.occurrence.id):
                process.claim_occurrence(record.occurrence.id, here.clock.now())
        kill(process)
        self.died += 1


@pytest.fixture
def here() -> Weeks:
    return Weeks()


@pytest.mark.parametrize("composed", [False, True])
@pytest.mark.covers("An occurrence ends the process each time")
def test_after_three_deaths_it_is_set_aside_and_after_the_fourth_parked(here: Weeks, composed: bool) -> None:
    """While it is composed, or while what was composed is rendered."""
    here.begin(0)
    if composed:
        here.stopping = lambda: True
        here.run()
        here.stopping = lambda: False
        assert here.state() is OccurrenceState.RENDERED
    poison = Poisoned(here)
    for _ in range(3):
        poison.run()
    here.ledger.reap(here.clock.now())
    [result] = here.tick()
    assert SET_ASIDE in str(result.errors[0])
    here.tick()
    assert here.told() == ["_aside@2026-11-22"]
    assert "tried once more, on its own" in words_of(here.alert("_aside"))
    here.clock.sleep(3500)
    assert here.ledger.jobs(here.clock.now(), here.occurrence.id) == ()
    here.clock.sleep(200)
    poison.run()
    here.ledger.reap(here.clock.now())
    [result, *_] = here.tick()
    assert PARKED in str(result.errors[0])
    assert here.state() is OccurrenceState.FAILED
    assert here.states() == [DeliveryState.FAILED] * 2
    here.tick()
    assert here.told() == ["_aside@2026-11-22", "_failed@2026-11-22"]
    assert PARKED in words_of(here.alert("_failed"))
    assert here.slack.took == []


def test_last_try_that_lives_clears_it(here: Weeks) -> None:
    here.begin(0)
    poison = Poisoned(here)
    for _ in range(3):
        poison.run()
    here.ledger.reap(here.clock.now())
    here.tick()
    assert here.ledger.suspects() == {here.occurrence.id}
    here.tick(3700)
    assert here.state() is OccurrenceState.DONE
    assert here.ledger.suspects() == frozenset()


def test_of_several_at_work_none_is_accused_and_each_is_a_suspect(here: Weeks) -> None:
    here.digest = replace(here.digest, late_after_seconds=1_000_000.0)
    ids = {here.begin(0).id, here.begin(1).id}
    poison = Poisoned(here)
    for _ in range(5):
        poison.run()
    here.ledger.reap(here.clock.now())
    assert here.ledger.suspects() == ids
    here.tick()
    assert here.ledger.suspects() == frozenset()
    assert here.told() == []
    assert set(here.states()) == {DeliveryState.SENT}


def test_two_deaths_are_bad_luck(here: Weeks) -> None:
    here.begin(0)
    poison = Poisoned(here)
    for _ in range(2):
        poison.run()
    here.ledger.reap(here.clock.now())
    here.tick()
    assert here.state() is OccurrenceState.DONE


def test_a_person_may_try_it_again(here: Weeks) -> None:
    here.begin(0)
    poison = Poisoned(here)
    for _ in range(3):
        poison.run()
    here.ledger.reap(here.clock.now())
    here.tick()
    assert here.ledger.reopen(here.occurrence.id, here.clock.now()) == 2
    here.tick()
    assert here.state() is OccurrenceState.DONE


def test_an_error_is_no_death(here: Weeks) -> None:
    here.begin(0)
    for _ in range(5):
        here.source.during = lambda: (_ for _ in ()).throw(ZeroDivisionError())
        here.tick(3700)
    here.source.during = lambda: None
    here.tick(3700)
    assert here.state() is OccurrenceState.DONE


def test_nor_is_an_interruption_by_a_person(here: Weeks) -> None:
    here.begin(0)
    record = here.ledger.occurrence(here.occurrence.id)
    assert record is not None

    def interrupted() -> None:
        raise KeyboardInterrupt

    for _ in range(4):
        here.source.during = interrupted
        with pytest.raises(KeyboardInterrupt):
            run_occurrence(here.runtime(), record)
        here.clock.sleep(600)
        here.ledger.reap(here.clock.now())
    here.source.during = lambda: None
    here.tick()
    assert here.state() is OccurrenceState.DONE
