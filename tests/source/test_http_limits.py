"""Time and size have an end, whatever a server does; each with the attack on an unguarded client."""

import gzip
import json
import socket
import zlib

import pytest
import requests

from bot.errors import SourceUnavailable, SourceUnclear
from bot.source import ActivityApi
from bot.source.http.request import LARGEST_ANSWER
from bot.source.http.transport import HttpRequest, NoAnswer, TooLarge, Transport
from tests.source.conftest import Hosts, MakeApi
from tests.source.loopback import NOW, TurnedClock, dripping, many, reply
from tests.source.samples import SUMMARY, summary_query

WHOLE = reply({"total_volume": 1})


@pytest.mark.covers("silence, or single bytes now and then")
@pytest.mark.parametrize("slow", [WHOLE[:40], WHOLE])
def test_slow_headers_and_body_are_cut(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock, slow: bytes
) -> None:
    hosts.api.says(dripping(clock, slow, 20.0))
    started = clock.monotonic()
    with pytest.raises(SourceUnavailable, match="did not answer in time"):
        make_api(attempt=60.0, deadline=60.0).fetch(summary_query(), NOW)
    assert clock.monotonic() - started <= 100.0


def test_library_timeouts_do_not_stop_slow_drip(hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(dripping(clock, WHOLE, 20.0, in_step=False))
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(hosts.api.url, timeout=(5, 30))
    assert answer.json() == {"total_volume": 1}
    assert clock.monotonic() > 1000 + 20.0 * (len(WHOLE) - 2)


@pytest.mark.covers("silence, or single bytes now and then")
def test_silent_server_is_abandoned_at_deadline(make_api: MakeApi, hosts: Hosts) -> None:
    def silent(connection: socket.socket) -> None:
        connection.recv(1)

    hosts.api.says(silent)
    with pytest.raises(SourceUnavailable, match="did not answer in time"):
        make_api(attempt=0.2, deadline=0.4).fetch(summary_query(), NOW)


def test_nothing_is_sent_after_the_deadline(hosts: Hosts, clock: TurnedClock) -> None:
    ask = HttpRequest("GET", hosts.api.url, clock.monotonic())
    with pytest.raises(NoAnswer):
        Transport(clock).exchange(ask, lambda got: got.status)
    assert hosts.api.received == []


@pytest.mark.covers("an answer over 64 MB, also after decompression")
def test_endless_answer_is_cut_at_limit(api: ActivityApi, hosts: Hosts) -> None:
    megabyte = b" " * 1024 * 1024
    pieces = [b"HTTP/1.1 200 OK\r\n\r\n", *[megabyte] * (LARGEST_ANSWER // len(megabyte) + 2)]
    hosts.api.says(many(pieces))
    with pytest.raises(SourceUnclear, match="larger than 64 MB"):
        api.fetch(summary_query(), NOW)


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(megabytes)) + packer.flush()


@pytest.mark.covers("an answer over 64 MB, also after decompression")
def test_compressed_bomb_stops_at_decoded_size(hosts: Hosts, clock: TurnedClock) -> None:
    packed = bomb(50)
    assert len(packed) < 100_000
    response = reply(packed, headers={"Content-Encoding": "gzip"})
    hosts.api.says(response, response)
    ask = HttpRequest("GET", hosts.api.url, clock.monotonic() + 60)
    seen: list[int] = []
    with pytest.raises(TooLarge):
        Transport(clock).exchange(ask, lambda got: seen.extend(map(len, got.pieces(1024 * 1024))))
    assert sum(seen) <= 1024 * 1024
    with requests.Session() as session:
        session.trust_env = False
        assert len(session.get(hosts.api.url).content) == 50 * 1024 * 1024


def test_unrequested_compression_is_read(api: ActivityApi, hosts: Hosts) -> None:
    packed = gzip.compress(json.dumps(SUMMARY).encode())
    hosts.api.says(reply(packed, headers={"Content-Encoding": "gzip"}))
    api.fetch(summary_query(), NOW)
