"""Listening sockets, and servers that run an application in threads of their own."""

import socket
import threading
from contextlib import ExitStack
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from activity_emulator.errors import PortBusy

BACKLOG = 128
HIGHEST_PORT = 65_535


class QuietHandler(WSGIRequestHandler):
    """A handler without an access log, which drops a client that is silent for a minute."""

    timeout = 60

    def log(self, type: str, message: str, *args: Any) -> None:
        """Print nothing: only the command line prints, and URLs are secrets."""


def listen(host: str, port: int, count: int) -> list[socket.socket]:
    """Open sockets on `port`, `port` + 1, …; on any free ports if `port` is 0. Raises PortBusy."""
    ports = [port + offset if port else 0 for offset in range(count)]
    with ExitStack() as opened:
        sockets = [opened.enter_context(_listen(host, number)) for number in ports]
        opened.pop_all()
    return sockets


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= HIGHEST_PORT:
        raise PortBusy(host, port, "no such port")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise PortBusy(host, port, error.strerror or str(error)) from None


class Server:
    """One application on one socket, served in daemon threads until `close`."""

    def __init__(self, app: Flask, listener: socket.socket) -> None:
        host, self.port = listener.getsockname()[:2]
        with listener:  # the server works on a duplicate of it
            self._server: BaseWSGIServer = make_server(
                host, self.port, app, threaded=True, request_handler=QuietHandler, fd=listener.fileno()
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name=f"emulator:{self.port}",
            daemon=True,
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening; requests being answered may finish."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
