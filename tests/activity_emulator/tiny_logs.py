"""A log of a few rows, made as fast as a file can be written."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from activity_emulator.generator.days import microseconds
from activity_emulator.log.keeping import kept_log
from activity_emulator.log.schema import VERSION
from tests.activity_emulator.conftest import NOW


def tiny_rows(seed: int, now: datetime) -> Iterator[tuple[str, Sequence[object]]]:
    """A log with one group, called after the seed; its text needs quoting."""
    yield "meta", (VERSION, seed, microseconds(now))
    yield "groups", (1, f'The "{seed}", 小組', "a, b\nc")


def make_in(data_dir: str) -> list[str]:
    """Make and read the tiny log in a process of its own."""
    log = kept_log(Path(data_dir), 5, NOW, lambda _: None, tiny_rows)
    names = [row["name"] for row in log.rows("SELECT name FROM groups")]
    log.close()
    return names
