"""Our side of WeasyPrint: what a PDF may load, its style sheet, its charts, and its margins.

Imports WeasyPrint, which takes half a second, so import it only while a PDF is made.
"""

import atexit
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from weasyprint import CSS
from weasyprint.images import SVGImage
from weasyprint.svg import SVG
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from bot.lib.logo import Logo
from bot.render.fonts import FONT_FACES
from bot.render.pdf.layout import LOGO, SCHEME

DRAWN = "data:image/svg+xml;base64,"
"""Prefix of the addresses of charts that WeasyPrint draws."""

_CHARTS = (DRAWN, "data:image/png;base64,")

MAX_STYLES = 4
"""Style sheets in the cache: one for each paper, accent and choice of fonts."""


class Denied(ValueError):
    """Refused address: no edition needs it."""


class AssetFetcher(URLFetcher):  # type: ignore[misc]
    """Serve `digest-asset:<font file>`, `digest-asset:logo` and charts as data; refuse all else.

    The network, files and every other scheme stay closed, whatever a template or a name holds. A
    subclass, because WeasyPrint 70 fails on a function that raises.
    """

    def __init__(self, logo: Logo | None = None) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)
        self._logo = logo

    def fetch(self, url: str, headers: Any = None) -> Any:
        """Return the response for `url`. Raise Denied; WeasyPrint then omits that resource."""
        if url.startswith(_CHARTS):
            return super().fetch(url, headers)
        if url == LOGO and self._logo:
            return URLFetcherResponse(url, self._logo.content, {"Content-Type": f"image/{self._logo.kind}"})
        for face in FONT_FACES:
            if url == SCHEME + face.file:
                return URLFetcherResponse(url, face.path.read_bytes(), {"Content-Type": "font/sfnt"})
        raise Denied("not an asset of this edition")


@dataclass(frozen=True, slots=True)
class Style:
    """A parsed style sheet and the fonts that it loaded into `files` of a temporary folder."""

    css: CSS
    fonts: FontConfiguration
    files: frozenset[Path]


_styles: OrderedDict[str, Style] = OrderedDict()
atexit.register(_styles.clear)  # WeasyPrint deletes its folder of fonts with the configuration.


@contextmanager
def style_of(text: str) -> Iterator[Style]:
    """Lend the style sheet `text`, parsed once and cached, to one document at a time.

    Pango's fonts serve one thread at a time, so a document takes the style out of the cache and puts it
    back. A failed document does not put it back: its error may still hold parts of it.
    """
    style = _styles.pop(text, None)
    # /tmp is cleaned up after some days, and an overridden page may load more fonts.
    if style is None or _files(style.fonts) != style.files:
        fonts = FontConfiguration()
        css = CSS(string=text, url_fetcher=AssetFetcher(), font_config=fonts)
        style = Style(css, fonts, _files(fonts))
    yield style
    _styles[text] = style
    while len(_styles) > MAX_STYLES:
        _styles.popitem(last=False)


def _files(fonts: FontConfiguration) -> frozenset[Path]:
    folder: Path | None = fonts._folder
    return frozenset(folder.iterdir()) if folder and folder.is_dir() else frozenset()


class ChartCache(dict[str, Any]):
    """WeasyPrint's cache of a document's images by address, which draws charts on demand.

    WeasyPrint 70 lays out and writes every letter of an SVG by itself: an eighth of a document's time,
    without kerning on the page and without blanks in copied text. Here each line of text is one piece.
    """

    def __init__(self, fonts: FontConfiguration, fetcher: AssetFetcher) -> None:
        super().__init__()
        self._fonts, self._fetcher = fonts, fetcher

    def __contains__(self, address: object) -> bool:
        if not super().__contains__(address) and str(address).startswith(DRAWN):
            self._draw(str(address))
        return super().__contains__(address)

    def _draw(self, address: str) -> None:
        """Draw a chart. Leave an address without one to WeasyPrint, which reads it alike and logs why."""
        try:
            tree = ElementTree.fromstring(b64decode(address.removeprefix(DRAWN)))  # noqa: S314 - as WeasyPrint does
        except (ValueError, ElementTree.ParseError):
            return
        self[address] = _Image(_Drawing(tree, address, self._fonts, self._fetcher), address)


class _Image(SVGImage):  # type: ignore[misc]
    """An image that is parsed already."""

    def __init__(self, drawing: "_Drawing", address: str) -> None:
        self._svg, self._base_url, self._context = drawing, address, None


class _Drawing(SVG):  # type: ignore[misc]
    """An SVG whose texts WeasyPrint takes for single letters."""

    def draw_node(self, node: Any, *settings: Any, **more: Any) -> None:
        if node.tag == "text" and node.text:
            node._etree_node.text = _Line(node.text)
        super().draw_node(node, *settings, **more)


class _Line(str):
    """A text that iterates as one piece."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        yield str(self)


def margins_as_artifacts(document: Any, pdf: Any) -> None:
    """Finish a PDF: mark content outside the structure tree as pagination artifacts.

    WeasyPrint 70 marks the text of margin boxes as content, but does not put it into the structure tree.
    ISO 14289-1, 7.8: running heads are pagination artifacts, which screen readers skip.
    """
    tagged = _tagged(pdf)
    pieces = _object(pdf, _object(pdf, pdf.catalog["StructTreeRoot"])["ParentTree"])["Nums"]
    for number, page in enumerate(pdf.page_references):
        stream = _object(pdf, _object(pdf, page)["Contents"]).stream
        for place, properties in enumerate(stream):
            piece = properties.get("MCID") if isinstance(properties, dict) else None
            if piece is not None and (page, piece) not in tagged:
                stream[place - 1] = "/Artifact"
                properties.clear()
                properties["Type"] = "/Pagination"
                pieces[2 * number + 1][piece] = "null"


def _tagged(pdf: Any) -> set[tuple[bytes, int]]:
    """Return page and number of each piece of content in the structure tree."""
    tagged: set[tuple[bytes, int]] = set()
    waiting = [pdf.catalog["StructTreeRoot"]]
    while waiting:
        element = _object(pdf, waiting.pop())
        for kid in element.get("K", ()):
            if isinstance(kid, int):
                tagged.add((element["Pg"], kid))
            else:
                waiting.append(kid)
    return tagged


def _object(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]
