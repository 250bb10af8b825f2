"""The style sheet of a PDF, parsed once and kept, with its fonts, for the next document.

To parse it, load the fonts and find the one for each size takes a sixth of a document. Imports WeasyPrint,
so it is itself imported only when a PDF is made.
"""

import atexit
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from weasyprint import CSS
from weasyprint.text.fonts import FontConfiguration

from bot.render.pdf.fetcher import AssetFetcher

MOST = 4
"""Style sheets that are kept: one for each paper, accent and choice of fonts."""


@dataclass(frozen=True, slots=True)
class Style:
    """A parsed style sheet and the fonts it loaded, in `files` of a temporary folder."""

    css: CSS
    fonts: FontConfiguration
    files: frozenset[Path]


_kept: OrderedDict[str, Style] = OrderedDict()
atexit.register(_kept.clear)  # WeasyPrint deletes its folder of fonts with the configuration.


@contextmanager
def style_of(text: str) -> Iterator[Style]:
    """The style sheet `text`, for one document; nobody else gets it meanwhile.

    Pango's fonts serve one thread at a time, so a document takes them away and puts them back. What a
    failed document used is never used again: its error may still hold pieces of it.
    """
    kept = _kept.pop(text, None)
    style = kept if kept and _is_whole(kept) else _parsed(text)
    yield style
    _kept[text] = style
    while len(_kept) > MOST:
        _kept.popitem(last=False)


def _parsed(text: str) -> Style:
    fonts = FontConfiguration()
    css = CSS(string=text, url_fetcher=AssetFetcher(), font_config=fonts)
    return Style(css, fonts, _files(fonts))


def _is_whole(style: Style) -> bool:
    """Whether the fonts are still those of the style sheet.

    Files in /tmp are cleared away after some days; and a page of somebody's own may load more.
    """
    return _files(style.fonts) == style.files


def _files(fonts: FontConfiguration) -> frozenset[Path]:
    folder: Path | None = fonts._folder
    return frozenset(folder.iterdir()) if folder and folder.is_dir() else frozenset()
