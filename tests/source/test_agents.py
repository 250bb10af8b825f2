"""Who holds which messages, and how many are in each state: one question, either shape of its answer."""

from typing import Any

import pytest

from bot.errors import SourceUnclear
from bot.model import ApiSettings, Unit
from bot.source.reports import REPORTS
from bot.source.reports.agents import MAX_STATES
from tests.source.readers import table
from tests.source.samples import APRIL, BARRY_HOLDS, JANE_HOLDS, WORKFLOW_STATES

BOTH = [JANE_HOLDS, BARRY_HOLDS]


def agent(user_id: object, /, **states: Any) -> dict[str, object]:
    return {"user_id": user_id, "states": states}


def volumes(answer: object) -> dict[object, object]:
    states = table("workflow_states", answer)
    return dict(zip(states.column("state"), states.column("volume"), strict=True))


def test_agent_columns_follow_documented_states() -> None:
    agents = table("user_volume", BOTH)
    states = [*JANE_HOLDS["states"]]
    assert [column.name for column in agents.columns] == ["user_id", "first_name", "last_name", *states]
    assert [column.unit for column in agents.columns] == [None] * 3 + [Unit.COUNT] * 12
    assert agents.rows[0] == ("123", "Jane", "Pear", *JANE_HOLDS["states"].values())
    assert agents.rows[1] == ("789", "Barry", "Banana", *BARRY_HOLDS["states"].values())


@pytest.mark.covers("an unknown state")
def test_unknown_states_follow_and_absent_are_none() -> None:
    agents = table("user_volume", [agent(1, zombie=2, closed=3), agent(2, ghost=1, zombie=None)])
    assert [column.name for column in agents.columns][-2:] == ["zombie", "ghost"]
    assert agents.column("zombie") == (2, None)
    assert agents.column("ghost") == (None, 1)
    assert agents.column("closed") == (3, None)
    assert agents.column("all_states") == (None, None)


def test_workflow_states_are_read_as_sent() -> None:
    states = table("workflow_states", WORKFLOW_STATES)
    assert [(column.name, column.unit) for column in states.columns] == [
        ("state", None),
        ("volume", Unit.COUNT),
    ]
    assert states.rows == tuple((row["state"], row["volume"]) for row in WORKFLOW_STATES)


def test_workflow_states_exclude_total_rows() -> None:
    assert volumes(BOTH) == {
        "new": 0,
        "assigned": 16,
        "in_progress": 15,
        "responded": 28,
        "awaiting_approval": 0,
        "redirected": 0,
        "irrelevant": 0,
        "duplicate": 0,
        "closed": 111,
        "no_response_required": 0,
    }


def test_sent_states_exclude_total_rows() -> None:
    assert volumes([{"state": "all_states", "volume": 5}, {"state": "closed", "volume": 5}]) == {"closed": 5}


def test_sum_over_invalid_number_is_none() -> None:
    volumes_by_state = volumes(
        [agent(1, closed=3, new=1, big=1e308), agent(2, closed=None, big=1e308), agent(3, new="x")]
    )
    assert volumes_by_state == {"new": None, "closed": None, "big": None}


def test_agent_without_a_state_adds_nothing() -> None:
    assert volumes([agent(1, closed=3), agent(2, zombie=1), agent(3)]) == {"closed": 3, "zombie": 1}


@pytest.mark.parametrize("answer", [[], [agent(1)], [agent(1, all_states=4)]])
def test_no_states_at_all_is_no_answer(answer: object) -> None:
    assert REPORTS["workflow_states"](answer, APRIL, ApiSettings()) is None


@pytest.mark.parametrize("report", ["user_volume", "workflow_states"])
@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        [None],
        [{}],
        [{"user_id": 1}],
        [{"user_id": 1, "states": None}],
        [{"user_id": 1, "states": [{"state": "closed", "volume": 1}]}],
        [agent(1), agent("1")],
        [agent(True)],
        [agent(1), WORKFLOW_STATES[0]],
        [agent(1, user_id=3)],
        [agent(1, **{f"s{number}": 1 for number in range(MAX_STATES + 1)})],
    ],
)
def test_other_shapes_are_unclear(report: str, answer: object) -> None:
    with pytest.raises(SourceUnclear, match=report):
        REPORTS[report](answer, APRIL, ApiSettings())


@pytest.mark.parametrize(
    "answer", [[{"state": None}], [{"state": 1}], [*WORKFLOW_STATES, WORKFLOW_STATES[0]]]
)
def test_states_without_a_distinct_name_are_unclear(answer: object) -> None:
    with pytest.raises(SourceUnclear, match="workflow_states"):
        REPORTS["workflow_states"](answer, APRIL, ApiSettings())
