"""Connections to a provider: which need no encryption, how long a step may take, what a failed look means."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from bot.errors import ChannelAuthError, DeliveryError, Retryability
from bot.lib.net import is_loopback_host
from bot.model import Finding, State


def is_plaintext_allowed(host: str, port: int, plaintext: tuple[str, ...]) -> bool:
    """Return whether `host` is loopback, or exactly `host:port` is in BOT_ALLOW_PLAINTEXT."""
    return is_loopback_host(host) or f"{host}:{port}" in plaintext


@contextmanager
def deadline(seconds: float, current: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut the socket that `current` returns when the block takes longer than `seconds`.

    A socket's own timeout counts each wait, so a server that sends one byte now and then never meets it.
    The block sees the connection end, and what it read before may look complete: a block that returns all
    the same ends with TimeoutError.
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
    """Shut below TLS, whose own `shutdown` must not be called from a second thread."""
    passed.set()
    sock = current()
    if sock is not None:
        with suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def failure(about: str, error: DeliveryError) -> Finding:
    """Return the finding of a failed probe: WRONG needs a person, FAILED may work later."""
    if isinstance(error, ChannelAuthError) or error.retryability is Retryability.PERMANENT:
        return Finding(State.WRONG, about, str(error))
    return Finding(State.FAILED, about, str(error), "try again later")
