"""Notice that a file was saved, by times and sizes: this works on every file system."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bot.model import Configuration

MAX_FILES = 2_000
"""A folder of templates has dozens of files; `templates` may name a whole disk."""

Stamp = tuple[int, int, int]
Seen = Mapping[str, Stamp]


@dataclass(frozen=True, slots=True)
class Watched:
    """Files and folders to watch; folders with all that lies below them."""

    files: tuple[str, ...]
    folders: tuple[str, ...] = ()

    def look(self) -> Seen:
        """Return the modification time (ns), size and inode of every file that exists now."""
        return dict(_stamps((*self.files, *islice(_below(self.folders), MAX_FILES))))


def watched_files(path: Path, configuration: Configuration) -> Watched:
    """Return the file at `path`, the logos that it names, and its own folder of templates."""
    logos = {digest.brand.logo for digest in configuration.digests if digest.brand.logo}
    folders = (configuration.templates,) if configuration.templates else ()
    return Watched((str(path), *sorted(logos)), folders)


class Debounced:
    """Report a save once it is over: an editor may empty a file first, then write it.

    A state counts when two looks in a row saw the same.
    """

    def __init__(self, first: Seen) -> None:
        self._reported = self._last = first

    def is_new(self, seen: Seen) -> bool:
        """Return whether `seen` is stable and differs from the state reported last."""
        is_stable, self._last = seen == self._last, seen
        if not is_stable or seen == self._reported:
            return False
        self._reported = seen
        return True


def _stamps(paths: Iterable[str]) -> Iterator[tuple[str, Stamp]]:
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            continue
        yield path, (status.st_mtime_ns, status.st_size, status.st_ino)


def _below(folders: Iterable[str]) -> Iterator[str]:
    """Yield files below the folders without hidden ones (an editor's swap file)."""
    for folder in folders:
        for place, subfolders, names in os.walk(folder):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            shown = (name for name in sorted(names) if not name.startswith(".") and not name.endswith("~"))
            yield from (str(Path(place) / name) for name in shown)
