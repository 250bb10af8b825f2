"""One digest as many: who gets a slice, of whom, what of others is in it, and what a crash leaves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.actions import (
    RunRequest,
    forecast,
    manual_children,
    manual_run,
    require_resendable,
    resend,
    unserved_since,
)
from bot.alerts import alert_editions, plan_alerts
from bot.delivery.fan_out import all_recipients, fan_out, last_fan_out_count
from bot.delivery.occurrences import occurrence_of
from bot.errors import SourceUnavailable, UsageError
from bot.ledger import Ledger
from bot.model import (
    Agents,
    ChildOccurrence,
    Configuration,
    DeliveryKind,
    EventKind,
    Group,
    Headline,
    Note,
    OccurrenceState,
    Present,
    Query,
    Recipient,
    Report,
    Table,
    TableBlock,
    Unavailable,
    User,
    WindowRule,
)
from bot.service import run_outstanding
from bot.source.gather import MIN_AGENTS, peers_of
from bot.timetable import firing_at
from tests.compose.data import AGENT_COLUMNS, AGENT_ROWS, CURRENT, NOW, digest
from tests.delivery.test_pipeline import World
from tests.doubles.ledger import new_ledger
from tests.doubles.source import FakeSource

CARE, BILLING = Group(7, "Social Customer Care"), Group(9, "Billing")


def person(id: int, name: str, *groups: int, email: str = "?", archived: bool = False) -> User:
    first, last = name.split()
    address = f"{first.lower()}@example.com" if email == "?" else email
    return User(id, address, first, last, archived, groups)


JANE, LI = person(123, "Jane Pear", 7), person(8, "Li Wu", 7, 9)
GONE, MUTE = person(1, "Old Hand", 7, archived=True), person(2, "No Mail", 9, email="")
MEMBERS = Recipient("email", "members", Agents.NAMES)
SELF = Recipient("email", "self", Agents.NAMES)


class Api(FakeSource):
    """Answers as the API would: agents' rows only of the users that were asked for."""

    def fetch(self, query: Query, due, *, anew: bool = False):  # type: ignore[no-untyped-def]
        found = super().fetch(query, due, anew=anew)
        if query.type != "user_summary" or not query.users:
            return found
        rows = tuple(row for row in AGENT_ROWS if int(row[0]) in query.users)  # type: ignore[arg-type]
        return Present(Table(AGENT_COLUMNS, rows), NOW)


def api(*people: User) -> Api:
    return Api(named=(CARE, BILLING), people=people or (JANE, LI, GONE, MUTE), honours=True)


def for_each(kind: str, *recipients: Recipient, **changes: object) -> World:
    given: dict[str, object] = {
        "recipients": recipients or (MEMBERS if kind == "group" else SELF,),
        "reports": (Report("summary"),),
        "for_each": kind,
    }
    here = World(digest=digest(**(given | changes)), source=api())
    here.occurrence = occurrence_of(here.digest, firing_at(here.digest, NOW), None)
    here.ledger.plan(here.occurrence, here.digest, (), NOW, False)
    return here


def slices(here: World) -> tuple[ChildOccurrence, ...]:
    return fan_out(here.digest, here.occurrence, here.source).children


def addresses(found: Sequence[ChildOccurrence]) -> dict[str, list[str]]:
    return {
        one.occurrence.slice: [delivery.recipient.address for delivery in one.deliveries] for one in found
    }


def test_each_group_gets_its_own_edition() -> None:
    here = for_each("group")
    assert addresses(slices(here)) == {
        "billing": ["li@example.com"],
        "social-customer-care": ["jane@example.com", "li@example.com"],
    }
    assert [one.definition.groups for one in slices(here)] == [("9",), ("7",)]
    assert {one.definition.for_each for one in slices(here)} == {""}


def test_group_filter_limits_slices_and_rejects_unknown() -> None:
    assert [*addresses(slices(for_each("group", groups=("billing",))))] == ["billing"]
    with pytest.raises(UsageError, match="Sales"):
        slices(for_each("group", groups=("Sales",)))


def test_a_channel_and_a_folder_of_each_group() -> None:
    channel, folder = Recipient("slack", "#team-{group.slug}"), Recipient("folder", "out/{group.slug}")
    found = addresses(slices(for_each("group", channel, folder)))
    assert found["billing"] == ["#team-billing", "out/billing"]


def test_whom_two_words_mean_gets_it_once() -> None:
    found = addresses(slices(for_each("group", replace(MEMBERS, address="Li@example.com"), MEMBERS)))
    assert found["billing"] == ["Li@example.com"]


def test_nobody_to_send_it_to_is_said_and_skipped() -> None:
    here = for_each("group")
    here.source.people = (JANE, MUTE)
    assert here.run().expanded
    record = here.ledger.occurrence("care-weekly/billing@2026-11-22T22:00:00Z")
    assert record is not None
    assert (record.state, record.reason[:17]) == (OccurrenceState.SKIPPED, "nobody to send it")
    [noted] = [e for e in here.ledger.events(here.occurrence.id) if e.kind is EventKind.NOTED]
    assert noted.detail == (
        "1 edition, one for each: social-customer-care; 1 skipped; 1 person without a mail address left out"
    )


def test_agent_without_address_is_skipped() -> None:
    here = for_each("agent")
    found = addresses(slices(here))
    assert found == {"jane-pear": ["jane@example.com"], "li-wu": ["li@example.com"], "no-mail": []}
    assert [one.definition.users for one in slices(here)] == [("123",), ("8",), ("2",)]
    assert [one.definition.peers for one in slices(here)] == [("7",), ("7", "9"), ("9",)]


def test_agents_of_some_groups_or_by_name() -> None:
    assert [*addresses(slices(for_each("agent", groups=("Billing",))))] == ["li-wu", "no-mail"]
    assert [*addresses(slices(for_each("agent", users=("jane@example.com",))))] == ["jane-pear"]
    with pytest.raises(UsageError, match="archived"):
        slices(for_each("agent", users=("old@example.com",)))


def test_everybody_of_a_digest_is_each_once() -> None:
    here = for_each("group", Recipient("slack", "#team-{group.slug}"), MEMBERS)
    assert [one.address for one in all_recipients(here.digest, here.source)] == [
        "#team-billing",
        "li@example.com",
        "#team-social-customer-care",
        "jane@example.com",
    ]
    with pytest.raises(UsageError, match="at most 1"):
        all_recipients(replace(here.digest, at_most=1), here.source)
    assert all_recipients(digest(), here.source) == digest().recipients


def test_plan_counts_as_many_as_there_were_last_time() -> None:
    here = for_each("group")
    assert last_fan_out_count(here.ledger, here.digest) == 0
    run_outstanding(here.runtime(), lambda result: None)
    assert last_fan_out_count(here.ledger, here.digest) == 2
    named = replace(here.digest, groups=("Billing", "Social Customer Care"))
    asked = [
        forecast(Configuration("reports.yaml", (one,)), NOW, 7, divided)[0].requests
        for one, divided in (
            (here.digest, None),
            (here.digest, {"care-weekly": 2}),
            (named, None),
            (replace(here.digest, for_each=""), None),
        )
    ]
    # The lists of groups and users, a question for each window of each edition, and everybody's to verify them.
    assert asked == [6, 8, 8, 2]


def test_ambiguous_names_get_an_id_prefix() -> None:
    here = for_each("group", Recipient("slack", "#x-{group.slug}"))
    names = ("Care", "CARE", "Test Team", "24 7")
    here.source.named = tuple(Group(id, name) for id, name in enumerate(names, 1))
    assert sorted(addresses(slices(here))) == ["1-care", "2-care", "3-test-team", "4-24-7"]


def test_too_many_slices_are_refused() -> None:
    here = for_each("agent", at_most=2)
    result = here.run()
    assert str(result.errors[0]) == (
        "care-weekly: for_each: agent would make 3 editions, at most 2 are allowed. "
        "Narrow it with group: or users:, or write at_most: 3."
    )
    assert (here.state(), here.ledger.history(None)[0][1]) == (OccurrenceState.PLANNED, ())


def test_everything_due_goes_out_in_one_round() -> None:
    here = for_each("group")
    results = run_outstanding(here.runtime(), lambda result: None)
    assert [result.occurrence.partition("@")[0] for result in results] == [
        "care-weekly",
        "care-weekly/billing",
        "care-weekly/social-customer-care",
    ]
    assert [delivery.recipient.address for delivery in here.mail.took] == [
        "li@example.com",
        "jane@example.com",
        "li@example.com",
    ]
    assert run_outstanding(here.runtime(), lambda result: None) == ()


def test_lists_that_cannot_be_had_are_asked_for_again() -> None:
    here = for_each("group")
    people = here.source.people

    class Down(Api):
        def users(self) -> tuple[User, ...]:
            raise SourceUnavailable("HTTP 503")

    up, here.source = here.source, Down(named=(CARE,))
    assert (here.run().errors[0].exit_status, here.state()) == (3, OccurrenceState.PLANNED)
    here.source = up
    here.clock.sleep(61)
    assert (here.run().expanded, here.state()) == (True, OccurrenceState.DONE)
    assert people


def test_failed_fan_out_can_be_resent() -> None:
    here = for_each("group")
    up, here.source = here.source, Api(named=(), people=())
    here.digest = replace(here.digest, groups=("Billing",))
    here.ledger = new_ledger()
    here.ledger.plan(here.occurrence, here.digest, (), NOW, False)
    while here.state() is OccurrenceState.PLANNED:
        here.run()
        here.clock.sleep(3601)
    assert here.state() is OccurrenceState.FAILED
    operators = Configuration("reports.yaml", (here.digest,), operators=(Recipient("slack", "#ops"),))
    plan_alerts(here.ledger, operators, here.clock.now())
    alert = here.ledger.occurrence("care-weekly/_failed@2026-11-22T22:00:00Z")
    assert alert is not None
    [told] = alert_editions(here.ledger, alert, {Agents.NONE}, here.clock.now()).values()
    headline, note = told.blocks
    assert isinstance(headline, Headline)
    assert isinstance(note, Note)
    assert headline.sentences[0].text.endswith("failed: nobody got it.")
    assert note.text.startswith("Its editions could not be made: group 'Billing' does not exist at the API.")
    [failed] = unserved_since(here.ledger, NOW)
    require_resendable(here.ledger, failed)
    here.source = up
    assert len(resend(here.runtime(), failed).sent) == 1
    assert here.state() is OccurrenceState.DONE
    assert [*unserved_since(here.ledger, NOW)] == []
    divided = here.ledger.occurrence(here.occurrence.id)
    assert divided is not None
    with pytest.raises(UsageError, match="one edition for each group"):
        require_resendable(here.ledger, divided)


def test_crash_in_fan_out_plans_each_slice_once() -> None:
    here = for_each("group")

    class Dying(Ledger):
        def fan_out(self, *given: object) -> None:  # type: ignore[override]
            raise KeyboardInterrupt

    alive = here.ledger
    here.ledger = Dying(alive.engine, owner="here:1:a", kind=None)
    with pytest.raises(KeyboardInterrupt):
        here.run()
    here.ledger = alive
    assert len(alive.history(None)) == 1
    alive.reap(here.clock.now())
    run_outstanding(here.runtime(), lambda result: None)
    assert len(here.mail.took) == 3


def test_a_slice_sent_by_hand_is_not_sent_again() -> None:
    here = for_each("group")
    request = RunRequest(group="billing")
    asked = manual_run(here.digest, request, NOW)
    [one] = manual_children(asked, fan_out(asked.digest, asked.occurrence, here.source), request)
    assert one.occurrence.id == "care-weekly/billing@2026-11-22T22:00:00Z"
    here.ledger.plan(one.occurrence, one.digest, one.deliveries, NOW, False)
    run_outstanding(here.runtime(), lambda result: None)
    run_outstanding(here.runtime(), lambda result: None)
    assert sorted(delivery.recipient.address for delivery in here.mail.took).count("li@example.com") == 2
    assert len(here.mail.took) == 3


def test_manual_window_and_test_slices() -> None:
    here = for_each("group")
    for request, slice in (
        (RunRequest(window="last 7 days"), "window-last-7-days-billing"),
        (RunRequest(to=("lee@example.com",)), "test-20261122t220000000000z-billing"),
    ):
        asked = manual_run(here.digest, request, NOW)
        found = manual_children(asked, fan_out(asked.digest, asked.occurrence, here.source), request)
        assert found[0].occurrence.slice == slice
        assert len(found) == (1 if request.to else 2)
        assert {d.occurrence for d in found[0].deliveries} == {found[0].occurrence.id}
    assert [(d.kind, d.recipient.address) for d in found[0].deliveries] == [
        (DeliveryKind.TEST, "lee@example.com")
    ]


def test_since_last_run_is_per_slice() -> None:
    rule = WindowRule("since last run", "since last run")
    here = for_each("group", window=rule)
    week = timedelta(days=7)
    fan = fan_out(
        here.digest,
        here.occurrence,
        here.source,
        lambda slice: NOW - 2 * week if slice == "billing" else None,
    )
    assert [len(one.occurrence.window.days) for one in fan.children] == [14, 7]
    assert len({one.occurrence.window.end for one in fan.children}) == 1


TEAM = tuple(person(int(str(row[0])), f"{row[1]} {row[2]}", 7) for row in AGENT_ROWS)


def test_card_shows_own_row_and_medians_only() -> None:
    fifth = ("50", "Fay", "Five", 100.0, 90.0, 9.0, 2000.0, 400.0, 0.9)
    here = for_each("agent", users=("jane@example.com",), reports=(Report("summary"), Report("user_summary")))
    here.source.people = (*TEAM, person(50, "Fay Five", 7))
    here.source.people = tuple(
        replace(one, email="jane@example.com") if one.id == 123 else one for one in here.source.people
    )
    here.source.answers = {
        **CURRENT,
        "user_summary": Present(Table(AGENT_COLUMNS, (*AGENT_ROWS, fifth)), NOW),
    }
    run_outstanding(here.runtime(), lambda result: None)
    [edition] = [
        e
        for e in here.ledger.editions("care-weekly/jane-pear@2026-11-22T22:00:00Z").values()
        if e.agents is Agents.NAMES
    ]
    [table] = [block for block in edition.blocks if isinstance(block, TableBlock)]
    assert [[cell.text for cell in row][:2] for row in table.rows] == [
        ["Jane Pear", "212"],
        ["Median of Social Customer Care", "100.0"],
    ]
    assert "the 5 agents of Social Customer Care" in table.caption
    said = repr(edition)
    assert "Haddad" not in said
    assert "Fay" not in said
    assert "李" not in said


def test_too_few_peers_have_no_median() -> None:
    answer = Present(Table(AGENT_COLUMNS, AGENT_ROWS), NOW)
    assert len(TEAM) < MIN_AGENTS
    few = peers_of(answer, (CARE,), TEAM)
    assert (few.agents, dict(few.medians)) == (4, {})
    strangers = Present(
        Table(AGENT_COLUMNS, tuple((str(n), *AGENT_ROWS[0][1:]) for n in range(900, 909))), NOW
    )
    assert peers_of(strangers, (CARE,), TEAM).agents == 0
    lost = peers_of(SourceUnavailable("HTTP 503"), (CARE,), TEAM)
    assert (lost.reason, dict(lost.medians)) == ("HTTP 503", {})
    assert not isinstance(lost, Unavailable)
