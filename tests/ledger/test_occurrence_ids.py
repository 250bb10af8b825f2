"""The printed id of an occurrence is a rendering of its fields."""

from dataclasses import replace

import pytest

from bot.model import Occurrence, OccurrenceKind, corrected_by, correction_of, split_correction
from tests.ledger.factories import occurrence

AT = "@2018-05-06T23:00:00Z"
ALERT = OccurrenceKind.ALERT


@pytest.mark.parametrize(
    ("of", "printed"),
    [
        (occurrence(), "care-weekly"),
        (occurrence(slice="billing"), "care-weekly/billing"),
        (occurrence(slice="window-last-week"), "care-weekly/window-last-week"),
        (correction_of(occurrence(), 1), "care-weekly/_corrected-1"),
        (correction_of(occurrence(slice="billing"), 12), "care-weekly/_corrected-12-billing"),
        (replace(occurrence(), kind=ALERT, topic="held"), "care-weekly/_held"),
        (replace(occurrence(slice="billing"), kind=ALERT, topic="failed"), "care-weekly/_failed-billing"),
        (replace(occurrence("_bot", slice="slack"), kind=ALERT, topic="stopped"), "_bot/_stopped-slack"),
    ],
)
def test_id(of: Occurrence, printed: str) -> None:
    assert of.id == printed + AT


def test_a_correction_is_about_what_it_corrects() -> None:
    correction = correction_of(occurrence(slice="billing"), 2)
    assert (correction.kind, correction.about) == (OccurrenceKind.CORRECTION, f"care-weekly/billing{AT}")
    assert corrected_by(correction) == occurrence(slice="billing")
    assert corrected_by(occurrence()) == occurrence()


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("", (0, "")),
        ("billing", (0, "billing")),
        ("_corrected-1", (1, "")),
        ("_corrected-12-billing", (12, "billing")),
        ("_held", (0, "_held")),
        ("_corrected-0", (0, "_corrected-0")),
    ],
)
def test_split_correction(path: str, parts: tuple[int, str]) -> None:
    assert split_correction(path) == parts
