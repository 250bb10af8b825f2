"""Ticks are round numbers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Unit
from bot.render.charts.scale import DURATION_STEPS, finite, scale_for, tick_label, value_label


@pytest.mark.parametrize(
    ("values", "unit", "labels"),
    [
        ((339,), Unit.COUNT, ("0", "100", "200", "300", "400")),
        ((3,), Unit.COUNT, ("0", "1", "2", "3")),
        ((0,), Unit.COUNT, ("0", "1")),
        ((-20, 58), Unit.COUNT, ("−20", "0", "20", "40", "60")),
        ((5200,), Unit.COUNT, ("0", "2,000", "4,000", "6,000")),
        ((5_200_000,), Unit.COUNT, ("0", "2 M", "4 M", "6 M")),
        ((0.14,), Unit.SHARE, ("0", "5%", "10%", "15%")),
        ((0.004,), Unit.SHARE, ("0", "1%")),
        ((45,), Unit.SECONDS, ("0", "15 s", "30 s", "45 s")),
        ((430,), Unit.SECONDS, ("0", "2 min", "4 min", "6 min", "8 min")),
        ((5760,), Unit.SECONDS, ("0", "30 min", "1 h", "1 h 30", "2 h")),
        ((40_000,), Unit.SECONDS, ("0", "3 h", "6 h", "9 h", "12 h")),
        ((200_000,), Unit.SECONDS, ("0", "1 d", "2 d", "3 d")),
        ((2_000_000,), Unit.SECONDS, ("0", "10 d", "20 d", "30 d")),
    ],
)
def test_ticks(values, unit, labels):
    assert scale_for(values, unit).labels == labels


@given(st.lists(st.floats(-1e18, 1e18), max_size=5), st.sampled_from(list(Unit)))
def test_scale_contains_values_with_few_distinct_ticks(values, unit):
    scale = scale_for(values, unit)
    slack = 1e-9 * (scale.ticks[-1] - scale.ticks[0])
    assert all(scale.ticks[0] - slack <= value <= scale.ticks[-1] + slack for value in [0, *values])
    assert 2 <= len(scale.ticks) <= 9
    assert 0 in scale.ticks
    assert len(set(scale.labels)) == len(scale.labels)


@given(st.floats(1, 170_000))
def test_durations_step_in_human_steps(seconds):
    ticks = scale_for([seconds], Unit.SECONDS).ticks
    assert ticks[1] in DURATION_STEPS


@given(st.floats(1, 1e15))
def test_counts_step_in_one_two_five(value):
    step = scale_for([value], Unit.COUNT).ticks[1]
    lead = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert round(lead, 6) in (1, 2, 5)


def test_non_finite_value_is_a_gap():
    assert finite([1, None, math.nan, math.inf, -math.inf, 1e300]) == (1, None, None, None, None, None)


def test_single_values_have_labels():
    assert value_label(1469.4, Unit.COUNT) == "1,469"
    assert value_label(0.871, Unit.SHARE) == "87%"
    assert value_label(5760, Unit.SECONDS) == "1 h 36"
    assert tick_label(-1800, 1800, Unit.SECONDS) == "−30 min"
