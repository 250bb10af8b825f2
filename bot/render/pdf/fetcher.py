"""What a PDF may load: our fonts and the logo by name, and charts as data. Nothing else.

Imports WeasyPrint, so it is itself imported only when a PDF is made.
"""

from typing import Any

from weasyprint.urls import URLFetcher, URLFetcherResponse

from bot.model.logo import Logo
from bot.render.fonts import FONT_FACES

SCHEME = "digest-asset:"
LOGO = SCHEME + "logo"

DRAWN = "data:image/svg+xml;base64,"
"""What the addresses of charts begin with that are drawn by WeasyPrint."""

_CHARTS = (DRAWN, "data:image/png;base64,")


class Denied(ValueError):
    """An address that no edition needs."""


class AssetFetcher(URLFetcher):  # type: ignore[misc]
    """Serves `digest-asset:<font file>`, `digest-asset:logo` and charts as data; refuses all else.

    The network, files and every other scheme stay closed whatever a template or a name holds. A
    subclass, because WeasyPrint 70 fails on a raising function.
    """

    def __init__(self, logo: Logo | None = None) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)
        self._logo = logo

    def fetch(self, url: str, headers: Any = None) -> Any:
        """The response for `url`. Raises Denied; WeasyPrint then leaves that resource out."""
        if url.startswith(_CHARTS):
            return super().fetch(url, headers)
        if url == LOGO and self._logo:
            return URLFetcherResponse(url, self._logo.content, {"Content-Type": f"image/{self._logo.kind}"})
        for face in FONT_FACES:
            if url == SCHEME + face.file:
                return URLFetcherResponse(url, face.path.read_bytes(), {"Content-Type": "font/sfnt"})
        raise Denied("not an asset of this edition")
