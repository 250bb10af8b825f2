"""reports.yaml at length: more of the fuzzing of tests/config, and a file of ten thousand digests."""

import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.files import file_of
from tests.config.fuzz_inputs import ANYTHING, loads_or_explains

pytestmark = pytest.mark.slow

EXAMPLES = 400 if os.environ.get("SLOW_SHARE") == "short" else 4_000


@pytest.mark.parametrize("kind", ANYTHING)
def test_nothing_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, kind: str) -> None:
    path = tmp_path_factory.mktemp("fuzzed") / "reports.yaml"

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(ANYTHING[kind])
    def try_out(content: str | bytes) -> None:
        loads_or_explains(path, content)

    try_out()


def test_ten_thousand_digests_pass_the_check() -> None:
    """What it costs is a row of `make benchmark`: CPU time depends on the machine and its other work."""
    command = [sys.executable, "-m", "bot", "check", "--no-render", "--config", str(file_of(10_000))]
    check = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "10000 digests, no errors" in check.stdout
