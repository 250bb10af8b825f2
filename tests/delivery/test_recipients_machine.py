"""Random lives of two digests against a small model: who gets what is decided by the file and the roster.

Nobody receives who at that moment should not; nobody receives twice; and everybody who was due all the time
receives or is named in an alert.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.actions import require_resendable, resend
from bot.alerts import plan_alerts
from bot.delivery.occurrences import deliveries_of, is_alert
from bot.delivery.reconcile import reconcile
from bot.errors import DeliveryError, Retryability, SourceUnavailable, UsageError
from bot.model import (
    Agents,
    Configuration,
    Delivery,
    Digest,
    Edition,
    Occurrence,
    OccurrenceState,
    Receipt,
    Recipient,
    Rendition,
    Report,
    User,
)
from bot.service import run_outstanding
from tests.compose.data import WEEK, digest
from tests.delivery.test_fan_out import BILLING, MEMBERS, person
from tests.delivery.test_pipeline import World
from tests.delivery.test_recipients import Post, desk
from tests.delivery.weeks import words_of

PLAIN, EACH = "care-weekly", "per-group"
READERS = tuple(f"{name}@example.com" for name in ("ann", "bob", "cat"))
OPS = Recipient("email", "ops@example.com")
FAULTS = {
    "temporary": DeliveryError("451 4.7.1 greylisted", Retryability.RETRYABLE),
    "permanent": DeliveryError("550 5.1.1 unknown", Retryability.PERMANENT),
    "lost": DeliveryError("the connection broke off", Retryability.UNKNOWN),
    "accepted and lost": DeliveryError("the connection broke off", Retryability.UNKNOWN),
}
READER, WHO = st.sampled_from(READERS), st.sampled_from((0, 1))
Who = str | int
"""A reader of the plain digest is known by the address, a member of the group by the API's id."""


class Watched(World):
    """A world with two digests."""

    digests: tuple[Digest, ...] = ()

    def configuration(self) -> Configuration:
        return Configuration("reports.yaml", self.digests, operators=self.operators)


class Letters(Post):
    """A mail server that tells the machine of everything that it accepted."""

    machine: "RecipientsMachine"

    def send(self, delivery: Delivery, rendition: Rendition, now: object) -> Receipt:  # type: ignore[override]
        to, id = delivery.recipient.address, delivery.occurrence
        kind = self.machine.faults.get(to, "")
        if kind in ("", "accepted and lost"):
            self.machine.received(id, to)
        if kind:
            raise FAULTS[kind]
        return Receipt("ok")

    def find(self, delivery: Delivery, attempted_at: object) -> Receipt | None:  # type: ignore[override]
        key = (delivery.occurrence, self.machine.who(delivery.occurrence, delivery.recipient.address))
        return Receipt("found") if self.machine.got[key] else None


class RecipientsMachine(RuleBasedStateMachine):
    """`got` counts what arrived; `due` are those who should have had it at every moment since it was planned."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: dict[str, str] = {}
        self.got: Counter[tuple[str, Who]] = Counter()
        self.due: set[tuple[str, Who]] = set()
        self.addresses: dict[str, Who] = {one: one for one in READERS}
        self.readers = list(READERS[:2])
        self.people = [person(11, "Li Wu", 9), person(12, "Amy Day", 9)]
        self.names = {PLAIN: PLAIN, EACH: EACH}
        self.since_paused: set[str] = set()
        self.wrong: list[str] = []
        self.mail = Letters()
        self.mail.machine = self
        self.world = Watched(mail=self.mail, operators=(OPS,))
        self.addresses |= {user.email: user.id for user in self.people}

    @initialize()
    def begin(self) -> None:
        self.editions = _editions()
        self.world.source.honours, self.world.source.named = True, (BILLING,)
        self._save()

    # What happens

    @rule(held=st.booleans())
    def plan(self, held: bool) -> None:
        now = self.world.clock.now()
        for one in self.world.digests:
            of = Occurrence(one.name, now, WEEK)
            if one.name in self.since_paused or self.world.ledger.occurrence(of.id) is not None:
                continue
            self.world.ledger.plan(of, one, deliveries_of(one, of), now, False)
            if held and not one.for_each:
                claim = self.world.ledger.claim_occurrence(of.id, now)
                assert claim is not None
                self.world.ledger.save_snapshot(claim, self.editions, now, held="odd")
            self.due |= {(of.id, who) for who in self._should(one.name)}
        self.tick(0)

    @rule(to=READER, kind=st.sampled_from(("", *FAULTS)))
    def fail_reader(self, to: str, kind: str) -> None:
        self.faults[to] = kind

    @rule(which=WHO, kind=st.sampled_from(("", *FAULTS)))
    def fail_member(self, which: int, kind: str) -> None:
        self.faults[self.people[which].email] = kind

    @rule(down=st.booleans())
    def fail_api(self, down: bool) -> None:
        self.world.source.answers["summary"] = SourceUnavailable("down") if down else ANSWER

    @rule(to=READER)
    def edit(self, to: str) -> None:
        """Add a reader to the file, or take one out; one stays."""
        if to not in self.readers:
            self.readers.append(to)
        elif len(self.readers) > 1:
            self.readers.remove(to)
        self._save()

    @rule(digest=st.sampled_from((PLAIN, EACH)))
    def rename(self, digest: str) -> None:
        self.names[digest] = digest if self.names[digest] != digest else f"{digest}-renamed"
        self._save()

    @rule(digest=st.sampled_from((PLAIN, EACH)))
    def pause(self, digest: str) -> None:
        name = self.names[digest]
        if name in self.since_paused:
            self.since_paused.discard(name)
            self.world.ledger.resume(name)
        else:
            self.world.clock.present += timedelta(seconds=1)
            self.world.ledger.pause(name, self.world.clock.now())
            self.since_paused.add(name)
        self._save()

    @rule(which=WHO, what=st.sampled_from(("archived", "left", "moved")))
    def change_roster(self, which: int, what: str) -> None:
        was = self.people[which]
        if what == "archived":
            self.people[which] = replace(was, archived=not was.archived)
        elif what == "left":
            self.people[which] = replace(was, groups=() if was.groups else (9,))
        else:
            self.people[which] = replace(was, email=f"new-{was.email}"[-60:])
            self.addresses[self.people[which].email] = was.id
        self._save()

    @rule(minutes=st.sampled_from((0, 1, 30, 120, 600)))
    def tick(self, minutes: int) -> None:
        world = self.world
        world.clock.present += timedelta(minutes=minutes)
        reconcile(world.ledger, world.runtime().channels, world.clock)
        plan_alerts(world.ledger, world.configuration(), world.clock.now())
        run_outstanding(world.runtime(), lambda result: None)

    @rule(back=st.integers(0, 3))
    def resend(self, back: int) -> None:
        records = [record for record, _ in self.world.ledger.history(None) if not is_alert(record.occurrence)]
        for record in records[back : back + 1]:
            try:
                require_resendable(self.world.ledger, record)
            except UsageError:
                continue
            resend(self.world.runtime(), record)

    @rule()
    def release(self) -> None:
        for record in self.world.ledger.held():
            self.world.ledger.release(record.occurrence.id, self.world.clock.now())
        self.tick(0)

    # What must be

    def received(self, id: str, to: str) -> None:
        """Nobody receives who at that moment should not, nor twice."""
        if "/_" in id or to == OPS.address:
            return
        who, name = self.who(id, to), id.partition("@")[0].partition("/")[0]
        self.got[id, who] += 1
        if who not in self._should(name):
            self.wrong.append(f"{to} got {id}")
        if not isinstance(who, str) and to != self._user(who).email:
            self.wrong.append(f"{id} went to the old address {to}")
        if self.got[id, who] > 1:
            self.wrong.append(f"{to} got {id} twice")

    @invariant()
    def nothing_is_wrong(self) -> None:
        """Look here, for whatever a channel raises is only logged."""
        assert self.wrong == []

    def teardown(self) -> None:
        """Everybody who was due all the time receives, or is named in an alert."""
        self.faults.clear()
        self.fail_api(False)
        for minutes in (1, 60, 600, 600, 600, 1, 1):
            self.tick(minutes)
        self.nothing_is_wrong()
        alerts = [
            (record.occurrence.about, words_of(self.world.ledger.editions(record.occurrence.id)[Agents.NONE]))
            for record, _ in self.world.ledger.history(None)
            if is_alert(record.occurrence) and record.state is OccurrenceState.DONE
        ]
        for id, who in self.due:
            name, _, at = id.partition("@")
            ids = {id} if isinstance(who, str) else {id, f"{name}/billing@{at}"}
            addresses = [address for address, one in self.addresses.items() if one == who]
            has = any(self.got[one, who] for one in ids)
            told = any(
                about in ids and ("nobody got it" in words or "held" in words or _names(words, addresses))
                for about, words in alerts
            )
            failing = self._before_failed(ids)
            assert has or told or failing, f"{who} never got {id}: {self._story(ids)}"

    def who(self, id: str, address: str) -> Who:
        return self.addresses.get(address, address)

    def _user(self, id: int) -> User:
        return next(user for user in self.people if user.id == id)

    def _should(self, name: str) -> set[Who]:
        """Who should get an edition of the digest of that name at this moment."""
        if name in self.since_paused or name not in self.names.values():
            return set()
        if name == self.names[PLAIN]:
            return set(self.readers)
        return {user.id for user in self.people if not user.archived and user.groups}

    def _save(self) -> None:
        """Put the file and the roster into force; strike who is not due any more."""
        mails = tuple(Recipient("email", one) for one in self.readers)
        plain = digest(name=self.names[PLAIN], recipients=mails, reports=(Report("summary"),))
        each = replace(
            digest(recipients=(MEMBERS,), reports=(Report("summary"),)),
            name=self.names[EACH],
            for_each="group",
            groups=("9",),
        )
        self.world.digests, self.world.source.people = (plain, each), tuple(self.people)
        self.due = {(id, who) for id, who in self.due if who in self._should(id.partition("@")[0])}

    def _before_failed(self, ids: Iterable[str]) -> bool:
        """Return whether it failed without an alert: a digest that failed before raises none until it is sent."""
        records = [self.world.ledger.occurrence(id) for id in ids]
        return any(record is not None and record.state is OccurrenceState.FAILED for record in records)

    def _story(self, ids: Iterable[str]) -> list[tuple[str, str]]:
        rows = [one for id in ids for one in self.world.ledger.deliveries(id)]
        return [(one.delivery.recipient.address, f"{one.state.value} {one.error}") for one in rows]


ANSWER = World().source.answers["summary"]


def _names(words: str, addresses: Iterable[str]) -> bool:
    return any(address in words for address in addresses)


def _editions() -> dict[Agents, Edition]:
    composed = desk(Recipient("email", READERS[0]))
    return dict(composed.ledger.editions(composed.occurrence.id))


TestRecipientsMachine = RecipientsMachine.TestCase
TestRecipientsMachine.settings = settings(
    max_examples=6,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestRecipientsMachine.pytestmark = [pytest.mark.long]  # type: ignore[attr-defined]
