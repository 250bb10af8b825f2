"""Export files in a private folder of our own naming: written, described in the cache, and forgotten."""

import json
import os
import re
import secrets
import stat
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.errors import SourceUnavailable, SourceUnclear, UsageError
from bot.model import ExportFile

EXPORT_FILE = TypeAdapter(ExportFile)
T = TypeVar("T")


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
        reason = error.strerror or "the disk failed"
    raise SourceUnavailable(f"The export {what} could not be written to disk: {reason}.")


def new_name(stem: str) -> str:
    """Return a file name of our own: lower-case letters, digits and hyphens, and a random part."""
    return f"{safe_stem(stem)}-{secrets.token_hex(8)}.csv"


def safe_stem(stem: str) -> str:
    """Return the readable part of a file name: lower-case letters, digits and hyphens, at most 40."""
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40] or "export"


def write_export(file: ExportFile) -> str:
    """Return the JSON text of a measured file, its insights included."""
    return json.dumps(asdict(file), ensure_ascii=False)


def read_export(text: str, folder: Path) -> ExportFile:
    """Return the file of a cached text, in `folder`, whole and no link. Raises SourceUnclear otherwise."""
    try:
        file = EXPORT_FILE.validate_json(text)
        path = Path(file.path)
        status = path.lstat()
    except (ValidationError, OSError, ValueError):
        raise SourceUnclear("The kept export is damaged or its file is gone.") from None
    if path.parent != folder or not stat.S_ISREG(status.st_mode) or status.st_size != file.size:
        raise SourceUnclear("The kept export is not the file that was kept.")
    return file


def forget_exports(folder: Path, before: datetime) -> int:
    """Delete the files written before that moment (UTC), halves of downloads too; return how many.

    Only plain files right in `folder`, which is ours alone. Raises SourceUnavailable when one cannot go.
    """
    count = 0
    try:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and status.st_mtime < before.timestamp():
                path.unlink(missing_ok=True)
                count += 1
    except OSError as error:
        raise SourceUnavailable(f"Old exports in {folder} cannot be deleted: {error.strerror}.") from None
    return count
