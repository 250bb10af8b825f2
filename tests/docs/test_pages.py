"""README and docs say nothing that is not there: links lead somewhere, commands are understood."""

import re
import shlex
from pathlib import Path

import pytest

from bot.cli import load_command
from bot.config import json_schema, load

ROOT = Path(__file__).parents[2]
PAGES = (
    *sorted(ROOT.glob("*.md")),
    ROOT / "activity_emulator" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
LINK = re.compile(r"\]\(([^)#:]+)\)")
COMMAND = re.compile(r"^python -m bot (.+?)\s*(?:[#>].*)?$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    missing = [
        link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("page", "least"),
    [
        ("README.md", 9),
        ("docs/tutorial.md", 10),
        ("docs/howto/production.md", 6),
        ("docs/howto/put-it-right.md", 9),
    ],
)
def test_the_commands_of_a_page_are_understood(page: str, least: int) -> None:
    commands = COMMAND.findall((ROOT / page).read_text(encoding="utf-8"))
    assert len(commands) >= least
    for command in commands:
        name, *arguments = shlex.split(command)
        assert load_command(name).make_context(name, arguments)


def test_the_readmes_file_is_one(tmp_path: Path) -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "reports.yaml"
    file.write_text(text, encoding="utf-8")
    assert [digest.name for digest in load(file).digests] == ["care-weekly"]


def test_every_key_is_on_the_page_of_keys() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    definitions = json_schema()["$defs"]
    keys = {key for entry in definitions.values() for key in entry.get("properties", {})}
    keys |= set(json_schema()["properties"])
    retention = {"artifacts", "figures", "ledger"}
    assert [key for key in sorted(keys - retention) if key not in page] == []
