"""Pictures: a chart block becomes SVG text. Pure, and the same text every time.

`SHAPES` is the table of all shapes; a new one is a file here and a line there.
"""

from collections.abc import Callable

from bot.model import Chart
from bot.render.charts.bars import bars
from bot.render.charts.columns import columns
from bot.render.charts.grid import grid
from bot.render.charts.line import line
from bot.render.charts.stacked import stacked

SHAPES: dict[str, Callable[[Chart, str, float, str], str]] = {
    "stacked": stacked,
    "line": line,
    "bars": bars,
    "columns": columns,
    "grid": grid,
}


def draw(chart: Chart, *, accent: str, width: int = 640, grouping: str = ",") -> str:
    """The chart as an SVG document, `width` pixels wide and as high as it needs.

    `accent` is `#rrggbb`, darkened where it would be too pale to see; anything else becomes the
    default. `grouping` separates thousands on the axis. Text is at least 12 pixels high and never
    leaves the picture. Raises KeyError for an unknown shape.
    """
    return SHAPES[chart.shape](chart, accent, float(width), grouping)


__all__ = ["SHAPES", "draw"]
