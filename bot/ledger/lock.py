"""One scheduler per SQLite database: a file lock that the kernel frees when its holder dies."""

import fcntl
import os
import socket
import stat
import weakref
from pathlib import Path
from types import TracebackType

from bot.errors import LedgerError
from bot.ledger.opening import PRIVATE_FILE, make_private_folder, parse_url, sqlite_path


class SchedulerLock:
    """Held from `with` to its end on `<database>.lock` (0600); the file stays, its lock goes.

    `url` is the ledger's. On PostgreSQL schedulers share the work, so there nothing is locked.
    Raises LedgerError with the holder's process id when another scheduler has it.
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.ftruncate(self._file, 0)
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self.let_go()

    def let_go(self) -> None:
        """Close this process's handle of the lock; the lock goes with its last handle, in any process."""
        _held.discard(self)
        if self._file is not None:
            os.close(self._file)
            self._file = None


def owner_is_running(owner: str) -> bool:
    """Whether an owner `host:pid:random` is a live process of this machine, other than this one.

    A process id that was given to somebody else looks alive: then the lease decides, later.
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
    """False only for an owner of this machine whose process is surely gone.

    For commands that run beside a scheduler, which may be another machine's.
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
    """Open or make the lock file; never through a link that somebody planted."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        make_private_folder(path.parent)
        file = os.open(path, flags, PRIVATE_FILE)
    except OSError as error:
        raise LedgerError(f"The lock file {path} cannot be used: {error.strerror}.") from error
    found = os.fstat(file)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        os.close(file)
        raise LedgerError(f"The lock file {path} is not a plain file of its own; refused.")
    return file


_held: "weakref.WeakSet[SchedulerLock]" = weakref.WeakSet()


def _forget_in_child() -> None:
    """A forked child (a PDF worker) must not keep the lock alive after its parent died."""
    for lock in list(_held):
        lock.let_go()


os.register_at_fork(after_in_child=_forget_in_child)
