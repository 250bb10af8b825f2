"""Every report of the generated log against a recomputation from its raw rows."""

from datetime import datetime
from typing import Any

import pytest

from tests.activity_emulator import reference, reference_cases, reference_surveys
from tests.activity_emulator.client import Client, exported
from tests.activity_emulator.reference import Raw
from tests.activity_emulator.reference_cases import Case
from tests.activity_emulator.windows import (
    Wanted,
    Window,
    agents_of,
    body,
    bounds,
    ends,
    filters,
    windows,
)

pytestmark = pytest.mark.long

SURVEY = {"form": 123, "nps_category": "all"}


@windows
@filters
def test_summary(client: Client, raw: Raw, window: Window, wanted: Wanted) -> None:
    expected = reference.summary(raw, *bounds(window), agents_of(raw, wanted))
    assert expected["total_responded_to"] > 0
    assert client.figures("summary", **body(window, wanted)) == reference.near(expected)


@windows
@filters
def test_user_summary(client: Client, raw: Raw, window: Window, wanted: Wanted) -> None:
    expected = reference.user_summary(raw, *bounds(window), agents_of(raw, wanted))
    rows = client.figures("user_summary", **body(window, wanted))
    assert {row["user_id"] for row in rows} == set(expected)
    for row in rows:
        names = {"first_name": row["first_name"], "last_name": row["last_name"], "user_id": row["user_id"]}
        assert row == reference.near({**expected[row["user_id"]], **names})


@windows
@filters
def test_user_volume(client: Client, raw: Raw, window: Window, wanted: Wanted) -> None:
    expected = reference.user_volume(raw, *bounds(window), agents_of(raw, wanted))
    rows = client.figures("user_volume", **body(window, wanted))
    nonzero = {row["user_id"]: {name: n for name, n in row["states"].items() if n} for row in rows}
    assert expected
    assert nonzero == expected


@windows
@filters
def test_series(client: Client, raw: Raw, raw_cases: dict[int, Case], window: Window, wanted: Wanted) -> None:
    agents = agents_of(raw, wanted)
    states = points(client.figures("states_volume", **body(window, wanted)))
    assert states == reference.states_volume(raw, *ends(window), agents)
    waits = points(client.figures("response_volume", **body(window, wanted)))
    expected = reference.response_volume(raw, *ends(window), agents)
    assert waits == {"avg_response_time": reference.near(expected)}
    volume = points(client.figures("case_volume", **body(window, wanted)))
    days = reference_cases.case_volume(raw_cases, *ends(window), agents)
    assert volume == {"open": {f"{day} 00:00": count for day, count in days.items()}}


def points(series: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, float]]:
    return {
        name: {point["date_range"]["date_from"]: point["value"] for point in points}
        for name, points in series.items()
    }


@windows
@filters
def test_topics(client: Client, raw: Raw, raw_cases: dict[int, Case], window: Window, wanted: Wanted) -> None:
    agents = agents_of(raw, wanted)
    rows = client.figures("classifications", **body(window, wanted))
    volumes = {(row["classification_id"], row["state"]): row["volume"] for row in rows}
    assert volumes == reference.classifications(raw, *bounds(window), agents)
    names = dict(raw["classifications"])
    assert all(row["classification"] == names[row["classification_id"]] for row in rows)
    rows = client.figures("case_classifications", **body(window, wanted))
    by_topic = {row["classification_id"]: row["volume"] for row in rows}
    assert by_topic == reference_cases.case_classifications(raw_cases, *bounds(window), agents)


@windows
@filters
def test_case_summary(
    client: Client, raw: Raw, raw_cases: dict[int, Case], window: Window, wanted: Wanted
) -> None:
    expected = reference_cases.case_summary(raw_cases, *bounds(window), agents_of(raw, wanted))
    assert expected["total_cases"] > 0
    assert client.figures("case_summary", **body(window, wanted)) == reference.near(expected)


@windows
@filters
def test_case_details(
    client: Client, raw: Raw, raw_cases: dict[int, Case], window: Window, wanted: Wanted
) -> None:
    expected = reference_cases.actioned(raw_cases, *bounds(window), agents_of(raw, wanted))
    rows = {int(row["Case Id"]): row for row in exported(client, "case_details", **body(window, wanted))}
    assert expected
    assert set(rows) == set(expected)
    for case, row in rows.items():
        figures = expected[case]
        assert row["Date Opened (UTC)"] == f"{figures['opened']:%Y-%m-%d %H:%M:%S}"
        assert row["Date Closed (UTC)"] == (
            f"{figures['closed']:%Y-%m-%d %H:%M:%S}" if figures["closed"] else ""
        )
        assert row["Last Agent"] == figures["last_agent"]
        assert float(row["First Reply Time (s)"]) == pytest.approx(figures["first_reply"], rel=1e-9)
        assert float(row["Resolution Time (s)"]) == pytest.approx(figures["resolution"], rel=1e-9)
        assert int(row["Agents Involved"]) == figures["agents"]
        assert int(row["Agent Interactions"]) == figures["interactions"]
        assert row["Sent Survey"] == ("Yes" if figures["survey"] else "No")


@windows
@filters
def test_surveys(client: Client, raw: Raw, window: Window, wanted: Wanted) -> None:
    agents = agents_of(raw, wanted)
    found = reference_surveys.events(raw, 123, "all", agents)
    asked = {**body(window, wanted), **SURVEY}
    summary = client.figures("nps_summary", **asked)
    assert summary == reference.near(reference_surveys.nps_summary(found, *bounds(window)))
    days = reference_surveys.nps_volume(found, *ends(window))
    data = [point["data"] for point in client.figures("nps_volume", **asked)]
    assert data == [reference.near(figures) for figures in days.values()]
    rows = exported(client, "nps_submissions", **asked)
    submissions = [
        (int(row["Submission Id"]), row["Submitted At (UTC)"], int(row["Score"]), row["Category"])
        for row in rows
    ]
    assert submissions == reference_surveys.submissions(raw, 123, "all", *bounds(window), agents)


@windows
@filters
def test_mention_sla_export(client: Client, raw: Raw, window: Window, wanted: Wanted) -> None:
    names = dict(raw["classifications"])
    people = {row[0]: (row[2], row[3]) for row in raw["users"]} | {None: ("", "")}
    rows = exported(client, "mention_sla_export", **body(window, wanted))
    expected = reference.mention_sla_export(raw, *bounds(window), agents_of(raw, wanted), names)
    assert len(rows) == len(expected) > 0
    for row, expected_row in zip(rows, expected, strict=True):
        assert (row["Agent First Name"], row["Agent Last Name"]) == people[expected_row.pop("Agent")]
        assert {name: row[name] for name in expected_row} == {
            name: Cell(value) for name, value in expected_row.items()
        }


class Cell:
    """A value as a CSV cell says it: figures nearly, nothing as an empty cell."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, cell: object) -> bool:
        if isinstance(self.value, float):
            return float(str(cell)) == pytest.approx(self.value, rel=1e-9, abs=1e-7)
        return cell == ("" if self.value is None else self.value)

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return repr(self.value)


def test_cell_comparison() -> None:
    assert Cell(0.5) == "0.5"
    assert Cell(None) == ""
    assert Cell(0.5) != "0.6"
    assert Cell("Yes") != "No"
    assert Cell("Yes") != ""


def test_raw_rows_cover_windows(raw: Raw) -> None:
    """Else a recomputation would agree about nothing."""
    first = min(row[4] for row in raw["messages"] if row[4] >= datetime(2026, 3, 1))
    assert first < datetime(2026, 3, 2)
