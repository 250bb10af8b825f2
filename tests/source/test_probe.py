"""What `check --online` makes of an API that behaves in each of the ways that its document leaves open."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.config import load
from bot.errors import SourceRefused, SourceUnavailable, SourceUnclear, TokenRefused
from bot.model import Finding, Group, Query, State, Window
from bot.source.probe import Recorder, probe
from bot.source.probe.observations import latest_clock_change
from tests.source.samples import SYDNEY
from tests.source.scripted_source import Rule, ScriptedSource, labelled, nps_points

NOW = datetime(2018, 5, 6, 23, 0, tzinfo=UTC)
WEEK = Window.of_dates(date(2018, 4, 23), date(2018, 4, 29), SYDNEY)
"""The latest one that had settled: the week until 6 May had ended for nine hours only."""

FILE = """\
timezone: Australia/Sydney
activity_api: {response_volume_unit: UNIT, nps_day_label: LABEL}
digests:
  one:
    schedule: every monday at 09:00
    window: last week
    group: Social Customer Care
    users: [jane@example.com]
    reports: [summary, user_summary, nps_volume: {form: NPS Survey}]
    recipients: [{folder: x}]
"""


def whole_or_part(whole: int, part: int) -> Rule:
    def summary(query: Query) -> object:
        filtered = query.groups or query.users
        volume = part if filtered else whole
        return {"total_volume": volume, "total_responded_to": volume // 2, "avg_response_time": 7200.0}

    return summary


def honest() -> dict[str, Rule]:
    """Return the API as we read its document."""
    return {
        "summary": whole_or_part(81, 40),
        "response_volume": lambda query: {"avg_response_time": _averages(query.window, 1.0)},
        "states_volume": lambda query: {
            "closed": labelled(query.window, "fixed" if len(query.window.days) == 1 else "local")
        },
        "nps_volume": lambda query: nps_points(query.window, "start"),
        "user_summary": lambda query: {"anything": 1.0},
    }


def _averages(window: Window, factor: float) -> list[dict[str, Any]]:
    values = (3600.0, 9000.0, 4000.0, 12000.0, 6000.0, 5000.0, 10000.0)
    points = labelled(window, "local")
    return [{**point, "value": value * factor} for point, value in zip(points, values, strict=True)]


COMPARED = {"response times", "days of NPS", "clock change, days", "clock change, hours"}
"""What a person compares: two values side by side, and no verdict."""

Look = Callable[..., list[Finding]]


@pytest.fixture
def api() -> ScriptedSource:
    return ScriptedSource(Recorder(), honest())


@pytest.fixture
def look(api: ScriptedSource, tmp_path: Path) -> Look:
    """Provide a probe over `FILE` with changes to it."""

    def probed(*changes: tuple[str, str], every_report: bool = False, now: datetime = NOW) -> list[Finding]:
        text = FILE
        for old, new in (*changes, ("UNIT", "seconds"), ("LABEL", "start")):
            text = text.replace(old, new)
        path = tmp_path / "reports.yaml"
        path.write_text(text, encoding="utf-8")
        found = probe(api, api.recorder, load(path), now, lambda _: None, every_report=every_report)
        return list(found)

    return probed


def of(findings: list[Finding], about: str) -> Finding:
    [found] = [finding for finding in findings if finding.about == about]
    return found


def test_an_api_as_we_read_its_document_is_fine(api: ScriptedSource, look: Look) -> None:
    found = look()
    assert {finding.about for finding in found if finding.state is not State.FINE} == COMPARED
    assert {finding.state for finding in found if finding.about in COMPARED} == {State.SEEN}
    assert [finding.about for finding in found] == [
        "token", "groups", "users", "forms", "group_filter", "user_filter", "response times", "days of NPS",
        "clock change, days", "clock change, hours",
    ]  # fmt: skip


def test_it_takes_few_requests_and_no_question_twice(api: ScriptedSource, look: Look) -> None:
    look()
    assert api.lists == ["groups", "users", "forms"]
    assert len(api.asked) == len(set(api.asked)) == 7
    assert {query.window for query in api.asked if query.type != "states_volume"} == {WEEK}


def test_lists_that_no_digest_needs_are_not_asked_for(api: ScriptedSource, look: Look) -> None:
    look(
        ("    group: Social Customer Care\n    users: [jane@example.com]\n", ""),
        (", nps_volume: {form: NPS Survey}", ""),
    )
    assert set(api.lists) == {"groups"}
    assert "nps_volume" not in {query.type for query in api.asked}
    assert not any(query.groups or query.users for query in api.asked)


def test_a_refused_token_says_what_it_needs_and_ends_it(api: ScriptedSource, look: Look) -> None:
    api.groups_said = TokenRefused("did not accept the API token; Manager (Edit Team)")
    assert look() == [Finding(State.WRONG, "token", "did not accept the API token; Manager (Edit Team)")]
    assert api.asked == []


def test_an_api_that_cannot_be_reached_ends_it(api: ScriptedSource, look: Look) -> None:
    api.groups_said = SourceUnavailable("did not answer")
    assert look() == [Finding(State.FAILED, "API", "did not answer", "try again later")]


def test_unavailable_api_ends_the_probe_after_earlier_findings(api: ScriptedSource, look: Look) -> None:
    api.rules["response_volume"] = lambda query: SourceUnavailable("HTTP 503")
    found = look()
    assert found[-1] == Finding(State.FAILED, "response times", "HTTP 503", "try again later")
    assert of(found, "group_filter").state is State.FINE


def test_unclear_answer_does_not_end_the_probe(api: ScriptedSource, look: Look) -> None:
    api.rules["response_volume"] = lambda query: SourceUnclear("not what the document describes")
    found = look()
    assert of(found, "response times").state is State.FAILED
    assert "--save-shapes" in of(found, "response times").todo
    assert of(found, "days of NPS").state is State.SEEN


@pytest.mark.parametrize(
    ("change", "about", "words"),
    [
        (("Social Customer Care", "Social Custmer Care"), "groups", "one: group 'Social Custmer Care' does not exist"),
        (("Social Customer Care", "999"), "groups", "does not exist"),
        (("jane@example.com", "jan@example.com"), "users", "It has: jane@example.com"),
        (("form: NPS Survey", "form: NPS Surveys"), "forms", "choose from: NPS Survey (55)"),
        (("form: NPS Survey", "form: Competition"), "forms", "is not an NPS form"),
        (("form: NPS Survey", "form: 56"), "forms", "is archived"),
        (("form: NPS Survey", "form: email nps"), "forms", "is not open to the group 'Social Customer Care'"),
        (("form: NPS Survey", "form: Twice"), "forms", "is the name of several: use an id, one of 59, 60"),
    ],
)  # fmt: skip
def test_names_are_looked_up_and_candidates_shown(
    look: Look, change: tuple[str, str], about: str, words: str
) -> None:
    found = of(look(change), about)
    assert found.state is State.WRONG
    assert words in found.seen
    assert "reports.yaml" in found.todo


def test_a_repeated_name_is_told_with_its_ids(api: ScriptedSource, look: Look) -> None:
    api.groups_said = (Group(1, "Social Customer Care"), Group(2, "social customer care"))
    assert "use an id, one of 1, 2" in of(look(), "groups").seen


def test_an_ignored_filter_is_not_shown_to_be_honoured(api: ScriptedSource, look: Look) -> None:
    api.rules["summary"] = whole_or_part(81, 81)
    found = of(look(), "group_filter")
    assert found.state is State.UNCLEAR
    assert "'groups' is not shown to be honoured" in found.seen
    assert "answers for everybody" in found.seen
    assert "activity_api.group_filter" in found.todo
    assert api.verified == []


def test_an_honoured_filter_is_remembered(api: ScriptedSource, look: Look) -> None:
    assert of(look(), "group_filter").state is State.FINE
    assert api.verified == [Query("summary", WEEK, groups=(123,)), Query("summary", WEEK, users=(123,))]


def test_a_refused_filter_is_a_wrong_setting(api: ScriptedSource, look: Look) -> None:
    honest_summary = api.rules["summary"]
    api.rules["summary"] = lambda query: (
        SourceRefused("malformed request") if query.groups else honest_summary(query)
    )
    found = of(look(), "group_filter")
    assert found.state is State.WRONG
    assert "the API refuses the field 'groups'" in found.seen


@pytest.mark.parametrize(("whole", "part"), [(0, 0), (81, 90)])
def test_figures_that_cannot_tell_prove_nothing(
    api: ScriptedSource, look: Look, whole: int, part: int
) -> None:
    api.rules["summary"] = whole_or_part(whole, part)
    assert of(look(), "group_filter").state is State.UNCLEAR
    assert api.verified == []


def test_probe_uses_the_latest_settled_week(api: ScriptedSource, look: Look) -> None:
    look()
    assert all(query.window.end <= WEEK.end for query in api.asked)
    api.asked.clear()
    look(("{response_volume_unit", "{settle: 0s, response_volume_unit"))
    assert Query("summary", Window.of_dates(date(2018, 4, 30), date(2018, 5, 6), SYDNEY)) in api.asked


@pytest.mark.parametrize("setting", ["seconds", "minutes"])
def test_response_times_stand_beside_the_average_of_the_summary(look: Look, setting: str) -> None:
    finding = of(look(("UNIT", setting)), "response times")
    assert finding.state is State.SEEN
    assert f"response_volume, read as {setting}: 3,600 to 12,000 seconds a day" in finding.seen
    assert "summary: 7,200 seconds on average" in finding.seen
    assert "response_volume_unit" in finding.todo


@pytest.mark.parametrize("points", [[], None])
def test_a_week_without_responses_shows_no_response_times(
    api: ScriptedSource, look: Look, points: object
) -> None:
    api.rules["response_volume"] = lambda query: {"avg_response_time": points or []}
    assert of(look(), "response times").state is State.UNCLEAR


@pytest.mark.parametrize(
    ("sent", "ends"),
    [
        ("start", "from 2018-04-22T14:00:00+00:00 to 2018-04-28T14:00:00+00:00"),
        ("end", "from 2018-04-23T14:00:00+00:00 to 2018-04-29T14:00:00+00:00"),
    ],
)
@pytest.mark.parametrize("setting", ["start", "end"])
def test_the_points_of_nps_stand_beside_the_ends_of_the_week(
    api: ScriptedSource, look: Look, sent: str, ends: str, setting: str
) -> None:
    """With `end` the client does not believe the answer: what came is shown all the same."""
    api.rules["nps_volume"] = lambda query: nps_points(query.window, sent)
    finding = of(look(("LABEL", setting)), "days of NPS")
    assert finding.state is State.SEEN
    assert f"nps_volume, read by the {setting} of a day, {ends}" in finding.seen
    assert "the week from 2018-04-22T14:00:00+00:00 to 2018-04-29T14:00:00+00:00" in finding.seen


def test_a_week_without_nps_answers_shows_no_days(api: ScriptedSource, look: Look) -> None:
    api.rules["nps_volume"] = lambda query: []
    assert of(look(), "days of NPS").state is State.UNCLEAR


AUTUMN, SPRING = datetime(2018, 5, 6, 23, tzinfo=UTC), datetime(2018, 11, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "clock", "days", "hours"),
    [
        (AUTUMN, "local", "2018-04-04 00:00", "2018-04-01 23:00"),
        (AUTUMN, "fixed", "2018-04-04 01:00", "2018-04-02 00:00"),
        (SPRING, "local", "2018-10-10 00:00", "2018-10-07 23:00"),
        (SPRING, "fixed", "2018-10-09 23:00", "2018-10-07 22:00"),
    ],
)
def test_labels_over_a_clock_change_stand_beside_both_clocks(
    api: ScriptedSource, look: Look, now: datetime, clock: str, days: str, hours: str
) -> None:
    api.rules["states_volume"] = lambda query: {"closed": labelled(query.window, clock)}
    findings = look(now=now)
    for about, label in (("clock change, days", days), ("clock change, hours", hours)):
        finding = of(findings, about)
        assert finding.state is State.SEEN
        labelled_as, clocks = finding.seen.split("; ")
        assert labelled_as.endswith(f" {label}")
        local, fixed = clocks.split(", at ")
        assert label in (local if clock == "local" else fixed)
        assert label not in (fixed if clock == "local" else local)


def test_labels_with_a_zone_are_shown_as_they_came(api: ScriptedSource, look: Look) -> None:
    api.rules["states_volume"] = lambda query: {"closed": labelled(query.window, "zoned")}
    assert "2018-04-01T23:00:00+10:00" in of(look(), "clock change, hours").seen


def test_quiet_hours_show_no_labels(api: ScriptedSource, look: Look) -> None:
    api.rules["states_volume"] = lambda query: {"closed": []}
    assert of(look(), "clock change, hours").state is State.UNCLEAR


def test_a_zone_without_clock_changes_is_not_asked_about(api: ScriptedSource, look: Look) -> None:
    found = look(("Australia/Sydney", "Australia/Brisbane"))
    assert not [finding for finding in found if finding.about.startswith("clock change")]


@pytest.mark.parametrize(
    ("zone", "today", "expected"),
    [
        (SYDNEY, date(2018, 4, 2), date(2018, 4, 1)),
        (SYDNEY, date(2018, 4, 1), date(2017, 10, 1)),
        ("Europe/London", date(2018, 4, 2), date(2018, 3, 25)),
        ("Australia/Lord_Howe", date(2018, 4, 2), date(2018, 4, 1)),
        ("UTC", date(2018, 4, 2), None),
    ],
)
def test_the_latest_clock_change(zone: str, today: date, expected: date | None) -> None:
    assert latest_clock_change(zone, today) == expected


def test_save_shapes_asks_each_report_once(api: ScriptedSource, look: Look) -> None:
    found = look(every_report=True)
    assert of(found, "reports").state is State.FINE
    assert "user_summary" in {query.type for query in api.asked}
    assert len(api.asked) == len(set(api.asked))
    api.rules["user_summary"] = lambda query: SourceUnclear("not what the document describes")
    assert of(look(every_report=True), "user_summary").state is State.FAILED
