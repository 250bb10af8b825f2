"""Slow suites, run by `make slow`; SLOW_SHARE=short runs a tenth of each."""

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from bot.config import load
from bot.errors import ConfigError, Problem

pytestmark = pytest.mark.slow

SHORT = os.environ.get("SLOW_SHARE") == "short"
SAMPLE = Path(__file__).parents[2] / "reports.yaml"
PIECES = (
    "\t",
    "  ",
    "\n",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    "#",
    "&a ",
    "*a",
    "!!python/x ",
    "|",
    "é",
    "0",
)


def mutated(text: str, chance: random.Random) -> str:
    """Return the text with a few characters taken out, doubled, or put in."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text))
        piece = chance.choice([*PIECES, text[at : at + chance.randint(1, 30)]])
        text = text[:at] + piece + text[at + chance.choice((0, 0, 1, 5)) :]
    return text


def problems_of(file: Path) -> tuple[Problem, ...]:
    """Return the problems of a file, () for a good one; any other exception is a fault of ours."""
    try:
        load(file)
    except ConfigError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("seed", range(2 if SHORT else 20))
def test_no_mutation_of_a_file_gives_anything_but_problems(seed: int, tmp_path: Path) -> None:
    chance, text, file = random.Random(seed), SAMPLE.read_text(encoding="utf-8"), tmp_path / "reports.yaml"
    outcomes: Counter[str] = Counter()
    for _ in range(400):
        file.write_text(mutated(text, chance), encoding="utf-8")
        problems = problems_of(file)
        assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)
        outcomes["refused" if problems else "accepted"] += 1
    assert set(outcomes) == {"refused", "accepted"}
