"""The rate limit with real processes, threads, sockets and time; run by `make slow`.

A server on the loopback counts requests as they arrive, each after a random delay of up to 200 ms,
and refuses those above its limit. Three processes of several threads share one ledger.
"""

import math
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.ledger import RateLimiter, open_ledger
from tests.ledger.databases import empty_postgres, on_postgres
from tests.ledger.processes import end, start, tell, told

pytestmark = [pytest.mark.slow, pytest.mark.alone]

LIMIT, SPAN = 20, 2.0
USABLE = 19
PROCESSES, THREADS = 3, 4
REQUESTS = 191 if os.environ.get("SLOW_SHARE") == "short" else 400
IDEAL_SECONDS = (math.ceil(REQUESTS / USABLE) - 1) * SPAN
WORK = """
import sys
from tests.slow.test_limit import work
url, port, number = sys.argv[1:]
work(url, int(port), int(number))
"""


class SystemClock:
    """The machine's own."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Counting(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    arrivals: list[float]
    lock: threading.Lock

    def do_GET(self) -> None:
        time.sleep(random.uniform(0.0, 0.2))  # on its way
        with self.lock:
            now = time.monotonic()
            self.arrivals.append(now)
            recent = sum(now - SPAN < moment for moment in self.arrivals[-LIMIT - 1 :])
        self.send_response(200 if recent <= LIMIT else 429)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@contextmanager
def counting_server() -> Iterator[tuple[int, list[float]]]:
    """Its port and the moments of all arrivals."""
    arrivals: list[float] = []
    handler = type("Handler", (Counting,), {"arrivals": arrivals, "lock": threading.Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1], arrivals
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def work(url: str, port: int, number: int) -> None:
    """One process: its share of the requests by several threads; says how many were refused."""
    mine = iter(range(number, REQUESTS, PROCESSES))
    refused: list[int] = []
    with open_ledger(url, owner=f"here:{number}:x") as ledger:
        limiter = RateLimiter(ledger, requests=LIMIT, seconds=SPAN, usable=USABLE, clock=SystemClock())
        limiter.acquire("warm up")
        print("ready", flush=True)
        input()
        threads = [
            threading.Thread(target=_ask_all, args=(limiter, port, mine, refused)) for _ in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(len(refused))


def _ask_all(limiter: RateLimiter, port: int, mine: Iterator[int], refused: list[int]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in mine:
        while (turn := limiter.acquire("token")).wait > 0.0:
            time.sleep(turn.wait)
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        limiter.release("token", turn.stamp)
        refused += [answer.status] if answer.status == 429 else []
    connection.close()


def run(url: str) -> tuple[list[float], int, float]:
    """All arrivals, how many were refused, and the seconds from the first word to the last answer."""
    with counting_server() as (port, arrivals):
        processes = [start(WORK, url, str(port), str(number)) for number in range(PROCESSES)]
        assert [told(process) for process in processes] == ["ready"] * PROCESSES
        began = time.monotonic()
        for process in processes:
            tell(process)
        refused = sum(int(end(process)) for process in processes)
        return sorted(arrivals), refused, max(arrivals) - began


def most_in_a_span(arrivals: list[float]) -> int:
    return max(sum(at - SPAN < other <= at for other in arrivals) for at in arrivals)


@pytest.mark.parametrize("url", [*on_postgres(), "sqlite"])
def test_server_never_counts_more_than_its_limit_and_nobody_waits_for_nothing(
    url: str, tmp_path: Path
) -> None:
    if url == "sqlite":
        url = f"sqlite:///{tmp_path}/bot.db"
    else:
        empty_postgres()
    arrivals, refused, took = run(url)
    assert len(arrivals) == REQUESTS
    assert most_in_a_span(arrivals) <= LIMIT
    assert refused == 0
    assert took <= 1.10 * IDEAL_SECONDS
