"""The page over HTTP: for a browser on this machine, and nobody through somebody else's page."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from bot.errors import UsageError
from bot.web.access import loopback_guard
from bot.web.preview import PageServer
from bot.web.preview.page import FILES
from tests.web.preview.desk import REPORTS_YAML, Desk

SECONDS = 20


@pytest.fixture
def served(at_desk: Desk) -> Iterator[PageServer]:
    server = PageServer(at_desk.page)
    try:
        yield server
    finally:
        server.close()


def connected(server: PageServer) -> http.client.HTTPConnection:
    address = urlsplit(server.url)
    return http.client.HTTPConnection(str(address.hostname), address.port, timeout=SECONDS)


def get(
    server: PageServer, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = connected(server)
    connection.request(method, path, headers={name.replace("_", "-"): text for name, text in headers.items()})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def shown(server: PageServer, **wish: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(get(server, f"/show?{urlencode(wish)}")[1])
    return said


def test_all_static_files_are_served(served: PageServer) -> None:
    for path, (_, kind) in FILES.items():
        answer, content = get(served, path)
        assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
        assert content
    page = get(served, "/")[1].decode()
    assert "http:" not in page
    assert "https:" not in page


def test_documents_of_a_rendition_are_served(served: PageServer) -> None:
    said = shown(served, digest="care-weekly", form="mail")
    [frame, _] = said["frames"]
    answer, content = get(served, frame["url"])
    assert (answer.status, b"Social care, weekly" in content) == (200, True)
    assert "sandbox allow-same-origin" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_unlisted_paths_are_404(served: PageServer) -> None:
    for path in (
        "/made/nothing.html",
        "/made/../page.py",
        "/../reports.yaml",
        "/reports.yaml",
        "/.",
        "/page.py",
    ):
        assert get(served, path)[0].status == 404


def test_odd_requests_get_a_message(served: PageServer) -> None:
    assert json.loads(get(served, "/moments?digest=nothing")[1]) == {
        "fault": "There is no digest 'nothing' in the file."
    }
    said = shown(served, digest="care-weekly", reader="-1", form="slack")
    assert (said["problems"], said["stale"]) == ([], False)
    long = shown(served, digest="x" * 5000)
    assert len(str(long)) < 2000


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_refused(served: PageServer, method: str) -> None:
    answer = get(served, "/overview", method)[0]
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert get(served, "/overview", "HEAD")[1] == b""


def test_every_answer_has_the_security_headers(served: PageServer) -> None:
    url = shown(served, digest="care-weekly")["frames"][0]["url"]  # type: ignore[index]
    for path in ("/", "/overview", "/page.js", url, "/nothing"):
        headers = get(served, path)[0].headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in headers


# Guards: each attack fails, and the same request without what gives it away succeeds.


@pytest.mark.parametrize(
    "path", ["/", "/overview", "/show?digest=care-weekly", "/moments?digest=care-weekly"]
)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}", "127.0.0.1"]
)
def test_rebound_host_is_refused(served: PageServer, path: str, host: str) -> None:
    """DNS rebinding: the browser believes that it talks to evil.example, whose script may read the answer."""
    port = urlsplit(served.url).port
    answer, content = get(served, path, Host=host.format(port=port))
    assert (answer.status, b"care" in content) == (403, False)
    for ours in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
        assert get(served, path, Host=ours)[0].status == 200


def test_cross_site_requests_are_refused(served: PageServer, at_desk: Desk) -> None:
    """Without the guard an <img> on any page would make the bot ask the API."""
    path = "/show?digest=care-weekly"
    for headers in (
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        assert get(served, path, **headers)[0].status == 403
    assert at_desk.asked == []
    assert get(served, path, Sec_Fetch_Site="same-origin", Origin=served.url.rstrip("/"))[0].status == 200
    assert at_desk.asked == ["opened"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com", "", "localhost"])
def test_only_loopback_addresses_are_accepted(at_desk: Desk, host: str) -> None:
    with pytest.raises(UsageError, match="for this machine only"):
        PageServer(at_desk.page, host=host)
    assert loopback_guard("127.0.0.1", 0).is_loopback
    assert loopback_guard("::1", 0).is_loopback


def test_busy_port_is_a_usage_error(served: PageServer, at_desk: Desk) -> None:
    port = urlsplit(served.url).port
    assert port
    with pytest.raises(UsageError, match=f"Port {port} cannot be used: .* Choose another with --port, or 0"):
        PageServer(at_desk.page, port=port)
    with pytest.raises(UsageError, match="Port 70000 cannot be used"):
        PageServer(at_desk.page, port=70_000)


# News


def news_of(server: PageServer, generation: int) -> dict[str, object]:
    """Poll as the page does, until the generation."""
    for _ in range(SECONDS * 10):
        news: dict[str, object] = json.loads(get(server, "/news")[1])
        if news["generation"] == generation:
            break
        time.sleep(0.1)
    return news


@pytest.mark.long
def test_watcher_reports_a_save_as_news(served: PageServer, at_desk: Desk) -> None:
    assert news_of(served, 1)["generation"] == 1
    at_desk.file.write_text(REPORTS_YAML + "# saved\n", encoding="utf-8")
    assert news_of(served, 2)["generation"] == 2
    at_desk.file.write_text("digests: [", encoding="utf-8")
    assert news_of(served, 3)["generation"] == 3
    assert json.loads(get(served, "/overview")[1])["problems"]


def test_polling_browsers_hold_no_thread(served: PageServer) -> None:
    before = threading.active_count()
    waiting = [connected(served) for _ in range(50)]
    for connection in waiting:
        connection.request("GET", "/news")
        assert connection.getresponse().read()
    assert threading.active_count() == before
    assert get(served, "/overview")[0].status == 200
    for connection in waiting:
        connection.close()


def test_close_ends_open_connections(at_desk: Desk) -> None:
    server = PageServer(at_desk.page)
    connection = connected(server)
    connection.request("GET", "/news")
    assert connection.getresponse().read()
    closing = threading.Thread(target=server.close)
    closing.start()
    closing.join(SECONDS)
    assert not closing.is_alive()
    assert connection.sock.recv(1) == b""
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(server.url).port), SECONDS)


def test_disconnected_browsers_do_no_harm(served: PageServer) -> None:
    port = urlsplit(served.url).port
    for sent in (b"", b"GET /overview HTTP/1.1\r\n", b"\xff\xfe\r\n\r\n", b"GET /news HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), SECONDS) as raw:
            raw.sendall(sent)
    assert get(served, "/overview")[0].status == 200
