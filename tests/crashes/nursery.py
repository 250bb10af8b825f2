"""The bot's command line in a new process for each order, forked from one that has imported everything.

Orders are lines of JSON on stdin; the answers are the child's process id, then how it ended (as `waitpid` has it).
"""

import importlib
import json
import os
import sys
import time
import traceback
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

from bot.cli import commands, load_command
from bot.render import prepare
from tests.crashes.points import watch

LIKELY = (
    "bot.actions.explain",
    "bot.app",
    "bot.render.index_page",
    "bot.render.template_check",
    "bot.service",
    "bot.web.preview",
    "bot.web.status",
    "babel.dates",
    "activity_emulator",
    "css_inline",
    "resvg_py",
    "slack_sdk",
    "sqlalchemy.dialects.sqlite",
)


def main() -> None:
    for name in commands.commands:
        load_command(name)
    for module in LIKELY:
        importlib.import_module(module)
    for line in sys.stdin:
        prepare()  # a client that is killed while it asks for a PDF takes the warm process with it
        child = os.fork()
        if child == 0:
            _live(json.loads(line))
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)


def _live(order: dict[str, Any]) -> None:
    """Become the process that was ordered; never returns."""
    status = 1
    try:
        _settle_in(order)
        from bot.cli import main as command_line

        status = command_line(order["arguments"])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _settle_in(order: dict[str, Any]) -> None:
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    nothing, said = (
        os.open(os.devnull, os.O_RDONLY),
        os.open("said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    )
    os.dup2(nothing, 0), os.dup2(said, 1), os.dup2(said, 2)
    _share_warm_process()
    if order["turned"]:
        _turn_time()
    if order["log"]:
        watch(Path(order["log"]), order["die_at"])


def _share_warm_process() -> None:
    """Report the PDF process as alive: it is the nursery's child, not ours, so that we cannot wait for it."""
    warm, real = forkserver._forkserver._forkserver_pid, os.waitpid  # type: ignore[attr-defined]

    def waitpid(pid: int, options: int) -> tuple[int, int]:
        return (0, 0) if pid == warm else real(pid, options)

    os.waitpid = waitpid


def _turn_time() -> None:
    """Turn the clock instead of sleeping: a long sleep takes no time."""
    slept, real_sleep, real_monotonic = 0.0, time.sleep, time.monotonic

    def sleep(seconds: float) -> None:
        nonlocal slept
        if seconds < 1.0:
            real_sleep(seconds)
        else:
            slept += seconds

    clock: Any = time
    clock.sleep, clock.monotonic = sleep, lambda: real_monotonic() + slept


if __name__ == "__main__":
    main()
