"""One escaping function per sink."""

import html
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lib.sanitize import visible
from bot.model import CsvTable
from bot.render.escaping import bound, clean, cut, loose, mrkdwn, units, unmarked
from tests.render.sample_edition import EDITION

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=120)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\nc\td", "a b c d"),
        ("a\x00\x1b[31mb", "a[31mb"),
        ("\u202egnp.exe", "gnp.exe"),
        ("pay\u200bpal\ufeff", "paypal"),
        ("line\u2028sep", "line sep"),
        ("a\u200db", "ab"),
        ("\ud800half", "half"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("1\u202f469", "1\u202f469"),
        ("李 明", "李 明"),
    ],
)
def test_plain_drops_invisible_characters(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(ANY_TEXT)
def test_plain_text_is_one_encodable_line(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b]", shown)
    shown.encode("utf-8")


@given(ANY_TEXT, st.integers(1, 60))
def test_mrkdwn_has_no_token_and_keeps_limit(text: str, limit: int) -> None:
    escaped = mrkdwn(text, limit)
    assert units(escaped) <= limit
    assert "<" not in escaped
    assert ">" not in escaped
    assert "*" not in escaped
    assert "&" not in re.sub("&(amp|lt|gt);", "", escaped)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("R&D &amp;", "R&amp;D &amp;amp;"),
        ("*loud* ~gone~ `code`", "∗loud∗ ∼gone∼ ˋcodeˋ"),
        ("_slanted_ but social_care", "＿slanted＿ but social_care"),
    ],
)
def test_mrkdwn_shows_text_literally(text: str, escaped: str) -> None:
    assert mrkdwn(text) == escaped


def test_entity_is_never_cut_in_half() -> None:
    assert mrkdwn("&&&&", 12) == "&amp;&amp;…"
    assert html.unescape(mrkdwn("a<b" * 40, 30)).endswith("…")


def test_cut_counts_utf16_units() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
    assert cut("😀😀", 3) == "😀…"


def test_header_text_cannot_form_a_token() -> None:
    assert unmarked("Care <!here>\n") == "Care ‹!here›"


def test_clean_covers_all_text_except_csv_content() -> None:
    table = CsvTable("r", ("a\nb",), (("x\ny",),))
    assert clean((("a\x00",), table, 3)) == (("a",), table, 3)


def test_plain_fast_path_drops_as_much() -> None:
    """Every character that `plain` removes is unprintable to Python, so the fast path misses none."""
    printable = [chr(code) for code in range(0x110000) if chr(code).isprintable()]
    for start in range(0, len(printable), 1000):
        some = "a" + "".join(printable[start : start + 1000]) + "a"
        assert visible(some) == some == visible(f"{some}\x00")


def test_clean_edition_is_not_copied() -> None:
    once = clean(EDITION)
    assert clean(once) is once
    assert clean(replace(once, title="a\x00")).blocks is once.blocks


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("waited 1 h 36 min, 9 min longer", ["waited", "1 h 36 min,", "9 min", "longer"]),
        ("up 4 pts to 14 %, +5 points", ["up", "4 pts", "to", "14 %,", "+5 points"]),
        ("9 – 15 November, 2.1 days in 2 hands", ["9", "–", "15 November,", "2.1 days", "in", "2", "hands"]),
    ],
)
def test_no_line_breaks_within_a_figure(text: str, lines: list[str]) -> None:
    assert [loose(word) for word in bound(text).split(" ")] == lines
    assert loose(bound(text)) == text
    assert bound(bound(text)) == bound(text)
