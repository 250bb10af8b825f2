"""The memory of a process and all its descendants, watched from outside."""

import re
import threading
from pathlib import Path
from types import TracebackType

EVERY_SECONDS = 0.05


class Watched:
    """A context manager around the life of process `pid`; afterwards `peak_mb` is that of its whole tree.

    A page that several processes share, as those that make PDFs do, counts once at each look (Pss, proc(5)).
    A peak of one process between two looks is not missed: Linux keeps it (VmHWM).
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._together = 0
        self._alone = 0
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
        return max(self._together, self._alone) * 1024 / 1e6

    def _watch(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            tree = _tree(self._pid)
            self._together = max(self._together, sum(_kib(pid, "smaps_rollup", "Pss") for pid in tree))
            self._alone = max(self._alone, *(_kib(pid, "status", "VmHWM") for pid in tree))


def _tree(pid: int) -> set[int]:
    """Return the process and its descendants, as far as they still live."""
    parents = {int(path.parent.name): _parent(path) for path in Path("/proc").glob("[0-9]*/stat")}
    found, fresh = {pid}, {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh}
        found |= fresh
    return found


def _parent(stat: Path) -> int:
    """Return the fourth field of proc_pid_stat(5); the second is a name, in brackets, that may hold anything."""
    fields = _text(stat).rpartition(")")[2].split()
    return int(fields[1]) if fields else 0


def _kib(pid: int, file: str, name: str) -> int:
    """0 for a process that has ended."""
    match = re.search(rf"^{name}:\s+(\d+) kB$", _text(Path(f"/proc/{pid}/{file}")), re.MULTILINE)
    return int(match[1]) if match else 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
