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
from bot.source.probe.labels import latest_clock_change
from tests.source.samples import SYDNEY
from tests.source.talking import Rule, Talking, labelled, nps_points

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
    """The API as we read its document."""
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


Look = Callable[..., list[Finding]]


@pytest.fixture
def api() -> Talking:
    return Talking(Recorder(), honest())


@pytest.fixture
def look(api: Talking, tmp_path: Path) -> Look:
    """Runs the probe over `FILE` with changes to it."""

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


def test_an_api_as_we_read_its_document_is_fine(api: Talking, look: Look) -> None:
    found = look()
    assert [finding for finding in found if finding.state is not State.FINE] == []
    assert [finding.about for finding in found] == [
        "token", "groups", "users", "forms", "group_filter", "user_filter", "response times", "days of NPS",
        "clock change, days", "clock change, hours",
    ]  # fmt: skip


def test_it_takes_few_requests_and_no_question_twice(api: Talking, look: Look) -> None:
    look()
    assert api.lists == ["groups", "users", "forms"]
    assert len(api.asked) == len(set(api.asked)) == 8
    assert {query.window for query in api.asked if query.type != "states_volume"} == {WEEK}


def test_lists_that_no_digest_needs_are_not_asked_for(api: Talking, look: Look) -> None:
    look(
        ("    group: Social Customer Care\n    users: [jane@example.com]\n", ""),
        (", nps_volume: {form: NPS Survey}", ""),
    )
    assert set(api.lists) == {"groups"}
    assert "nps_volume" not in {query.type for query in api.asked}
    assert not any(query.groups or query.users for query in api.asked)


def test_trap_18_a_refused_token_says_what_it_needs_and_ends_it(api: Talking, look: Look) -> None:
    api.groups_said = TokenRefused("did not accept the API token; Manager (Edit Team)")
    assert look() == [Finding(State.WRONG, "token", "did not accept the API token; Manager (Edit Team)")]
    assert api.asked == []


def test_an_api_that_cannot_be_reached_ends_it(api: Talking, look: Look) -> None:
    api.groups_said = SourceUnavailable("did not answer")
    assert look() == [Finding(State.FAILED, "API", "did not answer", "try again later")]


def test_an_api_that_stops_answering_ends_it_but_what_was_found_is_told(api: Talking, look: Look) -> None:
    api.rules["response_volume"] = lambda query: SourceUnavailable("HTTP 503")
    found = look()
    assert found[-1] == Finding(State.FAILED, "response times", "HTTP 503", "try again later")
    assert of(found, "group_filter").state is State.FINE


def test_an_answer_that_is_not_understood_does_not_end_it(api: Talking, look: Look) -> None:
    api.rules["response_volume"] = lambda query: SourceUnclear("not what the document describes")
    found = look()
    assert of(found, "response times").state is State.FAILED
    assert "--save-shapes" in of(found, "response times").todo
    assert of(found, "days of NPS").state is State.FINE


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
def test_trap_17_names_are_looked_up_and_candidates_shown(
    look: Look, change: tuple[str, str], about: str, words: str
) -> None:
    found = of(look(change), about)
    assert found.state is State.WRONG
    assert words in found.seen
    assert "reports.yaml" in found.todo


def test_a_repeated_name_is_told_with_its_ids(api: Talking, look: Look) -> None:
    api.groups_said = (Group(1, "Social Customer Care"), Group(2, "social customer care"))
    assert "use an id, one of 1, 2" in of(look(), "groups").seen


def test_trap_12_an_ignored_filter_is_not_shown_to_be_honoured(api: Talking, look: Look) -> None:
    api.rules["summary"] = whole_or_part(81, 81)
    found = of(look(), "group_filter")
    assert found.state is State.UNCLEAR
    assert "'groups' is not shown to be honoured" in found.seen
    assert "answers for everybody" in found.seen
    assert "activity_api.group_filter" in found.todo
    assert api.verified == []


def test_trap_12_an_honoured_filter_is_remembered(api: Talking, look: Look) -> None:
    assert of(look(), "group_filter").state is State.FINE
    assert api.verified == [Query("summary", WEEK, groups=(123,)), Query("summary", WEEK, users=(123,))]


def test_trap_12_a_refused_filter_is_a_wrong_setting(api: Talking, look: Look) -> None:
    honest_summary = api.rules["summary"]
    api.rules["summary"] = lambda query: (
        SourceRefused("malformed request") if query.groups else honest_summary(query)
    )
    found = of(look(), "group_filter")
    assert found.state is State.WRONG
    assert "the API refuses the field 'groups'" in found.seen


@pytest.mark.parametrize(("whole", "part"), [(0, 0), (81, 90)])
def test_trap_12_figures_that_cannot_tell_prove_nothing(
    api: Talking, look: Look, whole: int, part: int
) -> None:
    api.rules["summary"] = whole_or_part(whole, part)
    assert of(look(), "group_filter").state is State.UNCLEAR
    assert api.verified == []


def test_trap_16_a_week_that_still_moves_would_look_like_a_filter_that_works(
    api: Talking, look: Look
) -> None:
    look()
    assert all(query.window.end <= WEEK.end for query in api.asked)
    api.asked.clear()
    look(("{response_volume_unit", "{settle: 0s, response_volume_unit"))
    assert Query("summary", Window.of_dates(date(2018, 4, 30), date(2018, 5, 6), SYDNEY)) in api.asked


@pytest.mark.parametrize(
    ("sent", "setting", "state"),
    [
        ("seconds", "seconds", State.FINE),
        ("minutes", "seconds", State.WRONG),
        ("minutes", "minutes", State.FINE),
        ("seconds", "minutes", State.WRONG),
    ],
)
def test_trap_1_the_unit_of_response_volume(
    api: Talking, look: Look, sent: str, setting: str, state: State
) -> None:
    # The client has made seconds of what the setting calls minutes.
    factor = {"seconds": 1.0, "minutes": 1 / 60}[sent] * {"seconds": 1.0, "minutes": 60.0}[setting]
    api.rules["response_volume"] = lambda query: {"avg_response_time": _averages(query.window, factor)}
    found = of(look(("UNIT", setting)), "response times")
    assert (found.state, sent in found.seen) == (state, True)
    assert state is State.FINE or found.todo == f"write activity_api: {{response_volume_unit: {sent}}}"


def test_trap_1_days_weigh_by_their_messages(api: Talking, look: Look) -> None:
    """One answer of 30 hours on a quiet day beside busy days of 2 hours: a plain mean would be 6 hours."""

    def slow_sunday(query: Query) -> object:
        points = labelled(query.window, "local")
        return {
            "avg_response_time": [{**one, "value": 7200.0} for one in points[:-1]]
            + [{**points[-1], "value": 600_000.0}]
        }

    def busy_weekdays(query: Query) -> object:
        points = labelled(query.window, "local")
        return {"closed": [{**one, "value": 1000} for one in points[:-1]] + [{**points[-1], "value": 1}]}

    api.rules["response_volume"] = slow_sunday
    assert of(look(), "response times").state is State.UNCLEAR
    api.rules["states_volume"] = busy_weekdays
    assert of(look(), "response times").state is State.FINE


@pytest.mark.parametrize("points", [[], None])
def test_trap_1_a_week_without_responses_shows_no_unit(api: Talking, look: Look, points: object) -> None:
    api.rules["response_volume"] = lambda query: {"avg_response_time": points or []}
    assert of(look(), "response times").state is State.UNCLEAR


def test_trap_1_far_from_both_units_is_unclear(api: Talking, look: Look) -> None:
    api.rules["response_volume"] = lambda query: {"avg_response_time": _averages(query.window, 1 / 8)}
    assert of(look(), "response times").state is State.UNCLEAR


@pytest.mark.parametrize("setting", ["start", "end"])
@pytest.mark.parametrize("sent", ["start", "end"])
def test_trap_4_the_day_label_of_nps(api: Talking, look: Look, sent: str, setting: str) -> None:
    api.rules["nps_volume"] = lambda query: nps_points(query.window, sent)
    found = of(look(("LABEL", setting)), "days of NPS")
    assert found.state is (State.FINE if sent == setting else State.WRONG)
    assert f"labelled by its {sent}" in found.seen
    assert sent == setting or found.todo == f"write activity_api: {{nps_day_label: {sent}}}"


@pytest.mark.parametrize("kept", [slice(0, 0), slice(1, 6), slice(0, 8)])
def test_trap_4_gaps_at_the_ends_show_no_day_label(api: Talking, look: Look, kept: slice) -> None:
    def some(query: Query) -> object:
        starts = nps_points(query.window, "start")
        return [*starts, nps_points(query.window, "end")[-1]][kept]

    api.rules["nps_volume"] = some
    assert of(look(), "days of NPS").state is State.UNCLEAR


AUTUMN, SPRING = datetime(2018, 5, 6, 23, tzinfo=UTC), datetime(2018, 11, 5, tzinfo=UTC)


@pytest.mark.parametrize("now", [AUTUMN, SPRING])
@pytest.mark.parametrize(
    ("clock", "days", "hours"),
    [
        ("local", State.FINE, State.UNCLEAR),
        ("fixed", State.UNCLEAR, State.FINE),
        ("zoned", State.FINE, State.FINE),
    ],
)
def test_trap_4_labels_over_a_clock_change(
    api: Talking, look: Look, now: datetime, clock: str, days: State, hours: State
) -> None:
    api.rules["states_volume"] = lambda query: {"closed": labelled(query.window, clock)}
    found = look(now=now)
    assert of(found, "clock change, days").state is days
    assert of(found, "clock change, hours").state is hours
    changed = "2018-04-01" if now is AUTUMN else "2018-10-07"
    assert changed in of(found, "clock change, hours").seen


def test_trap_4_quiet_hours_show_nothing(api: Talking, look: Look) -> None:
    api.rules["states_volume"] = lambda query: {"closed": labelled(query.window, "local")[8:20]}
    assert "do not show" in of(look(), "clock change, hours").seen
    assert of(look(), "clock change, hours").state is State.UNCLEAR


def test_a_zone_without_clock_changes_is_not_asked_about(api: Talking, look: Look) -> None:
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


def test_every_report_is_asked_for_once_where_its_shape_is_wanted(api: Talking, look: Look) -> None:
    found = look(every_report=True)
    assert of(found, "reports").state is State.FINE
    assert "user_summary" in {query.type for query in api.asked}
    assert len(api.asked) == len(set(api.asked))
    api.rules["user_summary"] = lambda query: SourceUnclear("not what the document describes")
    assert of(look(every_report=True), "user_summary").state is State.FAILED
