"""Count the files of `bot/` that one digest's trip to Slack enters, and one recovery from kill -9.

Run as `.venv/bin/python tools/walk.py`, with `--files` to list them. The bot runs in a process of its own
against the emulator and the tests' local Slack. A file counts as entered when one of its functions is called;
importing it does not count.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[1]
BOT = f"{ROOT / 'bot'}/"
FILES_LIMIT, RECOVERY_LIMIT = 120, 75
BEFORE, DUE, LATER = "2018-05-06T12:00:00Z", "2018-05-06T23:00:30Z", "2018-05-06T23:03:00Z"
REPORTS_YAML = """\
timezone: Australia/Sydney
digests:
  care-weekly:
    schedule: every monday at 09:00
    window: last week
    reports: [summary, states_volume, user_summary]
    recipients:
      - slack: "#social-care"
"""
OPTIMIZED = 0x1
"""The code flag of functions; bodies of classes and modules lack it."""


def trace(output: Path, arguments: list[str]) -> None:
    """Run the command line in this process, and write the files that its functions are in as JSON."""
    files: set[str] = set()

    def profile(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        is_ours = code.co_flags & OPTIMIZED and code.co_filename.startswith(BOT)
        if event != "call" or not is_ours or code.co_filename in files:
            return
        if not _is_importing(frame):
            files.add(code.co_filename)

    threading.setprofile(profile)
    sys.setprofile(profile)
    from bot.cli import main

    try:
        main(arguments)
    finally:
        sys.setprofile(None)
        output.write_text(json.dumps(sorted(file.removeprefix(BOT) for file in files)), encoding="utf-8")


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename.startswith(BOT):
            return True
        frame = frame.f_back
    return False


def traced_run(here, now: str) -> list[str]:  # type: ignore[no-untyped-def]
    """Return the files that `run --once --now NOW` enters."""
    output = here.folder / "files.json"
    command = [sys.executable, __file__, "--trace", str(output), "run", "--once", "--now", now]
    subprocess.run(command, cwd=here.folder, env=here.env(), check=False, capture_output=True, timeout=300)
    files: list[str] = json.loads(output.read_text(encoding="utf-8"))
    return files


def walk() -> dict[str, list[str]]:
    """Return the files of both trips."""
    sys.path.insert(0, str(ROOT))
    from tests.journeys.world import world

    trips = {}
    with tempfile.TemporaryDirectory() as folder, world(Path(folder), Path(folder)) as here:
        here.write(REPORTS_YAML)
        here.bot("run", "--once", "--now", BEFORE)
        trips["digest to Slack"] = traced_run(here, DUE)
        assert len(here.slack.workspace.messages) == 1  # noqa: S101 - else something else was measured
    with tempfile.TemporaryDirectory() as folder, world(Path(folder), Path(folder)) as here:
        here.write(REPORTS_YAML)
        here.bot("run", "--once", "--now", BEFORE)
        killed = [sys.executable, str(ROOT / "tests/journeys/dying.py"), "in-send", DUE]
        subprocess.run(killed, cwd=here.folder, env=here.env(), check=False, timeout=300)
        trips["recovery from kill -9"] = traced_run(here, LATER)
        assert len(here.slack.workspace.messages) == 1  # noqa: S101
    return trips


def main() -> int:
    """Print both counts; return 1 when one is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", action="store_true", help="list the files too")
    options = parser.parse_args()
    limits = {"digest to Slack": FILES_LIMIT, "recovery from kill -9": RECOVERY_LIMIT}
    trips = walk()
    for name, files in trips.items():
        rooms = {file.partition("/")[0] for file in files}
        print(f"{name}: {len(files)} files (at most {limits[name]}), {len(rooms)} rooms")
        if options.files:
            print("\n".join(f"  {file}" for file in files))
    return int(any(len(files) > limits[name] for name, files in trips.items()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--trace"]:
        trace(Path(sys.argv[2]), sys.argv[3:])
    else:
        raise SystemExit(main())
