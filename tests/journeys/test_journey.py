"""From reports.yaml to messages, over loopback HTTP and SMTP, with crashes in between."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.world import API_TOKEN, SLACK_TOKEN, World

AT = "2018-05-07T09:00"
CHANNELS = ("slack", "email", "folder")
OCCURRENCE = "care-weekly@2018-05-06T23:00:00Z"
BEFORE, DUE, LATER = "2018-05-06T12:00:00Z", "2018-05-06T23:00:30Z", "2018-05-06T23:03:00Z"


def asked(here: World) -> list[str]:
    return [record.report_type or record.path for record in here.emulator.requests]


@pytest.mark.long
def test_send_delivers_to_slack_mail_and_folder(here: World) -> None:
    done = here.bot("send", "care-weekly", "--at", AT)
    assert done.returncode == 0, done.stderr
    [message] = here.slack.messages
    assert {file.name for file in here.slack.files_in_thread(message.ts)} >= {
        "care-weekly.pdf",
        "case_details.csv",
        "states_volume.csv",
    }
    [mail] = here.smtp.messages
    assert mail.recipients == ["dana@example.com"]
    parsed = mail.parsed
    assert parsed["Subject"] == "Social care, weekly: 30 April – 6 May 2018"
    assert {part.get_filename() for part in parsed.iter_attachments()} == {
        "care-weekly.pdf",
        "case_details.csv",
        "states_volume.csv",
        "user_summary.csv",
    }
    folder = here.folder / "outbox/care-weekly/20180506T230000Z"
    assert {"slack.json", "email.eml", "email.html", "email.txt", "report.pdf", "case_details.csv"} <= {
        file.name for file in folder.iterdir()
    }
    assert {(row["channel"], row["state"], row["attempts"]) for row in here.history()} == {
        ("slack", "sent", 1),
        ("email", "sent", 1),
        ("folder", "sent", 1),
    }


@pytest.mark.long
def test_second_send_is_idempotent(here: World) -> None:
    here.bot("run", "--once", "--now", BEFORE)
    assert here.bot("send", "care-weekly", "--at", AT).returncode == 0
    asked_before, mails, messages = asked(here), len(here.smtp.messages), len(here.slack.messages)
    again = here.bot("send", "care-weekly", "--at", AT)
    assert again.returncode == 0, again.stderr
    assert "nothing to send" in again.stdout
    assert "was sent" in again.stdout
    once = here.bot("run", "--once", "--now", DUE)
    assert once.returncode == 0, once.stderr
    assert "nothing is due" in once.stdout
    assert (asked(here), len(here.smtp.messages), len(here.slack.messages)) == (asked_before, mails, messages)


@pytest.mark.long
def test_the_same_figures_in_every_form(here: World) -> None:
    here.bot("send", "care-weekly", "--at", AT)
    folder = here.folder / "outbox/care-weekly/20180506T230000Z"
    slack = json.loads((folder / "slack.json").read_text(encoding="utf-8"))
    said = json.dumps(slack, ensure_ascii=False)
    fields = [field["text"] for block in slack["blocks"] for field in block.get("fields", [])]
    values = [value for field in fields for value in re.findall(r"\*([^*\n]*\d[^*\n]*)\*", field)]
    assert len(values) >= 6
    text = (folder / "email.txt").read_text(encoding="utf-8")
    html = (folder / "email.html").read_text(encoding="utf-8")
    for value in values:
        assert value in said
        assert value in text
        assert value in html
    assert any(re.search(r"[1-9]", value) for value in values)


@pytest.mark.long
def test_first_seen_fires_only_afterwards(here: World) -> None:
    first = here.bot("run", "--once", "--now", DUE)
    assert "first seen; next Mon 14 May 2018 at 09:00, Sydney time" in first.stdout
    assert here.slack.messages == []
    assert here.history() == []


def kill(here: World, moment: str) -> None:
    """Kill a scheduler with SIGKILL at that moment of its first occurrence."""
    here.bot("run", "--once", "--now", BEFORE)
    script = Path(__file__).with_name("dying.py")
    died = subprocess.run([sys.executable, script, moment, DUE], cwd=here.folder, env=here.env(), timeout=120)
    assert died.returncode == -signal.SIGKILL


@pytest.mark.long
def test_kill_between_fetch_and_send(here: World) -> None:
    kill(here, "after-keep")
    assert here.slack.messages == []
    assert here.smtp.messages == []
    asked_before = asked(here)
    after = here.bot("run", "--once", "--now", LATER)
    assert after.returncode == 0, after.stderr
    assert asked(here) == asked_before
    assert (len(here.slack.messages), len(here.smtp.messages)) == (1, 1)
    assert "nothing is due" in here.bot("run", "--once", "--now", LATER).stdout
    assert (len(here.slack.messages), len(here.smtp.messages)) == (1, 1)


@pytest.mark.long
def test_kill_before_the_first_byte_sends_once(here: World) -> None:
    kill(here, "in-send")
    assert here.slack.messages == []
    after = here.bot("run", "--once", "--now", LATER)
    assert after.returncode == 0, after.stderr
    assert {row["channel"]: row["state"] for row in here.history()} == dict.fromkeys(CHANNELS, "sent")
    assert len(here.slack.messages) == 1
    assert "conversations.history" in {request.method for request in here.slack.requests}


@pytest.mark.long
def test_killed_after_slack_took_it_the_message_is_adopted(here: World) -> None:
    kill(here, "after-send")
    assert len(here.slack.messages) == 1
    after = here.bot("run", "--once", "--now", LATER)
    assert after.returncode == 0, after.stderr
    rows = {row["channel"]: row for row in here.history()}
    assert {name: row["state"] for name, row in rows.items()} == dict.fromkeys(CHANNELS, "sent")
    [message] = here.slack.messages
    assert rows["slack"]["provider_id"].endswith(message.ts)


@pytest.mark.long
def test_a_test_send_is_marked_and_never_counts(here: World) -> None:
    done = here.bot("send", "care-weekly", "--at", AT, "--to", "lee@example.com")
    assert done.returncode == 0, done.stderr
    [mail] = here.smtp.messages
    assert mail.recipients == ["lee@example.com"]
    assert "TEST" in str(mail.parsed["Subject"])
    [row] = here.history()
    assert (row["test"], row["state"]) == (True, "sent")
    assert here.bot("send", "care-weekly", "--at", AT).returncode == 0
    assert len(here.slack.messages) == 1
    assert "TEST" not in json.dumps(here.slack.messages[0].arguments, ensure_ascii=False)


@pytest.mark.long
def test_a_dry_run_sends_and_remembers_nothing(here: World) -> None:
    done = here.bot("send", "care-weekly", "--at", AT, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "would send" in done.stdout
    assert (here.slack.messages, here.smtp.messages, here.history()) == ([], [], [])


@pytest.mark.long
def test_window_and_group_make_an_occurrence_of_their_own(here: World) -> None:
    here.bot("send", "care-weekly", "--at", AT)
    other = here.bot("send", "care-weekly", "--at", AT, "--window", "last 2 weeks")
    assert other.returncode == 0, other.stderr
    ids = {row["occurrence"] for row in here.history()}
    assert ids == {OCCURRENCE, "care-weekly/window-last-2-weeks@2018-05-06T23:00:00Z"}


@pytest.mark.long
def test_secrets_never_leave_the_process(here: World) -> None:
    done = here.bot("send", "care-weekly", "--at", AT)
    wrong = here.bot("send", "care-weekly", "--at", "2018-05-14T09:00", SLACK_BOT_TOKEN="xoxb-canary-wrong-1")
    said = done.stdout + done.stderr + wrong.stdout + wrong.stderr
    written = b"".join(file.read_bytes() for file in here.folder.rglob("*") if file.is_file())
    for secret in (API_TOKEN, SLACK_TOKEN, "xoxb-canary-wrong-1"):
        assert secret not in said
        assert secret.encode() not in written


@pytest.mark.long
def test_new_container_sends_nothing_twice(here: World) -> None:
    data = str(here.folder / "data")
    assert here.bot("send", "care-weekly", "--at", AT, BOT_DATA_DIR=data).returncode == 0
    asked_before = asked(here)
    other = here.folder / "new-container"
    other.mkdir()
    (here.folder / "reports.yaml").rename(other / "reports.yaml")
    here.folder = other
    again = here.bot("send", "care-weekly", "--at", AT, BOT_DATA_DIR=data)
    assert again.returncode == 0, again.stderr
    assert "nothing to send" in again.stdout
    assert (asked(here), len(here.slack.messages), len(here.smtp.messages)) == (asked_before, 1, 1)
