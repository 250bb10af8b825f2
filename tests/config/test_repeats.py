"""What is the same thing sent twice to one reader, and what only looks like it."""

from pathlib import Path

import pytest

from tests.config.config_files import GOOD, loaded, problems

SECOND = """\
  two:
    schedule: every monday at 09:00
    window: last week
    reports: [case_details, summary]
    recipients:
      - slack: "#a"
"""


def both(*replacements: tuple[str, str]) -> str:
    text = SECOND
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    return GOOD + text


@pytest.mark.parametrize(
    "change",
    [
        ("window: last week", "window: last week\n    title: Another headline"),
        ("window: last week", "window: last 1 week\n    compare: previous window"),
        ("every monday at 09:00", "every monday at 17:00"),
        ("every monday at 09:00", "every 2 weeks on friday at 09:00\n    anchor: 2026-01-05"),
        ("every monday at 09:00", "weekdays at 09:00\n    holidays: AU\n    on_holiday: skip"),
        ('- slack: "#a"', '- slack: "#b"\n      - slack: ["#c", "#a"]\n        attach: [pdf]'),
    ],
)
def test_repeated_edition_is_refused_once(tmp_path: Path, change: tuple[str, str]) -> None:
    (only,) = problems(tmp_path, both(change))
    assert '"#a" would get the same twice, from "one" too' in only.message


@pytest.mark.parametrize(
    "change",
    [
        ("[case_details, summary]", "[summary]"),
        ("window: last week", "window: last month"),
        ("window: last week", "window: last week\n    group: Care"),
        ("window: last week", "window: last week\n    users: [jane@example.com]"),
        ("window: last week", "window: last week\n    compare: none"),
        ("window: last week", "window: last week\n    targets: {broke_sla_share: 10%}"),
        ("window: last week", "window: last week\n    timezone: Europe/London"),
        ("window: last week", "window: last week\n    paused: true"),
        ("window: last week", "window: last week\n    until: 2026-12-31"),
        ('- slack: "#a"', '- slack: "#b"'),
        ('- slack: "#a"', "- folder: outbox"),
        ('- slack: "#a"', '- slack: "#a"\n        agents: names'),
    ],
)
def test_different_content_is_no_repeat(tmp_path: Path, change: tuple[str, str]) -> None:
    assert len(loaded(tmp_path, both(change)).digests) == 2


def test_disjoint_windows_are_no_repeat(tmp_path: Path) -> None:
    """Yesterday, on weekdays in one digest and at weekends in another: no day is sent twice."""
    text = both(("every monday", "saturday, sunday"), ("last week", "yesterday"))
    text = text.replace("every monday", "weekdays").replace("last week", "yesterday")
    assert len(loaded(tmp_path, text).digests) == 2


def test_refused_schedule_is_no_repeat(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, both(("every monday at 09:00", "every mondy at 09:00")))
    assert "is not a schedule" in only.message


def test_refused_report_is_no_repeat(tmp_path: Path) -> None:
    text = both(("case_details", "ase_details")).replace("[summary, case_details]", "[summary, case_detail]")
    assert all("unknown report" in problem.message for problem in problems(tmp_path, text))


def test_three_alike_are_two_problems(tmp_path: Path) -> None:
    reported = problems(tmp_path, both() + SECOND.replace("two:", "three:"))
    assert [(problem.line, problem.column) for problem in reported] == [(15, 16), (21, 16)]
