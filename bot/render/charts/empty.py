"""The calm picture for a chart without a single value."""

from bot.model import Chart
from bot.render.charts.colours import BAND, MUTED
from bot.render.charts.svg import document, element, label

WORDS = "No data in this window"
_HEIGHT = 96.0


def empty(chart: Chart, width: float) -> str:
    """A light band that says so."""
    ground = element("rect", x=0, y=0, width=width, height=_HEIGHT, rx=6, fill=BAND)
    words = label(WORDS, width / 2, _HEIGHT / 2, anchor="middle", fill=MUTED)
    return document(width, _HEIGHT, chart.alt, [ground, words])
