"""Whether a composed edition goes out: `send_when`, `when_empty`, `if_incomplete`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.actions import RunRequest, manual_run
from bot.delivery.corrections import plan_correction
from bot.delivery.occurrences import occurrence_of
from bot.delivery.pipeline import run_occurrence
from bot.errors import SourceUnavailable
from bot.model import (
    Agents,
    Compare,
    DeliveryState,
    Empty,
    EventKind,
    OccurrenceState,
    Present,
    Report,
    Scalars,
    SendWhen,
    Target,
    User,
    WindowRule,
)
from bot.timetable import firing_at
from tests.compose.data import NOW, SUMMARY, digest
from tests.delivery.test_pipeline import MAIL, SLACK, World
from tests.doubles.ledger import new_ledger

MISSED, MET = Target("broke_sla_share", 0.10), Target("broke_sla_share", 0.50)
TARGET_MISSED = SendWhen("target_missed")
TWENTY = SendWhen("change", 0.2)
CANCELLED, SENT = DeliveryState.CANCELLED, DeliveryState.SENT


def world(**changes: object) -> World:
    asked: dict[str, object] = {"recipients": (SLACK, MAIL), "reports": (Report("summary"),)}
    made = World(digest=digest(**(asked | changes)))
    made.plan()
    return made


def volumes(here: World, now: object, before: object) -> None:
    """Set the answers of this window and of the one before."""
    fetch = type(here.source).fetch

    def by_window(source, query, due, *, anew=False):  # type: ignore[no-untyped-def]
        value = now if query.window == here.occurrence.window else before
        slot = (
            Present(Scalars(SUMMARY | {"total_volume": value}, {}), NOW)
            if isinstance(value, float) or value is None
            else value
        )
        source.answers["summary"] = slot
        return fetch(source, query, due, anew=anew)

    here.source = type("ByWindow", (type(here.source),), {"fetch": by_window})()


def reason(here: World) -> str:
    record = here.ledger.occurrence(here.occurrence.id)
    assert record is not None
    return record.reason


def test_met_targets_suppress_the_edition() -> None:
    here = world(send_when=TARGET_MISSED, targets=(MET,))
    result = here.run()
    assert (result.sent, result.errors, here.slack.took) == ((), (), [])
    assert result.skipped == "no target was missed (send_when)"
    assert (here.state(), here.states()) == (OccurrenceState.SKIPPED, [CANCELLED, CANCELLED])
    assert reason(here) == result.skipped
    assert here.ledger.events(here.occurrence.id)[-1].kind is EventKind.SKIPPED
    assert here.ledger.outstanding(here.clock.now() + timedelta(days=9)) == ()
    assert here.run().sent == ()  # nor ever after


def test_with_a_missed_target_everybody_gets_it() -> None:
    here = world(send_when=TARGET_MISSED, targets=(MISSED,))
    assert (len(here.run().sent), here.state()) == (2, OccurrenceState.DONE)


def test_unloaded_target_is_sent_marked() -> None:
    here = world(send_when=TARGET_MISSED, targets=(MET,), reports=(Report("summary"), Report("user_summary")))
    here.source.answers["summary"] = SourceUnavailable("HTTP 503")
    result = here.run()
    assert (len(result.sent), result.errors[0].exit_status) == (2, 3)


def test_other_missing_data_is_no_reason_to_send() -> None:
    reports = (Report("summary"), Report("user_summary"))
    here = world(send_when=TARGET_MISSED, targets=(MET,), reports=reports)
    here.source.answers["user_summary"] = SourceUnavailable("HTTP 503")
    assert here.run().skipped == "no target was missed (send_when)"


@pytest.mark.parametrize(
    ("now", "before", "goes_out"),
    [
        (121.0, 100.0, True),
        (79.0, 100.0, True),
        (120.0, 100.0, False),
        (80.0, 100.0, False),
        (100.0, 100.0, False),
        (5.0, 0.0, True),
        (0.0, 0.0, False),
        (0.0, 100.0, True),
        (5.0, Empty(NOW), True),
        (None, None, False),
        (5.0, SourceUnavailable("HTTP 503"), True),
    ],
)
def test_a_change_is_that_of_the_first_key_figure(now: object, before: object, goes_out: bool) -> None:
    here = world(send_when=TWENTY, targets=())
    volumes(here, now, before)
    result = here.run()
    assert (len(result.sent), bool(result.skipped)) == ((2, False) if goes_out else (0, True))


def test_small_change_is_suppressed_with_its_figures() -> None:
    here = world(send_when=TWENTY, targets=())
    volumes(here, 103.0, 100.0)
    assert here.run().skipped == (
        "Messages changed by 3%, from 100 to 103; that is not more than 20% (send_when)"
    )


def test_suppressed_edition_is_kept_for_trends() -> None:
    here = world(send_when=TARGET_MISSED, targets=(MET,))
    here.run()
    assert set(here.ledger.editions(here.occurrence.id)) == {Agents.NONE}
    later = replace(here.occurrence, due=here.occurrence.due + timedelta(days=7))
    [past] = here.ledger.past(later, 8)
    assert not past.published


def test_since_last_run_includes_suppressed_windows() -> None:
    rule = WindowRule("since last run", "since last run")
    here = world(send_when=TARGET_MISSED, targets=(MET,), window=rule)
    first = occurrence_of(here.digest, firing_at(here.digest, NOW), here.ledger)
    week = timedelta(days=7)
    here.ledger = new_ledger()
    dues = [NOW, NOW + week, NOW + 2 * week]
    for due, target in zip(dues, (MISSED, MET, MISSED), strict=True):
        here.digest = replace(here.digest, targets=(target,))
        here.clock.present = due
        here.occurrence = occurrence_of(here.digest, firing_at(here.digest, due), here.ledger)
        here.plan()
        here.run()
    assert here.occurrence.window.start == first.window.end
    assert len(here.occurrence.window.days) == 14


def test_doubt_about_the_filter_comes_before_any_condition() -> None:
    here = world(send_when=TARGET_MISSED, targets=(MET,), users=("9",))
    others = User(8, "li@example.com", "Li", "Wu", False, ())
    here.source.people = (User(9, "noor@example.com", "Noor", "Haddad", False, ()), others)
    here.run()
    assert here.state() is OccurrenceState.HELD


def test_a_correction_goes_out_whatever_the_conditions_say() -> None:
    here = world(send_when=TARGET_MISSED, targets=(MISSED,))
    here.run()
    record = here.ledger.occurrence(here.occurrence.id)
    assert record is not None
    correction = plan_correction(here.ledger, record, here.clock.now())
    here.source.answers["summary"] = Present(Scalars(SUMMARY | {"broke_sla": 1.0}, {}), NOW)
    assert len(run_occurrence(here.runtime(), correction).sent) == 2


@pytest.mark.parametrize(
    "run_request", [RunRequest(to=("#ops",)), RunRequest(window="last week"), RunRequest(group="7")]
)
def test_manual_runs_ignore_conditions(run_request: RunRequest) -> None:
    quiet = digest(send_when=TARGET_MISSED, when_empty="skip")
    asked = manual_run(quiet, run_request, NOW)
    assert (asked.digest.send_when, asked.digest.when_empty) == (SendWhen(), "send")
    assert manual_run(quiet, RunRequest(), NOW).digest.send_when == TARGET_MISSED


NOTHING = Present(
    Scalars({"total_volume": 0.0, "total_responded_to": 0.0, "avg_response_time": None}, {}), NOW
)


@pytest.mark.parametrize("nothing", [NOTHING, Empty(NOW)])
def test_when_nothing_came_in_it_is_skipped(nothing: object) -> None:
    here = world(when_empty="skip")
    here.source.answers["summary"] = nothing
    assert here.run().skipped == "nothing came in (when_empty: skip)"
    assert here.state() is OccurrenceState.SKIPPED


@pytest.mark.parametrize("way", ["skip", "note"])
def test_what_could_not_be_loaded_is_not_nothing(way: str) -> None:
    here = world(when_empty=way, reports=(Report("summary"), Report("states_volume")))
    here.source.answers |= {"summary": NOTHING, "states_volume": SourceUnavailable("HTTP 503")}
    assert len(here.run().sent) == 2
    assert not here.ledger.editions(here.occurrence.id)[Agents.NONE].brief


def test_empty_note_has_one_sentence_and_no_files() -> None:
    here = world(when_empty="note")
    here.source.answers["summary"] = NOTHING
    assert len(here.run().sent) == 2
    edition = here.ledger.editions(here.occurrence.id)[Agents.NONE]
    assert [type(block).__name__ for block in edition.blocks] == ["Headline"]
    assert (edition.brief, edition.csvs, edition.exports) == (True, (), ())
    assert edition.summary_text == "Nothing came in: no messages and no answers in this window."


def test_as_usual_it_is_sent_with_its_zeros() -> None:
    here = world()
    here.source.answers["summary"] = NOTHING
    assert len(here.run().sent) == 2
    assert not here.ledger.editions(here.occurrence.id)[Agents.NONE].brief


def incomplete() -> World:
    made = World(
        digest=digest(
            recipients=(SLACK, MAIL),
            reports=(Report("summary"), Report("user_summary")),
            if_incomplete="hold",
            compare=Compare.NONE,
        )
    )
    made.source.answers["user_summary"] = SourceUnavailable("HTTP 503")
    made.plan()
    return made


def test_incomplete_edition_waits_until_complete() -> None:
    here = incomplete()
    result = here.run()
    assert (result.sent, here.state()) == ((), OccurrenceState.PLANNED)
    assert "if_incomplete: hold" in str(result.errors[0])
    assert result.errors[0].exit_status == 3
    del here.source.answers["user_summary"]
    here.source.answers |= dict(World().source.answers)
    here.clock.sleep(61)
    assert (len(here.run().sent), here.state()) == (2, OccurrenceState.DONE)


def test_incomplete_past_grace_is_held_for_release() -> None:
    here = incomplete()
    here.operators = (SLACK,)
    tries = 0
    while here.state() is OccurrenceState.PLANNED:
        tries += 1
        here.run()
        here.clock.sleep(3601)
    assert here.state() is OccurrenceState.HELD
    assert 24 <= tries <= 28
    assert "stayed so until its grace ended" in reason(here)
    assert [delivery.occurrence for delivery in here.slack.took] == ["care-weekly/_held@2026-11-22T22:00:00Z"]
    here.ledger.release(here.occurrence.id, here.clock.now())
    assert len(here.run().sent) == 2


def test_incomplete_test_is_sent_marked() -> None:
    waiting = digest(if_incomplete="hold")
    assert manual_run(waiting, RunRequest(to=("#ops",)), NOW).digest.if_incomplete == "mark"
    assert manual_run(waiting, RunRequest(group="7"), NOW).digest.if_incomplete == "hold"
