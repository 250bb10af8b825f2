"""Agents are people: a recipient who is not to see them never gets an edition in which they are named."""

import re
from dataclasses import replace

import pytest

from bot.compose import REPORTS
from bot.model import Agents, Edition, Filtering, Report
from tests.compose.data import edition
from tests.compose.everything import ALL, NAMES
from tests.compose.walk import everything, texts, told

NOTE = "Jane Pear has left the group; 明 李 is archived."


def shown_to(agents: Agents) -> Edition:
    data = replace(everything({}, {}), users=("Jane Pear", "Noor Haddad"), filtering=Filtering(notes=(NOTE,)))
    return edition(data, shown=agents, reports=ALL)


def named(shown: Edition) -> set[str]:
    """Every part of a name that stands in any text, cell of a file, subject or label of the edition."""
    return {name for text in texts(shown) for name in NAMES if re.search(rf"(?<!\w){name}(?!\w)", text)}


def test_with_names_the_walk_finds_everybody() -> None:
    assert named(shown_to(Agents.NAMES)) == set(NAMES)


@pytest.mark.parametrize("agents", [Agents.NONE, Agents.INITIALS])
def test_no_name_anywhere(agents: Agents) -> None:
    assert named(shown_to(agents)) == set()


def test_none_leaves_no_initials_either() -> None:
    assert not [text for text in texts(shown_to(Agents.NONE)) if "J. P." in text or "N. H." in text]
    assert shown_to(Agents.NONE).filter_text == "group Social Customer Care; 2 agents"
    assert shown_to(Agents.INITIALS).filter_text == "group Social Customer Care; agents J. P., N. H."


def test_a_note_about_an_agent_shows_them_as_asked() -> None:
    assert NOTE in texts(shown_to(Agents.NAMES))
    assert "J. P. has left the group; an agent is archived." in texts(shown_to(Agents.INITIALS))
    assert "an agent has left the group; an agent is archived." in texts(shown_to(Agents.NONE))


@pytest.mark.parametrize("report", ["user_summary", "user_volume"])
def test_reports_on_agents_are_not_there_for_none(report: str) -> None:
    shown = told(report, shown=Agents.NONE)
    assert [block.kind for block in shown.blocks] == ["headline"]
    assert not shown.csvs


@pytest.mark.parametrize("report", ["user_summary", "user_volume"])
def test_files_with_initials_have_no_column_that_names_a_person(report: str) -> None:
    (csv,) = told(report, shown=Agents.INITIALS).csvs
    assert csv.header[0] == "agent"
    assert not {"user_id", "first_name", "last_name"} & set(csv.header)
    assert csv.rows[0][0] == "J. P."


def test_longest_waits_name_the_agent_only_as_asked() -> None:
    columns = {agents: _waits(agents) for agents in Agents}
    assert columns[Agents.NAMES] == ("Written", "Network", "State", "Agent", "Customer wait")
    assert columns[Agents.NONE] == ("Written", "Network", "State", "Customer wait")


def _waits(agents: Agents) -> tuple[str, ...]:
    shown = told("mention_sla_export", shown=agents)
    block = next(b for b in shown.blocks if getattr(b, "title", "") == "Longest waits")
    return tuple(column.label for column in block.columns)  # type: ignore[union-attr]


def test_a_column_of_agents_in_a_survey_is_left_out() -> None:
    fields = {agents: _fields(agents) for agents in Agents}
    assert fields[Agents.NAMES] == [("Network", "Facebook"), ("Network", "X"), ("Agent", "Jane Pear")]
    assert fields[Agents.INITIALS][-1] == ("Agent", "J. P.")
    assert fields[Agents.NONE] == [("Network", "Facebook"), ("Network", "X")]


def _fields(agents: Agents) -> list[tuple[str, str]]:
    shown = told("nps_submissions", shown=agents)
    block = next(b for b in shown.blocks if getattr(b, "title", "") == "Answers by category")
    return [(row[0].text, row[1].text) for row in block.rows]  # type: ignore[union-attr]


def test_every_report_is_walked() -> None:
    assert {Report(name) for name in REPORTS} == set(ALL)
