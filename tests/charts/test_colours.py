"""Every colour has enough contrast with white and the weekend band."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.charts.svg import (
    ACCENT,
    BAND,
    INK,
    MUTED,
    NAMED,
    SPARE,
    WHITE,
    WORSE,
    contrast,
    readable,
    series_colour,
)


@pytest.mark.parametrize("colour", [*NAMED.values(), *SPARE])
@pytest.mark.parametrize("ground", [WHITE, BAND])
def test_shape_contrast_is_sufficient(colour, ground):
    assert contrast(colour, ground) >= 3.0


@pytest.mark.parametrize("colour", [INK, MUTED, WORSE, ACCENT, "#2b7530"])
@pytest.mark.parametrize("ground", [WHITE, BAND, "#f3f6f7"])
def test_text_contrast_is_sufficient(colour, ground):
    assert contrast(colour, ground) >= 4.5


@given(st.integers(0, 0xFFFFFF))
def test_any_accent_is_made_readable(code):
    assert contrast(readable(f"#{code:06x}"), WHITE) >= 4.5
    assert contrast(series_colour("current", 0, f"#{code:06x}"), BAND) >= 3.0


def test_good_accent_stays_as_it_is():
    assert readable("#0F6F6B") == "#0f6f6b"


@pytest.mark.parametrize("text", ["red", "#fff", "", '#0f6f6b"/>', "url(http://x)"])
def test_invalid_colour_becomes_default(text):
    assert readable(text) == ACCENT


def test_contrast_of_known_pairs():
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
