"""SVG as text: few elements, presentation attributes only, one number format; and its colours.

WeasyPrint, resvg and browsers must draw the same. So there are no classes, style sheets, filters, masks,
clips or opacity, and text is moved down by 0.35 em instead of by dominant-baseline.

The hues of the workflow states are the product's, darkened to a contrast of at least 3:1 (WCAG 2) with white
and with the weekend band. Colour is never the only sign: every hue has a label beside it.
"""

import re
from collections.abc import Iterable
from html import escape

from bot.model import Chart
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


INK = "#1b2b34"
MUTED = "#52626b"
RULE = "#d9e0e3"
BAND = "#eef2f3"
WHITE = "#ffffff"
BEFORE = "#7a8b93"
WORSE = "#b3261e"
ACCENT = "#0f6f6b"

STATES = {
    "closed": "#12405f",
    "responded": "#5e8f2e",
    "in_progress": "#d36515",
    "assigned": "#d6334f",
    "awaiting_approval": "#9d7700",
    "redirected": "#2c7a55",
    "irrelevant": "#258c80",
    "duplicate": "#35707a",
    "no_response_required": "#3c82c4",
    "new": "#7a848a",
}
SURVEY = {"promoters": "#2e7d32", "passives": "#7a8b93", "detractors": "#b3261e"}
NAMED = STATES | SURVEY | {"previous": BEFORE}
SPARE = ("#3c82c4", "#9d7700", "#7b5ea7", "#2c7a55", "#d36515", "#35707a")

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def series_colour(name: str, index: int, accent: str) -> str:
    """Return the hue of the series `name`: a state's own, the accent for 'current', else by position."""
    if name == "current" or (name not in NAMED and index == 0):
        return readable(accent, 3.0, BAND)
    return NAMED.get(name, SPARE[index % len(SPARE)])


def readable(colour: str, least: float = 4.5, ground: str = WHITE) -> str:
    """Return `colour`, darkened until its contrast with `ground` is at least `least`.

    Anything but `#rrggbb` becomes the default accent: the value comes from reports.yaml.
    """
    result = start = colour.lower() if _HEX.fullmatch(colour) else ACCENT
    share = 1.0
    while contrast(result, ground) < least and share > 0:
        share -= 0.02
        result = mixed(start, "#000000", max(share, 0.0))
    return result


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2, relative luminance)."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, ground: str, share: float) -> str:
    """Blend `share` (0 to 1) of `colour` over `ground`, both `#rrggbb`."""
    pairs = zip(_parts(colour), _parts(ground), strict=True)
    return "#" + "".join(f"{round(under + (over - under) * share):02x}" for over, under in pairs)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.03928 else float(((part + 0.055) / 1.055) ** 2.4)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
