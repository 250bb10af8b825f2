"""A limit for a whole step on the wire, where a socket's own limit only counts each wait.

A server that sends one byte now and then never lets `socket.settimeout` fire.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def deadline(seconds: float, current: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut the socket that `current` names when the block takes longer than `seconds`.

    The block then sees the connection end, and what it read before may look complete: so a block
    that returns all the same ends with TimeoutError.
    """
    passed = threading.Event()
    timer = threading.Timer(seconds, _shut, [current, passed])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if passed.is_set():
        raise TimeoutError(f"took longer than {seconds:g} seconds")


def _shut(current: Callable[[], socket.socket | None], passed: threading.Event) -> None:
    """Below TLS, whose own `shutdown` may not be called from a second thread."""
    passed.set()
    sock = current()
    if sock is not None:
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
