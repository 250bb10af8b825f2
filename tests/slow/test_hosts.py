"""Many hosts on one database, and one on SQLite: the scenes of `make hosts` in short.

Each runs by itself in namespaces of its own, as root; else as plain processes on loopback.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.world import ROOT

pytestmark = pytest.mark.slow

SCENES = ("terminated",) if os.environ.get("SLOW_SHARE") == "short" else ("clocks", "terminated", "engine")


@pytest.mark.parametrize("name", SCENES)
def test_scene_has_no_problem(name: str, emulator_folder: Path) -> None:
    emulator_folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.hosts", "--short", "--kept", emulator_folder, name],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    print(done.stdout, done.stderr)
    assert done.returncode == 0, done.stdout
