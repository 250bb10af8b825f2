"""What every room's tests share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def emulator_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this run keeps the emulator's generated logs: one folder for all its processes."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "emulator-logs"
