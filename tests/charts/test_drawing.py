"""Rules of all drawings, and the content of each shape."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from bot.model import Callout, Chart, ChartSeries, Reference, Unit
from bot.render.charts import SHAPES, draw
from bot.render.fonts import FONT_STACK
from tests.charts.boxes import SVG, clipped, text_boxes
from tests.charts.samples import (
    AGENTS,
    ALL,
    LOAD,
    MANY_AGENTS,
    NOTHING,
    NPS,
    ONE_DAY,
    SURVEY_DAYS,
    WAIT,
    WEEK,
    chart,
)

ALLOWED = {"svg", "title", "g", "path", "rect", "circle", "text"}
HOSTILE = "</text><script>alert(1)</script> & \"q\" 'a' {{ 7*7 }} \x00\x1b[31m\ud800\ufffe\u202e]]>"


def words(svg: str) -> list[str]:
    return [box.text for box in text_boxes(svg)]


def parsed(some: Chart, **more) -> ElementTree.Element:
    return ElementTree.fromstring(draw(some, accent="#0f6f6b", **more))


def test_every_chart_shape_has_a_drawing():
    shapes = Chart.__annotations__["shape"].__args__
    assert set(SHAPES) == set(shapes)


@pytest.mark.parametrize("name", ALL)
def test_only_portable_elements_and_attributes(name):
    svg = draw(ALL[name], accent="#0f6f6b")
    root = ElementTree.fromstring(svg)
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= ALLOWED
    assert not re.search(r"style=|class=|filter|mask|clip|url\(|href|rgba|dominant|textLength|e[+-]\d", svg)
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == ALL[name].alt
    assert root[1].attrib["font-family"] == FONT_STACK


@pytest.mark.parametrize("name", ALL)
def test_numbers_have_one_format(name):
    svg = draw(ALL[name], accent="#0f6f6b")
    numbers = re.findall(r'(?: (?:x|y|width|height|cx|cy|r)="|[ML ])(-?[\d.]+)', svg)
    assert numbers
    assert all(re.fullmatch(r"-?(0|[1-9]\d*)(\.\d?[1-9])?", number) for number in numbers)
    assert "-0 " not in svg


@pytest.mark.parametrize("name", ALL)
def test_text_is_at_least_twelve_pixels(name):
    sizes = re.findall(r'font-size="([\d.]+)"', draw(ALL[name], accent="#0f6f6b"))
    assert sizes
    assert min(map(float, sizes)) >= 12


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_hostile_text_stays_text(shape):
    some = chart(
        shape,
        [HOSTILE, "b"],
        [ChartSeries(HOSTILE, HOSTILE, (1, 2)), ChartSeries("previous", HOSTILE, (2, 1))],
        callout=Callout(1, HOSTILE),
        value_labels=(HOSTILE, HOSTILE),
        alt=HOSTILE,
    )
    svg = draw(some, accent='"/><script>', width=4000)
    root = ElementTree.fromstring(svg)
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= ALLOWED
    assert not re.search("[\x00-\x08\x1b\ud800-\udfff\ufffe\u202e]", svg)
    assert "</text><script>alert(1)</script> & \"q\" 'a' {{ 7*7 }}" in (root[0].text or "")


def test_chart_without_values_says_so():
    for some in (NOTHING, replace(NPS, series=(ChartSeries("current", "NPS", (None,) * 4),))):
        assert words(draw(some, accent="#0f6f6b")) == ["No data in this window"]


def test_gaps_are_gaps_and_not_zeros():
    line = [node for node in parsed(WAIT).iter(f"{SVG}path") if node.get("stroke") == "#0f6f6b"]
    stretches = line[0].attrib["d"].count("M")
    assert stretches == 1  # Monday to Friday; Sunday stands alone as a dot
    dots = list(parsed(WAIT).iter(f"{SVG}circle"))
    assert len(dots) == 2
    areas = [node for node in parsed(WEEK).iter(f"{SVG}path") if node.get("fill") == "#12405f"]
    assert len(areas) == 2


def test_single_day_is_drawn():
    areas = [node for node in parsed(ONE_DAY).iter(f"{SVG}path") if node.get("fill") == "#12405f"]
    assert len(areas) == 1


def test_line_chart_names_series_reference_and_callout():
    svg = draw(WAIT, accent="#0f6f6b")
    assert {"This week", "The week before", "target 2 h", "Wed: 1 h 36 min"} <= set(words(svg))
    dashed = [
        node.get("stroke") for node in ElementTree.fromstring(svg).iter() if node.get("stroke-dasharray")
    ]
    assert {"#b3261e", "#7a8b93"} == set(dashed)


def test_weekends_are_one_band():
    assert len([n for n in parsed(WEEK).iter(f"{SVG}rect") if n.get("fill") == "#eef2f3"]) == 1


def test_assigned_line_is_drawn_and_labelled_above_closed():
    boxes = {box.text: box for box in text_boxes(draw(WEEK, accent="#0f6f6b"))}
    assert boxes["Assigned"].bottom <= boxes["Closed"].top + 1


def test_long_name_is_cut_by_width_with_ellipsis():
    name = words(draw(AGENTS, accent="#0f6f6b"))[0]
    assert name.startswith("Bartholomäus")
    assert name.endswith("…")


def test_bar_without_value_is_a_dash():
    svg = draw(AGENTS, accent="#0f6f6b")
    assert "–" in words(svg)
    bars = list(ElementTree.fromstring(svg).iter(f"{SVG}rect"))
    assert len(bars) == 4  # not for 0, not for no value


def test_too_many_bars_are_counted():
    assert "and 35 more" in words(draw(MANY_AGENTS, accent="#0f6f6b"))


def test_thousands_are_separated_as_asked():
    some = chart("line", ["a", "b"], [ChartSeries("current", "x", (0, 4000))])
    assert "4.000" in words(draw(some, accent="#0f6f6b", grouping="."))


def test_drawing_twice_gives_the_same():
    for some in ALL.values():
        assert draw(some, accent="#0f6f6b") == draw(some, accent="#0f6f6b")


def test_shares_are_percent_and_time_is_time():
    share = chart("line", ["a", "b"], [ChartSeries("current", "x", (0.02, 0.14))], Unit.SHARE)
    assert {"0", "5%", "10%", "15%"} <= set(words(draw(share, accent="#0f6f6b")))
    assert {"30 min", "1 h", "1 h 30", "2 h"} <= set(words(draw(WAIT, accent="#0f6f6b")))


def test_reference_name_fits_beside_one_series():
    some = replace(SURVEY_DAYS, series=SURVEY_DAYS.series[:1], reference=Reference(50, "target +50 points"))
    boxes = text_boxes(draw(some, accent="#0f6f6b", width=348))
    assert any(box.text.startswith("target") for box in boxes)
    assert clipped(draw(some, accent="#0f6f6b", width=348)) == []


def test_callout_side_follows_point_height():
    values = (60, 70, -60, 65, 55)
    low = chart(
        "line", "abcde", [ChartSeries("current", "x", values)], callout=Callout(2, "low: lowest of them all")
    )
    high = chart(
        "line",
        "abcde",
        [ChartSeries("current", "x", values)],
        callout=Callout(1, "high: highest of them all"),
    )

    def side(some: Chart) -> float:
        root = ElementTree.fromstring(draw(some, accent="#0f6f6b"))
        (dot,) = (node for node in root.iter(f"{SVG}circle"))
        (word,) = (
            box for box in text_boxes(draw(some, accent="#0f6f6b")) if box.text.endswith("of them all")
        )
        return (word.top + word.bottom) / 2 - float(dot.attrib["cy"])

    assert 0 < side(low) < 30
    assert -30 < side(high) < 0


def test_text_of_known_width_is_start_anchored():
    """WeasyPrint makes a group of each text that is anchored otherwise: twice the time and the size."""
    anchors = [node.get("text-anchor") for node in parsed(WEEK).iter(f"{SVG}text")]
    assert set(anchors) == {None}
    joined = chart("line", ["نور", "b"], [ChartSeries("current", "x", (1, 2))])
    assert "middle" in [node.get("text-anchor") for node in parsed(joined).iter(f"{SVG}text")]


def test_grid_is_few_elements():
    cells = sum(value is not None for series in LOAD.series for value in series.values)
    shades = {node.get("fill") for node in parsed(LOAD).iter(f"{SVG}path")}
    assert len(list(parsed(LOAD).iter(f"{SVG}path"))) <= len(shades) + 1 < cells
