"""The memory of a process and all its descendants, watched from outside."""

import re
import threading
from collections import Counter
from pathlib import Path
from types import TracebackType

EVERY_SECONDS = 0.05
LOOKS = 4
"""A child counts from this look on: until it begins its own program it shows its parent's memory as its
own (vfork), which would be counted twice. What ends sooner is a linker that a library is looked up by."""


class Watched:
    """A context manager around the life of process `pid`; afterwards `peak_mb` is that of its whole tree.

    Linux keeps each process's own peak (VmHWM), so none is missed between two looks. The peaks of all
    processes are added, as if they came at the same moment and shared nothing: never too little.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._looks: Counter[int] = Counter({pid: LOOKS})
        self._peaks: dict[int, int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Watched":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def peak_mb(self) -> float:
        """In millions of bytes."""
        return sum(self._peaks.values()) * 1024 / 1e6

    def _watch(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            for pid in _tree(self._pid):
                self._looks[pid] += 1
                if self._looks[pid] >= LOOKS:
                    self._peaks[pid] = max(self._peaks.get(pid, 0), _peak_kib(pid))


def _tree(pid: int) -> set[int]:
    """The process and its descendants, as far as they still live."""
    parents = {int(path.parent.name): _parent(path) for path in Path("/proc").glob("[0-9]*/stat")}
    found, fresh = {pid}, {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh}
        found |= fresh
    return found


def _parent(stat: Path) -> int:
    """The fourth field of proc_pid_stat(5); the second is a name, in brackets, that may hold anything."""
    fields = _text(stat).rpartition(")")[2].split()
    return int(fields[1]) if fields else 0


def _peak_kib(pid: int) -> int:
    """0 for a process that has ended."""
    told = re.search(r"^VmHWM:\s+(\d+) kB$", _text(Path(f"/proc/{pid}/status")), re.MULTILINE)
    return int(told[1]) if told else 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
