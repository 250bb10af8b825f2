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
        findings = probe(api, api.recorder, load(path), now, lambda _: None, every_report=every_report)
        return list(findings)

    return probed


def of(findings: list[Finding], about: str) -> Finding:
    [match] = [finding for finding in findings if finding.about == about]
    return match


def test_documented_api_passes_probe(api: ScriptedSource, look: Look) -> None:
    findings = look()
    assert {finding.about for finding in findings if finding.state is not State.FINE} == COMPARED
    assert {finding.state for finding in findings if finding.about in COMPARED} == {State.SEEN}
    assert [finding.about for finding in findings] == [
        "token", "groups", "users", "forms", "group_filter", "user_filter", "response times", "days of NPS",
        "clock change, days", "clock change, hours",
    ]  # fmt: skip


def test_probe_makes_few_distinct_requests(api: ScriptedSource, look: Look) -> None:
    look()
    assert api.lists == ["groups", "users", "forms"]
    assert len(api.asked) == len(set(api.asked)) == 7
    assert {query.window for query in api.asked if query.type != "states_volume"} == {WEEK}


def test_unneeded_lists_are_not_fetched(api: ScriptedSource, look: Look) -> None:
    look(
        ("    group: Social Customer Care\n    users: [jane@example.com]\n", ""),
        (", nps_volume: {form: NPS Survey}", ""),
    )
    assert set(api.lists) == {"groups"}
    assert "nps_volume" not in {query.type for query in api.asked}
    assert not any(query.groups or query.users for query in api.asked)


def test_refused_token_ends_probe(api: ScriptedSource, look: Look) -> None:
    api.groups_said = TokenRefused("did not accept the API token; Manager (Edit Team)")
    assert look() == [Finding(State.WRONG, "token", "did not accept the API token; Manager (Edit Team)")]
    assert api.asked == []


def test_unreachable_api_ends_probe(api: ScriptedSource, look: Look) -> None:
    api.groups_said = SourceUnavailable("did not answer")
    assert look() == [Finding(State.FAILED, "API", "did not answer", "try again later")]


def test_unavailable_api_keeps_earlier_findings(api: ScriptedSource, look: Look) -> None:
    api.rules["response_volume"] = lambda query: SourceUnavailable("HTTP 503")
    findings = look()
    assert findings[-1] == Finding(State.FAILED, "response times", "HTTP 503", "try again later")
    assert of(findings, "group_filter").state is State.FINE


def test_unclear_answer_does_not_end_the_probe(api: ScriptedSource, look: Look) -> None:
    api.rules["response_volume"] = lambda query: SourceUnclear("not what the document describes")
    findings = look()
    assert of(findings, "response times").state is State.FAILED
    assert "--save-shapes" in of(findings, "response times").todo
    assert of(findings, "days of NPS").state is State.SEEN


@pytest.mark.parametrize(
    ("change", "about", "reason"),
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
    look: Look, change: tuple[str, str], about: str, reason: str
) -> None:
    finding = of(look(change), about)
    assert finding.state is State.WRONG
    assert reason in finding.seen
    assert "reports.yaml" in finding.todo


def test_repeated_name_is_reported_with_ids(api: ScriptedSource, look: Look) -> None:
    api.groups_said = (Group(1, "Social Customer Care"), Group(2, "social customer care"))
    assert "use an id, one of 1, 2" in of(look(), "groups").seen


def test_ignored_filter_is_not_reported_as_honoured(api: ScriptedSource, look: Look) -> None:
    api.rules["summary"] = whole_or_part(81, 81)
    finding = of(look(), "group_filter")
    assert finding.state is State.UNCLEAR
    assert "'groups' is not shown to be honoured" in finding.seen
    assert "answers for everybody" in finding.seen
    assert "activity_api.group_filter" in finding.todo


def test_honoured_filter_is_fine(api: ScriptedSource, look: Look) -> None:
    assert of(look(), "group_filter").state is State.FINE


def test_refused_filter_is_a_wrong_setting(api: ScriptedSource, look: Look) -> None:
    honest_summary = api.rules["summary"]
    api.rules["summary"] = lambda query: (
        SourceRefused("malformed request") if query.groups else honest_summary(query)
    )
    finding = of(look(), "group_filter")
    assert finding.state is State.WRONG
    assert "the API refuses the field 'groups'" in finding.seen


@pytest.mark.parametrize(("whole", "part"), [(0, 0), (81, 90)])
def test_identical_figures_prove_nothing(api: ScriptedSource, look: Look, whole: int, part: int) -> None:
    api.rules["summary"] = whole_or_part(whole, part)
    assert of(look(), "group_filter").state is State.UNCLEAR


def test_probe_uses_the_latest_settled_week(api: ScriptedSource, look: Look) -> None:
    look()
    assert all(query.window.end <= WEEK.end for query in api.asked)
    api.asked.clear()
    look(("{response_volume_unit", "{settle: 0s, response_volume_unit"))
    assert Query("summary", Window.of_dates(date(2018, 4, 30), date(2018, 5, 6), SYDNEY)) in api.asked


@pytest.mark.parametrize("setting", ["seconds", "minutes"])
def test_response_times_are_shown_beside_summary_average(look: Look, setting: str) -> None:
    finding = of(look(("UNIT", setting)), "response times")
    assert finding.state is State.SEEN
    assert f"response_volume, read as {setting}: 3,600 to 12,000 seconds a day" in finding.seen
    assert "summary: 7,200 seconds on average" in finding.seen
    assert "response_volume_unit" in finding.todo


@pytest.mark.parametrize("points", [[], None])
def test_week_without_responses_has_no_response_times(
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
def test_nps_points_are_shown_beside_week_ends(
    api: ScriptedSource, look: Look, sent: str, ends: str, setting: str
) -> None:
    """With `end` the client does not believe the answer: what came is shown all the same."""
    api.rules["nps_volume"] = lambda query: nps_points(query.window, sent)
    finding = of(look(("LABEL", setting)), "days of NPS")
    assert finding.state is State.SEEN
    assert f"nps_volume, read by the {setting} of a day, {ends}" in finding.seen
    assert "the week from 2018-04-22T14:00:00+00:00 to 2018-04-29T14:00:00+00:00" in finding.seen


def test_week_without_nps_answers_has_no_days(api: ScriptedSource, look: Look) -> None:
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
def test_clock_change_labels_are_shown_in_both_offsets(
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


def test_labels_with_zone_are_shown_unchanged(api: ScriptedSource, look: Look) -> None:
    api.rules["states_volume"] = lambda query: {"closed": labelled(query.window, "zoned")}
    assert "2018-04-01T23:00:00+10:00" in of(look(), "clock change, hours").seen


def test_quiet_hours_show_no_labels(api: ScriptedSource, look: Look) -> None:
    api.rules["states_volume"] = lambda query: {"closed": []}
    assert of(look(), "clock change, hours").state is State.UNCLEAR


def test_zone_without_clock_changes_is_not_probed(api: ScriptedSource, look: Look) -> None:
    findings = look(("Australia/Sydney", "Australia/Brisbane"))
    assert not [finding for finding in findings if finding.about.startswith("clock change")]


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
def test_latest_clock_change(zone: str, today: date, expected: date | None) -> None:
    assert latest_clock_change(zone, today) == expected


def test_save_shapes_asks_each_report_once(api: ScriptedSource, look: Look) -> None:
    findings = look(every_report=True)
    assert of(findings, "reports").state is State.FINE
    assert "user_summary" in {query.type for query in api.asked}
    assert len(api.asked) == len(set(api.asked))
    api.rules["user_summary"] = lambda query: SourceUnclear("not what the document describes")
    assert of(look(every_report=True), "user_summary").state is State.FAILED
