"""An export of half a gigabyte passes through in little memory; SLOW_SHARE=short takes a tenth of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.slow.exporting import REPORT
from tests.source.insight_files import MENTIONS, message, written

pytestmark = pytest.mark.slow

MEGABYTES = 50 if os.environ.get("SLOW_SHARE") == "short" else 500
BLOCK_ROWS = 10_000


def block(number: int) -> bytes:
    """Rows that differ from each other, about 5 MB of them."""
    rows = []
    for n in range(BLOCK_ROWS):
        text = " ".join(f"{(n * 7919 + word * 104_729) % 1_000_003:x}" for word in range(45))
        published = f"2018-05-0{1 + n % 6} {n % 24:02}:{n % 60:02}:00"
        cells = {"Classifications": f"Topic {n % 900}; {number}", "Customer Message": text}
        rows.append(message(published, str(n % 500) if n % 5 else "", **cells))
    return written(MENTIONS, rows).partition(b"\r\n")[2]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "exports" / "mentions.csv"
    file.parent.mkdir()
    blocks = [block(number) for number in range(3)]
    with file.open("wb") as out:
        out.write(written(MENTIONS, []))
        while out.tell() < MEGABYTES * 1_000_000:
            out.write(blocks[out.tell() % 3])
    return file


def test_half_a_gigabyte_needs_less_than_200_mb(export: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.slow.exporting", str(export), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    rows, peak = map(int, done.stdout.split())
    (copy,) = (tmp_path / "out").rglob(f"{REPORT}.csv")
    assert copy.stat().st_size == export.stat().st_size
    assert rows % BLOCK_ROWS == 0
    assert peak < 200
