"""Colours, and the arithmetic that keeps them readable (WCAG 2 contrast).

The hues of the workflow states are the product's, darkened to a contrast of at least 3:1 with white and
with the weekend band. Colour is never the only sign: every hue has a label beside it.
"""

import re

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
