"""Every command that an alert recommends is run in the state that raised the alert, and works there."""

import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.alerts import KINDS, alert_editions, plan_alerts
from bot.alerts.alert import ASIDE, FAILED, FILE, HELD, LATE, OUT, RECOVERED, TRUST
from bot.alerts.config_error import plan_file_alert
from bot.cli import main
from bot.config import load
from bot.delivery.occurrences import STOPPED, deliveries_of, is_alert, occurrence_of
from bot.delivery.pipeline import PARKED, SET_ASIDE
from bot.ledger import Ledger, open_ledger
from bot.ledger.schema import crashes
from bot.model import Agents, DeliveryState, OccurrenceState
from bot.timetable import firing_at
from tests.delivery.weeks import words_of
from tests.journeys.world import World

pytestmark = pytest.mark.long

AT = "2018-05-07T09:00"
OCCURRENCE = "care-weekly@2018-05-06T23:00:00Z"
HOUR = timedelta(hours=1)
SOON = datetime(2018, 5, 6, 23, 5, tzinfo=UTC)
COMMAND = re.compile(r"digestbot ([a-z]+(?: (?!·)\S+?)*?)(?=\.?(?: ·|\. |\.?$|\n))")
YAML = """\
timezone: Australia/Sydney
email: {from: "Care <reports@example.com>", allowed_domains: [example.com]}
on_failure: [{folder: told}]
digests:
  care-weekly:
    schedule: every monday at 09:00
    window: last week
    group: Social Customer Care
    reports: [summary, user_summary]
    recipients:
      - slack: "#teem"
      - email: [dana@example.com, lee@example.com]
"""


@dataclass
class Desk:
    """What an operator types, in this process, and the ledger below it."""

    world: World
    patch: pytest.MonkeyPatch
    print: Callable[[], str]

    def edit(self, old: str, new: str) -> None:
        file = self.folder / "reports.yaml"
        file.write_text(file.read_text().replace(old, new))

    @property
    def folder(self) -> Path:
        return Path.cwd()

    def type(self, *words: str) -> tuple[int, str]:
        status = main(words)
        return status, self.print()

    def ledger(self) -> Ledger:
        return open_ledger(f"sqlite:///{self.folder}/var/bot.db", owner="test:1:a")

    def alert(self, topic: str) -> str:
        """Return what the alert of that topic says now."""
        with self.ledger() as ledger:
            plan_alerts(ledger, load(self.folder / "reports.yaml.good"), SOON + HOUR)
            records = [record for record, _ in ledger.history(None) if is_alert(record.occurrence)]
            record = next(record for record in records if record.occurrence.topic == topic)
            return words_of(alert_editions(ledger, record, [Agents.NONE], SOON)[Agents.NONE])


@pytest.fixture
def desk(here: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    for name, value in here.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(here.folder)
    here.write(YAML)
    (here.folder / "reports.yaml.good").write_text(YAML)

    def printed() -> str:
        return "".join(capsys.readouterr())

    return Desk(here, monkeypatch, printed)


def refused(desk: Desk) -> None:
    desk.world.smtp.replies["dana@example.com"] = "550 5.1.1 no such user"
    assert desk.type("send", "care-weekly", "--at", AT)[0] == 5


def held(desk: Desk) -> None:
    desk.world.emulator.faults.add("filter-ignored")
    assert desk.type("send", "care-weekly", "--at", AT)[0] == 3


def parked(desk: Desk) -> None:
    refused(desk)
    with desk.ledger() as ledger:
        ledger.reopen(OCCURRENCE, datetime.now(UTC))
        assert ledger.park(OCCURRENCE, PARKED, datetime.now(UTC))


def misnamed(desk: Desk) -> None:
    """Name a group that does not exist, until the grace is over."""
    desk.edit("Social Customer Care", "Social Costumer Care")
    assert desk.type("send", "care-weekly", "--at", AT)[0] == 2
    with desk.ledger() as ledger:
        ledger.reopen(OCCURRENCE, datetime.now(UTC))
        claim = ledger.claim_occurrence(OCCURRENCE, datetime.now(UTC))
        assert claim is not None
        ledger.postpone(claim, "group does not exist", None, datetime.now(UTC))


def aside(desk: Desk) -> None:
    refused(desk)
    with desk.ledger() as ledger:
        now = datetime.now(UTC)
        ledger.reopen(OCCURRENCE, now)
        with ledger.engine.begin() as connection:
            connection.execute(crashes.insert().values(occurrence=OCCURRENCE, count=3))
        assert ledger.set_aside(OCCURRENCE, SET_ASIDE, now + timedelta(hours=1), now)


def stopped(desk: Desk) -> None:
    refused(desk)
    with desk.ledger() as ledger:
        ledger.open_circuit("email", "535 bad login", "", datetime.now(UTC))


def broken(desk: Desk) -> None:
    refused(desk)
    with desk.ledger() as ledger:
        configuration, now = load(desk.folder / "reports.yaml"), datetime.now(UTC)
        plan_file_alert(ledger, configuration, ["reports.yaml:1:1: wrong"], now, now)
    desk.edit("window: last week", "window: lost week")


def cure(desk: Desk) -> None:
    """Correct what a person corrects before a command: the file, the mailbox, the API."""
    desk.edit("#teem", "#social-care")
    desk.edit("Social Costumer Care", "Social Customer Care")
    desk.world.smtp.replies.clear()
    desk.world.emulator.faults.clear()


def late(desk: Desk) -> None:
    """Fetch in vain while the API is down."""
    with desk.ledger() as ledger:
        digest = load(desk.folder / "reports.yaml").digests[0]
        of = occurrence_of(digest, firing_at(digest, SOON - timedelta(minutes=5)), None)
        ledger.plan(of, digest, deliveries_of(digest, of), SOON, False)
        claim = ledger.claim_occurrence(of.id, SOON)
        assert claim is not None
        ledger.postpone(claim, "The API did not answer.", SOON + HOUR, SOON)


def missed(desk: Desk) -> None:
    """Skip what was due while nothing ran."""
    with desk.ledger() as ledger:
        digest = load(desk.folder / "reports.yaml").digests[0]
        of = occurrence_of(digest, firing_at(digest, SOON - timedelta(minutes=5)), None)
        assert ledger.skip(of, digest, "missed while nothing ran", SOON + HOUR)


SCENES = (
    (FAILED, refused, {"resend", "explain", "discard"}),
    (FAILED, parked, {"resend", "explain", "discard"}),
    (FAILED, misnamed, {"resend", "explain", "discard"}),
    (HELD, held, {"release", "discard"}),
    (ASIDE, aside, {"explain", "discard"}),
    (STOPPED, stopped, {"check"}),
    (FILE, broken, {"check"}),
    (LATE, late, {"explain"}),
    (OUT, missed, {"send"}),
)
SLOW = (stopped,)
"""`check --online` asks the API everything."""

WITHOUT = {RECOVERED, TRUST}
"""Alerts that need nothing done."""


def test_every_kind_of_alert_has_a_scene() -> None:
    assert {topic for topic, *_ in SCENES} | WITHOUT == set(KINDS)


@pytest.mark.promise("an alert recommends a command", "it works in the very state that raised the alert")
@pytest.mark.parametrize(
    ("topic", "scene", "names"),
    [
        pytest.param(*one, id=one[1].__name__, marks=pytest.mark.slow if one[1] in SLOW else ())
        for one in SCENES
    ],
)
def test_what_an_alert_recommends_works(
    desk: Desk, tmp_path: Path, topic: str, scene: Callable[[Desk], None], names: set[str]
) -> None:
    scene(desk)
    recommended = [tuple(shlex.split(found)) for found in COMMAND.findall(desk.alert(topic))]
    assert {words[0] for words in recommended} == names, desk.alert(topic)
    cure(desk)
    for number, words in enumerate(recommended):
        copy = tmp_path.parent / f"{tmp_path.name}-{number}"
        shutil.copytree(desk.folder, copy)
        with desk.patch.context() as there:
            there.chdir(copy)
            _run(desk, topic, words)


def _run(desk: Desk, topic: str, words: tuple[str, ...]) -> None:
    status, printed = desk.type(*words)
    if topic == FILE:
        assert (status, "lost week" in printed) == (2, True)
        return
    assert status == 0, printed
    with desk.ledger() as ledger:
        record = ledger.occurrence(OCCURRENCE)
        states = {one.state for one in ledger.deliveries(OCCURRENCE)}
    assert record is not None
    if words[0] in ("resend", "release", "send"):
        assert states <= {DeliveryState.SENT, DeliveryState.CANCELLED}, printed
        assert record.state is OccurrenceState.DONE
    if words[0] == "discard":
        assert states <= {DeliveryState.SENT, DeliveryState.CANCELLED}, printed
        assert record.state in (OccurrenceState.SKIPPED, OccurrenceState.DONE)
