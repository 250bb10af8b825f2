"""Charts as WeasyPrint draws them, each line of words set as a whole.

WeasyPrint 70 lays out, places and writes every letter of a picture by itself. That takes an eighth of a
document's time, and words come without kerning on the page and without blanks when they are copied.
Imports WeasyPrint, so it is itself imported only when a PDF is made.
"""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from weasyprint.images import SVGImage
from weasyprint.svg import SVG
from weasyprint.text.fonts import FontConfiguration

from bot.render.pdf.fetcher import DRAWN, AssetFetcher


class Pictures(dict[str, Any]):
    """WeasyPrint's cache of a document's images by address; what charts are drawn as is made on demand."""

    def __init__(self, fonts: FontConfiguration, fetcher: AssetFetcher) -> None:
        super().__init__()
        self._fonts, self._fetcher = fonts, fetcher

    def __contains__(self, address: object) -> bool:
        if not super().__contains__(address) and str(address).startswith(DRAWN):
            self._draw(str(address))
        return super().__contains__(address)

    def _draw(self, address: str) -> None:
        """An address that holds no chart is left to WeasyPrint, which says why and reads it the same way."""
        try:
            tree = ElementTree.fromstring(b64decode(address.removeprefix(DRAWN)))  # noqa: S314 - as WeasyPrint does
        except (ValueError, ElementTree.ParseError):
            return
        self[address] = _Image(_Drawing(tree, address, self._fonts, self._fetcher), address)


class _Image(SVGImage):  # type: ignore[misc]
    """An image that is there already."""

    def __init__(self, drawing: "_Drawing", address: str) -> None:
        self._svg, self._base_url, self._context = drawing, address, None


class _Drawing(SVG):  # type: ignore[misc]
    """An SVG whose texts hold one letter each, as far as WeasyPrint can see: the whole line."""

    def draw_node(self, node: Any, *settings: Any, **more: Any) -> None:
        if node.tag == "text" and node.text:
            node._etree_node.text = _Line(node.text)
        super().draw_node(node, *settings, **more)


class _Line(str):
    """A text that is gone through in one step."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        yield str(self)
