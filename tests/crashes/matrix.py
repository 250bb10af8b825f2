"""The crash matrix: one process killed at one point, started again until all is settled, then counted.

Rows are the ways of delivering; the points are those that an undisturbed run passes (`tests.crashes.points`).
"""

import json
import os
import re
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.model import DeliveryState
from tests.crashes.stage import Scene, Stage

BEFORE, SOON, DUE = "2018-05-06T12:00:00Z", "2018-05-06T12:01:00Z", "2018-05-06T23:00:30Z"
LATER, LATEST, LAST = "2018-05-06T23:02:00Z", "2018-05-06T23:03:30Z", "2018-05-06T23:04:50Z"
# All within five minutes of the due time: later it would say that it is late.

REPORTS_YAML = """\
timezone: Australia/Sydney
locale: en_AU
templates: my-templates
email:
  from: "Care reports <reports@example.com>"
  allowed_domains: [example.com]
  on_unknown: {on_unknown}
digests:
  care-weekly:
    title: Social care, weekly
    schedule: every monday at 09:00
    window: last week
    compare: none
    group: Social Customer Care
    reports: [summary, states_volume, case_details]
    recipients:
      - {recipient}
"""
SLACK = '{slack: "#social-care", attach: [csv]}'
MAIL = "{email: dana@example.com, attach: [csv]}"
ROWS: Mapping[str, str] = {
    "slack": REPORTS_YAML.format(on_unknown="resend", recipient=SLACK),
    "mail, resend": REPORTS_YAML.format(on_unknown="resend", recipient=MAIL),
    "mail, hold": REPORTS_YAML.format(on_unknown="hold", recipient=MAIL),
    "folder": REPORTS_YAML.format(on_unknown="resend", recipient="{folder: outbox}"),
}
PAGE = (
    "<html lang='en'><head><title>{{ edition.title }}</title></head><body>{{ edition.title }}</body></html>"
)
"""A PDF of one line: that it is whole shows as well, and it is made sooner."""

SCENARIOS: Mapping[str, tuple[str, ...]] = {
    "first start": (BEFORE, SOON, DUE, LATER),
    "due": (DUE, LATER, LATEST),
    "restart": (LATER, LATEST, LAST),
}
"""Presents of the runs, of which the first is killed. 'restart' begins where one was killed between the
provider's answer and writing it down; of Slack's, before the message's files were shared."""

TIMES = re.compile(rb"Date: .*|at 09:\d\d|boundary=.*|--===.*")
"""When it was fetched and mailed: a later run may say a later time."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where to die. `chain` are the places of our code that were being called there."""

    scenario: str
    name: str
    chain: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class Arrived:
    """What the provider has: how many messages, under how many ids, and the names of what came with each."""

    count: int
    ids: int
    files: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one kill led to: `taken` of the provider and `known` to the ledger when it happened, then at the end."""

    row: str
    point: Point
    status: int
    taken: int
    known: bool
    state: DeliveryState | None
    arrived: Arrived
    whole: bool

    @property
    def lost_answers(self) -> int:
        """How often the provider had accepted what the ledger did not know of when the process died."""
        return self.taken - self.known

    @property
    def verdict(self) -> str:
        """`lost`, `unknown`, `twice`, `adopted` or `once`."""
        if self.state is DeliveryState.UNKNOWN:
            return "unknown"
        if self.state is not DeliveryState.SENT or not self.arrived.count:
            return "lost"
        if self.arrived.count > 1:
            return "twice"
        looked_up = self.lost_answers or self.point.scenario == "restart"
        return "adopted" if self.row == "slack" and looked_up else "once"

    @property
    def problem(self) -> str:
        """Why this must not be, or ''."""
        if self.status != -signal.SIGKILL:
            return f"was not killed there (status {self.status})"
        if self.verdict == "lost":
            return f"lost: {self.state}, arrived {self.arrived.count} times"
        if self.verdict == "unknown" and (self.row != "mail, hold" or self.arrived.count > 1):
            return f"unknown in the end, arrived {self.arrived.count} times"
        if self.verdict == "twice" and not self._may_be_twice:
            return (
                f"arrived {self.arrived.count} times, of which the answer was lost {self.lost_answers} times"
            )
        return "" if self.whole else f"is not whole: {self.arrived.files}"

    @property
    def _may_be_twice(self) -> bool:
        right = self.arrived.count <= 1 + self.lost_answers and self.arrived.ids == 1
        return self.row == "mail, resend" and right


@dataclass
class Row:
    """One way of delivering, with a folder that has met its digest already, and what arrives undisturbed."""

    stage: Stage
    name: str
    folder: Path
    settled: Path
    whole: Arrived
    written: Mapping[str, bytes]
    points: tuple[Point, ...]

    def kill_at(self, point: Point) -> Outcome:
        """Kill once in a new folder with new providers, run until all is settled, and return the count."""
        folder = self.folder / "try"
        shutil.rmtree(folder, ignore_errors=True)
        if point.scenario != "first start":
            shutil.copytree(self.settled, folder)
        with self.stage.scene(folder, ROWS[self.name], PAGE) as scene:
            if point.scenario == "restart":
                assert run(scene, DUE, last_moment(self.name, self.points)) == -signal.SIGKILL
            first, *others = SCENARIOS[point.scenario]
            status = run(scene, first, point.name)
            taken, known = arrived(scene, self.name).count, state(scene) is DeliveryState.SENT
            for now in others:
                run(scene, now)
            there = arrived(scene, self.name)
            whole = is_whole(self, scene, there)
            return Outcome(self.name, point, status, taken, known, state(scene), there, whole)


def run(scene: Scene, now: str, die_at: str = "") -> int:
    return scene.run("run", "--once", "--now", now, die_at=die_at)


def state(scene: Scene) -> DeliveryState | None:
    """Return the ledger's state of the one delivery, if there is one."""
    states = [pending.state for _, deliveries in scene.history() for pending in deliveries]
    assert len(states) <= 1
    return states[0] if states else None


def arrived(scene: Scene, row: str) -> Arrived:
    """Return what the provider has of the one delivery."""
    if row == "slack":
        keys = {str(message.metadata) for message in scene.slack.messages}
        shared = [scene.slack.files_in_thread(message.ts) for message in scene.slack.messages]
        return Arrived(
            len(shared), len(keys), tuple(tuple(sorted(f.name for f in files)) for files in shared)
        )
    if row == "folder":
        names = tuple(sorted(written(scene)))
        return Arrived(int("report.pdf" in names), 1, (names,))
    mails = [mail.parsed for mail in scene.smtp.messages]
    names_of = [tuple(sorted(str(part.get_filename()) for part in mail.iter_attachments())) for mail in mails]
    return Arrived(len(mails), len({mail["Message-ID"] for mail in mails}), tuple(names_of))


def written(scene: Scene) -> dict[str, bytes]:
    """Every file below the outbox, by its name."""
    return {file.name: file.read_bytes() for file in (scene.folder / "outbox").rglob("*") if file.is_file()}


def is_whole(row: Row, scene: Scene, there: Arrived) -> bool:
    """Whether each message has all its files; in a folder, whether each is what it would have been, and no more."""
    if row.name != "folder":
        return set(there.files) <= set(row.whole.files)
    now = written(scene)
    return now.keys() == row.written.keys() and all(
        TIMES.sub(b"", now[name]) == TIMES.sub(b"", content) for name, content in row.written.items()
    )


def last_moment(row: str, points: Sequence[Point]) -> str:
    """Return the point from which a restart begins: accepted, and not yet recorded.

    The provider has answered; in Slack the message is there and its files are not yet shared.
    """
    begins = SHARING if row == "slack" else SETTLING
    return next(p.name for p in points if p.scenario == "due" and p.name.startswith(begins))


SHARING = "before connect channels/slack/api.py post < channels/slack/files.py share "
SETTLING = "before commit ledger/deliveries.py Deliveries.finish_attempt "


def recorded(log: Path, scenario: str) -> tuple[Point, ...]:
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return tuple(Point(scenario, line["name"], tuple(map(tuple, line["chain"]))) for line in lines)


def prepared(stage: Stage, name: str, folder: Path) -> Row:
    """Return the row, after undisturbed runs that show its points."""
    with stage.scene(folder / "undisturbed", ROWS[name], PAGE) as scene:
        log = scene.folder / "log.jsonl"
        assert scene.run("run", "--once", "--now", BEFORE, log=log) == 0, scene.said
        points = recorded(log, "first start")
        scene.copy_to(folder / "settled")
        assert scene.run("run", "--once", "--now", DUE, log=log) == 0, scene.said
        points += recorded(log, "due")
        whole, files = arrived(scene, name), written(scene)
        assert whole.count == 1, scene.said
    row = Row(stage, name, folder, folder / "settled", whole, files, points)
    row.points += _of_restart(row)
    return row


def _of_restart(row: Row) -> tuple[Point, ...]:
    folder = row.folder / "restarted"
    shutil.copytree(row.settled, folder)
    with row.stage.scene(folder, ROWS[row.name], PAGE) as scene:
        run(scene, DUE, last_moment(row.name, row.points))
        log = folder / "log.jsonl"
        scene.run("run", "--once", "--now", LATER, log=log)
        return recorded(log, "restart")


def share(points: Sequence[Point], number: int, count: int) -> tuple[Point, ...]:
    """Every `count`-th point, from the `number`-th on; with SLOW_SHARE=short of every twelfth one alone."""
    wanted = points[::12] if os.environ.get("SLOW_SHARE") == "short" else points
    return tuple(wanted[number::count])


@contextmanager
def row_on(stage: Stage, name: str, folder: Path) -> Iterator[Row]:
    """Provide the row, in a folder that is empty again afterwards."""
    try:
        yield prepared(stage, name, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
