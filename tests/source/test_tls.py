"""Certificates are verified, always: what is refused, and that nothing was sent."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
import trustme

from bot.errors import SourceRefused, SourceUnavailable
from bot.source import Endpoints
from tests.source.conftest import MakeApi
from tests.source.loopback import NOW, Loopback, TurnedClock, reply
from tests.source.samples import SUMMARY, summary_query

Serve = Callable[[trustme.LeafCert], Loopback]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return file


@pytest.fixture
def serve() -> Iterator[Serve]:
    started: list[Loopback] = []

    def start(certificate: trustme.LeafCert) -> Loopback:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(context)
        started.append(Loopback(lambda connection: context.wrap_socket(connection, server_side=True)))
        return started[-1]

    yield start
    for server in started:
        server.close()


def ends(server: Loopback, ca_file: Path | None = None) -> Endpoints:
    return Endpoints(f"{server.url}/v1", f"{server.url}/status", ("*.s3.amazonaws.com",), ca_file=ca_file)


def test_verified_host_is_accepted(
    make_api: MakeApi, serve: Serve, authority: trustme.CA, trusted: Path
) -> None:
    server = serve(authority.issue_cert("127.0.0.1"))
    server.says(reply(SUMMARY))
    make_api(endpoints=ends(server, trusted)).fetch(summary_query(), NOW)
    assert server.received[0].headers["auth-api-token"]


@pytest.mark.covers("a certificate that cannot be verified")
def test_bad_certificate_is_refused_without_sending_token(
    make_api: MakeApi, serve: Serve, authority: trustme.CA, trusted: Path, clock: TurnedClock
) -> None:
    past = datetime(2001, 1, 1, tzinfo=UTC)
    for certificate in (
        trustme.CA().issue_cert("127.0.0.1"),
        authority.issue_cert("other.example"),
        authority.issue_cert("127.0.0.1", not_after=past),
    ):
        server = serve(certificate)
        with pytest.raises(SourceRefused, match=r"certificate of 127\.0\.0\.1 could not be verified"):
            make_api(endpoints=ends(server, trusted)).fetch(summary_query(), NOW)
        assert server.received == []
    assert clock.slept == []


def test_environment_cannot_add_trusted_certificate(
    make_api: MakeApi, serve: Serve, authority: trustme.CA, trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    server = serve(authority.issue_cert("127.0.0.1"))
    with pytest.raises(SourceRefused, match="certificate"):
        make_api(endpoints=ends(server)).fetch(summary_query(), NOW)
    assert server.received == []
    server.says(reply(SUMMARY))
    assert requests.get(server.url, timeout=5).status_code == 200


@pytest.mark.long
def test_connection_cut_in_handshake_is_retried(make_api: MakeApi, trusted: Path) -> None:
    # A host that speaks no TLS at all is a passing fault of the network, not a wrong certificate.
    plain = Loopback()
    try:
        url = f"https://127.0.0.1:{plain.port}"
        endpoints = Endpoints(f"{url}/v1", f"{url}/status", ("*.s3.amazonaws.com",))
        with pytest.raises(SourceUnavailable, match="did not answer"):
            make_api(endpoints=endpoints, deadline=2.0, attempt=0.2).fetch(summary_query(), NOW)
    finally:
        plain.close()
