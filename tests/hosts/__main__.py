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
from math import inf
from pathlib import Path
from typing import Any

from tests.hosts import failures, sharing, single
from tests.hosts.audit import Result
from tests.hosts.network import enter_namespaces, has_namespaces

SEEDS = (20261201, 20261202, 20261203)
Runs = Sequence[tuple[Any, ...]]
"""The arguments of each run of a scene, as its function has them."""

SCENES: dict[str, tuple[str, Callable[..., Result], Runs, Runs]] = {
    "kills": (
        "hosts killed and PostgreSQL restarted, at random",
        failures.random_kills,
        [(seed, 2000, 30, 6, ("resend", "hold")) for seed in SEEDS],
        [(SEEDS[0], 48, 3, 1, ("resend",))],
    ),
    "restarts": (
        "PostgreSQL restarted, nobody killed",
        failures.restarts,
        [(SEEDS[0], 500, 5, 300.0)],
        [(SEEDS[0], 48, 2, inf)],
    ),
    "beside": ("a host starts while another sends", failures.beside, [(20,)], [(2,)]),
    "takeover": ("a host killed for good", failures.takeover, [(10, 45.0, 60.0)], [(1, inf, inf)]),
    "cable": ("a cable pulled in the middle of a send", failures.cut_off, [("cable", 75.0, 120.0)], []),
    "stopped": (
        "a host stopped in the middle of a send",
        failures.cut_off,
        [("stopped", 75.0, 120.0)],
        [("stopped", 0.0, inf)],
    ),
    "clocks": ("two hosts' clocks are wrong", failures.clocks, [(500, 600.0)], [(36, 600.0)]),
    "limit": (
        "more requests wanted than the API allows",
        sharing.limit,
        [(14, 30.0, 0.0, 0.9), (14, 30.0, 600.0, 0.9)],
        [(14, 10.0, 600.0, 0.0)],
    ),
    "export": ("who fetched an export is gone", sharing.export_of_the_gone, [(5,), (50,)], [(5,)]),
    "roll-out": ("a roll-out moves a digest's time", sharing.roll_out, [()], [()]),
    "terminated": ("SIGTERM with a mail under way", failures.terminated, [(10.0, 30.0)], [(2.0, inf)]),
    "engine": (
        "the engine's jobs truncated, then dropped",
        failures.engine_lost,
        [(SEEDS[0], 500)],
        [(SEEDS[0], 36)],
    ),
    "idle": ("nothing to do", sharing.idle, [(50, 120.0)], []),
    "clock-set": (
        "SQLite: the clock is set in the middle of a send",
        single.clock_set,
        [(-3600.0,), (240.0,), (3600.0,)],
        [(-3600.0,), (240.0,)],
    ),
    "paused": (
        "SQLite: stopped in the middle of a send",
        single.paused,
        [(200.0, True), (7200.0, False)],
        [(200.0, False)],
    ),
    "containers": ("SQLite: a second container of the same name", single.containers, [()], [()]),
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
        kept = given.kept or Path(temporary)
        wrong = [problem for name in given.scenes for problem in _played(name, kept, given.short)]
    print("", *wrong or ("No problems.",), sep="\n")
    return 1 if wrong else 0


def _played(name: str, kept: Path, short: bool) -> list[str]:
    title, play, full, small = SCENES[name]
    problems = []
    for sizes in small if short else full:
        began = time.monotonic()
        try:
            result = play(kept, *sizes)
        except (AssertionError, subprocess.TimeoutExpired) as problem:
            result = Result(f"**{problem}**", [str(problem)])
        print(f"| {title} | {result.figures} |", flush=True)
        print(f"  {time.monotonic() - began:.0f} s", *result.problems, sep="\n    ", file=sys.stderr)
        problems += [f"{title}: {problem}" for problem in result.problems]
    return problems


if __name__ == "__main__":
    raise SystemExit(main())
