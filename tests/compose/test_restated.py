"""Restated figures: published once, different today, since data matures."""

from dataclasses import replace

import pytest

from bot.compose import compose
from bot.model import Agents, Dataset, Occurrence, PastEdition, Window
from tests.compose.data import NOW, SUMMARY, WEEK, WEEK_BEFORE, dataset, digest, edition, summary
from tests.compose.edition_walk import notes

MATURED = SUMMARY | {
    "total_volume": 1330.0,
    "total_responded_to": 1115.0,
    "broke_sla": 118.0,
    "avg_response_time": 2600.0,
}


def published(values: dict[str, float], window: Window = WEEK_BEFORE) -> PastEdition:
    """Return the edition that was published about the week before."""
    data = Dataset(window, {"summary": summary(values)}, None, {}, ("Social Customer Care",))
    return PastEdition(window, edition(data))


def compared_with(*past: PastEdition, now: dict[str, float]) -> list[str]:
    data = dataset(previous={"summary": summary(now)})
    wanted = digest(reports=digest().reports[:1])
    shown = compose(
        wanted, Occurrence(wanted.name, NOW, WEEK), data, agents=Agents.NONE, fetched_at=NOW, past=past
    )
    assert [block.kind for block in shown.blocks[:2]] in (["headline", "note"], ["headline", "kpis"])
    return [note.text for note in notes(shown)]


def test_restated_figure_is_named() -> None:
    alone = {"total_volume": 166.0}
    assert compared_with(published(alone), now={"total_volume": 171.0}) == [
        "The week before was published as 166 messages, now 171."
    ]


def test_three_largest_restatements_in_order() -> None:
    was = MATURED | {
        "avg_response_time": 2000.0,
        "median_response_time": 600.0,
        "avg_action_response_time": 400.0,
    }
    (text,) = compared_with(published(was), now=MATURED)
    assert text == (
        "Median wait of the week before was published as 10 min, now 21 min. "
        "Customer wait of the week before was published as 33 min, now 43 min. "
        "Handling time of the week before was published as 6.7 min, now 7.1 min."
    )


@pytest.mark.parametrize(
    ("name", "was", "now", "moved"),
    [
        ("avg_response_time", 6000.0, 6110.0, False),
        ("avg_response_time", 6000.0, 6130.0, True),
        ("broke_sla", 100.0, 105.0, False),  # 0.45 points of 1,115 replies
        ("broke_sla", 100.0, 107.0, True),  # 0.63 points
    ],
)
def test_restatement_threshold(name: str, was: float, now: float, moved: bool) -> None:
    assert bool(compared_with(published(MATURED | {name: was}), now=MATURED | {name: now})) is moved


def test_latest_edition_of_compared_window_counts() -> None:
    other = published(MATURED | {"total_volume": 10.0}, WEEK)
    same = published(MATURED)
    older = published(MATURED | {"total_volume": 10.0})
    assert compared_with(other, same, older, now=MATURED) == []
    assert compared_with(now=MATURED) == []


def test_other_groups_are_not_restated() -> None:
    past = published(MATURED | {"total_volume": 10.0})
    other = replace(past, edition=replace(past.edition, filter_text="group Sales"))
    assert compared_with(other, now=MATURED) == []
