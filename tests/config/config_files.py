"""A small valid file, changes to it, and what `load` says of the result."""

from pathlib import Path

import pytest

from bot.config import load
from bot.errors import ConfigError, Problem
from bot.model import Configuration

GOOD = """\
timezone: Australia/Sydney
email: {from: r@example.com, allowed_domains: [example.com]}
digests:
  one:
    schedule: every monday at 09:00
    window: last week
    reports: [summary, case_details]
    recipients:
      - slack: "#a"
"""


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "reports.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def loaded(folder: Path, content: str | bytes = GOOD) -> Configuration:
    return load(write(folder, content))


def problems(folder: Path, content: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load(write(folder, content))
    return caught.value.problems


def changed(*replacements: tuple[str, str], first: str = "") -> str:
    text = GOOD
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    return first + text
