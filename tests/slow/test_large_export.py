"""An export of half a gigabyte passes through in little memory; SLOW_SHARE=short takes a tenth of it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
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


def tree(root: int) -> Iterator[int]:
    """A process and everything below it: the process that makes PDFs and its children are such."""
    yield root
    for thread in Path(f"/proc/{root}/task").glob("*/children"):
        for child in thread.read_text().split():
            yield from tree(int(child))


def megabytes_of(root: int) -> float:
    """What a tree of processes takes: pages that several share are counted once."""
    total = 0
    for pid in tree(root):
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue  # it ended
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def test_half_a_gigabyte_needs_less_than_200_mb(export: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.slow.exporting", str(export), str(tmp_path / "out")]
    peak = 0.0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    ) as running:
        while running.poll() is None:
            peak = max(peak, megabytes_of(running.pid))
            time.sleep(0.05)
        assert running.stdout is not None
        rows, peak_of_one = map(int, running.stdout.read().split())
    (copy,) = (tmp_path / "out").rglob(f"{REPORT}.csv")
    assert copy.stat().st_size == export.stat().st_size
    assert rows % BLOCK_ROWS == 0
    print(f"peak: {peak_of_one} MB in the one process, {peak:.0f} MB in all")
    assert peak < 200
    assert peak_of_one < 200
