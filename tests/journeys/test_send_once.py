"""`send` posts a week once, and asks; a clock that was ahead is put right by a command."""

import os
import pty
import subprocess
import sys

import pytest

from tests.journeys.world import World

AT = "2018-05-07T09:00"
SEND = ("send", "care-weekly", "--at")


def on_terminal(here: World, answer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose input is a terminal at which somebody types `answer`."""
    keyboard, terminal = pty.openpty()
    os.write(keyboard, f"{answer}\n".encode())
    try:
        return subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            cwd=here.folder,
            env=here.env(),
            stdin=terminal,
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        os.close(keyboard)
        os.close(terminal)


@pytest.mark.long
@pytest.mark.promise(
    "`send` to several recipients on a terminal",
    "it shows who gets what and asks; `--yes` answers, and without a terminal it goes ahead",
)
def test_terminal_is_asked_before_several_get_it(here: World) -> None:
    declined = on_terminal(here, "n", *SEND, AT)
    assert (declined.returncode, here.slack.messages, here.smtp.messages) == (0, [], [])
    assert declined.stdout.replace("\xa0", " ").splitlines()[:3] == [
        f"  {whom}: Mon 30 April – Sun 6 May 2018, Sydney time; Social Customer Care"
        for whom in ("slack #social-care", "email dana@example.com", "folder outbox")
    ]
    assert "Send to 3 recipients? [y/N]" in declined.stdout
    assert declined.stdout.endswith("nothing was sent\n")
    assert on_terminal(here, "y", *SEND, AT).returncode == 0
    assert (len(here.slack.messages), len(here.smtp.messages)) == (1, 1)
    again = here.bot(*SEND, "2018-05-07T10:00", "--off-schedule")
    assert (again.returncode, len(here.slack.messages)) == (2, 1)
    assert "3 of 3 recipients would get this window again. Nothing was sent." in again.stderr
    assert "slack #social-care" in again.stderr
    assert "has it already from care-weekly@2018-05-06T23:00:00Z (sent " in again.stderr
    meant = here.bot(*SEND, "2018-05-07T10:00", "--off-schedule", "--yes")
    assert (meant.returncode, len(here.slack.messages)) == (0, 2)


@pytest.mark.long
def test_nobody_is_asked_about_a_test_or_a_rehearsal(here: World) -> None:
    for more in (("--to", "folder:tests"), ("--dry-run",)):
        done = on_terminal(here, "n", *SEND, AT, *more)
        assert (done.returncode, "[y/N]" in done.stdout) == (0, False)
    refused = here.bot(*SEND, "2018-05-07T09:30", "--dry-run")
    assert (refused.returncode, "--off-schedule" in refused.stderr) == (2, True)


@pytest.mark.long
@pytest.mark.covers("A process ran more than a day in the future")
def test_clock_ahead_is_told_by_exit_statuses_and_put_right(here: World) -> None:
    assert here.bot("run", "--once", "--now", "2099-05-06T12:00:00Z").returncode == 0
    for command in (("run", "--once"), ("plan",)):
        blocked = here.bot(*command)
        assert blocked.returncode == 2
        assert "digestbot resume --clock" in blocked.stdout + blocked.stderr
    assert here.bot("plan", "--now", "2018-05-06T12:00:00Z").returncode == 0
    put_right = here.bot("resume", "--clock", "--now", "2018-05-06T12:00:00Z")
    assert "care-weekly: was decided until 2099-05-06T12:00:0" in put_right.stdout
    assert here.bot("resume", "--clock", "--now", "2018-05-06T12:00:00Z").returncode == 2
    assert here.bot("run", "--once", "--now", "2018-05-06T23:00:01Z").returncode == 0
    assert [row["due"] for row in here.history() if row["state"] == "sent"] == ["2018-05-06T23:00:00Z"] * 3
