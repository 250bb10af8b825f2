"""One scheduler per SQLite database: a file lock that the kernel frees when its holder dies."""

import fcntl
import os
import socket
import stat
import weakref
from pathlib import Path

from bot.errors import LedgerError
from bot.ledger.database import PRIVATE_FILE, make_private_folder, parse_url, sqlite_path


class SchedulerLock:
    """A lock on `<database>.lock` (0600), held from `with` to its end; the file stays.

    `url` is the ledger's. On PostgreSQL schedulers share the work, and nothing is locked. Raise
    LedgerError with the holder's process id when another scheduler has it.
    """

    def __init__(self, url: str) -> None:
        database = sqlite_path(parse_url(url))
        self._path = None if database is None else database.with_name(database.name + ".lock")
        self._file: int | None = None

    def __enter__(self) -> "SchedulerLock":
        if self._path is not None:
            self._file = _locked_file(self._path)
            _held.add(self)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            os.ftruncate(self._file, 0)
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self.drop()

    def drop(self) -> None:
        """Close the handle of this process; the lock goes with its last handle, in any process."""
        _held.discard(self)
        if self._file is not None:
            os.close(self._file)
            self._file = None


def owner_is_running(owner: str) -> bool:
    """Return whether an owner `host:pid:random` is a live process of this machine, other than this one.

    A process id that was reused looks alive: then the lease decides, later.
    """
    host, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or not pid.isdecimal() or int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def owner_may_live(owner: str) -> bool:
    """Return False only for an owner of this machine whose process is gone.

    For commands that run beside a scheduler, which may be on another machine.
    """
    return owner.partition(":")[0] != socket.gethostname() or owner_is_running(owner)


def _locked_file(path: Path) -> int:
    file = _open_plainly(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(file, 32).decode("ascii", "replace").strip()
        os.close(file)
        who = f"process {holder}" if holder.isdecimal() else "another process"
        raise LedgerError(
            f"Another scheduler ({who}) already works with this database; stop it first."
        ) from None
    os.ftruncate(file, 0)
    os.write(file, f"{os.getpid()}\n".encode())
    return file


def _open_plainly(path: Path) -> int:
    """Open or create the lock file; never through a planted link."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        make_private_folder(path.parent)
        file = os.open(path, flags, PRIVATE_FILE)
    except OSError as error:
        raise LedgerError(f"The lock file {path} cannot be used: {error.strerror}.") from error
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        os.close(file)
        raise LedgerError(f"The lock file {path} is not a plain file of its own; refused.")
    return file


_held: "weakref.WeakSet[SchedulerLock]" = weakref.WeakSet()


def _forget_in_child() -> None:
    """Drop the locks in a forked child (a PDF worker): they must not outlive its parent."""
    for lock in list(_held):
        lock.drop()


os.register_at_fork(after_in_child=_forget_in_child)
