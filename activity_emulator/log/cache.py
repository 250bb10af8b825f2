"""The cache of generated logs: one file for each seed and hour, made completely or not at all."""

import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from activity_emulator.generator import generate
from activity_emulator.log.database import Log, fill
from activity_emulator.log.schema import VERSION, Row

PREFIX = "activity-log-"
CAPACITY = 4

# Seconds after which a private directory belongs to a killed process.
ABANDONED = 3600.0

# Single flight: two emulators of one process do not both spend seconds on the same log.
_lock = threading.Lock()


def cached_log(
    data_dir: Path,
    seed: int,
    now: datetime,
    on_progress: Callable[[str], None],
    make_rows: Callable[[int, datetime], Iterable[Row]] = generate,
) -> Log:
    """Return the log of `seed` up to `now`'s full hour: the cached one if it is complete, else a new one.

    `now` is aware. A file's name ends with the hash of its content, so a partial or damaged file is detected,
    and several processes may make the same log at once: each makes the same rows in a directory of its own.
    """
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    name = f"{PREFIX}v{VERSION}-{seed}-{hour:%Y%m%dT%H}-"
    with _lock:
        path = _complete(data_dir, name)
        if path is None:
            on_progress(f"making a message log up to {hour:%Y-%m-%d %H:%M} UTC")
            path = _make(data_dir, name, make_rows(seed, hour))
            _prune(data_dir)
        return Log.open(path)


def _complete(data_dir: Path, name: str) -> Path | None:
    """Return the cached file of this name whose content matches its hash; remove others of the name."""
    for path in sorted(data_dir.glob(f"{name}*.duckdb")):
        if path.name == f"{name}{_fingerprint(path)}.duckdb":
            path.touch()
            return path
        path.unlink(missing_ok=True)
    return None


def _make(data_dir: Path, name: str, rows: Iterable[Row]) -> Path:
    """Make a new log in a private directory, then rename it; only its owner can read it."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=f".{PREFIX}", dir=data_dir) as scratch:
        draft = Path(scratch) / "log.duckdb"
        fill(draft, rows, Path(scratch))
        draft.chmod(0o600)
        path = data_dir / f"{name}{_fingerprint(draft)}.duckdb"
        os.replace(draft, path)
    return path


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _prune(data_dir: Path) -> None:
    """Remove all but the files used last, and what killed processes left: a demo must not fill a disk."""
    logs = sorted(data_dir.glob(f"{PREFIX}*.duckdb"), key=_used_at, reverse=True)
    for path in logs[CAPACITY:]:
        with suppress(OSError):
            path.unlink()
    for scratch in data_dir.glob(f".{PREFIX}*"):
        if time.time() - _used_at(scratch) > ABANDONED:
            shutil.rmtree(scratch, ignore_errors=True)


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another emulator has just removed it
        return 0.0
