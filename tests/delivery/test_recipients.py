"""To whom an edition goes is looked at again before each send: by the file, the roster and a person's pause."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from bot.actions import require_resendable, resend, send_to
from bot.alerts import plan_alerts
from bot.delivery.recipients import Served, still_served
from bot.delivery.reconcile import reconcile
from bot.errors import DeliveryError, Retryability, SourceUnavailable
from bot.model import (
    Agents,
    Delivery,
    DeliveryState,
    Occurrence,
    OccurrenceState,
    Receipt,
    Recipient,
    Rendition,
    Report,
)
from bot.service import run_outstanding
from tests.compose.data import NOW, WEEK, digest
from tests.delivery.test_fan_out import BILLING, CARE, JANE, LI, for_each
from tests.delivery.test_pipeline import World
from tests.doubles.channel import FakeChannel

ANN, BOB, CAT = (Recipient("email", f"{name}@example.com") for name in ("ann", "bob", "cat"))
TEEM, TEAM = Recipient("slack", "#teem"), Recipient("slack", "#team")
LATER = DeliveryError("451 4.7.1 greylisted", Retryability.RETRYABLE)
REFUSED = DeliveryError("channel_not_found", Retryability.PERMANENT)
LOST = DeliveryError("the connection broke off", Retryability.UNKNOWN)
HOUR = timedelta(hours=1)


@dataclass
class Post(FakeChannel):
    """Takes what it has no fault for, by address; `has` is what it took though its answer was lost."""

    faults: dict[str, Exception] = field(default_factory=dict)
    has: set[str] = field(default_factory=set)

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        self.during()
        if delivery.recipient.address in self.faults:
            raise self.faults[delivery.recipient.address]
        return super().send(delivery, rendition, now)

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        return Receipt("found") if delivery.recipient.address in self.has else None

    @property
    def reached(self) -> list[str]:
        return [one.recipient.address for one in self.took]


@dataclass
class Desk(World):
    """A world whose file a person edits, with channels that refuse single addresses."""

    mail: Post = field(default_factory=Post)
    slack: Post = field(default_factory=Post)

    def tick(self, after: timedelta = HOUR) -> None:
        self.clock.present += after
        reconcile(self.ledger, self.runtime().channels, self.clock)
        run_outstanding(self.runtime(), lambda result: None)

    def edit(self, *recipients: Recipient, **changes: object) -> None:
        given = {"recipients": recipients} if recipients else {}
        self.digest = replace(self.digest, **(given | changes))  # type: ignore[arg-type]

    def resend(self) -> list[str]:
        record = self.ledger.occurrence(self.occurrence.id)
        assert record is not None
        require_resendable(self.ledger, record)
        return list(resend(self.runtime(), record).changes)

    def story(self) -> dict[str, tuple[str, str]]:
        """State and reason of each delivery, by address."""
        rows = self.ledger.deliveries(self.occurrence.id)
        return {one.delivery.recipient.address: (one.state.value, one.error) for one in rows}

    def told(self) -> list[str]:
        return [event.detail for event in self.ledger.events(self.occurrence.id)]


def desk(*recipients: Recipient, **faults: Exception) -> Desk:
    """Return one whose occurrence was run once; `faults` by the part of an address before the @."""
    mail = Post(faults={f"{name}@example.com": fault for name, fault in faults.items()})
    made = Desk(
        digest=digest(recipients=recipients, reports=(Report("summary"),)),
        mail=mail,
        slack=Post(faults={TEEM.address: REFUSED}),
    )
    made.plan()
    made.run()
    return made


@pytest.mark.promise(
    "a recipient is taken out of the file while its delivery is retried",
    "cancelled; `history` and `explain` say why",
)
def test_who_is_taken_out_gets_nothing_more() -> None:
    here = desk(ANN, BOB, CAT, bob=LATER, cat=LATER)
    here.edit(ANN, BOB)
    here.mail.faults.clear()
    here.tick()
    assert here.mail.reached == ["ann@example.com", "bob@example.com"]
    assert here.story()["cat@example.com"] == ("cancelled", "no longer a recipient in reports.yaml")
    assert "email cat@example.com: no longer a recipient in reports.yaml" in here.told()
    assert here.state() is OccurrenceState.DONE


def test_without_the_look_it_would() -> None:
    here = desk(ANN, CAT, cat=LATER)
    here.edit(ANN)
    here.mail.faults.clear()
    here.clock.present += HOUR
    run_outstanding(replace(here.runtime(), audience=None), lambda result: None)
    assert "cat@example.com" in here.mail.reached


@pytest.mark.promise("a digest is taken out of the file before it was sent", "skipped, with that reason")
def test_a_digest_that_is_gone_is_skipped() -> None:
    here = desk(ANN, BOB, ann=LATER, bob=LATER)
    here.digest = replace(here.digest, name="another")
    here.mail.faults.clear()
    here.tick()
    assert (here.mail.reached, here.state()) == ([], OccurrenceState.SKIPPED)
    record = here.ledger.occurrence(here.occurrence.id)
    assert record is not None
    assert record.reason == "digest care-weekly is no longer in reports.yaml"


@pytest.mark.parametrize("how", ["file", "person"])
@pytest.mark.promise("a digest is paused while a delivery is retried", "cancelled, with that reason")
def test_a_pause_stops_what_is_under_way(how: str) -> None:
    here = desk(ANN, ann=LATER)
    here.mail.faults.clear()
    here.clock.present += HOUR
    if how == "file":
        here.edit(paused=True)
    else:
        here.ledger.pause(here.digest.name, here.clock.now())
    here.tick()
    assert (here.mail.reached, here.state()) == ([], OccurrenceState.SKIPPED)
    assert "is paused" in here.story()["ann@example.com"][1]
    here.edit(paused=False)
    here.ledger.resume(here.digest.name)
    assert here.resend() == ["added email ann@example.com: a recipient now"]
    assert (here.mail.reached, here.state()) == (["ann@example.com"], OccurrenceState.DONE)


def test_what_a_person_sends_during_a_pause_goes() -> None:
    here = Desk(digest=digest(recipients=(ANN,), reports=(Report("summary"),), paused=True), mail=Post())
    here.ledger.pause(here.digest.name, here.clock.now() - HOUR)
    here.plan()
    here.run()
    assert here.mail.reached == ["ann@example.com"]


@pytest.mark.promise("a recipient left before a held edition is released", "cancelled; the others get it")
def test_release_goes_by_the_file_too() -> None:
    here = Desk(digest=digest(recipients=(ANN, BOB), reports=(Report("summary"),)), mail=Post())
    here.plan()
    claim = here.ledger.claim_occurrence(here.occurrence.id, here.clock.now())
    other = desk(ANN)
    editions = other.ledger.editions(other.occurrence.id)
    assert claim is not None
    here.ledger.save_snapshot(claim, editions, here.clock.now(), held="odd")
    here.edit(BOB)
    here.ledger.release(here.occurrence.id, here.clock.now())
    here.run()
    assert here.mail.reached == ["bob@example.com"]


@pytest.mark.parametrize(("has", "state"), [(True, "sent"), (False, "cancelled")])
@pytest.mark.promise(
    "a recipient left whose delivery is unknown", "looked up, and adopted if it had arrived; never sent again"
)
def test_the_unknown_is_looked_up_and_not_sent_again(has: bool, state: str) -> None:
    here = desk(ANN, BOB, bob=LOST)
    here.mail.has = {"bob@example.com"} if has else set()
    here.mail.faults.clear()
    here.edit(ANN)
    here.tick()
    here.tick()
    assert here.mail.reached == ["ann@example.com"]
    assert here.story()["bob@example.com"][0] == state


@pytest.mark.promise("a name in the file is corrected after it failed", "`resend` goes there and says so")
def test_a_corrected_channel_gets_the_edition_that_the_mistake_hit() -> None:
    here = desk(ANN, TEEM)
    assert here.state() is OccurrenceState.FAILED
    here.edit(ANN, TEAM)
    assert here.resend() == [
        "cancelled slack #teem: the file now says #team",
        "added slack #team: a recipient now",
    ]
    assert (here.slack.took[0].recipient, here.mail.reached) == (TEAM, ["ann@example.com"])
    assert here.state() is OccurrenceState.DONE
    assert here.resend() == []
    assert len(here.mail.took) == 1


def test_an_address_corrected_while_it_is_retried_needs_nobody() -> None:
    here = desk(ANN, BOB, bob=LATER)
    here.edit(ANN, CAT)
    here.tick()
    assert here.mail.reached == ["ann@example.com", "cat@example.com"]
    assert here.story()["bob@example.com"] == ("cancelled", "the file now says cat@example.com")


@pytest.mark.promise("a recipient is added after the edition was sent", "`resend` sends it to that one alone")
def test_who_was_added_gets_it_by_resend() -> None:
    here = desk(ANN)
    here.edit(ANN, BOB)
    here.tick()
    assert here.mail.reached == ["ann@example.com"], "what is done is not opened by itself"
    assert here.resend() == ["added email bob@example.com: a recipient now"]
    assert here.mail.reached == ["ann@example.com", "bob@example.com"]


def test_another_case_is_the_same_mailbox() -> None:
    here = desk(ANN)
    here.edit(replace(ANN, address="Ann@Example.com"))
    assert here.resend() == []
    assert len(here.mail.took) == 1


@pytest.mark.promise(
    "digest and recipients move to another group while an edition waits",
    "newcomers do not get the old group's figures",
)
def test_newcomers_get_no_figures_of_another_group() -> None:
    here = desk(ANN, BOB, bob=LATER)
    here.mail.faults.clear()
    here.edit(ANN, CAT, groups=("Billing",))
    here.tick()
    assert here.resend() == []
    assert here.mail.reached == ["ann@example.com"]


@pytest.mark.promise("a group's name is corrected after the edition failed", "fetched by the corrected file")
def test_what_was_never_composed_is_composed_by_the_file_as_it_is_now() -> None:
    here = Desk(digest=digest(recipients=(ANN,), reports=(Report("summary"),), groups=("Typo",)), mail=Post())
    here.plan()
    here.run()
    assert here.state() is OccurrenceState.PLANNED
    here.edit(groups=(), title="Corrected")
    here.tick()
    assert here.mail.reached == ["ann@example.com"]
    assert "Corrected" in here.ledger.editions(here.occurrence.id)[Agents.NONE].title


def test_agents_are_shown_as_the_file_says_now() -> None:
    named = replace(ANN, agents=Agents.NAMES)
    here = desk(named, ann=LATER)
    here.edit(ANN)
    here.mail.faults.clear()
    here.tick()
    assert [one.recipient.agents for one in here.mail.took] == [Agents.NONE]


def test_whom_a_person_names_gets_it_though_not_in_the_file() -> None:
    here = desk(ANN)
    here.mail.faults["cat@example.com"] = LATER
    record = here.ledger.occurrence(here.occurrence.id)
    assert record is not None
    send_to(here.runtime(), record, (CAT, ANN))
    here.mail.faults.clear()
    here.tick()
    assert here.mail.reached == ["ann@example.com", "cat@example.com"]


@pytest.mark.promise(
    "`on_failure` is changed while an alert is retried", "it goes to the operators of the file"
)
def test_an_alert_goes_to_the_operators_of_the_file_as_it_is_now() -> None:
    here = desk(ANN, TEEM)
    here.operators, here.mail.faults = (BOB,), {"bob@example.com": LATER}
    plan_alerts(here.ledger, here.configuration(), here.clock.now())
    here.tick()
    here.operators, here.mail.faults = (CAT,), {}
    here.tick()
    assert here.mail.reached == ["ann@example.com", "cat@example.com"]


def test_no_list_is_asked_for_without_for_each() -> None:
    here = desk(ANN, ann=LATER)
    here.source.users = here.source.groups = lambda: pytest.fail("a request")  # type: ignore[method-assign]
    here.mail.faults.clear()
    here.tick()
    assert here.mail.reached == ["ann@example.com"]


def cards(kind: str) -> Desk:
    """Return a world where each edition of a `for_each` digest waits; its occurrence is one of them."""
    whole, mail = for_each(kind), Post(faults={f"{name}@example.com": LATER for name in ("jane", "li")})
    made = Desk(
        digest=whole.digest, source=whole.source, ledger=whole.ledger, occurrence=whole.occurrence, mail=mail
    )
    made.tick(timedelta(0))
    made.occurrence = replace(made.occurrence, slice="jane-pear" if kind == "agent" else "billing")
    mail.faults.clear()
    return made


OLD_LI = "li@example.com"


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        ((replace(JANE, archived=True), LI), "this agent is archived"),
        ((LI,), "this agent is no longer in the API's list of users"),
    ],
)
@pytest.mark.promise("an agent is archived or gone before the card is sent", "cancelled, with that reason")
def test_an_agent_who_left_gets_no_card(people: Sequence[object], reason: str) -> None:
    here = cards("agent")
    here.source.people = people  # type: ignore[assignment]
    here.tick()
    assert here.mail.reached == [OLD_LI]
    assert (here.state(), here.story()["jane@example.com"]) == (
        OccurrenceState.SKIPPED,
        ("cancelled", reason),
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"archived": True}, "this person is archived"),
        ({"groups": (7,)}, "this person is no longer a recipient of this edition"),
        ({"id": 99, "email": "new@example.com"}, "this person is no longer in the API's list of users"),
    ],
)
@pytest.mark.promise("a member leaves the group before its edition is sent", "cancelled, with that reason")
def test_a_member_who_left_gets_nothing_of_the_group(change: dict[str, object], reason: str) -> None:
    here = cards("group")
    here.source.people = (JANE, replace(LI, **change))  # type: ignore[arg-type]
    here.tick()
    assert here.story()[OLD_LI] == ("cancelled", reason)
    got = [one.recipient.address for one in here.mail.took if one.occurrence == here.occurrence.id]
    assert OLD_LI not in got


@pytest.mark.promise("a person's address at the API changed", "the edition goes to the new one")
def test_a_new_address_gets_what_waited_for_the_old_one() -> None:
    here = cards("group")
    here.source.people = (JANE, replace(LI, email="li.wu@example.com"))
    here.tick()
    assert here.story() == {
        OLD_LI: ("cancelled", "this person's address is li.wu@example.com now"),
        "li.wu@example.com": ("sent", ""),
    }


def test_who_has_it_does_not_get_it_again_at_a_new_address() -> None:
    here = cards("group")
    here.tick()
    here.source.people = (JANE, replace(LI, email="li.wu@example.com"))
    assert here.resend() == []
    assert set(here.story()) == {OLD_LI}


def test_lists_that_cannot_be_had_cancel_nobody() -> None:
    here = cards("group")

    def down() -> None:
        raise SourceUnavailable("down")

    here.source.users = down  # type: ignore[assignment, method-assign]
    here.tick()
    assert here.story()[OLD_LI] == ("sent", "")


def test_an_empty_list_cancels_nobody() -> None:
    here = cards("group")
    here.source.people = ()
    here.tick()
    assert here.story()[OLD_LI] == ("sent", "")


def test_a_group_that_is_gone_gets_nothing() -> None:
    here = cards("group")
    here.source.named = (CARE,)
    here.tick()
    assert here.story()[OLD_LI] == ("cancelled", "billing is no longer a group of this digest")
    assert BILLING not in here.source.named


def test_the_decision_is_pure() -> None:
    delivery = Delivery(Occurrence("care-weekly", NOW, WEEK).id, TEEM)
    served = Served(digest(), (TEAM,))
    assert still_served(delivery, served, (TEAM,)) == "the file now says #team"
    assert still_served(delivery, Served(digest(), (TEEM,))) is None
    assert still_served(delivery, replace(served, reason="paused")) == "paused"
    named = replace(delivery, recipient=replace(TEEM, named=True))
    assert still_served(named, served) is None
    assert DeliveryState.CANCELLED.value == "cancelled"
