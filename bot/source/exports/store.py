"""An export as it is kept: where its file is, and what was measured in it."""

import json
import stat
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bot.errors import SourceUnavailable, SourceUnclear
from bot.model import ExportFile

EXPORT_FILE = TypeAdapter(ExportFile)


def write_export(file: ExportFile) -> str:
    """The JSON text of a measured file, its insights with it."""
    return json.dumps(asdict(file), ensure_ascii=False)


def read_export(text: str, folder: Path) -> ExportFile:
    """The file that was kept, as long as it lies in `folder`, whole and no link.

    Raises SourceUnclear for anything else: it is as if nothing had been kept.
    """
    try:
        file = EXPORT_FILE.validate_json(text)
        path = Path(file.path)
        found = path.lstat()
    except (ValidationError, OSError, ValueError):
        raise SourceUnclear("The kept export is damaged or its file is gone.") from None
    if path.parent != folder or not stat.S_ISREG(found.st_mode) or found.st_size != file.size:
        raise SourceUnclear("The kept export is not the file that was kept.")
    return file


def forget_exports(folder: Path, before: datetime) -> int:
    """Delete the files that were written before that moment (UTC), halves of downloads too; how many.

    Only plain files right in `folder`, which is ours alone. Raises SourceUnavailable when one cannot go.
    """
    count = 0
    try:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            found = path.lstat()
            if stat.S_ISREG(found.st_mode) and found.st_mtime < before.timestamp():
                path.unlink(missing_ok=True)
                count += 1
    except OSError as error:
        raise SourceUnavailable(f"Old exports in {folder} cannot be deleted: {error.strerror}.") from None
    return count
