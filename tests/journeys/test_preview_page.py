"""The page of `preview --serve` with a token: the account's own figures, asked for once."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.journeys.world import API_TOKEN, REPORTS_YAML, World

SECONDS = 60
AT = "2026-11-16T09:00"
pytestmark = pytest.mark.long


@pytest.fixture
def url(here: World) -> Iterator[str]:
    command = [sys.executable, "-m", "bot", "preview", "--serve"]
    with subprocess.Popen(
        command, cwd=here.folder, env=here.env(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+/", process.stdout.readline())
        assert found
        yield found[0]
        process.terminate()
        assert process.wait(SECONDS) == 0


def asked(url: str, path: str, **wish: str) -> dict[str, Any]:
    with urlopen(f"{url}{path}?{urlencode(wish)}", timeout=SECONDS) as answer:
        said: dict[str, Any] = json.load(answer)
    return said


def saved(url: str, here: World, text: str) -> None:
    """Save the file, and wait until the page has read it."""
    generation = asked(url, "overview")["generation"]
    here.write(text)
    until = time.monotonic() + SECONDS
    while asked(url, "overview")["generation"] == generation:
        assert time.monotonic() < until


def test_preview_shows_account_figures_with_single_requests(here: World, url: str) -> None:
    shown = asked(url, "show", digest="care-weekly", form="mail", at=AT)
    assert (shown["problems"], shown["sample"], asked(url, "overview")["sample"]) == ([], False, False)
    with urlopen(url.rstrip("/") + shown["frames"][0]["url"], timeout=SECONDS) as answer:
        page = answer.read().decode()
    assert "SAMPLE" not in page
    assert "Jane Pear" in page
    spent = len(here.emulator.requests)
    for form in ("slack", "text", "pdf", "csv"):
        assert asked(url, "show", digest="care-weekly", form=form, at=AT)["problems"] == []
    saved(url, here, REPORTS_YAML.replace("title: Social care, weekly", "title: Another"))
    again = asked(url, "show", digest="care-weekly", form="mail", at=AT)
    assert dict(again["facts"])["Subject"].startswith("Another")
    assert len(here.emulator.requests) == spent


def test_preview_reports_api_failure_and_retries(here: World, url: str) -> None:
    here.emulator.faults.add("html@groups")
    shown = asked(url, "show", digest="care-weekly", at=AT)
    [problem] = shown["problems"]
    assert "something that is not JSON" in problem["message"]
    assert API_TOKEN not in str(shown)
    assert shown["frames"] == []
    here.emulator.faults.clear()
    assert asked(url, "show", digest="care-weekly", at=AT)["problems"] == []


def test_nothing_is_sent_and_no_occurrence_is_planned(here: World, url: str) -> None:
    assert asked(url, "show", digest="care-weekly", at=AT)["problems"] == []
    assert here.history() == []
    assert not (here.folder / "outbox").exists()
