"""The exports of this host: a private folder, filled from a store where another host wrote them."""

import os
import re
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from bot.errors import SourceUnavailable, UsageError
from bot.model import FileStore

T = TypeVar("T")
PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """The folder of exports, which are known by name and size.

    Where several hosts share a ledger, `shared` gives each the files of all, up to `largest` bytes; the
    folder is a cache then. None: this host is alone.
    """

    root: Path
    shared: FileStore | None = None
    largest: int = 0

    def keep(self, name: str) -> None:
        """Share a whole file of this folder, unless it is too large. Raise SourceUnavailable, LedgerError."""
        path = self.root / name
        if self.shared is not None and not self.is_unshared(on_disk(name, path.stat).st_size):
            self.shared.keep(name, path)

    def find(self, name: str, size: int) -> Path | None:
        """Return the whole file, fetched when this host lacks it; None when it is gone, or another one.

        Raise SourceUnavailable for an error of the disk, LedgerError, UsageError.
        """
        if not PLAIN_NAME.fullmatch(name):
            return None
        path = self.root / name
        return path if _is_whole(path, size) or self._fetch(name, size) else None

    def is_unshared(self, size: int) -> bool:
        """Return whether a file of so many bytes is only where it was exported: other hosts never get it."""
        return self.shared is not None and size > self.largest

    def forget(self, before: datetime) -> int:
        """Delete the files written before that moment (UTC), halves of downloads too; return how many.

        Only plain files right in the folder, which is ours alone. Raise SourceUnavailable when one cannot go.
        """
        names = set(self.shared.forget(before)) if self.shared is not None else set()
        try:
            for path in sorted(self.root.iterdir()) if self.root.is_dir() else ():
                status = path.lstat()
                if stat.S_ISREG(status.st_mode) and status.st_mtime < before.timestamp():
                    path.unlink(missing_ok=True)
                    names.add(path.name)
        except OSError as error:
            raise SourceUnavailable(
                f"Old exports in {self.root} cannot be deleted: {error.strerror}."
            ) from None
        return len(names)

    def _fetch(self, name: str, size: int) -> bool:
        """Write the shared file under its name. Renamed when it is whole: nobody reads half of it."""
        if self.shared is None or self.is_unshared(size):
            return False
        make_private(self.root)
        part = self.root / f".{name}.{secrets.token_hex(4)}.part"
        try:
            written_at = self.shared.fetch(name, part)
            if written_at is None or not _is_whole(part, size):
                return False
            # Retention counts from the day of the export.
            os.utime(part, (written_at.timestamp(), written_at.timestamp()))
            os.replace(part, self.root / name)
        except OSError as error:
            raise unwritable(name, error) from None
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return True


def _is_whole(path: Path, size: int) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == size


def make_private(folder: Path) -> None:
    """Make the folder with mode 0700, or take others' rights off it. Raises UsageError if it is not ours."""
    reason = ""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            reason = "it is a link or belongs to somebody else"
        elif stat.S_IMODE(status.st_mode) & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        reason = error.strerror or "the disk failed"
    if reason:
        raise UsageError(f"The folder for exports, {folder}, cannot be used: {reason}.")


def open_private(path: Path) -> BinaryIO:
    """Open a new file that only we can read; one that exists, or a planted link, is an OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def on_disk(what: str, step: Callable[[], T]) -> T:
    """Run one step of writing the export `what`. Raises SourceUnavailable for an error of the disk."""
    try:
        return step()
    except OSError as error:
        failure = error
    raise unwritable(what, failure)


def unwritable(what: str, error: OSError) -> SourceUnavailable:
    """Return an error of the disk as a sentence."""
    reason = error.strerror or "the disk failed"
    return SourceUnavailable(f"The export {what} could not be written to disk: {reason}.")
