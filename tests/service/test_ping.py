"""HEARTBEAT_URL: called after good cycles, at most once a minute, and never in anybody's way."""

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.errors import DeliveryError, LedgerError, Retryability, UsageError
from bot.service import Ping, Service
from bot.settings import Settings
from tests.delivery.weeks import Weeks
from tests.ledger.factories import TurnedClock

PATH = "/ping/canary-7f3a"


@dataclass
class Listener:
    """Whoever is called; answers with `status`, or not at all while `mute`."""

    status: int = 200
    calls: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.calls.append(self.path)
            self.send_response(made.status)
            self.send_header("Location", made.url + "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *of: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


def given(sign: Ping) -> None:
    sign.give()
    sign.wait()


def test_at_most_once_a_minute(listener: Listener) -> None:
    clock = TurnedClock()
    sign = Ping(listener.url, clock)
    for _ in range(20):
        given(sign)
        clock.turn(7)
    assert listener.calls == [PATH] * 3


@pytest.mark.parametrize("status", [301, 404, 500])
def test_an_answer_that_is_no_welcome_disturbs_nobody(
    listener: Listener, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    listener.status = status
    given(Ping(listener.url, TurnedClock()))
    assert listener.calls == [PATH], "no redirect is followed"
    assert f"HTTP status {status}" in caplog.text
    assert "canary" not in caplog.text


def test_unreachable_url_is_logged_without_address(caplog: pytest.LogCaptureFixture) -> None:
    given(Ping(f"http://127.0.0.1:9{PATH}", TurnedClock()))
    assert "could not be called" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize(
    "url", ["http://example.com/x", "ftp://127.0.0.1/x", "https://", "x", "http://127.0.0.1.evil.example/"]
)
def test_only_encrypted_or_to_this_machine(url: str) -> None:
    with pytest.raises(UsageError, match="HEARTBEAT_URL must begin with") as raised:
        Ping(url, TurnedClock())
    assert "evil" not in str(raised.value)


def test_it_is_a_secret() -> None:
    url = "https://hc.example.com/canary-7f3a"
    settings = Settings.from_environment({"HEARTBEAT_URL": url})
    assert "canary" not in repr(settings)
    assert settings.redact(f"GET {url} failed") == "GET [secret] failed"


@pytest.fixture
def here() -> Weeks:
    return Weeks()


def service(here: Weeks, tmp_path: object) -> Service:
    return Service(here.configuration(), here.runtime(), tmp_path, lambda result: None)  # type: ignore[arg-type]


def cycle(of: Service) -> bool:
    of.plan_once()
    of.deliver_once()
    return of.is_well()


def test_cycle_without_errors_is_well(here: Weeks, tmp_path: object) -> None:
    one = service(here, tmp_path)
    assert not one.is_well(), "nothing is verified before the first cycle"
    here.begin(0)
    assert cycle(one)


def test_unknown_recipient_is_still_well(here: Weeks, tmp_path: object) -> None:
    here.begin(0)
    here.slack.fault = DeliveryError("no such channel", Retryability.PERMANENT)
    assert cycle(service(here, tmp_path))


@pytest.mark.long
def test_a_bug_is(here: Weeks, tmp_path: object) -> None:
    here.begin(0)
    here.slack.fault = ZeroDivisionError()
    one = service(here, tmp_path)
    assert not cycle(one)


def test_so_is_a_ledger_that_cannot_be_used(here: Weeks, tmp_path: object) -> None:
    class Full:
        def __getattr__(self, name: str) -> object:
            raise LedgerError("The disk of the database is full")

    one = service(here, tmp_path)
    assert cycle(one)
    one.runtime = replace(one.runtime, ledger=Full())  # type: ignore[arg-type]
    with pytest.raises(LedgerError):
        one.plan_once()
    assert not one._planned_well
    with pytest.raises(LedgerError):
        one.deliver_once()
    assert not one._delivered_well


def test_something_overdue_is_a_bad_sign_after_fifteen_minutes(here: Weeks, tmp_path: object) -> None:
    one = service(here, tmp_path)
    cycle(one)
    here.begin(0)
    here.clock.sleep(899)
    assert one.is_well()
    here.clock.sleep(2)
    assert not one.is_well()
    one.deliver_once()
    assert one.is_well()


def test_what_waits_for_its_next_try_is_not_overdue(here: Weeks, tmp_path: object) -> None:
    here.begin(0)
    here.slack.fault = DeliveryError("slow down", Retryability.RETRYABLE, 7200.0)
    one = service(here, tmp_path)
    assert cycle(one)
    here.clock.sleep(7200 + 800)
    assert one.is_well()
    here.clock.sleep(200)
    assert not one.is_well()


def test_it_is_given_only_after_a_good_cycle(here: Weeks, tmp_path: object, listener: Listener) -> None:
    one = service(here, tmp_path)
    one.ping = Ping(listener.url, here.clock)
    one.send_ping()
    one.ping.wait()
    assert listener.calls == []
    cycle(one)
    one.send_ping()
    one.ping.wait()
    assert listener.calls == [PATH]


@pytest.mark.covers("A process ran more than a day in the future")
def test_future_ledger_is_not_well(here: Weeks, tmp_path: object) -> None:
    """Its digests are silent: all their firings were decided by a process whose clock was ahead."""
    one = service(here, tmp_path)
    one.plan_once()
    here.ledger.planned_through([here.digest.name], here.clock.now() + timedelta(days=30))
    assert not cycle(one)
    here.clock.sleep(30 * 86_400)
    assert cycle(one)
