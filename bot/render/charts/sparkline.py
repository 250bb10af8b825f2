"""A sparkline: how a key figure came to be what it is, in the size of a word and without an axis.

It shows a course, not values: the lowest point lies at the bottom, whether or not that is zero.
"""

from collections.abc import Sequence

from bot.render.charts.colours import readable
from bot.render.charts.runs import runs
from bot.render.charts.scale import finite
from bot.render.charts.svg import XY, bare, element, number, points

LEAST = 3
"""Known values that a course takes: two points would only repeat the change beside them."""

_EDGE = 3.0
_STROKE, _NOW, _LONE = 1.6, 2.4, 1.2


def sparkline(values: Sequence[float | None], colour: str, width: float = 90, height: float = 22) -> str:
    """The values, oldest first, as a line with a dot at the last one; None is a gap.

    `width` and `height` in pixels; `colour` is `#rrggbb`. '' with fewer than three known values.
    """
    shown = finite(values)
    known = [value for value in shown if value is not None]
    if len(known) < LEAST:
        return ""
    ink = readable(colour, 3.0)
    path = _path(shown, min(known), max(known), width, height)
    return bare(width, height, [*_line(shown, path, ink), *_now(shown, path, ink)])


def course(values: Sequence[float | None]) -> str:
    """The same in words: 'last 6 windows: now the highest'; '' where no line is drawn."""
    known = [value for value in finite(values) if value is not None]
    if len(known) < LEAST:
        return ""
    return f"last {len(values)} windows: {_standing(values[-1], known)}"


def _standing(now: float | None, known: Sequence[float]) -> str:
    if now is None:
        return "no value now"
    if min(known) == max(known):
        return "all the same"
    if now in (min(known), max(known)):
        return f"now {'the highest' if now == max(known) else 'the lowest'}"
    return f"now above {sum(value < now for value in known)} of the {len(known) - 1} others"


def _path(values: Sequence[float | None], low: float, high: float, width: float, height: float) -> list[XY]:
    """A point for each value; those of gaps are not drawn."""
    step = (width - 2 * _EDGE) / max(len(values) - 1, 1)
    room = height - 2 * _EDGE
    shares = [0.5 if high == low else ((value or 0.0) - low) / (high - low) for value in values]
    return [(_EDGE + step * n, height - _EDGE - room * share) for n, share in enumerate(shares)]


def _line(values: Sequence[float | None], path: Sequence[XY], ink: str) -> list[str]:
    stretches = runs(values)
    joined = "".join(points(path[run.start : run.stop]) for run in stretches if len(run) > 1)
    line = element("path", d=joined, fill="none", stroke=ink, stroke_width=_STROKE, stroke_linejoin="round")
    lone = [_dot(path[run.start], ink, _LONE) for run in stretches if len(run) == 1]
    return [line, *lone] if joined else lone


def _now(values: Sequence[float | None], path: Sequence[XY], ink: str) -> list[str]:
    return [_dot(path[-1], ink, _NOW)] if values[-1] is not None else []


def _dot(at: XY, ink: str, radius: float) -> str:
    return element("circle", cx=at[0], cy=at[1], r=number(radius), fill=ink)
