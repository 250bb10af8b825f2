"""Every crash point × every way of delivering, and kills at random moments; docs/reliability.md has the numbers.

SLOW_SHARE=short takes an evenly spread twelfth of the points, and 30 random kills. `make crash-matrix` prints
the same as tables.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.crashes.matrix import ROWS, row_on, share
from tests.crashes.random_kills import KILLS, SEEDS, kill_at_random
from tests.crashes.stage import Stage, stage
from tests.crashes.table import problems

pytestmark = pytest.mark.slow

SHARES = 2


@pytest.fixture
def theatre(emulator_folder: Path) -> Iterator[Stage]:
    with stage(emulator_folder) as made:
        yield made


@pytest.mark.parametrize("number", range(SHARES))
@pytest.mark.parametrize("name", ROWS)
def test_killed_at_any_point_nothing_is_lost_or_doubled_but_what_may_be(
    name: str, number: int, theatre: Stage, tmp_path: Path
) -> None:
    with row_on(theatre, name, tmp_path) as row:
        outcomes = [row.kill_at(point) for point in share(row.points, number, SHARES)]
    assert outcomes
    assert problems(outcomes) == ()


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_at_random_moments_nothing_is_lost_or_doubled_but_what_may_be(
    seed: int, emulator_folder: Path, tmp_path: Path
) -> None:
    with stage(emulator_folder, datetime.now(UTC)) as here:
        tally = kill_at_random(here, tmp_path, KILLS, seed, print)
    assert tally.kills >= KILLS
    assert (tally.lost, tally.problems) == (0, ())
