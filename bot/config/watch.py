"""Seeing that something was saved: by looking at times and sizes, which works on every file system."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.model import Configuration

MOST_FILES = 2_000
"""A folder of templates has dozens; somebody may have named a whole disk."""

Stamp = tuple[int, int, int]
Seen = Mapping[str, Stamp]


@dataclass(frozen=True, slots=True)
class Watched:
    """The files and folders that somebody depends on; folders with all that lies below them."""

    files: tuple[str, ...]
    folders: tuple[str, ...] = ()

    def look(self) -> Seen:
        """Modification time (ns), size and inode of every file that is there now."""
        return dict(_stamps((*self.files, *_below(self.folders))))


def of_configuration(path: Path, configuration: Configuration) -> Watched:
    """The file at `path`, the logos that it names, and its own folder of templates."""
    logos = {digest.brand.logo for digest in configuration.digests if digest.brand.logo}
    folders = (configuration.templates,) if configuration.templates else ()
    return Watched((str(path), *sorted(logos)), folders)


class Settled:
    """Tells a save once it is over: an editor may empty a file first, then write it.

    A state counts when two looks in a row saw the same.
    """

    def __init__(self, first: Seen) -> None:
        self._told = self._last = first

    def is_new(self, seen: Seen) -> bool:
        """Whether `seen` is other than what was told last, and has come to rest."""
        rests, self._last = seen == self._last, seen
        if not rests or seen == self._told:
            return False
        self._told = seen
        return True


def _stamps(paths: Iterable[str]) -> Iterator[tuple[str, Stamp]]:
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            continue
        yield path, (status.st_mtime_ns, status.st_size, status.st_ino)


def _below(folders: Iterable[str]) -> Iterator[str]:
    """Files below the folders, hidden ones (an editor's swap file) left out, so many and no more."""
    count = 0
    for folder in folders:
        for place, inner, names in os.walk(folder):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            for name in sorted(names):
                if name.startswith(".") or name.endswith("~"):
                    continue
                count += 1
                if count > MOST_FILES:
                    return
                yield str(Path(place) / name)
