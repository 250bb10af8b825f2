"""Running programs that are not ours."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NODE_MODULES = HERE / "node_modules"


def tried(*command: str | Path, stdin: bytes = b"") -> tuple[int, str]:
    """Return a program's exit status and its output."""
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=180)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def run(*command: str | Path, stdin: bytes = b"") -> str:
    """Return the output of a program that must exit with 0."""
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=180)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
    return done.stdout.decode(errors="replace")


def found(name: str) -> str:
    """Return a program's path; tools/checkers.sh installs what is missing."""
    path = shutil.which(name)
    assert path, f"{name} is missing: run tools/checkers.sh"
    return path


def installed(name: str) -> Path:
    """Return a command of a Python package of the group `dev`."""
    return Path(sys.executable).parent / name


def script(name: str, *arguments: str | Path) -> Any:
    """Return the JSON that a script beside this file prints."""
    assert NODE_MODULES.is_dir(), "the npm packages are missing: run tools/checkers.sh"
    return json.loads(run(found("node"), HERE / name, *arguments))
