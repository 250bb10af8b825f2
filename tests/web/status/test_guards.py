"""Who may ask the status page, each guard beside the attack that works without it."""

import base64
import re
import select
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.errors import UsageError
from bot.settings import Secret, Settings
from bot.web.access import Guard, guard_for
from bot.web.server import LocalServer
from bot.web.status import serve_status
from tests.web.status.conftest import Here

TOKEN = "a-long-random-word-4711"


class NoHostCheck(Guard):
    """The guard as it would be without its look at Host."""

    def refusal(self, headers, port):  # type: ignore[no-untyped-def]
        headers["Host"] = f"127.0.0.1:{port}"
        return Guard.refusal(self, headers, port)


class NoSiteCheck(Guard):
    """The guard as it would be without its look at Sec-Fetch-Site."""

    def refusal(self, headers, port):  # type: ignore[no-untyped-def]
        del headers["Sec-Fetch-Site"]
        return Guard.refusal(self, headers, port)


def test_rebound_host_is_refused(here: Here) -> None:
    answer, words = here.get(Host="evil.example:80")
    assert answer.status == 403
    assert "care-daily" not in words
    assert here.get()[0].status == 200


def test_without_host_check_a_rebound_host_reads_everything(here: Here) -> None:
    with serve_status(here.collector, NoHostCheck("127.0.0.1", 0, True)) as open_to_all:
        answer, words = here.get(server=open_to_all, Host="evil.example:80")
    assert answer.status == 200
    assert "care-daily" in words


def test_cross_site_embedding_is_refused_and_links_work(here: Here) -> None:
    embedded: dict[str, Any] = {
        "Sec_Fetch_Site": "cross-site",
        "Sec_Fetch_Mode": "no-cors",
        "Sec_Fetch_Dest": "script",
    }
    followed: dict[str, Any] = {
        "Sec_Fetch_Site": "cross-site",
        "Sec_Fetch_Mode": "navigate",
        "Sec_Fetch_Dest": "document",
    }
    assert here.get("/metrics", **embedded)[0].status == 403
    assert here.get(**followed)[0].status == 200
    with serve_status(here.collector, NoSiteCheck("127.0.0.1", 0, True)) as open_to_all:
        assert here.get("/metrics", server=open_to_all, **embedded)[0].status == 200


@pytest.mark.parametrize(
    "path", ["/", "/health", "/metrics", "/explain/care-daily@2026", "/status.css", "/nothing"]
)
def test_beyond_loopback_every_path_needs_the_token(here: Here, path: str) -> None:
    answer, words = here.get(path, server=here.serve(TOKEN))
    assert answer.status == 401
    assert words == "The token is missing or wrong: see STATUS_TOKEN.\n"
    assert "Basic" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        "Bearer schlüssel",
        f"Token {TOKEN}",
        TOKEN,
        "Basic !!!",
        "Basic " + base64.b64encode(TOKEN.encode()).decode(),
        "Basic " + base64.b64encode(f"{TOKEN}:".encode()).decode(),
        "Basic " + base64.b64encode(f"me:{TOKEN}\n".encode()).decode(),
    ],
)
def test_wrong_credentials_are_refused(here: Here, given: str) -> None:
    answer, _ = here.get(server=here.serve(TOKEN), Authorization=given.encode().decode("latin-1"))
    assert answer.status == 401


@pytest.mark.parametrize(
    "given",
    [f"Bearer {TOKEN}", f"bearer  {TOKEN}", "Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode()],
)
def test_token_is_accepted_under_any_host(here: Here, given: str) -> None:
    answer, words = here.get(server=here.serve(TOKEN), Authorization=given, Host="status.example.com")
    assert answer.status == 200
    assert "care-daily" in words


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(here: Here, method: str) -> None:
    answer, _ = here.get(method=method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "request_",
    ["NONSENSE / HTTP/1.1\r\nHost: x", "<script>\r\n", f"GET /{'x' * 70_000} HTTP/1.1", "GET / HTTP/9"],
)
def test_malformed_requests_are_not_echoed(here: Here, request_: str) -> None:
    address = urlsplit(here.serve().url)
    with socket.create_connection((str(address.hostname), address.port or 0), timeout=20) as client:
        client.sendall(f"{request_}\r\n\r\n".encode())
        said = client.recv(65_536).decode()
    assert re.match(r"HTTP/1\.[01] (400|403|405|431) ", said)
    assert "<" not in said
    assert "default-src 'none'" in said


def test_head_has_the_length_and_no_body(here: Here) -> None:
    answer, words = here.get(method="HEAD")
    assert answer.status == 200
    assert int(answer.headers["Content-Length"]) > 1000
    assert words == ""


def test_page_is_not_framed_scripted_or_cached(here: Here) -> None:
    answer, words = here.get()
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "http:" not in words
    assert "https:" not in words


@pytest.mark.parametrize(
    "address", ["0.0.0.0:8090", "[::]:8090", "192.0.2.1:8090", "status.example.com:8090"]
)
def test_address_beyond_loopback_needs_a_token(address: str) -> None:
    with pytest.raises(UsageError, match="set STATUS_TOKEN"):
        guard_for(address, None)
    assert guard_for(address, Secret(TOKEN)).token is not None


@pytest.mark.parametrize("address", ["127.0.0.1:8090", "localhost:0", "[::1]:8090", "127.3.2.1:1"])
def test_loopback_needs_no_token(address: str) -> None:
    assert guard_for(address, None).is_loopback


def test_token_is_required_on_loopback_when_set(here: Here) -> None:
    guard = guard_for("127.0.0.1:0", Secret(TOKEN))
    with serve_status(here.collector, guard) as server:
        assert here.get(server=server)[0].status == 401
        assert here.get(server=server, Authorization=f"Bearer {TOKEN}")[0].status == 200


def test_short_token_is_refused() -> None:
    with pytest.raises(UsageError, match="STATUS_TOKEN is too short") as raised:
        guard_for("0.0.0.0:8090", Secret("hunter2"))
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "address", ["8090", ":8090", "127.0.0.1", "::1:8090", "127.0.0.1:70000", "a b:1", "http://x:1"]
)
def test_malformed_address_is_a_usage_error(address: str) -> None:
    with pytest.raises(UsageError, match="write HOST:PORT"):
        guard_for(address, Secret(TOKEN))


def test_taken_port_is_a_usage_error(here: Here) -> None:
    port = urlsplit(here.serve().url).port
    with pytest.raises(UsageError, match=f"nothing can listen on 127.0.0.1:{port}"):
        serve_status(here.collector, Guard("127.0.0.1", port or 0, True))


def test_the_token_is_a_secret(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "token").write_text(TOKEN + "\n", encoding="utf-8")
    settings = Settings.from_environment({"STATUS_TOKEN_FILE": str(tmp_path / "token")})
    assert settings.status_token is not None
    assert settings.status_token.reveal() == TOKEN
    assert TOKEN not in repr(settings)
    assert settings.redact(f"Bearer {TOKEN}") == "Bearer [secret]"


def silent(server: LocalServer) -> socket.socket:
    """Return a client that connects, begins a request and says no more."""
    address = urlsplit(server.url)
    client = socket.create_connection((str(address.hostname), address.port or 0), timeout=20)
    client.sendall(b"GET / HTTP/1.1\r\nHost: ")
    return client


def readable(client: socket.socket) -> bool:
    """Whether there is something to read, be it the end."""
    return bool(select.select([client], [], [], 0)[0])


def ended(client: socket.socket) -> bool:
    """Whether the other side let go of it."""
    try:
        return client.recv(10) == b""
    except ConnectionResetError:
        return True


def test_slow_clients_lock_nobody_out(here: Here) -> None:
    """At the bound the oldest connection is closed."""
    server = here.serve(max_clients=3)
    slow = [silent(server) for _ in range(8)]
    try:
        assert here.get(server=server)[0].status == 200
        assert ended(slow[0])
    finally:
        for client in slow:
            client.close()


def test_slow_clients_hold_no_thread(here: Here) -> None:
    server = here.serve(max_clients=1_000)
    before = threading.active_count()
    slow = [silent(server) for _ in range(50)]
    try:
        assert here.get(server=server)[0].status == 200
        assert threading.active_count() == before
        assert not any(ended(client) for client in slow if readable(client))
    finally:
        for client in slow:
            client.close()


@pytest.mark.long
def test_without_eviction_slow_clients_lock_everybody_out(here: Here) -> None:
    """Waitress alone stops accepting at its limit, until a slow client times out."""
    guard = Guard("127.0.0.1", 0, True)
    with serve_status(here.collector, guard, max_clients=1_000) as server:
        server._server.adj.connection_limit = 6
        slow = [silent(server) for _ in range(8)]
        with pytest.raises(TimeoutError):
            here.get(server=server, seconds=1.0)
        for client in slow:
            client.close()
        assert here.get(server=server)[0].status == 200


def test_close_waits_for_no_client(here: Here) -> None:
    with serve_status(here.collector, Guard("127.0.0.1", 0, True)) as server:
        client = silent(server)
    assert ended(client)
    client.close()
    address = urlsplit(server.url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((str(address.hostname), address.port or 0), timeout=5)
