"""Charts as PNG, for mail and Slack: drawn by resvg with the shipped fonts and no others."""

from bot.charts import draw
from bot.fonts import FAMILIES, FONT_FILES
from bot.model import Chart, Picture

WIDTH = 640
"""Display width in pixels: that of a mail."""

_SHARPNESS = 2
_PNG_WIDTH, _PNG_HEIGHT = slice(16, 20), slice(20, 24)


def picture(chart: Chart, accent: str, grouping: str = ",") -> Picture:
    """The chart at twice its display size on an opaque white ground (a dark mail keeps it readable).

    `accent` is `#rrggbb`; `grouping` separates thousands on the axis. The bytes do not depend on the
    fonts of the machine.
    """
    content = png(draw(chart, accent=accent, width=WIDTH, grouping=grouping), _SHARPNESS)
    wide, high = (int.from_bytes(content[part]) // _SHARPNESS for part in (_PNG_WIDTH, _PNG_HEIGHT))
    return Picture(chart.report, f"chart-{chart.report}.png", content, chart.alt, wide, high)


def png(svg: str, sharpness: int) -> bytes:
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
