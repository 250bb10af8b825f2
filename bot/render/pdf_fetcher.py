"""What a PDF may load: our fonts and the logo by name, and charts as data. Nothing else.

Imports WeasyPrint, so it is itself imported only when a PDF is made.
"""

from pathlib import Path
from typing import Any

from weasyprint.urls import URLFetcher, URLFetcherResponse

from bot.fonts import FONT_FACES

SCHEME = "digest-asset:"
LOGO = SCHEME + "logo"

_CHARTS = ("data:image/svg+xml;base64,", "data:image/png;base64,")
_LOGO_LIMIT = 1_000_000
_LOGO_STARTS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class Denied(ValueError):
    """An address that no edition needs."""


class AssetFetcher(URLFetcher):  # type: ignore[misc]
    """Serves `digest-asset:<font file>`, `digest-asset:logo` and charts as data; refuses all else.

    The network, files and every other scheme stay closed whatever a template or a name holds. A
    subclass, because WeasyPrint 70 fails on a raising function.
    """

    def __init__(self, logo: bytes = b"") -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)
        self._logo = logo

    def fetch(self, url: str, headers: Any = None) -> Any:
        """The response for `url`. Raises Denied; WeasyPrint then leaves that resource out."""
        if url.startswith(_CHARTS):
            return super().fetch(url, headers)
        if url == LOGO and self._logo:
            return URLFetcherResponse(url, self._logo, {"Content-Type": logo_type(self._logo)})
        for face in FONT_FACES:
            if url == SCHEME + face.file:
                return URLFetcherResponse(url, face.path.read_bytes(), {"Content-Type": "font/sfnt"})
        raise Denied("not an asset of this edition")


def read_logo(path: str) -> bytes:
    """A logo's bytes; empty when there is none, it is no PNG or JPEG, or it is above 1 MB."""
    file = Path(path)
    if not path or not file.is_file() or file.stat().st_size > _LOGO_LIMIT:
        return b""
    content = file.read_bytes()
    return content if logo_type(content) else b""


def logo_type(content: bytes) -> str:
    """The media type by the first bytes; '' for anything but PNG and JPEG."""
    return next((kind for start, kind in _LOGO_STARTS.items() if content.startswith(start)), "")
