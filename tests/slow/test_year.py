"""A simulated year of 100 digests: nothing lost, nothing twice, on time, and the process stays as small as it was."""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
SHORT = os.environ.get("SLOW_SHARE") == "short"
WARM_UP_DAYS = 65
"""Until then the store grows: its rows are kept for 60 days here."""

pytestmark = pytest.mark.slow


def test_a_year_of_a_hundred_digests(tmp_path: Path) -> None:
    """With SLOW_SHARE=short a month, in which nothing may grow by more than 10 MB in all."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.slow.year", tmp_path, "31" if SHORT else "365"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=1_200,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["due"] > (500 if SHORT else 6_000)
    assert (summary["sent"], summary["twice"], summary["bugs"]) == (summary["due"], 0, [])
    assert summary["lost answers"] > 0
    assert 1 - summary["late"] / summary["due"] >= 0.999
    _assert_small(summary["weights"], 5 if SHORT else WARM_UP_DAYS)


def _assert_small(weights: list[tuple[int, int, int]], warm_up: int) -> None:
    """Medians of the first and the last tenth of days after the warm-up: one look depends on chance."""
    after = weights[warm_up:]
    tenth = max(3, len(after) // 10)
    (began, first), (ended, last) = (_middle(part) for part in (after[:tenth], after[-tenth:]))
    grown_mb = (last - first) * 1024 / 1e6
    assert grown_mb < 10 if SHORT else grown_mb / (ended - began) * 1_000 < 1.0, (began, first, ended, last)
    assert len({files for _, _, files in after}) == 1, "the number of open files changed"


def _middle(part: list[tuple[int, int, int]]) -> tuple[float, float]:
    return median(done for done, _, _ in part), median(kib for _, kib, _ in part)
