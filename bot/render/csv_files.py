"""CSV files: tables for spreadsheets, and where exports are kept.

RFC 4180 with CRLF, UTF-8 with a byte order mark (Excel reads it right). Cells that a spreadsheet
would run as a formula get a leading apostrophe (CWE-1236); numbers are written as numbers.
"""

import csv
import io
import math
import re
from collections.abc import Sequence
from pathlib import Path

from bot.errors import TemplateFailed
from bot.model import CsvFile, CsvTable, Edition, ExportedFile, StoredCsv

# Spaces, controls, invisible characters and quotes that a spreadsheet may skip before a formula.
_SKIPPED = r"[\s\x00-\x1f\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3000\ufeff\"'＂＇‘’“”]*"
_FORMULA = re.compile(rf"^{_SKIPPED}[=+\-@＝＋－＠﹢﹣﹦﹫⁼⁺−]|^[\t\r\n]")
# Where another separator is in use, a formula may also begin after one inside a cell.
_INNER = re.compile(rf"([;\t\r\n]{_SKIPPED})(?=[=+\-@＝＋－＠])")
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
# All of the above at once, for a whole row with a semicolon before each cell.
_SUSPECT = re.compile(rf";[\t\r\n]|[;\t\r\n]{_SKIPPED}[=+\-@＝＋－＠﹢﹣﹦﹫⁼⁺−]|[\x00\ud800-\udfff]")


def table_files(edition: Edition) -> tuple[CsvFile, ...]:
    """The tables of an edition, all their rows."""
    return tuple(table_file(table) for table in edition.csvs)


def table_file(table: CsvTable) -> CsvFile:
    """A table as `<report>.csv`; None is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, dialect="excel", lineterminator="\r\n")
    writer.writerow([guarded(name) for name in table.header])
    writer.writerows([_written(cell) for cell in row] for row in table.rows)
    content = b"\xef\xbb\xbf" + out.getvalue().encode()
    return CsvFile(table.report, f"{table.report}.csv", content, len(table.rows))


def stored_exports(edition: Edition, root: str = "") -> tuple[StoredCsv, ...]:
    """The exports of an edition, to be read where they are kept. Raises TemplateFailed as `stored`."""
    return tuple(stored(export, root) for export in edition.exports)


def stored(export: ExportedFile, root: str = "") -> StoredCsv:
    """An export as `<report>.csv`, byte for byte as the API gave it.

    `root`: folder that exports are kept in ('' for no check). Raises TemplateFailed for a path outside
    it, and for a file that cannot be read.
    """
    path = Path(root, export.path)
    if root and not path.resolve().is_relative_to(Path(root).resolve()):
        raise TemplateFailed(f"{export.report}.csv is kept outside the folder of exports")
    try:
        path.open("rb").close()
    except OSError as error:
        raise unreadable(export, error) from None
    return StoredCsv(export.report, f"{export.report}.csv", str(path))


def unreadable(export: ExportedFile, error: Exception) -> TemplateFailed:
    """What to say of an export that was whole once and is not any more."""
    reason = error.strerror if isinstance(error, OSError) else "it is not the CSV that it was"
    words = f"{export.report}.csv was exported, but cannot be read again: {reason or 'the disk failed'}"
    return TemplateFailed(words)


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe stands before one."""
    writable = _UNWRITABLE.sub("", text)
    inner = _INNER.sub(r"\1'", writable)
    return f"'{inner}" if _FORMULA.match(writable) else inner


def is_harmless(row: Sequence[str]) -> bool:
    """Whether `guarded` would surely change no cell of this row: one look, for files of a million rows."""
    return _SUSPECT.search(";" + ";".join(row)) is None


def _written(cell: str | float | None) -> str | float:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    if isinstance(cell, str):
        return guarded(cell)
    return int(cell) if float(cell).is_integer() else cell
