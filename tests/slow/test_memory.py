"""The measure of memory itself: it sees a child's, which is what the others rely on."""

import subprocess
import sys

import pytest

from tests.slow.memory import Watched

pytestmark = pytest.mark.slow

CHILD = "held = bytearray(b'x') * 100_000_000; import time; time.sleep(0.7)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


@pytest.mark.parametrize("code", [CHILD, PARENT])
def test_memory_of_a_process_and_of_its_child_is_seen(code: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", code])
    with Watched(process.pid) as watched:
        process.wait()
    assert 100 < watched.peak_mb < 140
