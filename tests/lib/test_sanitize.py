"""Text from outside: nothing in it breaks a line, hides what stands beside it, or shows a secret."""

import pytest

from bot.lib.sanitize import one_line, visible, without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\r\nlines\tand a tab", "two lines and a tab"),
        ("line\u2028separator", "line separator"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("nul\x00 and c1\x9b", "nul and c1"),
        ("bidi\u202etxt.exe", "biditxt.exe"),
        ("zero\u200bwidth\ufeff and soft\xadhyphen", "zerowidth and softhyphen"),
        ("half \ud83d pair", "half  pair"),
        ("tag\U000e0041", "tag"),
        ("joiner\u200din Latin", "joinerin Latin"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👩", "👩\u200d👩"),
        ("1\u00a0000", "1\u00a0000"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_one_line_collapses_white_space_and_truncates() -> None:
    assert one_line("  a \n\n b\u00a0 c ", 80) == "a b c"
    assert one_line("x" * 81, 80) == "x" * 79 + "…"
    assert one_line("x" * 80, 80) == "x" * 80


def test_secrets_go_the_longest_first() -> None:
    assert (
        without_secrets("a secret and secrets", ("secret", "secrets", ""), "(hidden)")
        == "a (hidden) and (hidden)"
    )
