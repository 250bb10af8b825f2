"""Boxes of the text in a drawn chart, measured with the fonts themselves, not with our table."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from xml.etree import ElementTree

from fontTools.ttLib import TTFont

from bot.render.fonts import FONT_FACES

SVG = "{http://www.w3.org/2000/svg}"
ABOVE, BELOW = 0.76, 0.24
"""Shares of the size of type above and below the baseline."""


@dataclass(frozen=True)
class Box:
    """The rectangle of a text in pixels."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box", slack: float = 0.3) -> bool:
        apart_across = self.right <= other.left + slack or other.right <= self.left + slack
        apart_down = self.bottom <= other.top + slack or other.bottom <= self.top + slack
        return not (apart_across or apart_down)


@cache
def _fonts(weight: int) -> list[tuple[dict[int, str], dict[str, tuple[int, int]], int]]:
    faces = [face for face in FONT_FACES if face.weight == weight or "Noto" in face.family]
    fonts = [TTFont(face.path) for face in faces]
    return [(font.getBestCmap(), font["hmtx"].metrics, font["head"].unitsPerEm) for font in fonts]


@cache
def advance(character: str, weight: int) -> float:
    """Return the advance in em: one em if no shipped font has the character, zero for combining marks."""
    for mapping, metrics, em in _fonts(weight):
        if ord(character) in mapping:
            return metrics[mapping[ord(character)]][0] / em
    return 0.0 if unicodedata.category(character) in ("Mn", "Me", "Cf") else 1.0


def text_boxes(svg: str) -> list[Box]:
    """Return a box for each text of a document drawn by us (font size of the group around it)."""
    root = ElementTree.fromstring(svg)
    group = root.find(f"{SVG}g")
    assert group is not None
    size = float(group.attrib["font-size"])
    boxes = []
    for node in root.iter(f"{SVG}text"):
        text = node.text or ""
        wide = sum(advance(c, int(node.get("font-weight", "400"))) for c in text) * size
        x, y = float(node.attrib["x"]), float(node.attrib["y"])
        left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[node.get("text-anchor", "start")]
        boxes.append(Box(text, left, y - ABOVE * size, left + wide, y + BELOW * size))
    return boxes


def clipped(svg: str, slack: float = 0.5) -> list[Box]:
    """Return the texts that leave the picture."""
    root = ElementTree.fromstring(svg)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    return [
        box
        for box in text_boxes(svg)
        if box.left < -slack or box.top < -slack or box.right > width + slack or box.bottom > height + slack
    ]


def overlapping(svg: str) -> list[tuple[Box, Box]]:
    """Return the pairs of texts that touch."""
    return [(box, other) for box, other in combinations(text_boxes(svg), 2) if box.meets(other)]
