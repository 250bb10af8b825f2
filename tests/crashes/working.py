"""The matrix worked off by as many processes as there are processors."""

import itertools
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from tests.crashes.matrix import Outcome, row_on, share
from tests.crashes.random_kills import SEEDS, Tally, kill_at_random
from tests.crashes.stage import stage

SHARES = 2
"""Parts of one row that are worked off by themselves, so that all processors have something to do."""


def outcomes_of(job: tuple[str, int, str]) -> list[Outcome]:
    """One part of one row, in a process of its own."""
    name, number, kept = job
    with (
        tempfile.TemporaryDirectory() as folder,
        stage(Path(kept)) as here,
        row_on(here, name, Path(folder)) as row,
    ):
        return [row.kill_at(point) for point in share(row.points, number, SHARES)]


def matrix(rows: Sequence[str], kept: str, tell: Callable[[str], None]) -> list[Outcome]:
    """Every outcome, in the order of rows and points."""
    jobs = [(name, number, kept) for name, number in itertools.product(rows, range(SHARES))]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        running = {pool.submit(outcomes_of, job): job for job in jobs}
        done: dict[tuple[str, int], list[Outcome]] = {}
        for future in as_completed(running):
            name, number, _ = running[future]
            done[name, number] = future.result()
            tell(f"{name}: {sum(len(found) for (row, _), found in done.items() if row == name)} points")
    return [outcome for name in rows for outcome in _in_order([done[name, n] for n in range(SHARES)])]


def _in_order(parts: Iterable[Sequence[Outcome]]) -> list[Outcome]:
    """Return what `share` had taken apart."""
    turns = itertools.zip_longest(*parts)
    return [outcome for turn in turns for outcome in turn if outcome is not None]


def tally_of(job: tuple[int, int, str]) -> Tally:
    """Run the random kills of one seed in a process of its own."""
    seed, kills, kept = job
    with tempfile.TemporaryDirectory() as folder, stage(Path(kept), datetime.now(UTC)) as here:
        return kill_at_random(here, Path(folder), kills, seed)


def at_random(kills: int, kept: str, tell: Callable[[str], None]) -> list[Tally]:
    """So many random kills of each seed."""
    with ProcessPoolExecutor(len(SEEDS), mp_context=get_context("spawn")) as pool:
        tallies = list(pool.map(tally_of, [(seed, kills, kept) for seed in SEEDS]))
    tell(f"{sum(tally.kills for tally in tallies)} random kills")
    return tallies
