"""Exports as attachments: guarded against formulas, packed when large, left out when too large.

An export may be half a gigabyte: it is read a few rows at a time, and what is made of it is given up
as soon as it is larger than what may go along. Nothing is written to disk. The same file gives the
same bytes.
"""

import csv
import io
import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from bot.model import CsvFile, ExportedFile
from bot.render.csv_files import guarded, is_harmless, stored, unreadable

ZIPPED_ABOVE = 1_000_000
"""Bytes of a CSV that go along as they are; beyond, a ZIP is a fifth of it or less."""

LARGEST: Mapping[str, int] = {
    # Base64 makes 9.6 MB of it: many companies' mail gateways take no more than 10.
    "email": 7_000_000,
    # Slack takes a gigabyte, but the bytes are in memory while they are uploaded.
    "slack": 50_000_000,
}
"""Bytes of all attachments of one message together, by channel, as they are attached."""

PIECE = 64 * 1024
LONGEST_FIELD = 10 * 1024 * 1024
DELIMITERS = (",", ";", "\t")
_LEVEL = 6
_OLDEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that a ZIP can name: every file in one has it, so that bytes do not tell the time."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)

Pieces = Generator[bytes, None, None]


@dataclass(frozen=True, slots=True)
class Packed:
    """Exports that go along, and a sentence for each that is too large."""

    files: tuple[CsvFile, ...] = ()
    left_out: tuple[str, ...] = ()


def packed_exports(exports: Iterable[ExportedFile], root: str, *, raw: bool, room: int) -> Packed:
    """The exports in at most `room` bytes together, in order; what does not fit is left out.

    `raw`: without the guard, byte for byte. Raises TemplateFailed as `stored`.
    """
    files: list[CsvFile] = []
    left_out: list[str] = []
    for export in exports:
        path = Path(stored(export, root).path)
        file = _packed(export, path, raw, room)
        if file is None:
            left_out.append(_too_large(export, path))
        else:
            files.append(file)
            room -= len(file.content)
    return Packed(tuple(files), tuple(left_out))


def _packed(export: ExportedFile, path: Path, raw: bool, room: int) -> CsvFile | None:
    """`<report>.csv`, or `<report>.csv.zip` of a large one; None when it is over `room` bytes."""
    name, size = f"{export.report}.csv", path.stat().st_size
    is_large = size > ZIPPED_ABOVE
    try:
        with closing(as_it_came(path) if raw else guarded_copy(path)) as pieces:
            content = zipped(pieces, name, room, size) if is_large else _joined(pieces, room)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise unreadable(export, error) from None
    if content is None:
        return None
    return CsvFile(export.report, f"{name}.zip" if is_large else name, content, export.rows)


def _too_large(export: ExportedFile, path: Path) -> str:
    size = f"{export.size / 1e6:,.0f} MB" if export.size >= 1e7 else f"{export.size / 1e6:.1f} MB"
    rows = "1 row" if export.rows == 1 else f"{export.rows:,} rows"
    until = f" until {export.kept_until}" if export.kept_until else ""
    return f"{export.report}.csv ({size}, {rows}) is too large to send; it is kept at {path}{until}."


def as_it_came(path: Path) -> Pieces:
    """The file, piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def guarded_copy(path: Path) -> Pieces:
    """A checked CSV with every cell that a spreadsheet would run disarmed, piece by piece.

    True numbers stay numbers, `-5` among them. Separated by commas, whatever the file has: the guard
    knows what a spreadsheet may find in such a file that expects other separators.
    """
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_FIELD))
    with path.open(encoding="utf-8-sig", newline="") as file:
        delimiter = _delimiter(file.readline(LONGEST_FIELD))
        file.seek(0)
        out = io.StringIO("\ufeff", newline="")
        out.seek(0, io.SEEK_END)
        writer = csv.writer(out, lineterminator="\r\n")
        for row in csv.reader(file, delimiter=delimiter, strict=True):
            writer.writerow(row if is_harmless(row) else [guarded_cell(cell) for cell in row])
            if out.tell() >= PIECE:
                yield out.getvalue().encode()
                out.seek(0)
                out.truncate()
        yield out.getvalue().encode()


def guarded_cell(text: str) -> str:
    """A cell of an export, where everything is text: numbers are told by how they are written."""
    return text if _NUMBER.fullmatch(text) else guarded(text)


def _delimiter(first: str) -> str:
    """The one that makes the most columns of the header; a comma when they are equal."""
    return max(DELIMITERS, key=lambda one: len(next(csv.reader([first], delimiter=one), ())))


def _joined(pieces: Pieces, room: int) -> bytes | None:
    content = b"".join(pieces)
    return content if len(content) <= room else None


def zipped(pieces: Iterable[bytes], name: str, room: int, size: int) -> bytes | None:
    """A ZIP with one file, in memory; None as soon as it is larger than `room` bytes.

    `size`: of the file before it was guarded, which makes it at most four times as long.
    """
    sink = io.BytesIO()
    archive = ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=_LEVEL)
    with archive, archive.open(_entry(name, size * 4), "w") as member:
        for piece in pieces:
            member.write(piece)
            if sink.tell() > room:
                break
    return sink.getvalue() if sink.tell() <= room else None


def _entry(name: str, most: int) -> ZipInfo:
    entry = ZipInfo(name, _OLDEST)
    entry.file_size = most  # whether the entry needs 64-bit sizes is decided before the first byte
    entry.compress_type = ZIP_DEFLATED
    entry.create_system = 3  # as on Unix, wherever it runs
    entry.external_attr = 0o600 << 16
    return entry
