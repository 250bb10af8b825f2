"""One occurrence, step by step, with fakes at the ports: what is asked, kept, sent and settled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.actions import run_now
from bot.alerts import alert_editions, plan_alerts
from bot.delivery.corrections import plan_correction
from bot.delivery.editions import ComposedEditions
from bot.delivery.pipeline import compose, run_occurrence
from bot.delivery.recipients import Audience
from bot.delivery.retry_policy import JITTER, next_fetch
from bot.delivery.runtime import RunResult, Runtime
from bot.errors import BotError, DeliveryError, Retryability, SourceBusy, SourceUnavailable
from bot.ledger import Ledger
from bot.model import (
    Agents,
    Channel,
    Configuration,
    Cutoffs,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Digest,
    Edition,
    EventKind,
    ExportFile,
    Group,
    Headline,
    Kpis,
    Occurrence,
    OccurrenceState,
    Present,
    Receipt,
    Recipient,
    Rendition,
    Report,
)
from bot.render import Renderer
from tests.compose.data import CURRENT, NOW, WEEK, digest
from tests.doubles.channel import FakeChannel
from tests.doubles.clock import TurnedClock
from tests.doubles.ledger import beside, kill, new_ledger
from tests.doubles.source import FakeSource

SLACK = Recipient("slack", "#social-care")
MAIL = Recipient("email", "dana@example.com", Agents.NAMES)


@dataclass
class World:
    """One ledger, source and set of channels; `run` is one try at the occurrence."""

    digest: Digest = field(
        default_factory=lambda: digest(
            recipients=(SLACK, MAIL), reports=(Report("summary"), Report("user_summary"))
        )
    )
    source: FakeSource = field(default_factory=FakeSource)
    slack: FakeChannel = field(default_factory=FakeChannel)
    mail: FakeChannel = field(default_factory=FakeChannel)
    clock: TurnedClock = field(default_factory=TurnedClock)
    ledger: Ledger = field(default_factory=new_ledger)
    occurrence: Occurrence = field(default_factory=lambda: Occurrence("care-weekly", NOW, WEEK))
    channels: Mapping[str, Channel] | None = None
    operators: tuple[Recipient, ...] = ()
    stopping: Callable[[], bool] = lambda: False
    templates: str = ""
    credentials: Mapping[str, str] = field(default_factory=dict)

    def plan(self, kind: DeliveryKind = DeliveryKind.REAL) -> None:
        deliveries = tuple(Delivery(self.occurrence.id, one, kind) for one in self.digest.recipients)
        self.ledger.plan(self.occurrence, self.digest, deliveries, self.clock.now(), False)

    def runtime(self) -> Runtime:
        return Runtime(
            lambda: self.source,
            self.ledger,
            self.channels or {"slack": self.slack, "email": self.mail},
            Renderer(overrides=self.templates),
            self.clock,
            lambda text: None,
            compose_alert=alert_editions,
            stopping=self.stopping,
            credentials=self.credentials,
            audience=Audience(self.configuration(), lambda: self.source, self.clock),
        )

    def run(self) -> RunResult:
        record = self.ledger.occurrence(self.occurrence.id)
        assert record is not None
        return run_now(self.runtime(), self.configuration(), record)

    def configuration(self) -> Configuration:
        return Configuration("reports.yaml", (self.digest,), operators=self.operators)

    def states(self) -> list[DeliveryState]:
        return [pending.state for pending in self.ledger.deliveries(self.occurrence.id)]

    def state(self) -> OccurrenceState:
        record = self.ledger.occurrence(self.occurrence.id)
        assert record is not None
        return record.state


@pytest.fixture
def here() -> World:
    made = World()
    made.plan()
    return made


def test_everything_goes_well_once(here: World) -> None:
    result = here.run()
    assert [sent.receipt.provider_id for sent in result.sent] == ["id-1", "id-1"]
    assert (result.errors, here.state()) == ((), OccurrenceState.DONE)
    assert sorted(here.source.asked) == ["summary", "summary", "user_summary", "user_summary"]


def test_a_second_run_asks_and_sends_nothing(here: World) -> None:
    here.run()
    asked = len(here.source.asked)
    assert here.run() == RunResult(here.occurrence.id)
    assert (len(here.source.asked), len(here.slack.took)) == (asked, 1)


def test_one_recipients_failure_never_stops_the_others(here: World) -> None:
    here.slack.fault = DeliveryError("no such channel", Retryability.PERMANENT)
    result = here.run()
    assert [str(error) for error in result.errors] == ["#social-care: no such channel"]
    assert here.states() == [DeliveryState.FAILED, DeliveryState.SENT]


@pytest.mark.long
def test_nor_does_a_bug_in_one(here: World) -> None:
    here.channels = {"email": here.mail}  # asking for Slack is a KeyError
    result = here.run()
    assert "this is a bug: KeyError" in str(result.errors[0])
    assert here.states() == [DeliveryState.READY, DeliveryState.SENT]
    assert here.run().errors == ()  # not before its time


def test_broken_template_is_reported_once(tmp_path: Path) -> None:
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "message.txt.j2").write_text("{{ gone }}", encoding="utf-8")
    everybody = tuple(replace(MAIL, address=f"{name}@example.com") for name in ("dana", "lee", "noor"))
    here = World(digest=digest(recipients=(SLACK, *everybody)), templates=str(tmp_path))
    here.plan()
    (error,) = here.run().errors
    assert str(error).startswith(f"{tmp_path}/email/message.txt.j2:1: 'gone' is undefined")
    assert here.states() == [DeliveryState.SENT] + [DeliveryState.READY] * 3


def test_what_was_perhaps_accepted_is_not_repeated(here: World) -> None:
    here.slack.fault = DeliveryError("no answer", Retryability.UNKNOWN)
    here.run()
    here.slack.fault = None
    here.clock.sleep(3600)
    here.run()
    assert (here.states()[0], here.slack.took) == (DeliveryState.UNKNOWN, [])


def test_rejected_send_is_retried_with_the_same_edition(here: World) -> None:
    here.slack.fault = DeliveryError("busy", Retryability.RETRYABLE)
    here.run()
    asked = len(here.source.asked)
    here.slack.fault = None
    here.run()
    assert here.slack.took == []  # a minute has to pass
    here.clock.sleep(61)
    here.run()
    assert (len(here.slack.took), len(here.source.asked)) == (1, asked)


def test_retries_end_with_the_grace(here: World) -> None:
    here.slack.fault = DeliveryError("busy", Retryability.RETRYABLE)
    tries = 0
    while here.states()[0] is DeliveryState.READY:
        tries += 1
        here.run()
        here.clock.sleep(3601)
    assert (here.states()[0], here.state()) == (DeliveryState.FAILED, OccurrenceState.FAILED)
    assert 24 <= tries <= 28


def test_failed_test_send_is_not_retried() -> None:
    here = World()
    here.plan(DeliveryKind.TEST)
    here.slack.fault = DeliveryError("busy", Retryability.RETRYABLE)
    here.run()
    assert here.states()[0] is DeliveryState.FAILED


def test_failed_fetch_is_retried_and_sends_nothing(here: World) -> None:
    fault = SourceUnavailable("HTTP 503")
    here.source.answers = {"summary": fault, "user_summary": fault}
    assert here.run().errors == (fault,)
    assert here.state() is OccurrenceState.PLANNED
    assert here.run().busy  # not before its time
    here.source.answers = dict(CURRENT)
    here.clock.sleep(61)
    assert len(here.run().sent) == 2


def test_half_of_the_answers_go_out_marked(here: World) -> None:
    here.source.answers["user_summary"] = SourceUnavailable("HTTP 503")
    result = here.run()
    assert len(result.sent) == 2
    assert result.errors[0].exit_status == 3
    assert "“Agents” could not be loaded" in str(result.errors[0])


def test_a_bug_while_composing_is_postponed_too(here: World) -> None:
    here.source.answers["summary"] = ZeroDivisionError("bug")
    [error] = here.run().errors
    assert (type(error), error.exit_status) == (BotError, 1)
    assert here.state() is OccurrenceState.PLANNED
    assert here.ledger.outstanding(here.clock.now()) == ()


def test_lost_claim_writes_and_sends_nothing(here: World) -> None:
    other = beside(here.ledger, "there:2:b")

    def take_over() -> None:
        here.source.during = lambda: None  # first: questions are asked at the same time
        kill(here.ledger)
        other.reap(here.clock.now())
        other.claim_occurrence(here.occurrence.id, here.clock.now())

    here.source.during = take_over
    [error] = here.run().errors
    assert "taken over" in str(error)
    assert (here.slack.took, here.ledger.editions(here.occurrence.id)) == ([], {})


def test_a_lost_claim_on_a_send_is_said(here: World) -> None:
    def reaped() -> None:
        kill(here.ledger)
        beside(here.ledger, "elsewhere:1:a").reap(here.clock.now())

    here.slack.during = reaped
    [error] = here.run().errors
    assert "the claim was lost" in str(error)
    assert here.states() == [DeliveryState.UNKNOWN, DeliveryState.READY], "buried, it claims nothing more"
    here.ledger.heartbeat()
    here.run()
    assert here.states() == [DeliveryState.UNKNOWN, DeliveryState.SENT]


def test_stopping_begins_no_further_delivery(here: World) -> None:
    here.stopping = lambda: bool(here.slack.took)
    here.run()
    assert here.states() == [DeliveryState.SENT, DeliveryState.READY]
    here.stopping = lambda: False
    here.run()
    assert (len(here.slack.took), len(here.mail.took)) == (1, 1)


def test_agents_of_each_recipient_are_composed(here: World) -> None:
    here.run()
    assert set(here.ledger.editions(here.occurrence.id)) == {Agents.NONE, Agents.NAMES}


OPERATOR = Recipient("slack", "#ops")
NIGHT = Group(5, "Night")


def filtered(**changes: object) -> World:
    """Return a world whose digest is about one group; the API's users are not in it."""
    world = World()
    reports = (Report("summary"),) if changes.pop("without_agents", False) else world.digest.reports
    world.digest = replace(world.digest, groups=("Night",), reports=reports)
    world.source.named = (NIGHT,)
    world.operators = (OPERATOR,)
    world.plan()
    return world


def alert_of(here: World) -> Edition:
    record = here.ledger.occurrence(here.occurrence.id.replace("@", "/_held@"))
    assert record is not None
    assert record.state is OccurrenceState.DONE
    return here.ledger.editions(record.occurrence.id)[Agents.NONE]


def text_of(edition: Edition) -> str:
    return " ".join(
        s.text for block in edition.blocks if isinstance(block, Headline) for s in block.sentences
    )


def test_ignored_filter_holds_and_alerts_without_figures() -> None:
    here = filtered()
    result = here.run()
    assert [sent.delivery.recipient for sent in result.sent] == [OPERATOR]
    assert (result.errors[0].exit_status, here.state()) == (3, OccurrenceState.HELD)
    assert here.states() == [DeliveryState.READY, DeliveryState.READY]
    assert here.mail.took == []
    alert = alert_of(here)
    assert "never belonged" in text_of(alert)
    assert f"digestbot release {here.occurrence.id}" in text_of(alert)
    assert len(alert.blocks) == 1


def test_unverified_filter_shows_edition_to_operators() -> None:
    here = filtered(without_agents=True)
    here.run()
    assert here.state() is OccurrenceState.HELD
    assert [took.recipient for took in here.slack.took] == [OPERATOR]
    alert = alert_of(here)
    assert alert.unverified
    assert any(isinstance(block, Kpis) for block in alert.blocks)


def test_a_verified_filter_lets_it_go() -> None:
    here = filtered(without_agents=True)
    here.source.honours = True
    assert here.run().errors == ()
    assert here.state() is OccurrenceState.DONE


@pytest.mark.promise(
    "a group's, user's or form's name means another id than last time (two groups swapped names)",
    "held; says which name and both ids; `release` remembers the new one",
)
def test_a_name_that_means_another_id_is_held() -> None:
    here = filtered(without_agents=True)
    here.source.honours = True
    week, ids = timedelta(days=7), (NIGHT.id, 77, 77, 77)
    states = []
    for number, id in enumerate(ids):
        here.source.named = (replace(NIGHT, id=id),)
        if number:
            here.occurrence = Occurrence("care-weekly", NOW + number * week, WEEK)
            here.clock.sleep(week.total_seconds())
            here.plan()
        here.run()
        states.append(here.state())
        if number == 2:
            assert here.ledger.release(here.occurrence.id, here.clock.now())
            here.run()
    assert states == [OccurrenceState.DONE, OccurrenceState.HELD, OccurrenceState.HELD, OccurrenceState.DONE]
    second = here.ledger.occurrence(Occurrence("care-weekly", NOW + week, WEEK).id)
    assert second is not None
    assert f"group Night is id 77, and was id {NIGHT.id} in the last edition." in second.reason


def test_held_twice_it_is_told_once() -> None:
    here = filtered()
    here.run()
    result = here.run()
    assert result.sent == ()
    assert result.errors[0].exit_status == 3
    assert len(here.slack.took) == 1


def test_release_sends_the_saved_snapshot() -> None:
    here = filtered()
    here.run()
    asked = len(here.source.asked)
    assert here.ledger.release(here.occurrence.id, here.clock.now())
    assert [sent.delivery.recipient for sent in here.run().sent] == [SLACK, MAIL]
    assert (here.state(), len(here.source.asked)) == (OccurrenceState.DONE, asked)


def test_discarded_it_goes_to_nobody() -> None:
    here = filtered()
    here.run()
    assert here.ledger.discard(here.occurrence.id, "discarded by a person", here.clock.now())
    assert here.state() is OccurrenceState.SKIPPED
    assert here.states() == [DeliveryState.CANCELLED, DeliveryState.CANCELLED]


def test_without_operators_a_held_edition_is_still_held() -> None:
    here = filtered()
    here.operators = ()
    result = here.run()
    assert (result.sent, here.state()) == ((), OccurrenceState.HELD)


def test_a_held_test_send_alarms_nobody() -> None:
    here = World()
    here.digest = replace(here.digest, groups=("Night",))
    here.source.named, here.operators = (NIGHT,), (OPERATOR,)
    here.plan(DeliveryKind.TEST)
    assert here.run().errors[0].exit_status == 3
    assert here.slack.took == []


def test_alert_lost_in_a_crash_is_planned_again() -> None:
    here = filtered()
    here.operators = ()
    here.run()  # the process dies before it tells anybody
    here.operators = (OPERATOR,)
    plan_alerts(here.ledger, here.configuration(), here.clock.now())
    [record] = here.ledger.outstanding(here.clock.now())
    runtime = here.runtime()
    run_occurrence(runtime, record)
    assert [took.recipient for took in here.slack.took] == [OPERATOR]


def test_what_must_wait_comes_back_and_was_no_attempt(here: World) -> None:
    here.source.answers["user_summary"] = SourceBusy("no request left", 40)
    here.run()
    record = here.ledger.occurrence(here.occurrence.id)
    assert record is not None
    assert (record.state, record.attempts) == (OccurrenceState.PLANNED, 0)
    here.clock.sleep(40 * (1 + JITTER))
    here.source.answers = dict(CURRENT)
    assert len(here.run().sent) == 2


def test_those_that_must_wait_do_not_come_back_together(here: World) -> None:
    record, busy = here.ledger.occurrence(here.occurrence.id), SourceBusy("no request left", 300)
    assert record is not None
    waits = set()
    for minute in range(20):
        of = replace(record.occurrence, due=NOW + timedelta(minutes=minute))
        again = next_fetch(replace(record, occurrence=of), busy, NOW)
        assert again is not None
        waits.add((again - NOW).total_seconds())
    assert len(waits) == 20
    assert min(waits) >= 300
    assert max(waits) <= 300 * (1 + JITTER)


# --- corrections, and what is kept for later ------------------------------------------------------


@dataclass
class Editing(FakeChannel):
    """A channel that can edit what it sent."""

    edited: list[str] = field(default_factory=list)

    def replace(self, delivery: Delivery, rendition: Rendition, provider_id: str, now: datetime) -> Receipt:
        if self.fault is not None:
            raise self.fault
        self.edited.append(provider_id)
        return Receipt(provider_id, "edited in place")


def corrected(here: World) -> World:
    """Return the world of the next correction, an hour later."""
    here.clock.present += timedelta(hours=1)
    record = here.ledger.occurrence(here.occurrence.id)
    assert record is not None
    here.occurrence = plan_correction(here.ledger, record, here.clock.now()).occurrence
    return here


def test_correction_refetches_on_every_try() -> None:
    here = World()
    here.plan()
    here.run()
    assert set(here.source.how) == {(NOW, False)}
    corrected(here)
    asked_at = here.clock.now()
    here.source.answers["summary"] = SourceBusy("later", retry_after=60.0)
    here.run()
    here.clock.present += timedelta(minutes=5)
    here.source.answers["summary"] = CURRENT["summary"]
    here.source.how.clear()
    assert len(here.run().sent) == 2
    assert set(here.source.how) == {(asked_at, True)}


def test_correction_replaces_the_message_where_possible() -> None:
    here = World(slack=Editing())
    here.plan()
    here.run()
    corrected(here).run()
    corrected(here).run()
    assert isinstance(here.slack, Editing)
    assert (len(here.slack.took), here.slack.edited) == (1, ["id-1", "id-1"])
    assert len(here.mail.took) == 3


def test_unserved_recipient_gets_correction_as_new_message() -> None:
    here = World(slack=Editing(fault=DeliveryError("no", Retryability.PERMANENT)))
    here.plan()
    here.run()
    here.slack.fault = None
    corrected(here).run()
    assert isinstance(here.slack, Editing)
    assert (len(here.slack.took), here.slack.edited) == (1, [])


def test_a_correction_lists_what_changed_against_the_newest_version() -> None:
    here = World()
    here.plan()
    here.run()
    corrected(here).run()
    first = here.ledger.editions(here.occurrence.id)[Agents.NAMES]
    assert first.title.startswith("Corrected: ")
    assert "No figure differs." in _opening(first)


def _opening(edition: Edition) -> str:
    return next(block.sentences[0].text for block in edition.blocks if isinstance(block, Headline))


def test_correction_after_a_crash_is_sent_once(here: World) -> None:
    here.run()
    corrected(here)
    work = here.ledger.start_work(here.occurrence.id)
    claim = here.ledger.claim_occurrence(here.occurrence.id, here.clock.now())
    assert work is not None
    assert claim is not None
    compose(here.runtime(), work, claim)
    here.ledger.end_work(here.occurrence.id)
    assert len(here.run().sent) == 2
    assert here.run().sent == ()


@pytest.mark.long
def test_edition_without_agents_is_always_kept() -> None:
    here = World(digest=digest(recipients=(MAIL,), reports=(Report("summary"),)))
    here.plan()
    here.run()
    assert set(here.ledger.editions(here.occurrence.id)) == {Agents.NAMES, Agents.NONE}


def test_what_was_asked_and_rendered_is_noted_once(here: World) -> None:
    here.slack.fault = DeliveryError("slow down", Retryability.RETRYABLE)
    here.run()
    here.clock.present += timedelta(hours=1)
    here.run()
    notes = [e.detail for e in here.ledger.events(here.occurrence.id) if e.kind is EventKind.NOTED]
    assert [note.split(":")[0] for note in notes] == [
        notes[0].split(":")[0],
        "slack #social-care",
        "email dana@example.com",
    ]
    assert "answers: " in notes[0]
    assert "rendered as a message with" in notes[1]


def test_answers_from_before_are_told_as_kept() -> None:
    said = ComposedEditions({}, fetched_at=(NOW, NOW - timedelta(hours=1)))
    assert said.fetch_summary(NOW) == "2 answers: 1 asked for now, 1 kept from earlier"
    assert ComposedEditions({}, fetched_at=(NOW,)).fetch_summary(NOW) == "1 answer: 1 asked for now"


def test_pruned_snapshot_is_a_clear_error(here: World) -> None:
    here.slack.fault = DeliveryError("no", Retryability.PERMANENT)
    here.mail.fault = DeliveryError("no", Retryability.PERMANENT)
    here.run()
    far = here.clock.now() + timedelta(days=999)
    here.ledger.prune(Cutoffs(far, here.clock.now(), here.clock.now()), here.clock.now())
    here.slack.fault = here.mail.fault = None
    here.ledger.reopen(here.occurrence.id, here.clock.now())
    [error] = here.run().errors
    assert "no longer kept" in str(error)
    assert "--refetch" in str(error)
    assert len(here.slack.took) == 1, "the edition without names is still there"


def test_exports_say_until_when_they_are_kept() -> None:
    export = ExportFile("case_details.csv", 1, 8, ("Id",))
    here = World(digest=digest(recipients=(SLACK,), reports=(Report("case_details"),)))
    here.source.answers["case_details"] = Present(export, NOW)
    here.plan()
    here.run()
    [kept] = here.ledger.editions(here.occurrence.id)[Agents.NONE].exports
    assert kept.kept_until == "22 December 2026", "the last whole day of thirty in Sydney"


def test_one_recipient_costs_at_most_ten_transactions() -> None:
    here = World(digest=digest(recipients=(SLACK,)))
    here.plan()
    record = here.ledger.occurrence(here.occurrence.id)
    assert record is not None
    transactions: list[object] = []
    event.listen(here.ledger.engine, "begin", transactions.append)
    assert len(run_occurrence(here.runtime(), record).sent) == 1
    assert 8 <= len(transactions) <= 10
