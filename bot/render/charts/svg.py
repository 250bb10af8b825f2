"""SVG as text: few elements, presentation attributes only, one number format.

WeasyPrint, resvg and browsers must draw the same. So there are no classes, style sheets, filters, masks,
clips or opacity, and text is moved down by 0.35 em instead of by dominant-baseline.
"""

from collections.abc import Iterable
from html import escape

from bot.model import Chart
from bot.render.charts.colours import BAND, INK, MUTED
from bot.render.charts.labels import SIZE, clean, is_measured, width
from bot.render.fonts import FONT_STACK

NO_DATA = "No data in this window"
_EMPTY_HEIGHT = 96.0
_NAMESPACE = "http://www.w3.org/2000/svg"

XY = tuple[float, float]
Box = tuple[float, float, float, float]


def number(value: float) -> str:
    """Format a coordinate: at most two decimals, no trailing zeros, no minus zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def element(name: str, content: str = "", /, **attributes: str | float | None) -> str:
    """Return one element. `_` in an attribute's name becomes `-`; None omits the attribute.

    `content` is markup; attribute values are escaped.
    """
    written = "".join(
        f' {key.replace("_", "-")}="{escape(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def label(
    text: str, x: float, y: float, *, anchor: str = "start", fill: str | None = None, weight: int = 400
) -> str:
    """Return a line of text whose middle is at height `y`. `text` is escaped here and nowhere else.

    If its width is known, its start is computed: WeasyPrint makes a group of its own for every text
    with another anchor, which doubles a PDF's time and size.
    """
    line = clean(text)
    if anchor != "start" and is_measured(line, weight):
        x -= width(line, weight=weight) * (0.5 if anchor == "middle" else 1)
        anchor = "start"
    return element(
        "text",
        escape(line, quote=False),
        x=x,
        y=y + 0.35 * SIZE,
        text_anchor=None if anchor == "start" else anchor,
        fill=fill,
        font_weight=None if weight == 400 else str(weight),
    )


def points(path: Iterable[XY]) -> str:
    """Return the points of a path as `M x y L x y …`."""
    return "".join(f"{'L' if n else 'M'}{number(x)} {number(y)}" for n, (x, y) in enumerate(path))


def boxes(rectangles: Iterable[Box]) -> str:
    """Return rectangles (left, top, width, height) as one path: far cheaper to draw than many elements."""
    return "".join(
        f"M{number(x)} {number(y)}h{number(wide)}v{number(high)}h{number(-wide)}Z"
        for x, y, wide, high in rectangles
    )


def bare(width: float, height: float, body: Iterable[str], title: str = "", **attributes: str) -> str:
    """Return an SVG document without text of its own; `title` is markup that comes first."""
    return element(
        "svg",
        title + "".join(body),
        xmlns=_NAMESPACE,
        width=width,
        height=height,
        viewBox=f"0 0 {number(width)} {number(height)}",
        **attributes,
    )


def document(width: float, height: float, title: str, body: Iterable[str]) -> str:
    """Return an SVG document; its title, for screen readers, comes first."""
    inside = element(
        "g", "".join(body) or " ", font_family=FONT_STACK, font_size=SIZE, font_weight="400", fill=INK
    )
    heading = element("title", escape(clean(title), quote=False) or " ")
    return bare(width, height, [inside], heading, role="img")


def empty_chart(chart: Chart, width: float) -> str:
    """Return the drawing of a chart without a single value: a light band that says so."""
    ground = element("rect", x=0, y=0, width=width, height=_EMPTY_HEIGHT, rx=6, fill=BAND)
    text = label(NO_DATA, width / 2, _EMPTY_HEIGHT / 2, anchor="middle", fill=MUTED)
    return document(width, _EMPTY_HEIGHT, chart.alt, [ground, text])
