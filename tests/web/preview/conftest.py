"""One emulator for all tests of the page; a file and a page of its own for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import default_app
from bot.config import load
from bot.model import Source
from bot.service import StartedClock
from bot.settings import Settings
from tests.web.preview.desk import NOW, REPORTS_YAML, Desk, desk


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, emulator_folder: Path) -> Iterator[Source]:
    folder = tmp_path_factory.mktemp("sample")
    (folder / "own").mkdir()
    file = folder / "reports.yaml"
    file.write_text(REPORTS_YAML, encoding="utf-8")
    settings = Settings.from_environment({"BOT_DATA_DIR": str(folder / "data")})
    app = default_app(load(file), settings, StartedClock(NOW))
    with app.sample_source(lambda text: None, emulator_folder) as source:
        yield source


@pytest.fixture
def at_desk(tmp_path: Path, sample: Source) -> Iterator[Desk]:
    with desk(tmp_path, sample) as made:
        yield made
