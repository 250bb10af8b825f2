"""Python in a process of its own, started at the project's root."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def start(code: str, *arguments: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Run `code` with `sys.argv[1:]` = arguments, by default in our environment; stdin and stdout are pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def told(process: "subprocess.Popen[str]") -> str:
    """Return the next line that the process says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: "subprocess.Popen[str]") -> None:
    """Let a process go on that waits for a line."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def end(process: "subprocess.Popen[str]", seconds: float = 120) -> str:
    """Wait for its end, at most so long; everything it said."""
    said, _ = process.communicate(timeout=seconds)
    assert process.returncode == 0
    return said
