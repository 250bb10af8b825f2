"""`check --online` against the emulator: what it prints, its exit status, and the file of shapes."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activity_emulator import Emulator
from bot.app import App
from bot.cli import main
from bot.cli.check import check_online, table, write_shapes
from bot.config import load
from bot.errors import UsageError
from bot.model import Finding, State
from bot.service import StartedClock
from bot.settings import Settings
from tests.doubles.slack_server import SlackServer
from tests.doubles.smtp_server import SmtpServer
from tests.source.loopback import TurnedClock

TOKEN = "canary-api-token-5d1f"
NOW = datetime(2018, 6, 20, 23, 5, tzinfo=UTC)
ROOT = Path(__file__).parents[2]

FILE = """\
timezone: Australia/Sydney
digests:
  care-weekly:
    schedule: every monday at 09:00
    window: last week
    group: Social Customer Care
    users: [jane.pear@example.com]
    reports: [summary, states_volume, user_summary, nps_summary: {form: NPS Survey}]
    recipients: [{folder: outbox}]
"""


@pytest.fixture(scope="module")
def emulator(emulator_folder: Path) -> Iterator[Emulator]:
    with Emulator(data_dir=emulator_folder, now=NOW, token=TOKEN, limit=None, export_delay=0.0) as started:
        yield started


def app(folder: Path, emulator: Emulator, text: str = FILE, token: str = TOKEN) -> App:
    (folder / "reports.yaml").write_text(text, encoding="utf-8")
    settings = Settings.from_environment(environment(folder, emulator, token))
    return App(settings, load(folder / "reports.yaml"), StartedClock(NOW))


def environment(folder: Path, emulator: Emulator, token: str) -> dict[str, str]:
    return {
        "ACTIVITY_API_TOKEN": token,
        "ACTIVITY_API_URL": emulator.api_url,
        "ACTIVITY_STATUS_URL": emulator.status_url,
        "ACTIVITY_EXPORT_HOSTS": emulator.export_hosts,
        "BOT_DATA_DIR": str(folder / "var"),
    }


def lines(said: str) -> dict[str, str]:
    """Each finding's mark by what it is about."""
    marked = [line for line in said.splitlines() if line[:2] in ("ok", "--", "??", "!!")]
    return {line[4:].split("  ", maxsplit=1)[0].strip(): line[:2] for line in marked}


def test_emulator_follows_the_api_document(
    tmp_path: Path, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(list(emulator.requests))
    assert check_online(app(tmp_path, emulator), None) == 0
    marks = lines(capsys.readouterr().out)
    compared = {"response times", "days of NPS", "clock change, days", "clock change, hours"}
    assert {about for about, mark in marks.items() if mark == "--"} == compared
    assert {about for about, mark in marks.items() if mark == "ok"} == {
        *("token", "groups", "users", "forms", "group_filter", "user_filter")
    }
    assert set(marks.values()) == {"ok", "--"}
    assert len(list(emulator.requests)) - before <= 11


def test_wrong_setting_is_shown_beside_the_expected_value(
    tmp_path: Path, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = FILE + "activity_api: {response_volume_unit: minutes, nps_day_label: end}\n"
    assert check_online(app(tmp_path, emulator, wrong), None) == 0
    said = capsys.readouterr().out
    assert "response_volume, read as minutes: " in said
    assert "about 60 times apart? Then change activity_api.response_volume_unit" in said
    assert "nps_volume, read by the end of a day, from 2018-06-10T14:00:00+00:00" in said
    assert "the week from 2018-06-10T14:00:00+00:00" in said


def test_name_unknown_to_the_api_exits_2_with_candidates(
    tmp_path: Path, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_online(app(tmp_path, emulator, FILE.replace("Social Customer", "Social Custmer")), None) == 2
    said = capsys.readouterr().out
    assert lines(said)["groups"] == "!!"
    assert "It has: Social Customer Care" in said


def test_unknown_filter_name_is_unclear(
    tmp_path: Path, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    renamed = FILE + "activity_api: {group_filter: group_ids}\n"
    assert check_online(app(tmp_path, emulator, renamed), None) == 0
    said = capsys.readouterr().out
    assert lines(said)["group_filter"] == "??"
    assert "'group_ids' is not shown to be honoured" in said


def test_wrong_token_exits_2_after_one_request(
    tmp_path: Path, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(list(emulator.requests))
    assert check_online(app(tmp_path, emulator, token="wrong-token-91c2"), None) == 2
    said = capsys.readouterr().out
    assert lines(said) == {"token": "!!"}
    assert "Manager (Edit Team)" in said
    assert "Integrate" in said
    assert "wrong-token-91c2" not in said
    assert len(list(emulator.requests)) - before == 1


def test_no_token_is_a_usage_error(tmp_path: Path, emulator: Emulator) -> None:
    with pytest.raises(UsageError, match="ACTIVITY_API_TOKEN is not set"):
        check_online(app(tmp_path, emulator, token=""), None)


def test_shapes_have_no_values_and_mode_0600(tmp_path: Path, emulator: Emulator) -> None:
    path = tmp_path / "shapes.json"
    path.write_text("an older file that everybody could read, and that is longer\n" * 1000, encoding="utf-8")
    path.chmod(0o644)
    assert check_online(app(tmp_path, emulator), path) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = path.read_text(encoding="utf-8")
    shapes = json.loads(written)["answers"]
    assert {"summary", "states_volume", "user_summary", "the list of groups", "nps_summary"} <= set(shapes)
    assert shapes["summary"]["total_volume"] == "whole number"
    for value in ("Social Customer Care", "Jane", "example.com", "2018", TOKEN):
        assert value not in written


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_new_shapes_file_has_mode_0600(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_shapes(tmp_path / "shapes.json", {"summary": "text"})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "shapes.json").stat().st_mode) == 0o600


def test_table_has_a_line_for_each_finding_and_todo() -> None:
    found = [
        Finding(State.FINE, "token", "accepted"),
        Finding(State.UNCLEAR, "group_filter", "not shown"),
        Finding(State.WRONG, "forms", "gone", "write another"),
    ]
    assert table(found) == [
        "ok  token         accepted",
        "??  group_filter  not shown",
        "!!  forms         gone",
        "                  write another",
    ]


def bot(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_unreachable_api_exits_3(
    tmp_path: Path, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    unreachable = app(tmp_path, emulator)
    settings = replace(unreachable.settings, api_url="http://127.0.0.1:1/v1")
    assert check_online(replace(unreachable, settings=settings, clock=TurnedClock()), None) == 3
    assert lines(capsys.readouterr().out) == {"API": "!!"}


@pytest.mark.long
def test_online_check_follows_the_offline_check(tmp_path: Path, emulator: Emulator) -> None:
    (tmp_path / "reports.yaml").write_text(FILE, encoding="utf-8")
    done = bot(
        tmp_path,
        *("check", "--online", "--no-render"),
        ACTIVITY_API_TOKEN="wrong-token-91c2",
        ACTIVITY_API_URL=emulator.api_url,
        ACTIVITY_STATUS_URL=emulator.status_url,
    )
    assert done.returncode == 2, done
    assert "1 digest, no errors\n!!  token  " in done.stdout
    assert "Manager (Edit Team)" in done.stdout


@pytest.mark.long
def test_exports_that_name_agents_are_noted(tmp_path: Path) -> None:
    reports = "[summary, nps_submissions: {form: 5}, mention_sla_export, case_details]"
    text = FILE.replace("[summary, states_volume, user_summary, nps_summary: {form: NPS Survey}]", reports)
    sent = '[{slack: "#a", attach: [csv], personal_data: true}, {email: a@example.com, attach: [csv: [summary]]}]'
    mail = "email: {from: r@example.com, allowed_domains: [example.com]}\n"
    (tmp_path / "reports.yaml").write_text(mail + text.replace("[{folder: outbox}]", sent), encoding="utf-8")
    done = bot(tmp_path, "check", "--no-render")
    assert done.returncode == 0, done
    [note] = [line for line in done.stdout.splitlines() if "names agents" in line]
    assert all(f"{name}.csv" in note for name in ("case_details", "nps_submissions", "mention_sla_export"))
    assert "slack #a" in note


def test_online_needs_a_token_and_save_shapes_needs_online(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ACTIVITY_API_TOKEN", raising=False)
    (tmp_path / "reports.yaml").write_text(FILE, encoding="utf-8")
    assert main(["check", "--online", "--no-render"]) == 2
    assert "ACTIVITY_API_TOKEN is not set" in capsys.readouterr().err
    assert main(["check", "--no-render", "--save-shapes", "shapes.json"]) == 2
    assert "--online" in capsys.readouterr().err
    assert not (tmp_path / "shapes.json").exists()


@pytest.mark.long
def test_online_asks_slack_and_mail_and_reports_missing_secrets(
    tmp_path: Path, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    mail = 'email: {from: "care@example.com", allowed_domains: [example.com]}\n'
    readers = 'recipients: [{slack: "#nobody"}, {email: dana@example.com}]'
    text = mail + FILE.replace("recipients: [{folder: outbox}]", readers)
    made = app(tmp_path, emulator, text)
    assert check_online(made, None) == 0
    marks = lines(capsys.readouterr().out)
    assert (marks["Slack"], marks["mail server"]) == ("??", "??")
    with SlackServer() as slack, SmtpServer() as server:
        secrets = {"SLACK_BOT_TOKEN": "xoxb-test", "SLACK_API_URL": slack.url, "SMTP_URL": server.url()}
        settings = Settings.from_environment({**environment(tmp_path, emulator, TOKEN), **secrets})
        assert check_online(replace(made, settings=settings), None) == UsageError.exit_status
    out = capsys.readouterr().out
    marks = lines(out)
    assert (marks["Slack token"], marks["Slack #nobody"], marks["mail server"]) == ("ok", "!!", "ok")
    assert "The bot sees no Slack channel #nobody" in out
