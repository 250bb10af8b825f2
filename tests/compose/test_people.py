"""Visibility of agents: an edition never names agents to a recipient who may not see them."""

import re
from dataclasses import replace

import pytest

from bot.compose import REPORTS
from bot.model import Agents, Edition, Filtering, Report
from tests.compose.data import edition
from tests.compose.edition_walk import compose_reports, everything, texts
from tests.compose.full_dataset import ALL, NAMES

NOTE = "Jane Pear has left the group; 明 李 is archived."


def shown_to(agents: Agents) -> Edition:
    data = replace(everything({}, {}), users=("Jane Pear", "Noor Haddad"), filtering=Filtering(notes=(NOTE,)))
    return edition(data, shown=agents, reports=ALL)


def named(shown: Edition) -> set[str]:
    """Return every part of a name in any text, cell of a file, subject or label of the edition."""
    return {name for text in texts(shown) for name in NAMES if re.search(rf"(?<!\w){name}(?!\w)", text)}


def test_names_are_detected() -> None:
    assert named(shown_to(Agents.NAMES)) == set(NAMES)


@pytest.mark.parametrize("agents", [Agents.NONE, Agents.INITIALS])
def test_hidden_names_are_nowhere(agents: Agents) -> None:
    assert named(shown_to(agents)) == set()


def test_none_hides_initials() -> None:
    assert not [text for text in texts(shown_to(Agents.NONE)) if "J. P." in text or "N. H." in text]
    assert shown_to(Agents.NONE).filter_text == "group Social Customer Care; 2 agents"
    assert shown_to(Agents.INITIALS).filter_text == "group Social Customer Care; agents J. P., N. H."


def test_note_respects_agent_visibility() -> None:
    assert NOTE in texts(shown_to(Agents.NAMES))
    assert "J. P. has left the group; an agent is archived." in texts(shown_to(Agents.INITIALS))
    assert "an agent has left the group; an agent is archived." in texts(shown_to(Agents.NONE))


@pytest.mark.parametrize("report", ["user_summary", "user_volume"])
def test_none_removes_agent_reports(report: str) -> None:
    shown = compose_reports(report, shown=Agents.NONE)
    assert [block.kind for block in shown.blocks] == ["headline"]
    assert not shown.csvs


@pytest.mark.parametrize("report", ["user_summary", "user_volume"])
def test_csv_with_initials_has_no_name_columns(report: str) -> None:
    (csv,) = compose_reports(report, shown=Agents.INITIALS).csvs
    assert csv.header[0] == "agent"
    assert not {"user_id", "first_name", "last_name"} & set(csv.header)
    assert csv.rows[0][0] == "J. P."


def test_longest_waits_respect_agent_visibility() -> None:
    columns = {agents: _waits(agents) for agents in Agents}
    assert columns[Agents.NAMES] == ("Written", "Network", "State", "Agent", "Customer wait")
    assert columns[Agents.NONE] == ("Written", "Network", "State", "Customer wait")


def _waits(agents: Agents) -> tuple[str, ...]:
    shown = compose_reports("mention_sla_export", shown=agents)
    block = next(b for b in shown.blocks if getattr(b, "title", "") == "Longest waits")
    return tuple(column.label for column in block.columns)  # type: ignore[union-attr]


def test_survey_column_of_agents_is_hidden() -> None:
    fields = {agents: _fields(agents) for agents in Agents}
    assert fields[Agents.NAMES] == [("Network", "Facebook"), ("Network", "X"), ("Agent", "Jane Pear")]
    assert fields[Agents.INITIALS][-1] == ("Agent", "J. P.")
    assert fields[Agents.NONE] == [("Network", "Facebook"), ("Network", "X")]


def _fields(agents: Agents) -> list[tuple[str, str]]:
    shown = compose_reports("nps_submissions", shown=agents)
    block = next(b for b in shown.blocks if getattr(b, "title", "") == "Answers by category")
    return [(row[0].text, row[1].text) for row in block.rows]  # type: ignore[union-attr]


def test_every_report_is_covered() -> None:
    assert {Report(name) for name in REPORTS} == set(ALL)
