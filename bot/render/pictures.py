"""Charts as PNG, for mail and Slack: drawn by resvg with the shipped fonts and no others."""

from bot.model import Chart, Picture
from bot.render.charts import draw
from bot.render.fonts import FAMILIES, FONT_FILES

WIDTH = 584
"""Display width in pixels: the column of a mail."""

DRAWN = 480
"""Pixels across in which charts are drawn: fewer than shown, so that they can be read on a telephone."""

SHARPNESS = 2
_PNG_HEIGHT = slice(20, 24)


def picture(chart: Chart, accent: str, grouping: str = ",") -> Picture:
    """The chart at twice its display size on an opaque white ground (a dark mail keeps it readable).

    `accent` is `#rrggbb`; `grouping` separates thousands on the axis. The bytes do not depend on the
    fonts of the machine.
    """
    svg = draw(chart, accent=accent, width=DRAWN, grouping=grouping)
    content = png(svg, SHARPNESS * WIDTH / DRAWN)
    high = round(int.from_bytes(content[_PNG_HEIGHT]) / SHARPNESS)
    return Picture(chart.report, f"chart-{chart.report}.png", content, chart.alt, WIDTH, high)


def png(svg: str, sharpness: float) -> bytes:
    """An SVG of ours as PNG, `sharpness` pixels for each of its own, on opaque white."""
    import resvg_py

    drawn = resvg_py.svg_to_bytes(
        svg_string=svg,
        background="#ffffff",
        zoom=sharpness,
        skip_system_fonts=True,
        font_files=[str(path) for path in FONT_FILES],
        font_family=FAMILIES[0],
        sans_serif_family=FAMILIES[0],
    )
    return bytes(drawn)
