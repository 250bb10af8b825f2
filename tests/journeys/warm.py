"""Run command lines in processes of their own that need not import first: a warm process forks one for each.

What `python -m bot` takes a second of a processor for, before it begins, is done once. Each still has its own
memory, folder, environment, standard streams and exit status.
"""

import atexit
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
IMPORTED = ("bot.cli.run", "bot.cli.send", "bot.cli.history", "bot.render.renderer")


def run_warm(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float
) -> "subprocess.CompletedProcess[str]":
    """Run a command line in `folder`. Raise subprocess.TimeoutExpired after so many seconds."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8") as err,
        socket.socket(socket.AF_UNIX) as asked,
    ):
        asked.settimeout(seconds)
        asked.connect(_address())
        request = {"arguments": list(arguments), "folder": str(folder), "environment": dict(environment)}
        socket.send_fds(asked, [json.dumps(request).encode()], [out.fileno(), err.fileno()])
        asked.shutdown(socket.SHUT_WR)
        try:
            status = int(asked.recv(16))
        except TimeoutError:
            raise subprocess.TimeoutExpired(list(arguments), seconds) from None
        said = [file.read() for file in (out, err) if file.seek(0) == 0]
    return subprocess.CompletedProcess(list(arguments), status, *said)


@functools.cache
def _address() -> str:
    """Start the warm process of this one; return where it listens. It ends with us."""
    folder = tempfile.TemporaryDirectory(prefix="warm-")
    address = f"{folder.name}/socket"
    warm = subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.warm", address],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        text=True,
        stdout=subprocess.PIPE,
    )
    atexit.register(folder.cleanup)
    atexit.register(warm.kill)
    assert warm.stdout is not None
    assert warm.stdout.readline() == "ready\n"
    return address


def serve(address: str) -> None:
    """Fork a process for each request, for ever."""
    for module in IMPORTED:
        import_module(module)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(16)
    print("ready", flush=True)
    while True:
        asked, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _answer(asked)
        asked.close()


def _answer(asked: socket.socket) -> None:
    """Run what is asked in a process of its own, and say how it ended; end with it when nobody waits any more."""
    text, files, _, _ = socket.recv_fds(asked, 1 << 20, 2)
    while more := asked.recv(1 << 20):
        text += more
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    process = os.fork()
    if process == 0:
        asked.close()
        raise SystemExit(_command(json.loads(text), files))
    _, ended = os.waitpid(process, 0)
    asked.sendall(str(os.waitstatus_to_exitcode(ended)).encode())
    os._exit(0)


def _command(request: Mapping[str, Any], files: Sequence[int]) -> int:
    from bot.cli import main

    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for target, file in enumerate(files, start=1):
        os.dup2(file, target)
        os.close(file)
    sys.path[0] = ""
    return main(request["arguments"])


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    serve(sys.argv[1])
