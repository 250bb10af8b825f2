"""Charts: a chart block as SVG or PNG. Pure: the same chart gives the same bytes on every machine.

`SHAPES` is the table of shapes; a new one is a module here and a line there.
"""

from collections.abc import Callable

from bot.model import Chart, Picture
from bot.render.charts.bars import bars
from bot.render.charts.grid import grid
from bot.render.charts.line import line
from bot.render.charts.stacked import columns, stacked
from bot.render.fonts import FAMILIES, FONT_FILES

SHAPES: dict[str, Callable[[Chart, str, float, str], str]] = {
    "stacked": stacked,
    "line": line,
    "bars": bars,
    "columns": columns,
    "grid": grid,
}

DISPLAY_WIDTH = 584
"""Width of a picture on display, in pixels: the column of a mail."""

DRAWN_WIDTH = 480
"""Width in which pictures are drawn: less than on display, so that text is readable on a telephone."""

PIXEL_RATIO = 2
_PNG_HEIGHT = slice(20, 24)


def draw(chart: Chart, *, accent: str, width: int = 640, grouping: str = ",") -> str:
    """Return the chart as an SVG document, `width` pixels wide and as high as it needs.

    `accent` is `#rrggbb`, darkened where it would be too pale to see; anything else becomes the
    default. `grouping` separates thousands on the axis. Text is at least 12 pixels high and never
    leaves the picture. Raise KeyError for an unknown shape.
    """
    return SHAPES[chart.shape](chart, accent, float(width), grouping)


def picture(chart: Chart, accent: str, grouping: str = ",") -> Picture:
    """Return the chart as PNG at twice its display size, on opaque white (readable in a dark mail).

    `accent` is `#rrggbb`; `grouping` separates thousands on the axis.
    """
    svg = draw(chart, accent=accent, width=DRAWN_WIDTH, grouping=grouping)
    content = png(svg, PIXEL_RATIO * DISPLAY_WIDTH / DRAWN_WIDTH)
    height = round(int.from_bytes(content[_PNG_HEIGHT]) / PIXEL_RATIO)
    return Picture(chart.report, f"chart-{chart.report}.png", content, chart.alt, DISPLAY_WIDTH, height)


def png(svg: str, zoom: float) -> bytes:
    """Return our SVG as PNG on opaque white, `zoom` pixels for each of its own.

    Drawn with the shipped fonts alone, so that the fonts of the machine make no difference.
    """
    import resvg_py

    content = resvg_py.svg_to_bytes(
        svg_string=svg,
        background="#ffffff",
        zoom=zoom,
        skip_system_fonts=True,
        font_files=[str(path) for path in FONT_FILES],
        font_family=FAMILIES[0],
        sans_serif_family=FAMILIES[0],
    )
    return bytes(content)


__all__ = ["DISPLAY_WIDTH", "DRAWN_WIDTH", "PIXEL_RATIO", "SHAPES", "draw", "picture", "png"]
