"""An export from its signed URL into a private file of our own naming."""

import os
import re
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from bot.errors import SourceError, SourceRefused, SourceUnavailable, SourceUnclear, UsageError
from bot.model import Clock, Progress
from bot.source.exports.url import ExportUrl
from bot.source.http.transport import Ask, NoAnswer, Reply, TooLarge, Transport

MAX_ATTEMPTS = 4
LARGEST_EXPORT = 2 * 1024**3
TELL_EVERY = 8 * 1024 * 1024
GONE = frozenset({400, 403, 404, 410})
"""What an object store answers when a signed URL has expired or its file is away."""


T = TypeVar("T")


class Expired(SourceError):
    """The signed URL no longer gives the file; a new one may."""


@dataclass(frozen=True)
class Downloader:
    """Fetches export files into `folder` (made with mode 0700). Sends no token and no cookie."""

    transport: Transport
    clock: Clock
    folder: Path
    progress: Progress
    random: Callable[[], float]
    largest: int = LARGEST_EXPORT

    def download(self, address: ExportUrl, what: str, stem: str, deadline: float) -> Path:
        """The whole file, under a new name that starts with `stem`; nothing is left of a failure.

        A cut download starts again from its first byte. Raises Expired, SourceRefused (too large,
        redirect, certificate, inside address), SourceUnavailable, SourceUnclear, UsageError.
        """
        make_private(self.folder)
        self._sweep(stem)
        for attempt in range(MAX_ATTEMPTS):
            outcome = self._attempt(address, what, self.folder / new_name(stem), deadline)
            if isinstance(outcome, Path):
                return outcome
            wait = self.random() * 2.0 ** (attempt + 1)
            if attempt + 1 == MAX_ATTEMPTS or self.clock.monotonic() + wait >= deadline:
                raise outcome
            self.progress(f"{what}: the download was cut; starting it again")
            self.clock.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _sweep(self, stem: str) -> None:
        """Halves that a killed process left of this export; who downloads it is alone with it."""
        for left in self.folder.glob(f"{safe_stem(stem)}-*.part"):
            _on_disk(stem, partial(left.unlink, missing_ok=True))

    def _attempt(self, address: ExportUrl, what: str, path: Path, deadline: float) -> Path | SourceError:
        part = path.with_suffix(".part")
        ask = Ask("GET", address.url, deadline, addresses=address.addresses)
        try:
            failed = self.transport.exchange(ask, lambda reply: self._take(reply, address, what, part))
            return failed or self._keep(part, path, what)
        except NoAnswer as error:
            return SourceUnavailable(f"The export {what} could not be downloaded: {error}.")
        except TooLarge:
            limit = f"{self.largest / 1024**2:,.0f} MB"
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        raise SourceRefused(f"The export {what} is larger than {limit}. Ask for a shorter window.")

    def _keep(self, part: Path, path: Path, what: str) -> Path:
        _on_disk(what, lambda: os.replace(part, path))
        return path

    def _take(self, reply: Reply, address: ExportUrl, what: str, part: Path) -> SourceError | None:
        """Write the body to `part`; an error to try again after, or None when the file is whole."""
        if reply.status in GONE:
            raise Expired(f"{address.host} no longer gives the export {what} (HTTP {reply.status}).")
        if reply.status >= 500 or reply.status in (408, 429):
            return SourceUnavailable(
                f"{address.host} failed to give the export {what} (HTTP {reply.status})."
            )
        if reply.status != 200:
            raise SourceRefused(f"{address.host} refused the export {what} (HTTP {reply.status}).")
        if reply.announced_size > self.largest:
            raise TooLarge
        self._write(reply, what, part)
        if reply.length_is_known:
            return None
        return SourceUnclear(f"{address.host} does not say where the export {what} ends: it may be cut off.")

    def _write(self, reply: Reply, what: str, part: Path) -> None:
        """The body into a new private file. A disk's error must not pass for a network's."""
        size = told = 0
        file = _on_disk(what, lambda: open_private(part))
        try:
            for piece in reply.pieces(self.largest):
                _on_disk(what, partial(file.write, piece))
                size += len(piece)
                if size - told >= TELL_EVERY:
                    told = size
                    self.progress(f"{what}: {size / 1024**2:.0f} MB downloaded")
            _on_disk(what, file.flush)
            _on_disk(what, lambda: os.fsync(file.fileno()))
        finally:
            with suppress(OSError):
                file.close()


def open_private(path: Path) -> BinaryIO:
    """A new file that only we can read; one that exists, or a planted link, is an OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def _on_disk(what: str, step: Callable[[], T]) -> T:
    try:
        return step()
    except OSError as error:
        reason = error.strerror or "the disk failed"
    raise SourceUnavailable(f"The export {what} could not be written to disk: {reason}.")


def new_name(stem: str) -> str:
    """A file name of our own: lower-case letters, digits and hyphens, and a part nobody can guess."""
    return f"{safe_stem(stem)}-{secrets.token_hex(8)}.csv"


def safe_stem(stem: str) -> str:
    """The part of a name that says what it is: lower-case letters, digits and hyphens, at most 40."""
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40] or "export"


def make_private(folder: Path) -> None:
    """Make the folder with mode 0700, or take others' rights off it. Raises UsageError if it is not ours."""
    reason = ""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            reason = "it is a link or belongs to somebody else"
        elif stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        reason = error.strerror or "the disk failed"
    if reason:
        raise UsageError(f"The folder for exports, {folder}, cannot be used: {reason}.")
