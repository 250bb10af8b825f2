"""Where generated logs are kept: one file for each seed and hour, made whole or not at all."""

import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from activity_emulator.generator import generate
from activity_emulator.log.filling import fill
from activity_emulator.log.reading import Log
from activity_emulator.log.schema import VERSION

Row = tuple[str, Sequence[object]]

PREFIX = "activity-log-"
KEPT = 4

# Seconds after which nobody is still making a log.
ABANDONED = 3600.0

# Two emulators of one process shall not both spend seconds on the same log.
_making = threading.Lock()


def kept_log(
    data_dir: Path,
    seed: int,
    now: datetime,
    on_progress: Callable[[str], None],
    make_rows: Callable[[int, datetime], Iterable[Row]] = generate,
) -> Log:
    """The log of `seed` up to `now`'s full hour: the kept one if it is whole, else a new one.

    `now` is aware. A file's name ends with its content's hash, so a partial or damaged one shows, and several
    processes may make the same log at once: each makes the same rows under a name of its own.
    """
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    name = f"{PREFIX}v{VERSION}-{seed}-{hour:%Y%m%dT%H}-"
    with _making:
        path = _whole(data_dir, name)
        if path is None:
            on_progress(f"making a message log up to {hour:%Y-%m-%d %H:%M} UTC")
            path = _make(data_dir, name, make_rows(seed, hour))
            _prune(data_dir)
        return Log.open(path)


def _whole(data_dir: Path, name: str) -> Path | None:
    """A kept file of this name whose content is what its name says; others of the name are removed."""
    for path in sorted(data_dir.glob(f"{name}*.duckdb")):
        if path.name == f"{name}{_fingerprint(path)}.duckdb":
            path.touch()
            return path
        path.unlink(missing_ok=True)
    return None


def _make(data_dir: Path, name: str, rows: Iterable[Row]) -> Path:
    """A new log, made in a private directory and then renamed: readable by its owner only."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=f".{PREFIX}", dir=data_dir) as scratch:
        made = Path(scratch) / "log.duckdb"
        fill(made, rows, Path(scratch))
        made.chmod(0o600)
        path = data_dir / f"{name}{_fingerprint(made)}.duckdb"
        os.replace(made, path)
    return path


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _prune(data_dir: Path) -> None:
    """Keep the files used last, and no leftovers of makers that were killed: a demo must not fill a disk."""
    kept = sorted(data_dir.glob(f"{PREFIX}*.duckdb"), key=_used_at, reverse=True)
    for path in kept[KEPT:]:
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
