"""Text is measured as the shipped fonts draw it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.charts.labels import clean, shorten, width, wrap
from tests.charts.boxes import advance

ALPHABET = "abcWMil 0123456789–…éÅÖßЖΩ李明한あنورשםनेहा😀🎉\u0301\u200d"


@pytest.mark.parametrize("weight", [400, 600])
@pytest.mark.parametrize(
    "text", ["Social care", "1,469 · 52 min", "Åsa Öberg", "李 明", "नेहा", "שם", "نور", "Жанна", "🎉"]
)
def test_table_is_never_narrower_than_the_font(text, weight):
    real = sum(advance(character, weight) for character in text) * 12
    assert real - 0.01 <= width(text, 12, weight) <= real * 1.01 + 0.1


@given(st.text(st.sampled_from(ALPHABET), max_size=60), st.floats(0, 300))
def test_shortened_text_fits(text, limit):
    cut = shorten(text, limit)
    assert width(cut) <= limit or cut == text == ""
    assert cut == text or cut == "" or cut.endswith("…")


@given(st.text(st.sampled_from(ALPHABET), min_size=1, max_size=60), st.floats(20, 300))
def test_wrapped_text_fits_in_two_lines(text, limit):
    lines = wrap(clean(text), limit)
    assert len(lines) <= 2
    assert all(width(line) <= limit for line in lines)


def test_cut_leaves_no_dangling_joiner_or_accent():
    family = "👩\u200d👩\u200d👧 Family of support agents"
    for limit in range(10, 200, 3):
        assert "\u200d…" not in shorten(family, limit)
        assert not shorten("e\u0301" * 30, limit).startswith("\u0301")


def test_clean_drops_invalid_xml_and_direction_marks():
    assert clean("a\x00b\x1b\n\tc\ud800\ufffe\u202ed\u2066e") == "ab cde"
    assert clean("  two   words ") == "two words"
