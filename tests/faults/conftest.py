"""The world of the faults that need one; the emulator's log is generated once for all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.world import World, world


@pytest.fixture
def here(tmp_path: Path, emulator_folder: Path) -> Iterator[World]:
    with world(tmp_path, emulator_folder) as made:
        yield made
