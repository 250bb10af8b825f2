"""Sparklines of key figures, and their description."""

import re
from xml.etree import ElementTree

import pytest

from bot.render.charts.line import course, sparkline
from bot.render.charts.svg import contrast
from tests.charts.boxes import SVG

PAST = (3, 4, 2, None, 5, 6)


def drawn(values, **more) -> ElementTree.Element:
    return ElementTree.fromstring(sparkline(values, "#0f6f6b", **more))


def test_sparkline_has_gap_and_last_dot():
    root = drawn(PAST, width=90, height=22)
    (line,) = root.findall(f"{SVG}path")
    assert line.attrib["d"].count("M") == 2
    (dot,) = root.findall(f"{SVG}circle")
    assert dot.attrib["cx"] == "87"
    assert dot.attrib["cy"] == "3"  # the highest value lies at the top


@pytest.mark.parametrize("values", [(), (1,), (1, 2), (1, None, 2), (None, None, None, 4)])
def test_two_values_make_no_sparkline(values):
    assert sparkline(values, "#0f6f6b") == ""
    assert course(values) == ""


def test_sparkline_without_last_value_has_no_dot():
    assert drawn((1, 2, 3, None)).findall(f"{SVG}circle") == []


def test_value_between_two_gaps_is_a_dot():
    assert len(drawn((1, None, 2, None, 3, 4)).findall(f"{SVG}circle")) == 3


def test_drawing_stays_inside_and_is_deterministic():
    for values in (PAST, (7, 7, 7), (1e12, -5, 0.25), (0, 0, float("nan"), 3, 1)):
        svg = sparkline(values, "#0f6f6b", 90, 22)
        assert svg == sparkline(values, "#0f6f6b", 90, 22)
        numbers = [float(n) for n in re.findall(r"[ML](-?[\d.]+) -?[\d.]+", svg)]
        heights = [float(n) for n in re.findall(r"[ML]-?[\d.]+ (-?[\d.]+)", svg)]
        assert min(numbers) >= 0
        assert max(numbers) <= 90
        assert min(heights) >= 0
        assert max(heights) <= 22


def test_pale_colour_is_darkened():
    colour = re.search(r'stroke="(#[0-9a-f]{6})"', sparkline(PAST, "#ffff66"))
    assert colour
    assert contrast(colour[1], "#ffffff") >= 3


@pytest.mark.parametrize(
    ("values", "description"),
    [
        ((1, 2, 3), "last 3 windows: now the highest"),
        ((3, 2, 1), "last 3 windows: now the lowest"),
        ((2, 2, 2), "last 3 windows: all the same"),
        ((1, 9, 2, 5), "last 4 windows: now above 2 of the 3 others"),
        (PAST, "last 6 windows: now the highest"),
        ((1, 2, 3, None), "last 4 windows: no value now"),
    ],
)
def test_course_in_words(values, description):
    assert course(values) == description
