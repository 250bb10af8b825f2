"""What a browser is given to look at: documents by content, a CSV as a table, a PDF's pages as pictures."""

import csv
import hashlib
import io
import shutil
import subprocess
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Generic, TextIO, TypeVar

from bot.errors import TemplateFailed
from bot.model import CsvFile, StoredCsv

Key = TypeVar("Key")
Value = TypeVar("Value")
MAX_ROWS, MAX_COLUMNS, MAX_CELL_LENGTH = 50, 40, 200
PDF_PROGRAM = "pdftoppm"
DOTS_PER_INCH, MAX_PAGES, MAX_SECONDS = 144, 12, 30
MAX_BYTES = 120_000_000

FRAMED = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
)
"""For what templates and data make: it runs nothing and loads nothing but our pictures."""

EMBEDDED = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"
"""For a PDF: a browser's viewer does not start in a sandbox."""

TYPES = {
    "html": ("text/html; charset=utf-8", FRAMED),
    "png": ("image/png", FRAMED),
    "jpg": ("image/jpeg", FRAMED),
    "pdf": ("application/pdf", EMBEDDED),
}


@dataclass(frozen=True, slots=True)
class Document:
    """Some bytes and their kind, a key of TYPES."""

    kind: str
    content: bytes


class RecentlyUsed(Generic[Key, Value]):
    """Values by key, up to a total weight; the least recently used go first. Safe among threads."""

    def __init__(self, limit: int, weigh: Callable[[Value], int] = lambda value: 1) -> None:
        self._limit, self._weigh, self._weight = limit, weigh, 0
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: Key, value: Value) -> None:
        """Keep a value, the latest one alone however much it weighs."""
        with self._lock:
            if key in self._values:
                self._weight -= self._weigh(self._values.pop(key))
            self._values[key] = value
            self._weight += self._weigh(value)
            while self._weight > self._limit and len(self._values) > 1:
                self._weight -= self._weigh(self._values.popitem(last=False)[1])

    def get(self, key: Key) -> Value | None:
        """Return the value of that key, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)


class Shelf:
    """Documents by a name made from their content: same name, same picture."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._documents = RecentlyUsed[str, Document](max_bytes, lambda document: len(document.content))
        self.get = self._documents.get

    def put(self, document: Document) -> str:
        """Keep the document and return its path on the server."""
        name = f"{hashlib.sha256(document.content).hexdigest()[:40]}.{document.kind}"
        self._documents.put(name, document)
        return f"/made/{name}"


@dataclass(frozen=True, slots=True)
class ShownTable:
    """The beginning of a CSV file. `hint` names what is left out."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    hint: str


def csv_table(file: CsvFile | StoredCsv) -> ShownTable:
    """Return the first rows, without reading the rest. Raises TemplateFailed for an unreadable export."""
    try:
        with _open(file) as source:
            return _table(file.name, csv.reader(source))
    except (OSError, csv.Error) as error:
        raise TemplateFailed(f"{file.name} cannot be shown: {error}") from None


def _table(name: str, lines: Iterator[list[str]]) -> ShownTable:
    header = next(lines, [])
    rows = [tuple(map(_cut, row[:MAX_COLUMNS])) for row in islice(lines, MAX_ROWS)]
    hint = f"{len(rows)} {'row' if len(rows) == 1 else 'rows'}"
    if next(lines, None) is not None:
        hint = f"the first {MAX_ROWS} rows"
    if len(header) > MAX_COLUMNS:
        hint += f", the first {MAX_COLUMNS} of {len(header)} columns"
    return ShownTable(name, tuple(map(_cut, header[:MAX_COLUMNS])), tuple(rows), hint)


def _open(file: CsvFile | StoredCsv) -> TextIO:
    if isinstance(file, StoredCsv):
        return Path(file.path).open(encoding="utf-8-sig", errors="replace", newline="")
    return io.StringIO(file.content.decode("utf-8-sig", "replace"), newline="")


def _cut(cell: str) -> str:
    return cell if len(cell) <= MAX_CELL_LENGTH else cell[: MAX_CELL_LENGTH - 1] + "…"


@lru_cache(maxsize=16)
def page_pictures(content: bytes) -> tuple[bytes, ...]:
    """Return a PDF's pages as PNGs; () where poppler's `pdftoppm` is missing or cannot draw them.

    Pictures follow the page's own scrolling and need no viewer; without them the browser's viewer is used.
    """
    program = shutil.which(PDF_PROGRAM)
    if program is None:
        return ()
    with tempfile.TemporaryDirectory(prefix="digestbot-pages-") as folder:
        command = [program, "-png", "-r", str(DOTS_PER_INCH), "-l", str(MAX_PAGES), "-", f"{folder}/page"]
        try:
            # Our own PDF, by its content: nothing of it is in the command.
            subprocess.run(command, input=content, capture_output=True, check=True, timeout=MAX_SECONDS)  # noqa: S603
        except (OSError, subprocess.SubprocessError):
            return ()
        return tuple(path.read_bytes() for path in sorted(Path(folder).glob("page-*.png")))
