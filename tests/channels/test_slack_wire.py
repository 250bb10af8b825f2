"""The wire to Slack: what counts as not sent, and answers that never end."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.channels.slack import api
from bot.channels.slack.api import NotReached, post
from tests.doubles.smtp_server import certificate_for

HEADERS = {"Authorization": "Bearer xoxb-canary"}


@contextmanager
def server_that(answers: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """Provide a bare socket server for one connection; `answers` gets it and an event that ends the test."""
    listener, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                answers(connection, stop)
            except OSError:
                stop.set()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/x"
    finally:
        stop.set()
        thread.join(5)
        listener.close()


def test_headers_that_drip_end_at_the_deadline() -> None:
    def drip(connection: socket.socket, stop: threading.Event) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not stop.wait(0.02):
            connection.sendall(b"x")

    with server_that(drip) as url, pytest.raises((OSError, http.client.HTTPException)) as caught:
        post(url, b"{}", HEADERS, seconds=0.3)
    assert not isinstance(caught.value, NotReached)


def test_dripping_body_ends_at_deadline() -> None:
    def drip(connection: socket.socket, stop: threading.Event) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not stop.wait(0.02):
            connection.sendall(b"x")

    with server_that(drip) as url, pytest.raises((OSError, http.client.HTTPException)):
        post(url, b"{}", HEADERS, seconds=0.3)


def test_endless_answer_is_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "LARGEST_ANSWER", 200_000)

    def flood(connection: socket.socket, stop: threading.Event) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not stop.is_set():
            connection.sendall(b"x" * 65_536)

    with server_that(flood) as url, pytest.raises(http.client.HTTPException, match="too long"):
        post(url, b"{}", HEADERS)


def test_missing_server_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotReached):
        post(f"http://127.0.0.1:{port}/", b"{}", HEADERS)


def test_untrusted_certificate_never_receives_token(tmp_path: Path) -> None:
    certificate, seen = certificate_for(tmp_path, "127.0.0.1"), bytearray()

    def serve(connection: socket.socket, stop: threading.Event) -> None:
        with certificate.context.wrap_socket(connection, server_side=True) as encrypted:
            seen.extend(encrypted.recv(65_536))

    with server_that(serve) as url, pytest.raises(NotReached, match="certificate"):
        post(url.replace("http:", "https:"), b"{}", HEADERS)
    assert b"canary" not in seen


def test_trusted_certificate_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = certificate_for(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.ca_file))

    def serve(connection: socket.socket, stop: threading.Event) -> None:
        with certificate.context.wrap_socket(connection, server_side=True) as encrypted:
            encrypted.recv(65_536)
            encrypted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            stop.wait(5)

    with server_that(serve) as url:
        assert post(url.replace("http:", "https:"), b"{}", HEADERS).body == b"{}"
