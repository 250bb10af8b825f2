"""The log on stderr: lines for people, or one JSON object a line; never a secret."""

import json
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.errors import UsageError
from bot.settings import Settings
from tests.ledger.processes import ROOT

SCRIPT = """
import logging, threading
from bot.cli.output import log_to_stderr
from bot.lib.log_context import DELIVERY, OCCURRENCE, about
from bot.settings import Settings

log_to_stderr(Settings.from_environment(), "host:7:aa", logging.INFO)
log = logging.getLogger("bot.delivery")
log.info("with %s", "canary-token")
with about(OCCURRENCE, "care@2018-05-06T23:00:00Z"), about(DELIVERY, "k1"):
    log.warning("two\\nlines \\u2028 and \\ud800")
    other = threading.Thread(target=log.info, args=("of another thread",))
    other.start()
    other.join()
    try:
        raise RuntimeError("canary-token\\nleaks")
    except RuntimeError:
        log.exception("a bug")
log.info("after")
logging.getLogger("urllib3").info("not shown")
"""


def logged(**environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={"ACTIVITY_API_TOKEN": "canary-token", "TZ": "Australia/Sydney", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "canary" not in done.stderr
    return done.stderr.splitlines()


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged(BOT_LOG_FORMAT="json")]


def test_each_line_is_an_object_of_this_process(lines: list[dict[str, Any]]) -> None:
    messages = ["with [secret]", "two\nlines \u2028 and \ud800", "of another thread", "a bug", "after"]
    assert [line["message"] for line in lines] == messages
    assert [line["level"] for line in lines] == ["INFO", "WARNING", "INFO", "ERROR", "INFO"]
    for line in lines:
        assert (line["logger"], line["host"], line["process"]) == (
            "bot.delivery",
            socket.gethostname(),
            "host:7:aa",
        )
        moment = datetime.fromisoformat(line["time"])
        assert moment.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - moment) < timedelta(minutes=5)


def test_lines_name_what_their_thread_works_on(lines: list[dict[str, Any]]) -> None:
    about = {"occurrence": "care@2018-05-06T23:00:00Z", "delivery": "k1"}
    assert [{name: line[name] for name in about if name in line} for line in lines] == [
        {},
        about,
        {},
        about,
        {},
    ]


def test_traceback_is_one_string_without_secrets(lines: list[dict[str, Any]]) -> None:
    assert [line for line in lines if "traceback" in line] == [lines[3]]
    assert lines[3]["traceback"].startswith("Traceback (most recent call last):\n")
    assert lines[3]["traceback"].endswith("RuntimeError: [secret]\nleaks")


def test_without_the_filter_a_secret_would_be_logged() -> None:
    unguarded = SCRIPT.replace("log = ", "logging.getLogger().handlers[0].filters.clear()\nlog = ")
    done = subprocess.run(
        [sys.executable, "-c", unguarded],
        cwd=ROOT,
        env={"ACTIVITY_API_TOKEN": "canary-token", "BOT_LOG_FORMAT": "json"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "canary-token" in done.stderr


def test_text_is_the_default_and_tells_utc() -> None:
    first = logged()[0]
    moment = datetime.strptime(first[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=5)
    assert first[23:] == " INFO with [secret]"


@pytest.mark.parametrize("text", ["JSON", "logfmt", "json,text"])
def test_another_format_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"BOT_LOG_FORMAT: .* write text or json") as caught:
        Settings.from_environment({"BOT_LOG_FORMAT": text})
    assert caught.value.exit_status == 2
