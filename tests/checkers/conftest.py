"""One demo, and one set of editions made by hand, for all external checkers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkers.documents import Documents, make, of_demo


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


@pytest.fixture(scope="session", params=["made", "demo"])
def documents(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Documents:
    """Every form of many editions: made by hand with all that can be missing, and as the demo composes them."""
    if request.param == "made":
        return make(tmp_path_factory.mktemp("made"))
    return of_demo(request.getfixturevalue("demo"))
