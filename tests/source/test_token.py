"""The token goes to two hosts and nowhere else; every guard beside the attack that it stops."""

from pathlib import Path

import pytest
import requests

from bot.errors import SourceRefused, UsageError
from bot.source import ActivityApi, Endpoints
from bot.source.http.endpoints import TOKEN_HEADER, ApiToken
from tests.source.conftest import Hosts, MakeApi
from tests.source.loopback import NOW, TOKEN, reply
from tests.source.samples import MAY, SUMMARY, summary_query


@pytest.mark.covers("a redirect")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_refused_naming_only_host(api: ActivityApi, hosts: Hosts, status: int) -> None:
    hosts.api.says(reply(b"", status, {"Location": f"{hosts.files.url}/steal?signature=canary"}))
    with pytest.raises(SourceRefused, match="redirect") as caught:
        api.fetch(summary_query(), NOW)
    assert "127.0.0.1" in str(caught.value)
    assert "steal" not in str(caught.value)
    assert hosts.files.received == []


def test_without_guard_redirect_carries_token(hosts: Hosts) -> None:
    hosts.api.says(reply(b"", 307, {"Location": f"{hosts.files.url}/steal"}))
    hosts.files.says(reply({}))
    with requests.Session() as session:
        session.trust_env = False
        session.post(hosts.api.url, headers={TOKEN_HEADER: TOKEN, "Authorization": "x"})
    assert hosts.files.received[0].headers["auth-api-token"] == TOKEN
    assert "authorization" not in hosts.files.received[0].headers


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login planted password planted\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))


@pytest.mark.usefixtures("netrc")
def test_netrc_is_not_read(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply(SUMMARY), reply(SUMMARY))
    api.fetch(summary_query(), NOW)
    requests.post(hosts.api.url, timeout=5)
    ours, unguarded = hosts.api.received
    assert "authorization" not in ours.headers
    assert unguarded.headers["authorization"].startswith("Basic ")


def test_environment_proxy_is_ignored(
    api: ActivityApi, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", hosts.files.url)
    monkeypatch.setenv("no_proxy", "")
    hosts.api.says(reply(SUMMARY))
    hosts.files.says(reply(SUMMARY))
    api.fetch(summary_query(), NOW)
    assert hosts.files.received == []
    requests.post(hosts.api.url, headers={TOKEN_HEADER: TOKEN}, timeout=5)
    assert hosts.files.received[0].headers["auth-api-token"] == TOKEN


def test_cookie_is_never_sent_back(api: ActivityApi, hosts: Hosts) -> None:
    cookie = {"Set-Cookie": "session=planted; Path=/"}
    hosts.api.says(reply(SUMMARY, headers=cookie), reply(SUMMARY), reply({}, headers=cookie), reply({}))
    api.fetch(summary_query(), NOW)
    api.fetch(summary_query(MAY), NOW)
    with requests.Session() as session:
        session.trust_env = False
        session.get(hosts.api.url)
        session.get(hosts.api.url)
    assert ["cookie" in got.headers for got in hosts.api.received] == [False, False, False, True]


ENDPOINTS = Endpoints("https://api.lexer.io/v1", "https://clients.lexer.io/status", ("*.s3.amazonaws.com",))


@pytest.mark.parametrize(
    "url",
    [
        "http://api.lexer.io/v1",
        "https://api.lexer.io:8443/v1",
        "https://api.lexer.io.evil.example/v1",
        "https://bucket.s3.amazonaws.com/x",
        "https://lexer.io/v1",
    ],
)
def test_token_is_bound_to_api_origin(url: str) -> None:
    with pytest.raises(SourceRefused, match="own hosts"):
        ApiToken(TOKEN, ENDPOINTS).headers_for(url)


def test_token_is_for_both_api_hosts() -> None:
    access = ApiToken(TOKEN, ENDPOINTS)
    for url in ("https://API.lexer.io:443/v1/users", "https://clients.lexer.io/status?token=x"):
        assert access.headers_for(url) == {TOKEN_HEADER: TOKEN}


@pytest.mark.parametrize("token", ["", " \n", "a b", "a\r\nX: y", "a\x00b", "tökén", "x" * 2000, "a\x7f"])
def test_malformed_token_is_refused_unshown(make_api: MakeApi, token: str) -> None:
    with pytest.raises(UsageError, match="ACTIVITY_API_TOKEN") as caught:
        make_api(token=token)
    assert len(token) < 2 or token not in str(caught.value)


def test_without_guard_library_shows_malformed_token(hosts: Hosts) -> None:
    with pytest.raises(requests.exceptions.InvalidHeader) as caught:
        requests.get(hosts.api.url, headers={TOKEN_HEADER: f"{TOKEN}\n"}, timeout=5)
    assert TOKEN in str(caught.value)


def test_nothing_shows_the_token(api: ActivityApi) -> None:
    assert repr(api) == "ActivityApi(127.0.0.1)"
    assert TOKEN not in repr(vars(api))
    assert TOKEN not in str(ApiToken(TOKEN, ENDPOINTS))
