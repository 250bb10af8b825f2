"""`emulator`: three ports, what to paste, and a clear line for a port that is taken."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import closing
from pathlib import Path

COMMAND = (sys.executable, "-m", "bot", "emulator", "--token", "t")


def environment(emulator_folder: Path) -> dict[str, str]:
    return {**os.environ, "BOT_DATA_DIR": str(emulator_folder)}


def test_any_port_prints_json_and_serves_until_told_to_stop(emulator_folder: Path) -> None:
    served = subprocess.Popen(
        [*COMMAND, "--port", "0", "--now", "2026-11-22T23:05"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(emulator_folder),
    )
    with served:
        assert served.stdout is not None
        said = json.loads(served.stdout.readline())
        assert said["environment"]["ACTIVITY_API_URL"] == f"http://127.0.0.1:{said['api']}/v1"
        request = urllib.request.Request(
            f"http://127.0.0.1:{said['api']}/v1/groups", headers={"Auth-Api-Token": "t"}
        )
        with urllib.request.urlopen(request) as answer:
            assert 123 in {group["id"] for group in json.load(answer)}
        served.send_signal(signal.SIGTERM)
        assert served.wait(10) == 0


def test_a_busy_port_is_2_and_one_line(emulator_folder: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [*COMMAND, "--port", str(taken.getsockname()[1])],
            capture_output=True,
            text=True,
            env=environment(emulator_folder),
        )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in done.stderr
