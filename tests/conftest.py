"""What every room's tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("everyday", max_examples=40, deadline=None)
settings.register_profile("thorough", max_examples=400, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))


@pytest.fixture(scope="session")
def emulator_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this run keeps the emulator's generated logs: one folder for all its processes."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "emulator-logs"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out cases on PostgreSQL where there is none: no test is skipped, these cases do not exist."""
    absent = [item for item in items if any(map(_is_without_cases, item.iter_markers("skip")))]
    config.hook.pytest_deselected(items=absent)
    items[:] = [item for item in items if item not in absent]


def _is_without_cases(mark: pytest.Mark) -> bool:
    return "got empty parameter set" in str(mark.kwargs.get("reason"))
