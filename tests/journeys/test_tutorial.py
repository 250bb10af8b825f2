"""docs/tutorial.md, followed from top to bottom: files written, commands typed, outputs as they are shown.

`make golden` (UPDATE_GOLDEN=1) writes the outputs that are not as shown any more into the page.
"""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.journeys.walk import Block, Terminal, blocks, is_shown, timeless, with_digest
from tests.journeys.world import ROOT

PAGE = ROOT / "docs/tutorial.md"
CHAPTERS = (
    "My first digest",
    "Add a manager",
    "Move the time",
    "One per group",
    "Each agent's own card",
    "Only when a target is missed",
    "What happened last Monday?",
    "Send it again",
    "It was wrong: correct it",
    "It is held",
)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    yield made
    made.close()


@pytest.mark.long
def test_the_page_does_what_it_shows(terminal: Terminal) -> None:
    page = PAGE.read_text(encoding="utf-8")
    printed, differs = "", []
    for block in blocks(page):
        if block.kind == "yaml":
            terminal.write(block)
        elif block.kind == "sh":
            printed = terminal.type(block.text)
        elif not is_shown(block.text, printed):
            differs.append((block, printed))
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(with_outputs(page, differs), encoding="utf-8")
    else:
        assert not differs, told(differs)


def with_outputs(page: str, differs: list[tuple[Block, str]]) -> str:
    for block, printed in reversed(differs):
        page = page[: block.start] + printed + page[block.end :]
    return page


def told(differs: list[tuple[Block, str]]) -> str:
    return "\n".join(f"shown:\n{block.text}\nprinted:\n{printed}" for block, printed in differs)


def test_page_has_every_chapter_in_order() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    places = [lines.index(f"## {chapter}") for chapter in CHAPTERS]
    assert places == sorted(places)


def test_every_output_follows_its_command() -> None:
    kinds = [block.kind for block in blocks(PAGE.read_text(encoding="utf-8"))]
    assert kinds.count("sh") >= 30
    assert kinds.count("text") >= 20
    assert all(before == "sh" for before, kind in pairwise(kinds) if kind == "text")


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("sent … to folder\n", "sent care@2025 to folder\n", True),
        ("first\n…\nlast\n", "first\n1\n2\nlast\n", True),
        ("sent\n", "sent\nand more\n", False),
        ("due at 09:00\n", "due at 08:30\n", False),
        ("@2025-11-09T22:00:00Z at 22:00:31Z\n", "@2025-11-09T22:00:00Z at 22:01:05Z\n", True),
        ("@2025-11-09T21:30:00Z\n", "@2025-11-09T21:00:00Z\n", False),
        ("3 files (116 kB), 0.1 s: sent\n", "3 files (117 kB), 0.3 s: sent\n", True),
        ("2 files (116 kB)\n", "3 files (116 kB)\n", False),
    ],
)
def test_only_what_the_machine_decides_is_left_open(shown: str, printed: str, same: bool) -> None:
    assert is_shown(shown, printed) is same


def test_full_and_half_hours_stay() -> None:
    assert timeless("22:00:00Z 21:30:00Z 22:00:30Z") == "22:00:00Z 21:30:00Z 22:mm:ssZ"


def test_digest_replaces_its_namesake_or_is_appended() -> None:
    file = "timezone: UTC\n\ndigests:\n  a:\n    window: last week\n\n  b:\n    window: yesterday\n"
    new = "  a:\n    window: last month\n"
    assert with_digest(file, "a", new) == file.replace("last week", "last month")
    assert with_digest(file, "c", new) == f"{file}\n{new}"
