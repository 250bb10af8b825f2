"""One demo for all external checkers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--out", folder],
        check=True,
        capture_output=True,
        timeout=180,
        env={**os.environ, "BOT_DATA_DIR": str(folder / "data")},
    )
    return folder
