"""SVG as text: few elements, presentation attributes only, one number format.

So that WeasyPrint, resvg and browsers draw the same: no classes or style sheets, no filter, mask or
clip, no dominant-baseline (text is moved down by 0.35 em instead), opacity apart from colour.
"""

from collections.abc import Iterable
from html import escape

from bot.render.charts.colours import INK
from bot.render.charts.text import SIZE, clean, is_measured, width
from bot.render.fonts import FONT_STACK

XY = tuple[float, float]
Box = tuple[float, float, float, float]


def number(value: float) -> str:
    """A coordinate in its only form: at most two decimals, no trailing zeros, no minus zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def element(name: str, content: str = "", /, **attributes: str | float | None) -> str:
    """One element; `_` in an attribute's name stands for `-`, None leaves it out.

    `content` is markup; attribute values are escaped.
    """
    written = "".join(
        f' {key.replace("_", "-")}="{escape(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def label(
    text: str,
    x: float,
    y: float,
    *,
    anchor: str = "start",
    fill: str | None = None,
    weight: int = 400,
) -> str:
    """A line of text whose middle is at height `y`. `text` is escaped here and nowhere else.

    Where its width is known its start is computed: WeasyPrint makes a group of its own of every text
    that is anchored otherwise, which doubles a PDF's time and size.
    """
    words = clean(text)
    if anchor != "start" and is_measured(words, weight):
        x -= width(words, weight=weight) * (0.5 if anchor == "middle" else 1)
        anchor = "start"
    return element(
        "text",
        escape(words, quote=False),
        x=x,
        y=y + 0.35 * SIZE,
        text_anchor=None if anchor == "start" else anchor,
        fill=fill,
        font_weight=None if weight == 400 else str(weight),
    )


def points(path: Iterable[XY]) -> str:
    """The points of a path as `M x y L x y …`."""
    return "".join(f"{'L' if n else 'M'}{number(x)} {number(y)}" for n, (x, y) in enumerate(path))


def boxes(rectangles: Iterable[Box]) -> str:
    """Rectangles (left, top, width, height) as one path: far cheaper to draw than as many elements."""
    return "".join(
        f"M{number(x)} {number(y)}h{number(wide)}v{number(high)}h{number(-wide)}Z"
        for x, y, wide, high in rectangles
    )


def bare(width: float, height: float, body: Iterable[str]) -> str:
    """A picture without words; whoever shows it says what it shows."""
    return element(
        "svg",
        "".join(body),
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {number(width)} {number(height)}",
    )


def document(width: float, height: float, title: str, body: Iterable[str]) -> str:
    """A whole picture; its title, for those who cannot see it, comes first."""
    inside = element(
        "g", "".join(body) or " ", font_family=FONT_STACK, font_size=SIZE, font_weight="400", fill=INK
    )
    return element(
        "svg",
        element("title", escape(clean(title), quote=False) or " ") + inside,
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
    )
