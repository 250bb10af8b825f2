"""What a browser is given to look at, each under a name made from its content: same name, same picture."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

KEPT_BYTES = 120_000_000

FRAMED = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
)
"""For what is made from somebody's templates and data: it runs nothing and loads nothing but our pictures."""

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


class Shelf:
    """Documents by name. The ones not looked at for longest go first; safe among threads."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._most = most_bytes
        self._held: OrderedDict[str, Document] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def put(self, document: Document) -> str:
        """Keep it; its address on the server."""
        name = f"{hashlib.sha256(document.content).hexdigest()[:40]}.{document.kind}"
        with self._lock:
            if name not in self._held:
                self._held[name] = document
                self._bytes += len(document.content)
            self._held.move_to_end(name)
            while self._bytes > self._most and len(self._held) > 1:
                self._bytes -= len(self._held.popitem(last=False)[1].content)
        return f"/made/{name}"

    def get(self, name: str) -> Document | None:
        """What was kept under that name, or None."""
        with self._lock:
            if name in self._held:
                self._held.move_to_end(name)
            return self._held.get(name)
