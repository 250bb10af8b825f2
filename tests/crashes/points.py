"""Crash points: every commit, network call and renaming of files that our code makes, before it and after it.

`watch` wraps the libraries' functions in this process, never ours. Each time one is reached for us it gets a
name by its place in our code; at the one named `die_at` the process ends itself with SIGKILL.
"""

import json
import os
import signal
import smtplib
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from types import FrameType
from typing import Any

import requests
from sqlalchemy.engine.default import DefaultDialect

BOT = f"{Path(__file__).parents[2] / 'bot'}{os.sep}"
DATABASE = "ledger/database.py"
PLUMBING = (DATABASE, "channels/connection.py")
"""Rooms' own wrappers of a library: a point is named by who uses them."""

Place = tuple[str, int, str]
"""File below `bot/`, line, qualified name of the function."""


class Points:
    """Counts, writes down and perhaps dies. One line of JSON for each point in `log`."""

    def __init__(self, log: Path, die_at: str) -> None:
        self._file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._die_at = die_at
        self._times: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reach(self, when: str, call: str) -> None:
        """Pass one point, unless it is the last one."""
        chain = list(_places(sys._getframe(2)))
        if not chain or is_reading(chain) or is_within_exchange(chain):
            return
        with self._lock:
            kind = f"{when} {call} {_told(chain)}"
            self._times[kind] += 1
            name = f"{kind} #{self._times[kind]}"
            os.write(self._file, (json.dumps({"name": name, "chain": chain}) + "\n").encode())
            if name == self._die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(
        self, owner: Any, name: str, call: str, kinds: tuple[type, ...] = (), *, before: bool = True
    ) -> None:
        """Make a point before and after `owner.name`; only of objects that are exactly of `kinds`, if given.

        Not `before` what only waits: that moment is the end of the call before it.
        """
        real: Callable[..., Any] = getattr(owner, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            if kinds and type(arguments[0]) not in kinds:
                return real(*arguments, **named)
            if before:
                self.reach("before", call)
            result = real(*arguments, **named)
            self.reach("after", call)
            return result

        setattr(owner, name, watched)


def watch(log: Path, die_at: str = "") -> None:
    """Begin to count in this process."""
    points = Points(log, die_at)
    points.around(DefaultDialect, "do_commit", "commit")
    points.around(socket, "create_connection", "connect")
    points.around(requests.Session, "send", "exchange")
    http = (HTTPConnection, HTTPSConnection)  # urllib3 has its own below it: there the exchange is the point
    points.around(HTTPConnection, "request", "request", http)
    points.around(HTTPConnection, "getresponse", "answer", http, before=False)
    points.around(smtplib.SMTP, "send", "mail bytes")
    points.around(smtplib.SMTP, "getreply", "mail reply", before=False)
    points.around(os, "replace", "rename")
    points.around(os, "rename", "rename")


def is_reading(chain: list[Place]) -> bool:
    """Whether this is the end of a transaction that only reads: it changes nothing."""
    return chain[0][0] == DATABASE and chain[0][2] == "read"


def is_within_exchange(chain: list[Place]) -> bool:
    """Whether this is the connecting of an exchange with the API, whose two ends are points themselves."""
    return chain[0][0] == "source/http/sockets.py"


def _places(frame: FrameType | None) -> Iterator[Place]:
    """Yield the functions of ours that are being called, the innermost first."""
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(BOT):
            yield code.co_filename.removeprefix(BOT), frame.f_lineno, code.co_qualname
            if code.co_qualname == "transaction.<locals>.run":
                # The commit follows the method, which is no frame any more.
                method = frame.f_locals["method"]
                code = method.__code__
                yield code.co_filename.removeprefix(BOT), code.co_firstlineno, method.__qualname__
        frame = frame.f_back


def _told(chain: list[Place]) -> str:
    """`ledger/deliveries.py Deliveries.finish_attempt < delivery/pipeline.py _send`: where it is, and for whom in another file."""
    named = [place for place in chain if place[0] not in PLUMBING and "<" not in place[2]] or chain
    file, _, function = named[0]
    callers = [place for place in named if place[0] != file]
    return f"{file} {function}" + (f" < {callers[0][0]} {callers[0][2]}" if callers else "")
