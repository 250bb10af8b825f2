"""Tables and drawings of the docs that come from the code are generated. `make golden` rewrites them."""

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import partial
from pathlib import Path

import pytest

from bot.ledger.states import DELIVERY_MOVES, OCCURRENCE_MOVES
from tests.docs.tables import key_table, marks, metrics_table

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(<!-- generated: ([^>]+?) -->\n)(.*?)(<!-- /generated -->)", re.DOTALL)


def layers() -> str:
    """Return the import layers of pyproject.toml as a Mermaid flowchart."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    names = [layer.replace(" : ", ", ") for layer in settings["contracts"][0]["layers"]]
    nodes = [f'    L{place}["{name}"]' for place, name in enumerate(names)]
    arrows = [f"    L{place} --> L{place + 1}" for place in range(len(names) - 1)]
    return "\n".join(["```mermaid", "flowchart TD", *nodes, *arrows, "```"])


def machine(moves: Iterable[tuple[StrEnum | None, StrEnum, str]]) -> str:
    """Return the allowed moves as a Mermaid state diagram; causes of the same move share an arrow."""
    causes: dict[tuple[str, str], list[str]] = {}
    for before, after, cause in moves:
        causes.setdefault((before.value if before else "[*]", after.value), []).append(str(cause))
    arrows = [f"    {before} --> {after}: {', '.join(names)}" for (before, after), names in causes.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *arrows, "```"])


def promises() -> str:
    """Return the cases that tests show with `@pytest.mark.promise(case, what)`, by file of the test."""
    rows = [
        f"| {case} | {what} | `{file.relative_to(ROOT / 'tests').with_suffix('')}` |"
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        for case, what in marks(file, "promise")
    ]
    return "\n".join(["| case | what happens | shown in tests |", "|---|---|---|", *rows])


GENERATED: Mapping[str, Callable[[], str]] = {
    "layers": layers,
    "metrics": metrics_table,
    "promises": promises,
    "occurrence states": lambda: machine(OCCURRENCE_MOVES),
    "delivery states": lambda: machine(DELIVERY_MOVES),
    **{
        f"keys {name}": partial(key_table, name)
        for name in (
            "file",
            "brand",
            "email",
            "activity_api",
            "rate_limit",
            "retention",
            "digest",
            "recipient",
        )
    },
}
PAGES = sorted(
    page for page in (ROOT / "docs").rglob("*.md") if BLOCK.search(page.read_text(encoding="utf-8"))
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_generated_parts_are_those_of_the_code(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    fresh = BLOCK.sub(lambda block: f"{block[1]}\n{GENERATED[block[2]]()}\n\n{block[4]}", text)
    if os.environ.get("UPDATE_GOLDEN"):
        page.write_text(fresh, encoding="utf-8")
    else:
        assert text == fresh


def test_every_generator_is_used() -> None:
    used = {block[2] for page in PAGES for block in BLOCK.finditer(page.read_text(encoding="utf-8"))}
    assert used == set(GENERATED)
