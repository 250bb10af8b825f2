"""Whatever stands in the file: it loads, or ConfigError explains why not. `make slow` looks at more of it."""

import pytest
from hypothesis import given, settings

from bot.config import load
from tests.config.fuzz_inputs import ANYTHING, GOOD_FILES, loads_or_explains


@pytest.mark.parametrize("kind", ANYTHING)
def test_fuzzed_input_loads_or_explains(tmp_path_factory: pytest.TempPathFactory, kind: str) -> None:
    path = tmp_path_factory.mktemp("fuzzed") / "reports.yaml"

    @settings(max_examples=80)
    @given(ANYTHING[kind])
    def try_out(content: str | bytes) -> None:
        loads_or_explains(path, content)

    try_out()


@pytest.mark.parametrize("index", range(len(GOOD_FILES)))
def test_fuzz_seeds_are_valid(tmp_path_factory: pytest.TempPathFactory, index: int) -> None:
    path = tmp_path_factory.mktemp("whole") / "reports.yaml"
    loads_or_explains(path, GOOD_FILES[index])
    assert load(path).digests
