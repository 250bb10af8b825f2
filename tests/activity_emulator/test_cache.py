"""The cache of generated logs: made once, completely or not at all."""

import multiprocessing
import os
import stat
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activity_emulator.log.cache import cached_log
from tests.activity_emulator.conftest import NOW
from tests.activity_emulator.small_logs import make_in, tiny_rows


def keep(data_dir: Path, seed: int = 5, now: datetime = NOW) -> tuple[list[str], list[str]]:
    """Return the group names of the log, and the progress messages while it was opened or made."""
    progress: list[str] = []
    log = cached_log(data_dir, seed, now, progress.append, tiny_rows)
    names = [row["name"] for row in log.rows("SELECT name FROM groups")]
    log.close()
    return names, progress


def kept_file(data_dir: Path) -> Path:
    (path,) = data_dir.glob("activity-log-*")
    return path


def test_cache_hit(tmp_path: Path) -> None:
    assert keep(tmp_path) == (['The "5", 小組'], ["making a message log up to 2026-11-22 23:00 UTC"])
    assert keep(tmp_path) == (['The "5", 小組'], [])
    assert keep(tmp_path, now=NOW + timedelta(minutes=50)) == (['The "5", 小組'], [])


def test_cache_key(tmp_path: Path) -> None:
    keep(tmp_path)
    assert keep(tmp_path, seed=6)[0] == ['The "6", 小組']
    assert keep(tmp_path, now=NOW + timedelta(hours=1))[1] == [
        "making a message log up to 2026-11-23 00:00 UTC"
    ]


def test_file_mode(tmp_path: Path) -> None:
    keep(tmp_path / "new" / "folder")
    assert stat.S_IMODE(kept_file(tmp_path / "new" / "folder").stat().st_mode) == 0o600


def test_no_temporary_files(tmp_path: Path) -> None:
    keep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [kept_file(tmp_path).name]


@pytest.mark.parametrize("damage", ["empty", "half", "one bit", "not a log"])
def test_damaged_file_is_replaced(tmp_path: Path, damage: str) -> None:
    keep(tmp_path)
    path = kept_file(tmp_path)
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "empty": b"",
            "half": content[:middle],
            "one bit": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "not a log": b"PK\x03\x04" * 1000,
        }[damage]
    )
    names, progress = keep(tmp_path)
    assert names == ['The "5", 小組']
    assert len(progress) == 1
    assert keep(tmp_path)[1] == []


def test_failed_generation_leaves_nothing(tmp_path: Path) -> None:
    def broken(seed: int, now: datetime) -> list[tuple[str, tuple[object, ...]]]:
        raise RuntimeError("out of ideas")

    with pytest.raises(RuntimeError, match="out of ideas"):
        cached_log(tmp_path, 5, NOW, lambda _: None, broken)
    assert list(tmp_path.iterdir()) == []


def test_single_flight_across_threads(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def work(_: int) -> tuple[list[str], list[str]]:
        together.wait()
        return keep(tmp_path)

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, range(4)))
    assert [names for names, _ in results] == [['The "5", 小組']] * 4
    assert sum(len(progress) for _, progress in results) == 1


@pytest.mark.long
def test_concurrent_processes(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(make_in, [str(tmp_path)] * 4, [NOW] * 4))
    assert results == [['The "5", 小組']] * 4


@pytest.mark.long
def test_eviction(tmp_path: Path) -> None:
    for hour in range(6):
        now = datetime(2026, 3, 1, hour, tzinfo=UTC)
        keep(tmp_path, now=now)
        for path in tmp_path.glob(f"*T{hour:02}-*"):
            os.utime(path, (hour, hour))
    hours = sorted(path.name.split("T")[1][:2] for path in tmp_path.glob("activity-log-*"))
    assert hours == ["02", "03", "04", "05"]


def test_abandoned_directory_is_removed(tmp_path: Path) -> None:
    old, fresh = tmp_path / ".activity-log-old", tmp_path / ".activity-log-fresh"
    for scratch in (old, fresh):
        scratch.mkdir()
        (scratch / "messages.csv").touch()
    os.utime(old, (0, 0))
    keep(tmp_path)
    assert (old.exists(), fresh.exists()) == (False, True)
