"""CSV files: tables of an edition, and exports as attachments.

RFC 4180 with CRLF, UTF-8 with a byte order mark (for Excel). Cells that a spreadsheet would run as a
formula get a leading apostrophe (CWE-1236); numbers are written as numbers.

An export may have half a gigabyte: it is read row by row, and dropped as soon as its attachment exceeds the
size limit. Nothing is written to disk. The same file gives the same bytes.
"""

import csv
import io
import math
import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from bot.errors import TemplateFailed
from bot.lib.export_folder import ExportFolder
from bot.model import CsvFile, CsvTable, Edition, ExportedFile, StoredCsv
from bot.model.channel_types import Format

# Blanks, controls, invisible characters and quotes that a spreadsheet may skip before a formula.
_SKIPPED = r"[\s\x00-\x1f\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3000\ufeff\"'＂＇‘’“”]*"
_FORMULA = re.compile(rf"^{_SKIPPED}[=+\-@＝＋－＠﹢﹣﹦﹫⁼⁺−]|^[\t\r\n]")
# If the spreadsheet expects another separator, a formula may also begin after one inside a cell.
_INNER = re.compile(rf"([;\t\r\n]{_SKIPPED})(?=[=+\-@＝＋－＠])")
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
# All of the above, for a whole row with a semicolon before each cell.
_SUSPECT = re.compile(rf";[\t\r\n]|[;\t\r\n]{_SKIPPED}[=+\-@＝＋－＠﹢﹣﹦﹫⁼⁺−]|[\x00\ud800-\udfff]")

ZIPPED_ABOVE = 1_000_000
"""Bytes above which a CSV is attached as ZIP, a fifth of its size or less."""

ATTACHMENTS_LIMIT: Mapping[Format, int] = {
    # 9.6 MB as base64: many mail gateways accept at most 10.
    Format.EMAIL: 7_000_000,
    # Slack accepts a gigabyte, but uploads are held in memory.
    Format.SLACK: 50_000_000,
}
"""Maximum bytes of all attachments of one message, by channel."""

CHUNK = 64 * 1024
MAX_FIELD = 10 * 1024 * 1024
DELIMITERS = (",", ";", "\t")
_LEVEL = 6
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP can hold; every entry has it, so that the bytes stay the same."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)

Chunks = Generator[bytes, None, None]


@dataclass(frozen=True, slots=True)
class Packed:
    """Exports as attachments, and a sentence for each that is too large."""

    files: tuple[CsvFile, ...] = ()
    left_out: tuple[str, ...] = ()


def table_files(edition: Edition) -> tuple[CsvFile, ...]:
    """Return the tables of an edition with all rows."""
    return tuple(table_file(table) for table in edition.csvs)


def table_file(table: CsvTable) -> CsvFile:
    """Return a table as `<report>.csv`; None is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, dialect="excel", lineterminator="\r\n")
    writer.writerow([guarded(name) for name in table.header])
    writer.writerows([_written(cell) for cell in row] for row in table.rows)
    content = b"\xef\xbb\xbf" + out.getvalue().encode()
    return CsvFile(table.report, f"{table.report}.csv", content, len(table.rows))


def stored_exports(edition: Edition, folder: ExportFolder) -> tuple[StoredCsv, ...]:
    """Return the exports of an edition as `<report>.csv`, byte for byte as the API sent them.

    Raise TemplateFailed for a file that cannot be read, and what `folder.find` raises.
    """
    return tuple(
        StoredCsv(export.report, f"{export.report}.csv", str(_readable(export, folder)))
        for export in edition.exports
    )


def _readable(export: ExportedFile, folder: ExportFolder) -> Path:
    path = folder.find(export.name, export.size)
    if path is None:
        is_elsewhere = folder.is_unshared(export.size)
        raise _unreadable(export, "only the host that exported it has it" if is_elsewhere else "it is gone")
    try:
        path.open("rb").close()
    except OSError as error:
        raise _unreadable(export, error.strerror) from None
    return path


def _unreadable(export: ExportedFile, reason: str | None) -> TemplateFailed:
    return TemplateFailed(
        f"{export.report}.csv was exported, but cannot be read again: {reason or 'the disk failed'}"
    )


def guarded(text: str) -> str:
    """Return text that no spreadsheet runs as a formula: an apostrophe precedes one."""
    writable = _UNWRITABLE.sub("", text)
    inner = _INNER.sub(r"\1'", writable)
    return f"'{inner}" if _FORMULA.match(writable) else inner


def is_harmless(row: Sequence[str]) -> bool:
    """Return whether no cell of the row needs `guarded`: one search, for files of a million rows."""
    return _SUSPECT.search(";" + ";".join(row)) is None


def _written(cell: str | float | None) -> str | float:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    if isinstance(cell, str):
        return guarded(cell)
    return int(cell) if float(cell).is_integer() else cell


def packed_exports(exports: Iterable[ExportedFile], folder: ExportFolder, *, raw: bool, room: int) -> Packed:
    """Return the exports in at most `room` bytes together, in order; those that do not fit are left out.

    `raw`: byte for byte, without the guard against formulas. Raise TemplateFailed as `stored_exports` does.
    """
    packed = Packed()
    for export in exports:
        is_elsewhere = folder.is_unshared(export.size) and folder.find(export.name, export.size) is None
        path = None if is_elsewhere else _readable(export, folder)
        if path and (file := _packed(export, path, raw, room)):
            packed = Packed((*packed.files, file), packed.left_out)
            room -= len(file.content)
        else:
            packed = Packed(packed.files, (*packed.left_out, _too_large(export, path)))
    return packed


def _packed(export: ExportedFile, path: Path, raw: bool, room: int) -> CsvFile | None:
    """Return `<report>.csv`, or `<report>.csv.zip` of a large one, or None if it exceeds `room` bytes."""
    name, size = f"{export.report}.csv", path.stat().st_size
    is_large = size > ZIPPED_ABOVE
    try:
        with closing(raw_copy(path) if raw else guarded_copy(path)) as chunks:
            content = zipped(chunks, name, room, size) if is_large else _joined(chunks, room)
    except OSError as error:
        raise _unreadable(export, error.strerror) from None
    except (UnicodeDecodeError, csv.Error):
        raise _unreadable(export, "it is not the CSV that it was") from None
    if content is None:
        return None
    return CsvFile(export.report, f"{name}.zip" if is_large else name, content, export.rows)


def _too_large(export: ExportedFile, path: Path | None) -> str:
    """Return the sentence about a file that is left out; None for a path on another host."""
    size = f"{export.size / 1e6:,.0f} MB" if export.size >= 1e7 else f"{export.size / 1e6:.1f} MB"
    rows = "1 row" if export.rows == 1 else f"{export.rows:,} rows"
    until = f" until {export.kept_until}" if export.kept_until else ""
    place = f"; it is kept at {path}{until}" if path else ""
    return f"{export.report}.csv ({size}, {rows}) is too large to send{place}."


def raw_copy(path: Path) -> Chunks:
    """Yield the file in chunks."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def guarded_copy(path: Path) -> Chunks:
    """Yield a valid CSV in chunks, with an apostrophe before each formula; `-5` stays a number.

    The copy is separated by commas, whatever the file has: the guard covers what a spreadsheet that
    expects another separator may find in it.
    """
    csv.field_size_limit(max(csv.field_size_limit(), MAX_FIELD))
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline(MAX_FIELD)
        # The most columns in the header decide; a comma if they are equal.
        delimiter = max(DELIMITERS, key=lambda mark: len(next(csv.reader([first], delimiter=mark), ())))
        file.seek(0)
        out = io.StringIO("\ufeff", newline="")
        out.seek(0, io.SEEK_END)
        writer = csv.writer(out, lineterminator="\r\n")
        for row in csv.reader(file, delimiter=delimiter, strict=True):
            writer.writerow(row if is_harmless(row) else [guarded_cell(cell) for cell in row])
            if out.tell() >= CHUNK:
                yield out.getvalue().encode()
                out.seek(0)
                out.truncate()
        yield out.getvalue().encode()


def guarded_cell(text: str) -> str:
    """Guard a cell of an export, where numbers are text that looks like one."""
    return text if _NUMBER.fullmatch(text) else guarded(text)


def _joined(chunks: Chunks, room: int) -> bytes | None:
    content = b"".join(chunks)
    return content if len(content) <= room else None


def zipped(chunks: Iterable[bytes], name: str, room: int, size: int) -> bytes | None:
    """Return a ZIP of one file, or None as soon as it exceeds `room` bytes.

    `size` is that of the file before the guard, which makes it at most four times as long.
    """
    sink = io.BytesIO()
    archive = ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=_LEVEL)
    with archive, archive.open(_entry(name, size * 4), "w") as member:
        for chunk in chunks:
            member.write(chunk)
            if sink.tell() > room:
                break
    return sink.getvalue() if sink.tell() <= room else None


def _entry(name: str, max_size: int) -> ZipInfo:
    entry = ZipInfo(name, _EPOCH)
    entry.file_size = max_size  # the ZIP decides on 64-bit sizes before the first byte
    entry.compress_type = ZIP_DEFLATED
    entry.create_system = 3  # Unix, on every system
    entry.external_attr = 0o600 << 16
    return entry
