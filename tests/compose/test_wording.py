"""Text of numbers and dates."""

from datetime import date

import pytest

from bot.compose.figures.wording import Wording, compared_noun, plural, window_noun
from bot.model import Unit, Window
from tests.compose.data import WEEK, WEEK_BEFORE, ZONE, sydney

WORDS = Wording("en_AU", ZONE)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (426, "7.1 min"),
        (3120, "52 min"),
        (59.4 * 60, "59 min"),
        (59.6 * 60, "1 h"),
        (3 * 3600 + 40 * 60, "3 h 40 min"),
        (7200, "2 h"),
        (181795.69, "2.1 days"),
        (-540, "−9 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert WORDS.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1469, Unit.COUNT, "1,469"),
        (0, Unit.COUNT, "0"),
        (None, Unit.COUNT, "–"),
        (0.1400625, Unit.SHARE, "14%"),
        (0.0345, Unit.SHARE, "3.4%"),
        (0.0, Unit.SHARE, "0%"),
        (1.0, Unit.SHARE, "100%"),
    ],
)
def test_zero_is_not_missing(value: float | None, unit: Unit, text: str) -> None:
    assert WORDS.value(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (157, Unit.COUNT, "+157"),
        (-4 * 60, Unit.SECONDS, "−4 min"),
        (0.03, Unit.SHARE, "+3 pts"),
        (-0.0101, Unit.SHARE, "−1 pt"),
        (0.125, Unit.SHARE, "+12 pts"),
    ],
)
def test_differences(value: float, unit: Unit, text: str) -> None:
    assert WORDS.difference(value, unit) == text


def test_german_numbers() -> None:
    assert Wording("de_DE", "Europe/Berlin").value(1469.0, Unit.COUNT) == "1.469"


def test_window_text() -> None:
    assert WORDS.window(WEEK) == "Mon 16 – Sun 22 November 2026, Sydney time"
    assert WORDS.span(Window.of_dates(date(2025, 12, 29), date(2026, 1, 4), ZONE), weekdays=False) == (
        "29 December 2025 – 4 January 2026"
    )
    assert (
        WORDS.span(Window.of_dates(date(2026, 3, 30), date(2026, 4, 5), ZONE))
        == "Mon 30 March – Sun 5 April 2026"
    )
    so_far = Window(sydney(2026, 11, 16), sydney(2026, 11, 18, 9), ZONE)
    assert WORDS.window(so_far) == "Mon 16 – Wed 18 November 2026 until 09:00, Sydney time"


@pytest.mark.parametrize(
    ("first", "last", "noun"),
    [
        (date(2026, 11, 16), date(2026, 11, 22), "week"),
        (date(2026, 11, 17), date(2026, 11, 23), "period"),
        (date(2026, 11, 17), date(2026, 11, 17), "day"),
        (date(2026, 2, 1), date(2026, 2, 28), "month"),
        (date(2026, 7, 1), date(2026, 9, 30), "quarter"),
        (date(2026, 7, 1), date(2026, 8, 31), "period"),
    ],
)
def test_window_noun(first: date, last: date, noun: str) -> None:
    assert window_noun(Window.of_dates(first, last, ZONE)) == noun


def test_compared_noun() -> None:
    assert compared_noun(WEEK, WEEK_BEFORE) == "the week before"
    last_year = Window.of_dates(date(2025, 11, 17), date(2025, 11, 23), ZONE)
    assert compared_noun(WEEK, last_year) == "the same week last year"


def test_plurals() -> None:
    assert [plural(n, "reply", "replies") for n in (0, 1, 2)] == ["replies", "reply", "replies"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2.4, Unit.MEAN, "2.4"),
        (1.0, Unit.MEAN, "1.0"),
        (58.333, Unit.SCORE, "+58"),
        (-12.4, Unit.SCORE, "−12"),
        (0.0, Unit.SCORE, "0"),
        (-0.4, Unit.SCORE, "0"),
        (None, Unit.SCORE, "–"),
        (1e300, Unit.COUNT, "1.0e+300"),
        (-0.12, Unit.SHARE, "−12%"),
    ],
)
def test_means_scores_and_huge_numbers(value: float | None, unit: Unit, text: str) -> None:
    assert WORDS.value(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (4.0, Unit.SCORE, "+4 points"),
        (-1.0, Unit.SCORE, "−1 point"),
        (0.4, Unit.MEAN, "+0.4"),
    ],
)
def test_score_changes_are_points(value: float, unit: Unit, text: str) -> None:
    assert WORDS.difference(value, unit) == text
