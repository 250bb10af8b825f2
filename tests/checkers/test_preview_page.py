"""`preview --serve` in real Chromium: viewed, used by keyboard, edited, broken, repaired, attacked."""

import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.checkers.running import found, script
from tests.checkers.test_pages import axe, grave, html_validate
from tests.web.preview.desk import REPORTS_YAML

pytestmark = pytest.mark.check

ROOT = Path(__file__).parents[2]
FORMS = ("slack", "mail", "text", "pdf", "csv")
WITHIN = 1.0
"""Seconds from a save until it shows (issue 6)."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Provide the script's report; it runs once, each test reads a part of it."""
    folder = tmp_path_factory.mktemp("preview")
    (folder / "own").mkdir()
    file = folder / "reports.yaml"
    file.write_text(REPORTS_YAML.replace("    paused: true\n", ""), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "preview", "--serve"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        url = next(match[0] for line in lines if (match := re.search(r"http://\S+/", line)))
        yield script("preview.mjs", found("chromium"), url, file)
    finally:
        process.terminate()
        process.communicate(timeout=60)
        assert process.returncode == 0


def test_it_loads_with_everything_in_its_place(seen: dict[str, Any]) -> None:
    loaded = seen["loaded"]
    assert (loaded["digest"], loaded["tab"], loaded["sample"]) == ("care-weekly", "slack", True)
    assert [text.splitlines()[0] for text in loaded["digests"]] == [
        "Social care, weekly",
        "Social care, daily",
    ]
    assert all("next " in text for text in loaded["digests"])
    assert loaded["width"] == 730
    assert loaded["overflow"] <= 0


def test_nothing_is_loaded_from_elsewhere_and_the_console_is_quiet(seen: dict[str, Any]) -> None:
    assert (seen["elsewhere"], seen["console"], seen["consoleOfAttack"]) == ([], [], [])


def test_digests_and_forms_are_walked_by_keyboard(seen: dict[str, Any]) -> None:
    assert seen["walked"] == "care-daily"
    assert (seen["switched"]["digest"], seen["switched"]["focusStays"]) == ("care-daily", "care-daily")
    assert seen["switched"]["title"].startswith("Social care, daily")
    assert list(seen["forms"]) == list(FORMS[1:])
    assert seen["outline"] == "solid"


def test_every_form_is_there_to_look_at(seen: dict[str, Any]) -> None:
    forms = seen["forms"]
    assert [frame["width"] for frame in forms["mail"]] == [700, 380]
    assert all(
        "social care, weekly" in frame["words"].casefold() for frame in (*forms["mail"], *forms["text"])
    )
    assert forms["pdf"][0]["pictures"] >= 1
    assert forms["csv"][0]["rows"] >= 2
    assert all(frame["height"] > 100 for frames in forms.values() for frame in frames)


def test_another_moment_stands_in_the_address(seen: dict[str, Any]) -> None:
    assert f"at={seen['moment']['chosen']}".replace(":", "%3A") in seen["moment"]["address"]


def test_a_save_shows_within_a_second_and_nothing_moves(seen: dict[str, Any]) -> None:
    assert statistics.median(seen["saves"]) < WITHIN, seen["saves"]
    assert seen["before"] == {"scroll": 300, "digest": "care-weekly", "tab": "slack", "focus": "tab-slack"}
    assert seen["after"] == seen["before"]


def test_a_broken_file_is_shown_at_its_line_above_the_last_good_rendition(seen: dict[str, Any]) -> None:
    broken = seen["broken"]
    assert "1 problem Below is the last good state" in broken["words"]
    assert "reports.yaml:10:15" in broken["words"]
    assert 'write, for example, "every monday at 09:00"' in broken["words"]
    assert broken["above"] == "every mondy at 09:00"  # what stands over the caret
    assert broken["top"] >= 0  # within sight, though the page was scrolled
    assert "Title five" in broken["rendition"]
    assert (broken["digest"], broken["tab"], broken["listed"]) == ("care-weekly", "slack", 2)


def test_who_comes_while_the_file_is_broken_sees_the_last_good_state_too(seen: dict[str, Any]) -> None:
    """Render a form that was not viewed before from the last good file."""
    assert "1 problem Below is the last good state." in seen["reloaded"]["words"]
    assert seen["reloaded"]["tab"] == "mail"


def test_mending_the_file_takes_the_problem_away(seen: dict[str, Any]) -> None:
    repaired = seen["mended"]
    assert (repaired["hidden"], repaired["words"], repaired["digest"]) == (True, "", "care-weekly")


def test_a_templates_fault_is_shown_at_its_line_too(seen: dict[str, Any]) -> None:
    template = seen["template"]
    assert "own/email/message.txt.j2:2" in template["words"]
    assert "{{ edition.titel }}" in template["words"]
    assert "Mine: Social care, weekly" in template["rendition"]


def test_a_mail_runs_loads_and_opens_nothing(seen: dict[str, Any]) -> None:
    attack = seen["attack"]
    assert attack["made"]  # the attack was in the frame
    assert (attack["asked"], attack["title"]) == ([], "Social care, weekly · Preview")
    assert attack["address"].startswith("http://127.0.0.1:")
    assert seen["unguarded"] == ["/link", "/pixel.png", "/told"]  # without our frame it works


def test_a_mail_is_looked_at_by_night_on_a_machine_that_is_set_to_day(seen: dict[str, Any]) -> None:
    assert seen["dark"] == [False, True, False]


def test_a_name_that_was_made_to_point_here_gets_nothing(seen: dict[str, Any]) -> None:
    assert seen["rebound"] == {"evil": 403, "ours": 200}


def test_axe_finds_nothing_serious_by_day_by_night_and_on_a_phone(seen: dict[str, Any]) -> None:
    assert len(seen["axe"]) == 3 * (len(FORMS) + 1)
    assert all(look["passed"] >= 15 for look in seen["axe"])
    assert grave(seen["axe"]) == []


def test_on_a_phone_nothing_is_wider_than_the_screen(seen: dict[str, Any]) -> None:
    assert seen["sideways"] <= 0


def test_both_find_no_fault_in_what_the_frames_show(seen: dict[str, Any], tmp_path: Path) -> None:
    files = []
    for form in ("text", "pdf", "csv"):
        with urlopen(seen["forms"][form][0]["src"], timeout=60) as answer:
            files.append(tmp_path / f"{form}.html")
            files[-1].write_bytes(answer.read())
    status, output = html_validate(*files)
    assert status == 0, output
    assert grave(axe(*files)) == []


def test_html_validate_finds_no_fault_in_the_page() -> None:
    status, output = html_validate(ROOT / "bot/web/preview/static/page.html")
    assert status == 0, output
