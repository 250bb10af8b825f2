"""No text of any chart is clipped or overlaps another."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model import Callout, Chart, ChartSeries, Reference, Unit
from bot.render.charts import draw
from tests.charts.boxes import Box, clipped, overlapping, text_boxes
from tests.charts.samples import ALL, STATES, chart, wave

WORDS = st.text(st.sampled_from("abcWWMM il.,-–&<>李明한글あنورשםनेहा😀éÅ\x07\u202e0123456789"), max_size=40)
VALUES = st.one_of(
    st.none(),
    st.floats(-1e4, 1e6, allow_nan=False),
    st.integers(0, 300),
    st.sampled_from([0, 1, float("nan"), float("inf"), 1e17, -1e17]),
)


@st.composite
def charts(draw_from: st.DrawFn) -> Chart:
    count = draw_from(st.one_of(st.integers(0, 12), st.integers(1, 400)))
    pattern = draw_from(st.sampled_from(["Mon {}", "{:02d}:00", "{} November 2026", "{}", "own"]))
    own = draw_from(st.lists(WORDS, min_size=1, max_size=6))
    labels = [own[n % len(own)] if pattern == "own" else pattern.format(n) for n in range(count)]
    few = draw_from(st.lists(VALUES, min_size=1, max_size=12))
    names = draw_from(
        st.lists(st.sampled_from([*STATES, "current", "previous", "x"]), min_size=1, max_size=10)
    )
    series = [
        ChartSeries(name, draw_from(WORDS), tuple(few[(n * (k + 1)) % len(few)] for n in range(count)))
        for k, name in enumerate(names)
    ]
    return chart(
        draw_from(st.sampled_from(["stacked", "line", "bars", "columns", "grid"])),
        labels,
        series,
        draw_from(st.sampled_from(list(Unit))),
        shaded=tuple(range(0, count, 7)),
        value_labels=tuple(draw_from(st.lists(WORDS, max_size=4))),
        callout=draw_from(st.none() | st.builds(Callout, st.integers(-1, 400), WORDS)),
        overlay=draw_from(st.none() | st.builds(ChartSeries, WORDS, WORDS, st.lists(VALUES).map(tuple))),
        reference=draw_from(st.none() | st.builds(Reference, st.floats(0, 1e5), WORDS)),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(charts(), st.sampled_from([320, 348, 640, 720]))
def test_nothing_is_clipped_and_nothing_overlaps(some, width):
    svg = draw(some, accent="#0f6f6b", width=width)
    assert clipped(svg) == []
    assert overlapping(svg) == []


@pytest.mark.parametrize("shape", ["stacked", "line", "columns", "grid"])
@pytest.mark.parametrize("count", [1, 2, 7, 13, 24, 31, 96, 168, 365, 400])
@pytest.mark.parametrize("pattern", ["Wed {}", "{:02d}:00"])
def test_axis_labels_are_thinned_out(shape, count, pattern):
    labels = [pattern.format(n % 24) for n in range(count)]
    svg = draw(chart(shape, labels, [ChartSeries("current", "Now", wave(count, 900, 9))]), accent="#0f6f6b")
    shown = [box.text for box in text_boxes(svg) if box.text in labels]
    assert clipped(svg) == []
    assert overlapping(svg) == []
    assert len(shown) == 1 if count == 1 else len(shown) >= min(count, 3) - 1


def test_hour_labels_repeat_each_day():
    labels = [f"{n % 24:02d}:00" for n in range(96)]
    svg = draw(chart("line", labels, [ChartSeries("current", "Now", wave(96, 900, 9))]), accent="#0f6f6b")
    assert {box.text for box in text_boxes(svg) if ":" in box.text} == {"00:00", "12:00"}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("width", [320, 640])
def test_samples_are_tidy(name, width):
    svg = draw(ALL[name], accent="#0f6f6b", width=width)
    assert clipped(svg) == []
    assert overlapping(svg) == []


def test_box_checks_detect_faults():
    """The checks can fail: a text over the edge, and two texts on one spot."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><g font-size="12">'
        '<text x="90" y="20">clipped</text><text x="88" y="22">touching</text></g></svg>'
    )
    assert [box.text for box in clipped(svg)] == ["clipped", "touching"]
    assert len(overlapping(svg)) == 1
    assert not Box("a", 0, 0, 10, 10).meets(Box("b", 10, 0, 20, 10))
