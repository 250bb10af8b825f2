"""What goes wrong ends with the contract's exit status and one clear line, never a traceback."""

import subprocess
from typing import Any

import pytest

from tests.journeys.world import World

AT = ("send", "care-weekly", "--at", "2018-05-07T09:00")


def one_clear_line(done: subprocess.CompletedProcess[str], status: int, *words: str) -> None:
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode == status, done.stderr
    assert len(errors) == 1
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in errors[0]


@pytest.mark.long
@pytest.mark.covers("401 Unauthorized (no token)")
@pytest.mark.parametrize("name", ["ACTIVITY_API_TOKEN", "SLACK_BOT_TOKEN", "SMTP_URL"])
@pytest.mark.parametrize("command", [AT, ("run", "--once")])
def test_missing_secret_exits_2(here: World, command: tuple[str, ...], name: str) -> None:
    absent: dict[str, Any] = {name: None}
    done = here.bot(*command, **absent)
    one_clear_line(done, 2, name)
    assert (here.slack.messages, here.smtp.messages) == ([], [])


@pytest.mark.covers("unreachable")
@pytest.mark.long
def test_an_api_that_cannot_be_reached_is_3(here: World) -> None:
    here.emulator.close()
    done = here.bot(*AT)
    one_clear_line(done, 3)
    assert here.slack.messages == []


@pytest.mark.long
def test_wrong_token_exits_2(here: World) -> None:
    one_clear_line(here.bot(*AT, ACTIVITY_API_TOKEN="wrong"), 2, "Integrate")


@pytest.mark.long
def test_unknown_group_exits_2_with_candidates(here: World) -> None:
    one_clear_line(here.bot(*AT, "--group", "Social Custommer Care"), 2, "Social Customer Care")


@pytest.mark.long
def test_broken_template_exits_4(here: World) -> None:
    folder = here.folder / "my-templates/slack"
    folder.mkdir(parents=True)
    (folder / "message.json.j2").write_text('{\n  "text": {{ edition.nothing }}\n}\n', encoding="utf-8")
    text = (here.folder / "reports.yaml").read_text(encoding="utf-8")
    here.write(text.replace("locale: en_AU", "locale: en_AU\ntemplates: my-templates"))
    done = here.bot(*AT)
    assert done.returncode == 4
    assert "message.json.j2" in done.stderr
    assert ":2" in done.stderr or "line 2" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_refused_channel_exits_5(here: World) -> None:
    text = (here.folder / "reports.yaml").read_text(encoding="utf-8")
    here.write(text.replace("#social-care", "#no-such-channel"))
    one_clear_line(here.bot(*AT), 5, "no-such-channel")
    assert len(here.smtp.messages) == 1
    here.write(text)
    states = {row["channel"]: row["state"] for row in here.history()}
    assert states == {"slack": "failed", "email": "sent", "folder": "sent"}


@pytest.mark.long
def test_test_address_outside_allowed_domains_exits_2(here: World) -> None:
    one_clear_line(here.bot(*AT, "--to", "x@evil.example"), 2, "x@evil.example", "allowed_domains")
    assert list(here.emulator.requests) == []


@pytest.mark.long
def test_an_unknown_digest_is_2_with_the_nearest_name(here: World) -> None:
    one_clear_line(here.bot("send", "care-wekly"), 2, "Did you mean care-weekly?")


@pytest.mark.long
def test_invalid_file_exits_2_with_every_error(here: World) -> None:
    text = (here.folder / "reports.yaml").read_text(encoding="utf-8")
    here.write(
        text.replace("window: last week", "windw: last week").replace("locale: en_AU", "locale: xx_YY")
    )
    done = here.bot("check", "--no-render")
    assert done.returncode == 2
    assert "reports.yaml:2:9:" in done.stderr
    assert "reports.yaml:12:5:" in done.stderr
    assert "window" in done.stderr
    assert "Traceback" not in done.stderr
