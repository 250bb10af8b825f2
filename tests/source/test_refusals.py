"""What each refusal means, and which are tried again."""

import socket
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from bot.errors import SourceBusy, SourceError, SourceRefused, SourceUnavailable, SourceUnclear
from bot.source import ActivityApi
from bot.source.http.request import retry_after
from tests.source.conftest import Hosts, MakeApi
from tests.source.loopback import NOW, TOKEN, Reply, TurnedClock, Turnstile, cut_after, reply
from tests.source.samples import APRIL, MAY, SUMMARY, summary_query

WHOLE = reply(SUMMARY)
PAGE = reply(b"<html><body>Bad gateway</body></html>", kind="text/html")


@pytest.mark.covers(
    "400 Invalid report - date range is too long",
    "400 Invalid report - invalid type",
    "404 Not found (malformed)",
)
@pytest.mark.parametrize(
    ("status", "text"),
    [
        (400, "Invalid report - date range is too long"),
        (400, "Invalid report - starting date is a future date"),
        (400, "Invalid report - invalid type"),
        (404, "Not found"),
        (422, "No"),
    ],
)
def test_refusal_quotes_the_server_and_is_not_retried(
    api: ActivityApi, hosts: Hosts, status: int, text: str
) -> None:
    hosts.api.says(reply({"error": text}, status))
    with pytest.raises(SourceRefused) as caught:
        api.fetch(summary_query(), NOW)
    assert str(caught.value) == f'127.0.0.1 refused summary (HTTP {status}): "{text}".'


@pytest.mark.covers("401 Unauthorized - api token not matching, 403")
@pytest.mark.parametrize("status", [401, 403])
def test_wrong_token_error_has_hint(api: ActivityApi, hosts: Hosts, status: int) -> None:
    hosts.api.says(reply({"error": f"api token {TOKEN} not matching"}, status))
    with pytest.raises(SourceRefused) as caught:
        api.fetch(summary_query(), NOW)
    message = str(caught.value)
    for fragment in ("Manager (Edit Team)", "shown only once", "reset", "Integrate", "[secret] not matching"):
        assert fragment in message
    assert TOKEN not in message


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"errors": [{"message": "first"}, {"message": "second"}]}', '"first"'),
        (b"just\r\n  words\x1b[31m\x00", '"just words[31m"'),
        (b"<html><h1>secret page</h1>", None),
        (b'{"error": {"error": {"error": {"error": {"error": "deep"}}}}}', None),
        (b'{"error": 7}', None),
        (b'"' + b"x" * 5000 + b'"', "x" * 199 + "…"),
        (b'{"error": "\\u202egnp.exe \\ud800"}', '"gnp.exe"'),
        (b'{"error": "see https://a.example/x?signature=zzz now"}', '"see https://a.example/x?… now"'),
        (b"[" * 100_000, None),
    ],
)
def test_server_message_is_one_short_clean_line(
    api: ActivityApi, hosts: Hosts, body: bytes, shown: str | None
) -> None:
    hosts.api.says(reply(body, 400))
    with pytest.raises(SourceRefused) as caught:
        api.fetch(summary_query(), NOW)
    message = str(caught.value)
    assert message.isprintable()
    assert (shown in message) if shown else message == "127.0.0.1 refused summary (HTTP 400)."


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504, 520])
def test_transient_failure_is_retried(
    api: ActivityApi, hosts: Hosts, clock: TurnedClock, status: int
) -> None:
    hosts.api.says(reply(b"", status), reply(b"", status), WHOLE)
    api.fetch(summary_query(), NOW)
    assert clock.slept == [0.5, 1.0]


@pytest.mark.parametrize(
    "broken",
    [
        cut_after(b""),
        cut_after(b"HTTP/1.1 200 OK\r\nContent-Le"),
        cut_after(WHOLE[:-20]),
        cut_after(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a"'),
        b"SSH-2.0-OpenSSH\r\n",
        PAGE,
        reply(b"\xef\xbb\xbf" + b'{"total_volume": 1}'),
        reply(b'{"total_volume": 1, "x": "\xff"}'),
        reply(b'{"total_volume": 1'),
        reply(b"", 204),
    ],
)
def test_broken_answer_is_retried(api: ActivityApi, hosts: Hosts, broken: bytes) -> None:
    hosts.api.says(broken, WHOLE)
    api.fetch(summary_query(), NOW)
    assert len(hosts.api.received) == 2


def test_host_that_is_down_is_unavailable(api: ActivityApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(*[reply(b"", 503)] * 4)
    with pytest.raises(SourceUnavailable, match=r"failed to answer summary \(HTTP 503\)"):
        api.fetch(summary_query(), NOW)
    assert clock.slept == [0.5, 1, 2]


def test_backoff_is_random_up_to_doubled_limit(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    draws = iter([0.0, 1.0, 0.25])
    hosts.api.says(*[reply(b"", 500)] * 3, WHOLE)
    make_api(random=lambda: next(draws)).fetch(summary_query(), NOW)
    assert clock.slept == [0.0, 2.0, 1.0]


def test_retries_end_with_the_deadline(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(*[reply(b"", 503)] * 4)
    with pytest.raises(SourceUnavailable):
        make_api(deadline=7.0).fetch(summary_query(), NOW)
    assert sum(clock.slept) < 7.0


def test_no_json_is_unclear_after_three_attempts(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(PAGE, PAGE, PAGE)
    with pytest.raises(SourceUnclear, match="not JSON"):
        api.fetch(summary_query(), NOW)


@pytest.mark.covers("JSON of another shape")
def test_wrong_shape_is_not_retried(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply({"volume": 1}))
    with pytest.raises(SourceUnclear, match="total_volume"):
        api.fetch(summary_query(), NOW)


@pytest.mark.covers("429 Rate limited exceeded with Retry-After: 429=30")
def test_429_blocks_token_for_all_until_retry_after(
    api: ActivityApi, hosts: Hosts, clock: TurnedClock, limiter: Turnstile
) -> None:
    hosts.api.says(reply({"error": "Rate limited exceeded"}, 429, {"Retry-After": "42"}), WHOLE)
    api.fetch(summary_query(), NOW)
    assert limiter.blocked == [(limiter.taken[0], 42.0)]
    assert clock.slept == [42.0]  # as the limiter said, which holds for every worker
    assert len(limiter.taken) == 2


@pytest.mark.covers("429 without a usable Retry-After: 429")
@pytest.mark.parametrize("header", [None, "", "soon", "-5", "0", "1e9", "nan", "١٢", "Mon, 99 Foo 2018"])
def test_429_without_retry_after_backs_off(
    api: ActivityApi, hosts: Hosts, clock: TurnedClock, limiter: Turnstile, header: str | None
) -> None:
    encoded = {"Retry-After": header.encode().decode("latin-1")} if header is not None else {}
    hosts.api.says(reply(b"", 429, encoded), WHOLE)
    api.fetch(summary_query(), NOW)
    assert [seconds for _, seconds in limiter.blocked] == [5.0]
    assert clock.slept == [5.0]


@pytest.mark.covers("429 Rate limited exceeded with Retry-After: 429=30")
def test_429_delays_other_queries_of_token(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(reply(b"", 429, {"Retry-After": "120"}))
    api = make_api(wait=10.0)
    for query in (summary_query(APRIL), summary_query(MAY)):
        with pytest.raises(SourceBusy, match="rate limit") as caught:
            api.fetch(query, NOW)
        assert caught.value.retry_after == 120.0
    assert (clock.slept, len(hosts.api.received)) == ([], 1)


@pytest.mark.covers("429 without a usable Retry-After: 429")
def test_fourth_429_is_an_api_failure(api: ActivityApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(*[reply(b"", 429, {"Retry-After": "20"})] * 4)
    with pytest.raises(SourceUnavailable, match="HTTP 429") as caught:
        api.fetch(summary_query(), NOW)
    assert not isinstance(caught.value, SourceBusy)
    assert clock.slept == [20.0] * 3


def test_429_beyond_deadline_is_retryable_later(
    api: ActivityApi, hosts: Hosts, clock: TurnedClock, limiter: Turnstile
) -> None:
    hosts.api.says(reply(b"", 429, {"Retry-After": "900"}))
    with pytest.raises(SourceUnavailable) as caught:
        api.fetch(summary_query(), NOW)
    assert caught.value.retry_after == 900.0
    assert limiter.blocked[0][1] == 900.0
    assert clock.slept == []


@pytest.mark.parametrize("header", [{"Retry-After": "17"}, {}])
def test_backoff_beyond_wait_budget_raises_failure(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock, header: dict[str, str]
) -> None:
    hosts.api.says(reply(b"", 503, header))
    with pytest.raises(SourceUnavailable, match="HTTP 503") as caught:
        make_api(wait=0.4).fetch(summary_query(), NOW)
    assert caught.value.retry_after == (17.0 if header else None)
    assert clock.slept == []


def test_patience_covers_all_waits_of_query(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock, limiter: Turnstile
) -> None:
    limiter.waits = [6.0, 6.0]
    with pytest.raises(SourceBusy) as caught:
        make_api(wait=10.0).fetch(summary_query(), NOW)
    assert (caught.value.retry_after, clock.slept, hosts.api.received) == (6.0, [6.0], [])


def test_503_retry_after_is_obeyed(api: ActivityApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(reply(b"", 503, {"Retry-After": "17"}), WHOLE)
    api.fetch(summary_query(), NOW)
    assert clock.slept == [17.0]


def test_retry_after_is_bounded_seconds_or_date() -> None:
    assert retry_after("120", NOW) == 120.0
    assert retry_after("999999999", NOW) == 3600.0
    assert retry_after(format_datetime(NOW + timedelta(seconds=90), usegmt=True), NOW) == 90.0
    assert retry_after(format_datetime(NOW - timedelta(days=1), usegmt=True), NOW) == 0.0
    assert retry_after("Fri, 31 Dec 9999 23:59:59 GMT", NOW) == 3600.0
    assert retry_after("Sun, 06 May 2018 23:01:00 -0000", NOW) == 60.0


def test_each_attempt_waits_for_limiter(
    api: ActivityApi, hosts: Hosts, clock: TurnedClock, limiter: Turnstile
) -> None:
    limiter.waits = [30.0, 12.5]
    hosts.api.says(WHOLE)
    api.fetch(summary_query(), NOW)
    assert clock.slept == [30.0, 12.5]
    assert hosts.progress == [
        "summary: waiting for the API's rate limit (30 s)",
        "summary: waiting for the API's rate limit (12 s)",
    ]


@pytest.mark.parametrize("urgent", [True, False])
def test_interactive_queries_may_use_reserved_slots(
    make_api: MakeApi, hosts: Hosts, limiter: Turnstile, urgent: bool
) -> None:
    hosts.api.says(WHOLE)
    make_api(urgent=urgent).fetch(summary_query(), NOW)
    assert limiter.urgent == {urgent}


@pytest.mark.parametrize(
    ("response", "attempts"),
    [
        (WHOLE, 1),
        (reply(b"", 400), 1),
        (reply(b"", 401), 1),
        (reply(b"", 302, {"Location": "/x"}), 1),
        (reply({"volume": 1}), 1),
        (PAGE, 3),
        (reply(b"", 500), 4),
        (reply(b"", 429), 4),
        (cut_after(b""), 4),
        (cut_after(WHOLE[:-20]), 4),
    ],
)
def test_every_attempt_lands_once_however_it_ends(
    api: ActivityApi, hosts: Hosts, limiter: Turnstile, response: Reply, attempts: int
) -> None:
    hosts.api.says(*[response] * attempts)
    with suppress(SourceError):
        api.fetch(summary_query(), NOW)
    assert len(limiter.taken) == attempts
    assert limiter.flying == set()


def test_request_is_in_flight_until_answer_is_read(
    api: ActivityApi, hosts: Hosts, limiter: Turnstile
) -> None:
    flying: list[set[int]] = []

    def look(connection: socket.socket) -> None:
        flying.append(set(limiter.flying))
        connection.sendall(WHOLE)

    hosts.api.says(reply(b"", 500), look)
    api.fetch(summary_query(), NOW)
    assert flying == [{2}]


def test_interrupted_attempt_releases_its_permit(make_api: MakeApi, hosts: Hosts, limiter: Turnstile) -> None:
    class Interrupted(TurnedClock):
        def now(self) -> datetime:
            if limiter.flying:
                raise KeyboardInterrupt
            return super().now()

    hosts.api.says(reply(b"", 503))
    with pytest.raises(KeyboardInterrupt):
        make_api(clock=Interrupted()).fetch(summary_query(), NOW)
    assert limiter.flying == set()


def test_limiter_wait_beyond_deadline_is_source_busy(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock, limiter: Turnstile
) -> None:
    limiter.waits = [250.0]
    with pytest.raises(SourceUnavailable, match="rate limit") as caught:
        make_api(deadline=200.0).fetch(summary_query(), NOW)
    assert caught.value.retry_after == 250.0
    assert (clock.slept, hosts.api.received) == ([], [])
