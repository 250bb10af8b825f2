"""reports.yaml at length: more of the fuzzing of tests/config, and the time that `check` may take."""

import os
import resource
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.files import file_of
from tests.config.fuzz_inputs import ANYTHING, loads_or_explains

pytestmark = pytest.mark.slow

EXAMPLES = 400 if os.environ.get("SLOW_SHARE") == "short" else 4_000
AT_MOST_CPU_SECONDS = 5.0


@pytest.mark.parametrize("kind", ANYTHING)
def test_nothing_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, kind: str) -> None:
    path = tmp_path_factory.mktemp("fuzzed") / "reports.yaml"

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(ANYTHING[kind])
    def try_out(content: str | bytes) -> None:
        loads_or_explains(path, content)

    try_out()


@pytest.mark.alone
def test_ten_thousand_digests_are_checked_within_five_seconds() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "bot", "check", "--no-render", "--config", str(file_of(10_000))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "10000 digests, no errors" in done.stdout
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert spent < AT_MOST_CPU_SECONDS
