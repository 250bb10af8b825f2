"""The pitfalls of the API, as far as they show where its answers are read.

Each is a place where the document is silent, contradicts its own samples, or is easily misread.
"""

from collections.abc import Mapping
from datetime import date

import pytest

from bot.errors import SourceUnclear, TokenRefused
from bot.model import ApiSettings, Query, Unit, Window
from bot.model.report_types import REPORT_TYPES, api_type
from bot.source import ActivityApi
from bot.source.reports import REPORTS, query_body
from bot.source.reports.agents import STATES
from tests.source.conftest import Hosts
from tests.source.loopback import reply
from tests.source.readers import scalars, series, table
from tests.source.samples import (
    APRIL,
    BARRY,
    BARRY_HOLDS,
    CASE_VOLUME,
    CLASSIFICATIONS,
    FORMS,
    JANE,
    JANE_HOLDS,
    JUNE,
    MAY,
    NPS_SUMMARY,
    NPS_VOLUME,
    RESPONSE_VOLUME,
    SUMMARY,
    SYDNEY,
    USERS,
    WORKFLOW_STATES,
    local,
    point,
)

AGENTS, HOLDERS = [JANE, BARRY], [JANE_HOLDS, BARRY_HOLDS]
HALF_A_WEEK = Window(local(2018, 4, 10), local(2018, 4, 13, 12), SYDNEY)


def test_response_volume_is_in_seconds() -> None:
    waits = series("response_volume", RESPONSE_VOLUME, JUNE)
    assert waits.unit is Unit.SECONDS
    by_day = {p.at.date(): p.value for p in waits.points["avg_response_time"]}
    # The vendor's own dashboard draws 1,165 and about 180 minutes for these two days.
    assert by_day[date(2018, 6, 7)] == pytest.approx(1165 * 60, rel=0.01)
    assert by_day[date(2018, 6, 8)] == pytest.approx(180 * 60, rel=0.02)
    in_minutes = series("response_volume", RESPONSE_VOLUME, JUNE, response_volume_unit="minutes")
    assert in_minutes.unit is Unit.SECONDS
    assert in_minutes.points["avg_response_time"][3].value == pytest.approx(10661.255474 * 60)


def test_workflow_states_and_team_volume_share_a_query() -> None:
    assert api_type("workflow_states") == api_type("user_volume") == "user_volume"
    queries = [Query("user_volume", APRIL, report=report) for report in ("workflow_states", "user_volume")]
    assert queries[0].fingerprint == queries[1].fingerprint
    states = table("workflow_states", WORKFLOW_STATES)
    assert states.rows[0] == ("closed", 92)
    rows = table("workflow_states", HOLDERS).rows
    summed = {row[0]: row[1] for row in rows}
    assert summed["closed"] == 111
    assert not {"all_states", "all_closed_states"} & summed.keys()
    assert table("user_volume", HOLDERS).column("closed") == (110, 1)
    with pytest.raises(SourceUnclear, match="the API answered with workflow states instead of agents"):
        REPORTS["user_volume"](WORKFLOW_STATES, APRIL, ApiSettings())


def test_half_week_mixes_hourly_and_daily_series() -> None:
    hours = {"closed": [point("2018-04-10 00:00", 1), point("2018-04-12 00:00", 1)]}
    assert series("states_volume", hours, HALF_A_WEEK).bucket_seconds == 3600
    days = {"avg_response_time": [point("2018-04-10 00:00", 1), point("2018-04-12 00:00", 1)]}
    assert series("response_volume", days, HALF_A_WEEK).bucket_seconds == 86400


def test_hours_of_a_day_are_not_days() -> None:
    day = Window.of_dates(date(2018, 4, 10), date(2018, 4, 10), SYDNEY)
    labels = [f"2018-04-10 {hour:02}:00" for hour in range(24)]
    for report, name in (("states_volume", "closed"), ("response_volume", "avg_response_time")):
        hours = series(report, {name: [point(label, 1) for label in labels]}, day)
        assert (hours.bucket_seconds, len(hours.points[name])) == (3600, 24)
        assert {p.at.date() for p in hours.points[name]} == {date(2018, 4, 10)}
        # At midnight alone something happened: still an hour, not the whole day.
        assert series(report, {name: [point(labels[0], 1)]}, day).bucket_seconds == 3600


def test_date_to_is_inclusive_with_its_own_offset() -> None:
    sent = query_body(Query("summary", APRIL), ApiSettings())
    assert sent["date_from"] == "2018-04-01T00:00:00+11:00"
    assert sent["date_to"] == "2018-04-30T23:59:59+10:00"  # not +11:00, as in the document


def test_labels_without_zone_use_documented_offset() -> None:
    first = Window.of_dates(date(2018, 4, 1), date(2018, 4, 1), SYDNEY)
    hours = series("states_volume", {"closed": [point("2018-04-01 09:00", 1)]}, first)
    assert hours.points["closed"][0].at == local(2018, 4, 1, 8)  # 09:00 at +11:00; the clock went back
    days = series("states_volume", {"closed": [point("2018-04-27 00:00", 1)]})
    assert days.points["closed"][0].at == local(2018, 4, 27)


def test_survey_day_labels_are_starts_or_ends() -> None:
    starts = series("nps_volume", NPS_VOLUME).points["total_sent"]
    # Midnight at +11:00, the offset of date_from, though Sydney is at +10:00 by then. 1 April is a gap.
    assert [p.at for p in starts] == [local(2018, 4, day) for day in range(2, 9)]
    ends = series("nps_volume", NPS_VOLUME, nps_day_label="end").points["total_sent"]
    assert [p.at for p in ends] == [local(2018, 4, day) for day in range(1, 8)]


def test_missing_days_are_gaps_not_zeros() -> None:
    assert len(series("case_volume", CASE_VOLUME).points["open"]) == 7
    two = [NPS_VOLUME[0], NPS_VOLUME[4]]
    assert [p.at.day for p in series("nps_volume", two).points["total_sent"]] == [2, 6]


def test_ids_of_agents_join_as_text() -> None:
    assert isinstance(JANE["user_id"], str)
    assert isinstance(JANE_HOLDS["user_id"], int)
    ids = table("user_summary", AGENTS).column("user_id")
    assert ids == table("user_volume", HOLDERS).column("user_id") == ("123", "789")


def test_no_answers_gives_no_score() -> None:
    nps = scalars("nps_summary", NPS_SUMMARY).values
    assert nps["nps_score"] == pytest.approx((9 - 2) / 12 * 100)
    silent = {**NPS_SUMMARY, "total_received": 0, "nps_score": 0.0}
    assert scalars("nps_summary", silent).values["nps_score"] is None
    assert "nps_score" not in series("nps_volume", NPS_VOLUME).points


def test_broke_sla_is_a_count_beside_its_share() -> None:
    assert scalars("summary", SUMMARY).units["broke_sla"] is Unit.COUNT
    agents = table("user_summary", AGENTS)
    assert agents.column("broke_sla") == (3, 1)
    assert agents.column("fraction_broke_sla") == (3 / 9, 1 / 1)


def test_min_prefix_is_minimum_and_suffix_minutes() -> None:
    summary, agents = scalars("summary", SUMMARY), table("user_summary", AGENTS)
    names = [*summary.values, *(column.name for column in agents.columns)]
    assert not [name for name in names if name.endswith("_min")]
    assert summary.values["min_response_time"] == 34.090906
    assert summary.units["min_response_time"] is Unit.SECONDS
    swapped = {"total_volume": 1, "avg_response_time": None, "avg_response_time_min": 5.0}
    assert scalars("summary", swapped).values["avg_response_time"] is None


@pytest.mark.covers("null, text or nothing instead of a number")
@pytest.mark.parametrize("absent", [False, True])
def test_null_or_absent_number_is_never_zero(absent: bool) -> None:
    def without(sample: Mapping[str, object], *kept: str) -> dict[str, object]:
        if absent:
            return {key: value for key, value in sample.items() if key in kept}
        return {key: value if key in kept else None for key, value in sample.items()}

    summary = scalars("summary", without(SUMMARY, "total_volume")).values
    assert {value for name, value in summary.items() if name != "total_volume"} == {None}
    nps = scalars("nps_summary", without(NPS_SUMMARY, "total_received")).values
    assert {value for name, value in nps.items() if name != "total_received"} == {None}
    row = table("user_summary", [without(JANE, "user_id")]).rows[0]
    assert set(row[3:]) == {None}
    topic = without(CLASSIFICATIONS[0], "classification_id", "state")
    assert table("classifications", [topic]).rows == (("123", "", "assigned", None),)
    day = without({**CASE_VOLUME["open"][0]}, "date_range")
    assert series("case_volume", {"open": [day]}).points["open"][0].value is None


def test_states_is_object_and_min_response_time_minimum() -> None:
    assert table("user_volume", HOLDERS).column("responded") == (27, 1)
    listed = [{**JANE_HOLDS, "states": [{"responded": 27}]}]
    with pytest.raises(SourceUnclear, match="user_volume"):
        REPORTS["user_volume"](listed, APRIL, ApiSettings())
    assert table("user_summary", AGENTS).column("min_response_time") == (56.983366, 352842.64921)


def test_known_and_unknown_states_are_kept() -> None:
    assert len(STATES) == 10
    assert set(STATES) == JANE_HOLDS["states"].keys() - {"all_states", "all_closed_states"}
    other = {"user_id": 1, "states": {"escalated": 3}}
    assert table("user_volume", [other]).column("escalated") == (3,)
    assert table("workflow_states", [other]).rows == (("escalated", 3),)
    assert table("workflow_states", [{"state": "escalated", "volume": 3}]).rows == (("escalated", 3),)
    assert [*series("states_volume", {"escalated": [point("2018-04-02 00:00", 3)]}).points] == ["escalated"]
    topic = {**CLASSIFICATIONS[0], "state": "escalated"}
    assert table("classifications", [topic]).column("state") == ("escalated",)


@pytest.mark.parametrize("report", sorted(REPORT_TYPES))
def test_filter_names_are_settings_and_never_empty(report: str) -> None:
    api = ApiSettings(group_filter="team_ids", user_filter="agent_ids")
    query = Query(api_type(report), APRIL, groups=(123,), users=(7,), form=55)
    sent = query_body(query, api)
    assert (sent["team_ids"], sent["agent_ids"]) == ([123], [7])
    unfiltered = query_body(Query(api_type(report), APRIL, form=55), api)
    assert not {"team_ids", "agent_ids", "groups", "users"} & unfiltered.keys()
    assert [] not in unfiltered.values()
    assert None not in unfiltered.values()


def test_shares_are_kept_as_sent() -> None:
    agents = table("user_summary", AGENTS)
    assert agents.column("fraction_responded_to_in_private")[0] == 6 / 9  # not 6 / 12
    assert agents.column("fraction_responded_to")[0] == 9 / 12
    odd = {**JANE, "fraction_responded_to_in_private": 0.5}
    assert table("user_summary", [odd]).column("fraction_responded_to_in_private") == (0.5,)


def test_all_states_row_is_beside_classification_states() -> None:
    rows = table("classifications", CLASSIFICATIONS).rows
    assert ("123", "amusing", "all_states", 3) in rows
    single = sum(float(row[3] or 0) for row in rows if row[0] == "123" and row[2] != "all_states")
    assert single == 3
    assert len(rows) == len(CLASSIFICATIONS)  # none added up, none made up


def test_agent_rows_do_not_sum_to_summary() -> None:
    assigned = sum(float(value or 0) for value in table("user_summary", AGENTS).column("mentions_assigned"))
    assert assigned == 19
    assert scalars("summary", SUMMARY).values["total_volume"] == 81
    # States that are summed from agents are what the agents hold, never stretched to the summary.
    held = sum(float(row[1] or 0) for row in table("workflow_states", HOLDERS).rows)
    assert held == 166 + 4


def test_repeated_answer_is_parsed_again() -> None:
    # Sunday's messages are answered on Monday: nothing of an earlier reading is remembered.
    later = {**SUMMARY, "total_responded_to": 31}
    first, second = scalars("summary", SUMMARY), scalars("summary", later)
    assert (first.values["total_responded_to"], second.values["total_responded_to"]) == (29, 31)


def test_forms_have_survey_flag_and_access(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply([*FORMS, {"id": 123, "name": "Log in", "nps": False, "groups": []}]))
    survey, other = api.forms()
    assert (survey.id, survey.nps, survey.groups, survey.title) == (55, True, (123,), "Lexer NPS Survey")
    assert survey.url == FORMS[0]["form_url"]
    assert (other.id, other.nps, other.groups) == (123, False, ())
    assert query_body(Query("nps_volume", MAY, form=survey.id), ApiSettings())["form"] == 55


def test_refused_token_names_permission(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply({"error": "Unauthorized"}, 401))
    with pytest.raises(TokenRefused, match=r"Manager \(Edit Team\)") as refused:
        api.forms()
    assert "Integrate" in str(refused.value)
    assert "shown only once" in str(refused.value)


def test_archived_ones_are_listed_and_names_repeat(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(
        reply([USERS[0], {**USERS[0], "id": 2, "archived": True}]),
        reply([FORMS[0], {**FORMS[0], "id": 2, "archived": True}]),
        reply([{"id": 1, "name": "Care"}, {"id": 2, "name": "Care"}]),
    )
    assert [user.archived for user in api.users()] == [False, True]
    assert [form.archived for form in api.forms()] == [False, True]
    assert [group.name for group in api.groups()] == ["Care", "Care"]


def test_classifications_are_identified_by_id() -> None:
    rude = '<b>=1+1</b>\n"; --'
    rows = [{**CLASSIFICATIONS[0], "classification_id": n, "classification": rude} for n in (1, 2)]
    assert table("classifications", rows).column("classification") == (rude, rude)
    namesakes = [JANE_HOLDS, {**JANE_HOLDS, "user_id": 4}]
    assert table("user_volume", namesakes).column("first_name") == ("Jane", "Jane")
