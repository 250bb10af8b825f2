"""Names of exports, and their descriptions in the cache."""

import json
import re
import secrets
from dataclasses import asdict

from pydantic import TypeAdapter, ValidationError

from bot.errors import SourceUnclear
from bot.lib.export_folder import ExportFolder
from bot.model import ExportFile

EXPORT_FILE = TypeAdapter(ExportFile)


def new_name(stem: str) -> str:
    """Return a file name of our own: lower-case letters, digits and hyphens, and a random part."""
    return f"{safe_stem(stem)}-{secrets.token_hex(8)}.csv"


def safe_stem(stem: str) -> str:
    """Return the readable part of a file name: lower-case letters, digits and hyphens, at most 40."""
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40] or "export"


def write_export(file: ExportFile) -> str:
    """Return the JSON text of a measured file, its insights included."""
    return json.dumps(asdict(file), ensure_ascii=False)


def read_export(text: str, folder: ExportFolder) -> ExportFile:
    """Return the file of a cached text, if it is in `folder` whole. Raises SourceUnclear otherwise.

    One that is too large to be shared serves without its content where another host has it.
    """
    try:
        file = EXPORT_FILE.validate_json(text)
    except (ValidationError, ValueError):
        raise SourceUnclear("The kept export is damaged.") from None
    if folder.find(file.name, file.size) is None and not folder.is_unshared(file.size):
        raise SourceUnclear("The kept export is gone, or not the file that was kept.")
    return file
