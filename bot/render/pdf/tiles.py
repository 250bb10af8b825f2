"""Key figures on paper: six in a row where their words fit, else three, each with its sparkline."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.model import Kpi
from bot.render.charts.line import course, sparkline
from bot.render.escaping import bound
from bot.render.parts import ARROWS, TONES
from bot.render.pdf.glyphs import set_width

INKS = {"good": "#2b7530", "bad": "#b3261e"}
"""Colours of a sparkline by the tone of its change; the accent for all others."""

_IN_A_ROW, _ELSE = 6, 3
_TILE = 95.0
"""Pixels inside one of six tiles; the sizes below are those of report.css."""
_TWO_LINES = 1.75
"""How much more than one line two hold: the first is seldom full."""
_LABEL, _VALUE, _SMALL = 11.3, 22.6, 10.6
_SPARK = {"six": (92.0, 20.0), "three": (88.0, 24.0)}

Layout = Literal["six", "three"]


@dataclass(frozen=True, slots=True)
class PaperTile:
    """A key figure, its sparkline as a data address ('' without one) and that in words."""

    kpi: Kpi
    spark: str = ""
    course: str = ""


def tile_rows(items: Sequence[Kpi], accent: str) -> tuple[Layout, tuple[tuple[PaperTile, ...], ...]]:
    """The layout ('six' or 'three' in a row) and the tiles row by row."""
    layout: Layout = "six" if _fit_in_a_row(items) else "three"
    each = max(len(items), 1) if layout == "six" else _ELSE
    tiles = [_tile(kpi, accent, layout) for kpi in items]
    return layout, tuple(tuple(tiles[n : n + each]) for n in range(0, len(tiles), each))


def _tile(kpi: Kpi, accent: str, layout: Layout) -> PaperTile:
    wide, high = _SPARK[layout]
    svg = sparkline(kpi.history, INKS.get(_tone(kpi), accent), wide, high)
    if not svg:
        return PaperTile(kpi)
    source = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
    return PaperTile(kpi, source, f"{kpi.label}, {course(kpi.history)}")


def _tone(kpi: Kpi) -> str:
    """Bad where a target is missed, whatever the change."""
    if kpi.target and kpi.target.verdict == "missed":
        return "bad"
    return TONES.get(kpi.change.verdict, "plain")


def _fit_in_a_row(kpis: Sequence[Kpi]) -> bool:
    return len(kpis) <= _IN_A_ROW and all(_fits_tile(kpi) for kpi in kpis)


def _fits_tile(kpi: Kpi) -> bool:
    """Whether label and value fit on one line each, and base, change and target on two by their words."""
    target = kpi.target.text if kpi.target else ""
    change = f"{ARROWS['up']} {kpi.change.text}, {kpi.change.word}"
    return (
        set_width(kpi.label, _LABEL) <= _TILE
        and set_width(kpi.figure.text, _VALUE, 600) <= _TILE
        and all(_takes_two_lines(words) for words in (kpi.explanation, change, f"● {target}"))
    )


def _takes_two_lines(text: str) -> bool:
    """Whether a text takes two lines of a tile at most, none of its words cut."""
    wide = [set_width(word, _SMALL, 600) for word in bound(text).split(" ")]
    return max(wide, default=0) <= _TILE and set_width(text, _SMALL, 600) <= _TWO_LINES * _TILE
