"""A running service that is killed at random moments, again and again, until its work is done; then the count.

Its digests have missed weeks of days and catch up with all of them, so that there is always something to do.
"""

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.delivery.pipeline import PARKED
from bot.ledger import open_ledger
from bot.model import DeliveryState
from bot.render.email.mime import message_id
from tests.crashes.matrix import PAGE
from tests.crashes.stage import Scene, Stage

SEEDS = (20261125, 20261126, 20261127)
KILLS = 10 if os.environ.get("SLOW_SHARE") == "short" else 100
"""Of each seed."""

LONGEST = 10.0
"""A service lives at most as long as that many starts of a process that has nothing to do: on a busy machine
longer, or it would never come to any work. Each moment before is as likely to be its last."""

THINKS = 0.3
"""Seconds that the mail server thinks about a mail: on loopback a send would be too short to be hit."""

DAYS = 12
DIGESTS = {"morning": "user_summary", "noon": "summary", "evening": "states_volume"}
"""By name, with a report of each: nobody is to get the same twice."""
HEAD = """\
timezone: UTC
templates: my-templates
activity_api: {rate_limit: {requests: 10000, per: 5m}}
email:
  from: "Care reports <reports@example.com>"
  allowed_domains: [example.com]
digests:
"""
ENTRY = """\
  {name}:
    title: Every {name}
    schedule: every day at 0{hour}:00
    window: yesterday
    compare: none
    catch_up: all
    grace: 31d
    reports: [{report}]
    recipients:
      - {{slack: "#social-care", attach: [pdf]}}
      - {{email: dana@example.com}}
      - {{folder: outbox}}
"""
REPORTS_YAML = HEAD + "".join(
    ENTRY.format(name=name, hour=hour, report=report) for hour, (name, report) in enumerate(DIGESTS.items())
)


PLANNED = DAYS * len(DIGESTS) * 3
"""Deliveries of one round, at least: a day may begin while it runs."""

OPEN = {DeliveryState.READY, DeliveryState.SENDING}


@dataclass
class Tally:
    """What came of the kills. `doubled` are mails whose first answer was lost; `problems` must be none."""

    seed: int
    kills: int = 0
    rounds: int = 0
    deliveries: int = 0
    cut_off: int = 0
    parked: int = 0
    doubled: int = 0
    lost: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    problems: tuple[str, ...] = ()


def kill_at_random(
    stage: Stage, folder: Path, kills: int, seed: int, tell: Callable[[str], None] = lambda line: None
) -> Tally:
    """Run rounds of one folder each until there were so many kills."""
    tally, chance = Tally(seed), random.Random(seed)
    while tally.kills < kills:
        tally.rounds += 1
        here = folder / f"round-{tally.rounds}"
        with stage.scene(here, REPORTS_YAML, PAGE) as scene:
            _round(scene, tally, kills, chance)
        shutil.rmtree(here)
        tell(
            f"seed {seed}: {tally.kills} kills, {tally.deliveries} deliveries, {len(tally.problems)} problems"
        )
    return tally


def _round(scene: Scene, tally: Tally, kills: int, chance: random.Random) -> None:
    scene.smtp.reply_seconds = THINKS
    scene.slack.workspace.clock = time.time  # it is looked for by the moment of the try
    longest = LONGEST * _meet(scene, datetime.now(UTC) - timedelta(days=DAYS))
    while tally.kills < kills and not _is_done(scene):
        _live_and_die(scene, chance.uniform(0.0, longest))
        tally.kills += 1
    _settle(scene, tally)
    _count(scene, tally)


def _meet(scene: Scene, then: datetime) -> float:
    """Let the digests be seen for the first time; the seconds that a run with nothing to do takes."""
    for _ in range(2):  # before the first one the nursery imports everything
        began = time.monotonic()
        assert scene.run("run", "--once", "--now", _text(then)) == 0, scene.said
    return time.monotonic() - began


def _live_and_die(scene: Scene, seconds: float) -> None:
    process = scene.begin("run")
    assert not scene.stage.nursery.ends_within(seconds), scene.said
    os.kill(process, signal.SIGKILL)
    assert scene.stage.nursery.end() == -signal.SIGKILL
    scene.let_finish()


def _is_done(scene: Scene) -> bool:
    """Whether everything is planned, and nothing waits to be sent."""
    states = [pending.state for _, deliveries in scene.history() for pending in deliveries]
    return len(states) >= PLANNED and not set(states) & OPEN


def _settle(scene: Scene, tally: Tally) -> None:
    """Undisturbed, as long as it takes; what was parked is sent again, as a person would."""
    for minutes in (1, 3, 6, 70):  # the last for what was set aside
        scene.run("run", "--once", "--now", _text(datetime.now(UTC) + timedelta(minutes=minutes)))
    for record, _ in scene.history():
        if record.reason == PARKED:
            tally.parked += 1
            scene.run("resend", record.occurrence.id)


def _count(scene: Scene, tally: Tally) -> None:
    tried = _attempts(scene)
    missing = max(0, PLANNED - len(tried))
    tally.lost += missing
    tally.problems += (f"seed {tally.seed}: {missing} deliveries were never planned",) if missing else ()
    for record, deliveries in scene.history():
        for pending in deliveries:
            channel, key = pending.delivery.recipient.channel, pending.delivery.key
            there, whole = _arrived(scene, channel, record.occurrence.id, key)
            unknown = tried[key].count(DeliveryState.UNKNOWN)
            tally.deliveries += 1
            tally.cut_off += unknown
            tally.lost += there == 0
            tally.doubled += there > 1
            tally.verdicts[_verdict(channel, pending.state, there, unknown)] += 1
            most = 1 + unknown if channel == "email" else 1
            if pending.state is not DeliveryState.SENT or not 1 <= there <= most or not whole:
                words = f"{record.occurrence.id} {channel}: {pending.state.value}, arrived {there} times"
                tally.problems += (f"seed {tally.seed}: {words}, {unknown} attempts unknown, whole: {whole}",)


def _verdict(channel: str, state: DeliveryState, there: int, unknown: int) -> str:
    if not there:
        return "lost"
    if there > 1:
        return "twice"
    return "once after unknown" if unknown else "once"


def _attempts(scene: Scene) -> dict[str, list[DeliveryState]]:
    """How each attempt ended, by delivery."""
    with open_ledger(f"sqlite:///{scene.folder}/var/bot.db", owner="onlooker") as ledger:
        deliveries = [pending for _, mine in ledger.history(None) for pending in mine]
        return {
            pending.delivery.key: [attempt.state for attempt in ledger.attempts(pending.delivery.key)]
            for pending in deliveries
        }


def _arrived(scene: Scene, channel: str, occurrence: str, key: str) -> tuple[int, bool]:
    """How often the provider has it, and whether it is whole there."""
    if channel == "slack":
        mine = [m for m in scene.slack.messages if m.metadata and m.metadata["event_payload"]["key"] == key]
        return len(mine), all(scene.slack.files_in_thread(message.ts) for message in mine)
    if channel == "email":
        name = message_id(key, "example.com")
        mails = [mail.parsed for mail in scene.smtp.messages if mail.parsed["Message-ID"] == name]
        return len(mails), True
    digest, _, due = occurrence.partition("@")
    folder = scene.folder / "outbox" / digest / due.replace("-", "").replace(":", "")
    return int((folder / "report.pdf").exists()), not list(folder.glob(".*.tmp"))


def random_table(tallies: Iterable[Tally]) -> str:
    heads = ("seed", "kills", "deliveries", "sends cut off", "parked, sent by hand", "once", "twice", "lost")
    lines = [heads, ("---",) + ("--:",) * (len(heads) - 1)]
    for t in tallies:
        once = t.verdicts["once"] + t.verdicts["once after unknown"]
        lines.append(
            tuple(map(str, (t.seed, t.kills, t.deliveries, t.cut_off, t.parked, once, t.doubled, t.lost)))
        )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
