"""`python -m tests.hosts`: every scene at full size, and the table for docs/reliability.md. `make hosts`.

Names of scenes take those alone. `--short`: small sizes of the same, without figures of seconds. `--plain`: no
namespaces, as where they are not allowed.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from tests.hosts import failures, sharing, single
from tests.hosts.audit import Result
from tests.hosts.network import enter_namespaces, has_namespaces

SEEDS = (20261201, 20261202, 20261203)


@dataclass(frozen=True)
class Scene:
    """A function, with the arguments of each of its runs: at full size, and in short."""

    title: str
    play: Callable[..., Result]
    full: Sequence[dict[str, Any]]
    short: Sequence[dict[str, Any]]


SCENES: dict[str, Scene] = {
    "kills": Scene(
        "hosts killed and PostgreSQL restarted, at random",
        failures.random_kills,
        [{"seed": seed, "deliveries": 2000, "kills": 30, "restarts": 5} for seed in SEEDS],
        [{"seed": SEEDS[0], "deliveries": 60, "kills": 4, "restarts": 2}],
    ),
    "restarts": Scene(
        "PostgreSQL restarted, nobody killed",
        failures.restarts,
        [{"seed": SEEDS[0], "deliveries": 500, "restarts": 5, "within": 300.0}],
        [{"seed": SEEDS[0], "deliveries": 48, "restarts": 2, "within": inf}],
    ),
    "beside": Scene("a host starts while another sends", failures.beside, [{"times": 20}], [{"times": 2}]),
    "takeover": Scene(
        "a host killed for good in the middle of a send or a fetch",
        failures.takeover,
        [{"times": 10, "taken_within": 45.0, "sent_within": 60.0}],
        [{"times": 1, "taken_within": inf, "sent_within": inf}],
    ),
    "cable": Scene(
        "a host's cable pulled in the middle of a send",
        failures.cut_off,
        [{"how": "cable pulled", "seconds": 75.0, "taken_within": 45.0}],
        [],
    ),
    "stopped": Scene(
        "a host stopped (SIGSTOP) in the middle of a send",
        failures.cut_off,
        [{"how": "stopped", "seconds": 75.0, "taken_within": 45.0}],
        [{"how": "stopped", "seconds": 0.0, "taken_within": inf}],
    ),
    "clocks": Scene(
        "hosts whose clocks are wrong",
        sharing.clocks,
        [{"deliveries": 500, "turned": 600.0}],
        [{"deliveries": 36, "turned": 600.0}],
    ),
    "limit": Scene(
        "three hosts want more requests than the API allows",
        sharing.limit,
        [{"digests": 14, "span": 30.0, "turned": turned} for turned in (0.0, 600.0)],
        [{"digests": 14, "span": 5.0, "turned": 600.0}],
    ),
    "export": Scene(
        "the host that fetched an export is gone",
        sharing.export_of_the_gone,
        [{"megabytes": 5}, {"megabytes": 50}],
        [{"megabytes": 5}],
    ),
    "roll-out": Scene("a roll-out moves a digest's time", sharing.roll_out, [{}], [{}]),
    "terminated": Scene(
        "SIGTERM while a mail of 10 s is under way",
        failures.terminated,
        [{"seconds": 10.0, "within": 30.0}],
        [{"seconds": 2.0, "within": inf}],
    ),
    "engine": Scene(
        "the engine's jobs truncated, then its schema dropped",
        sharing.engine_lost,
        [{"deliveries": 500}],
        [{"deliveries": 36}],
    ),
    "idle": Scene("nothing to do", sharing.idle, [{"digests": 50, "seconds": 120.0}], []),
    "clock-set": Scene(
        "SQLite: the clock is set in the middle of a send",
        single.clock_set,
        [{"seconds": seconds} for seconds in (-3600.0, 240.0, 3600.0)],
        [{"seconds": seconds} for seconds in (-3600.0, 240.0)],
    ),
    "paused": Scene(
        "SQLite: the process is stopped in the middle of a send",
        single.paused,
        [{"seconds": 200.0, "real": True}, {"seconds": 7200.0, "real": False}],
        [{"seconds": 200.0, "real": False}],
    ),
    "containers": Scene("SQLite: a second container of the same name", single.containers, [{}], [{}]),
}


def main() -> int:
    """0 when no scene has a problem."""
    parser = argparse.ArgumentParser(prog="python -m tests.hosts")
    parser.add_argument("scenes", nargs="*", default=list(SCENES), metavar="SCENE")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="of the emulator's generated log")
    given = parser.parse_args()
    if not given.plain:
        enter_namespaces("tests.hosts", sys.argv[1:])
    print("hosts in namespaces" if has_namespaces() else "hosts as processes on loopback", file=sys.stderr)
    print("| scene | found |", "|---|---|", sep="\n", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        wrong = [
            problem
            for name in given.scenes
            for sizes in (SCENES[name].short if given.short else SCENES[name].full)
            for problem in _played(SCENES[name], given.kept or Path(temporary), sizes)
        ]
    print("", *wrong or ("No problems.",), sep="\n")
    return 1 if wrong else 0


def _played(scene: Scene, kept: Path, sizes: dict[str, Any]) -> list[str]:
    began = time.monotonic()
    try:
        result = scene.play(kept, **sizes)
    except (AssertionError, subprocess.TimeoutExpired) as problem:
        result = Result(f"**{problem}**", [str(problem)])
    print(f"| {scene.title} | {result.figures} |", flush=True)
    print(f"  {time.monotonic() - began:.0f} s", *result.problems, sep="\n    ", file=sys.stderr)
    return [f"{scene.title}: {problem}" for problem in result.problems]


if __name__ == "__main__":
    raise SystemExit(main())
