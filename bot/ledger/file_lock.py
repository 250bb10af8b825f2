"""A lock on a file, which the kernel frees when its holder dies, and only then."""

import fcntl
import os
import stat
import weakref
from contextlib import suppress
from pathlib import Path

from bot.errors import LedgerError
from bot.ledger.database import PRIVATE_FILE, make_private_folder


class FileLock:
    """A lock on `path` (0600), for one holder among all processes and all objects of one process.

    It holds for the process that took it: its forked children drop it. Raise LedgerError for a file that is a
    link, or cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def take(self, text: str = "") -> bool:
        """Take the lock and write `text` into its file; return False while another holds it."""
        file = self._open(os.O_CREAT)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        os.ftruncate(file, 0)
        os.write(file, text.encode())
        self._file = file
        _held.add(self)
        return True

    def is_free(self) -> bool:
        """Return whether nobody holds the lock; a file that does not exist is free."""
        try:
            file = self._open()
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(file)
        return True

    def text(self) -> str:
        """Return what the holder wrote; '' without one."""
        file = self._open()
        try:
            return os.read(file, 64).decode("ascii", "replace")
        finally:
            os.close(file)

    def free(self) -> None:
        """Give the lock back, in every process that inherited it; the file stays, empty."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self.drop()

    def drop(self) -> None:
        """Close the handle of this process; the lock goes with its last handle, in any process."""
        _held.discard(self)
        file, self._file = self._file, None  # never closed twice: its number may be another file's by then
        if file is not None:
            os.close(file)

    def remove(self) -> None:
        """Delete the file of a lock that nobody will take again."""
        with suppress(OSError):  # an empty file in the way of nobody
            self.path.unlink()

    def _open(self, create: int = 0) -> int:
        """Open the file; never through a planted link. Raise FileNotFoundError unless it is created."""
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | create
        try:
            if create:
                make_private_folder(self.path.parent)
            file = os.open(self.path, flags, PRIVATE_FILE)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise LedgerError(f"The lock file {self.path} cannot be used: {error.strerror}.") from error
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            os.close(file)
            raise LedgerError(f"The lock file {self.path} is not a plain file of its own; refused.")
        return file


_held: "weakref.WeakSet[FileLock]" = weakref.WeakSet()


def _forget_in_child() -> None:
    """Drop the locks in a forked child (a PDF worker): they must not outlive its parent."""
    for lock in list(_held):
        lock.drop()


os.register_at_fork(after_in_child=_forget_in_child)
