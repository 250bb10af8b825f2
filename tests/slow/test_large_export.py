"""An export of half a gigabyte passes through in little memory; SLOW_SHARE=short takes a tenth of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.slow.exporting import REPORT
from tests.slow.large_csv import BLOCK_ROWS, large_csv
from tests.slow.memory import Watched

pytestmark = pytest.mark.slow

MEGABYTES = 50 if os.environ.get("SLOW_SHARE") == "short" else 500


def test_half_a_gigabyte_needs_less_than_200_mb(tmp_path: Path) -> None:
    export = large_csv(tmp_path / "exports" / "mentions.csv", MEGABYTES)
    command = [sys.executable, "-m", "tests.slow.exporting", str(export), str(tmp_path / "out")]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    with Watched(child.pid) as watched:
        output, _ = child.communicate()
    assert child.returncode == 0
    (copy,) = (tmp_path / "out").rglob(f"{REPORT}.csv")
    assert copy.stat().st_size == export.stat().st_size
    assert int(output) % BLOCK_ROWS == 0
    assert 50 < watched.peak_mb < 200
    copy.unlink()
    export.unlink()
