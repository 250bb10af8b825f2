"""Where an export may come from, and to which addresses its host may resolve."""

import socket

import pytest

from bot.errors import SourceRefused
from bot.source import Endpoints
from bot.source.exports.download import check_export_url
from bot.source.http.sockets import any_address, loopback_only, public_only
from bot.source.http.transport import HttpRequest, NoAnswer, Transport
from tests.source.conftest import Hosts
from tests.source.loopback import TurnedClock, reply

ENDPOINTS = Endpoints(
    "https://api.lexer.io/v1",
    "https://clients.lexer.io/status",
    ("*.s3.amazonaws.com", "*.s3.*.amazonaws.com", "http://127.0.0.1:*", "http://files:8082"),
    ("files:8082",),
)
SIGNED = "?X-Amz-Signature=canary"


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://bucket.s3.amazonaws.com/x.csv", public_only),
        ("https://bucket.s3.ap-southeast-2.amazonaws.com/x.csv", public_only),
        ("https://BUCKET.s3.amazonaws.com:443/x.csv", public_only),
        ("http://127.0.0.1:8082/x.csv", loopback_only),
        ("http://files:8082/x.csv", any_address),
    ],
)
def test_named_hosts_are_allowed_with_their_addresses(url: str, rule: object) -> None:
    checked = check_export_url(url + SIGNED, ENDPOINTS)
    assert (checked.url, checked.addresses) == (url + SIGNED, rule)
    assert "canary" not in repr(checked)


REFUSED = [
    "http://bucket.s3.amazonaws.com/x",
    "https://bucket.s3.amazonaws.com:8443/x",
    "https://bucket.s3.amazonaws.com:80/x",
    "https://bucket.s3.amazonaws.com./x",
    "https://user@bucket.s3.amazonaws.com/x",
    "https://bucket.s3.amazonaws.com@evil.example/x",
    "https://bucket.s3.amazonaws.com:443@evil.example/x",
    "https://bucket.s3.amazonaws.com.evil.example/x",
    "https://evil.example/bucket.s3.amazonaws.com",
    "https://evil.example#bucket.s3.amazonaws.com",
    "https://evil.example?bucket.s3.amazonaws.com",
    "https://evil.example\\.s3.amazonaws.com/x",
    "https://evil.example%2f.s3.amazonaws.com/x",
    "https://a.b.s3.amazonaws.com/x",
    "https://s3.amazonaws.com/x",
    "https://.s3.amazonaws.com/x",
    "https://bucket.s3.x.evil.amazonaws.com/x",
    "https://bucket-s3.amazonaws.com/x",
    "https://169.254.169.254/latest/meta-data",
    "https://[::ffff:169.254.169.254]/x",
    "https://[::1]/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://127.1/x",
    "https://localhost/x",
    "https://127.0.0.1/x",
    "http://127.0.0.2:8082/x",
    "http://localhost:8082/x",
    "http://files:8083/x",
    "http://files/x",
    "http://127.0.0.1:8082@evil.example/x",
    "https://bucket.s3.amazonaws.com/x\r\nHost: evil",
    "https://bücket.s3.amazonaws.com/x",
    "https://buc ket.s3.amazonaws.com/x",
    "file:///etc/passwd",
    "ftp://bucket.s3.amazonaws.com/x",
    "//bucket.s3.amazonaws.com/x",
    "bucket.s3.amazonaws.com/x",
    "https://bucket.s3.amazonaws.com:x/x",
    "https://",
    "",
    "https://bucket.s3.amazonaws.com/" + "x" * 9000,
]


@pytest.mark.covers("a download address on another or an internal host")
@pytest.mark.parametrize("url", REFUSED, ids=lambda url: url[:50])
def test_everything_else_is_refused_and_never_shown(url: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        check_export_url(url + SIGNED, ENDPOINTS)
    message = str(caught.value)
    assert "canary" not in message
    assert "X-Amz" not in message
    assert message.isprintable()
    assert len(message) < 300


INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_inside_addresses_are_not_public(address: str) -> None:
    assert not public_only(address)


@pytest.mark.parametrize("address", ["52.218.0.1", "8.8.8.8", "::ffff:8.8.8.8", "2600:9000::1"])
def test_outside_addresses_are_public(address: str) -> None:
    assert public_only(address)
    assert not loopback_only(address)


def test_name_resolving_to_private_address_is_refused(hosts: Hosts, clock: TurnedClock) -> None:
    url = f"http://localhost:{hosts.files.port}/latest/meta-data"
    transport, deadline = Transport(clock), clock.monotonic() + 60
    with pytest.raises(SourceRefused, match="localhost is at an inside or reserved network address"):
        transport.exchange(HttpRequest("GET", url, deadline, addresses=public_only), lambda got: got.status)
    assert hosts.files.received == []
    # Without the guard the same name leads to the inside.
    hosts.files.says(reply({}))
    assert transport.exchange(HttpRequest("GET", url, deadline), lambda got: got.status) == 200


def test_loopback_name_resolving_elsewhere_is_refused(clock: TurnedClock) -> None:
    ask = HttpRequest("GET", "http://8.8.8.8:9/x", clock.monotonic() + 60, addresses=loopback_only)
    with pytest.raises(SourceRefused):
        Transport(clock).exchange(ask, lambda got: got.status)


def test_unresolvable_name_fails(clock: TurnedClock) -> None:
    for host in ("nowhere.invalid", "x" * 64 + ".invalid"):
        with pytest.raises((NoAnswer, SourceRefused)):
            Transport(clock).exchange(
                HttpRequest("GET", f"http://{host}/", clock.monotonic() + 60), lambda got: got.status
            )


def test_closed_port_is_no_answer(clock: TurnedClock) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        ask = HttpRequest("GET", f"http://127.0.0.1:{taken.getsockname()[1]}/", clock.monotonic() + 60)
        with pytest.raises(NoAnswer, match="failed or was cut"):
            Transport(clock).exchange(ask, lambda got: got.status)
