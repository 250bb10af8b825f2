"""The world of each journey; the emulator's log is generated once for all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.world import World, world


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the emulator's cached log, shared by all test processes of this run."""
    return tmp_path_factory.getbasetemp().parent / "emulator-log"


@pytest.fixture
def here(tmp_path: Path, kept: Path) -> Iterator[World]:
    with world(tmp_path, kept) as made:
        yield made
