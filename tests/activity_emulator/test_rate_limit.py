"""The rate limit: 100 requests in any 5 minutes, lists and status polls counted."""

from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from activity_emulator import Emulator, Log
from activity_emulator.rate_limit import Limiter
from tests.activity_emulator.client import APRIL_2018, Client, error
from tests.activity_emulator.conftest import NOW

LIMITED = (429, {"error": "Rate limited exceeded"})


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.long
def test_limit_of_100_requests(small: Emulator) -> None:
    client = Client(small)
    for _ in range(34):
        assert client.get("users").status_code == 200
        assert client.report(type="summary", **APRIL_2018).status_code == 200
    for _ in range(32):
        assert client.status("unknown").status_code == 404
    assert error(client.get("groups")) == LIMITED
    assert error(client.report(type="summary", **APRIL_2018)) == LIMITED
    assert error(client.status("unknown")) == LIMITED


def test_sliding_window(tmp_path: Path) -> None:
    clock, log = Clock(), Log.of({}, now=NOW)
    with Emulator(data_dir=tmp_path, now=NOW, log=log, limit=(2, 300.0), clock=clock) as emulator:
        client = Client(emulator)
        assert client.get("users").status_code == 200
        clock.seconds += 200
        assert client.get("users").status_code == 200
        clock.seconds += 99
        assert client.get("users").status_code == 429
        clock.seconds += 1
        assert client.get("users").status_code == 200
        assert client.get("users").status_code == 429
    log.close()


def test_wrong_token_not_counted(tmp_path: Path) -> None:
    log = Log.of({}, now=NOW)
    with Emulator(data_dir=tmp_path, now=NOW, log=log, limit=(1, 300.0), clock=Clock()) as emulator:
        for _ in range(3):
            assert Client(emulator, token="other").get("users").status_code == 401
        assert Client(emulator).get("users").status_code == 200
        assert Client(emulator).get("users").status_code == 429
    log.close()


def test_downloads_not_counted(tmp_path: Path) -> None:
    log = Log.of({}, now=NOW)
    with Emulator(
        data_dir=tmp_path, now=NOW, log=log, limit=(2, 300.0), clock=Clock(), export_delay=0
    ) as emulator:
        client = Client(emulator)
        url = client.status(client.figures("case_details", **APRIL_2018)["token"]).json()["url"]
        assert [status_of(url) for _ in range(3)] == [200, 200, 200]
        assert client.get("users").status_code == 429
    log.close()


def status_of(url: str) -> int:
    return requests.get(url, timeout=60).status_code


@given(st.lists(st.floats(min_value=0, max_value=40), max_size=60), st.integers(min_value=1, max_value=5))
def test_limit_holds_in_any_window(pauses: list[float], most: int) -> None:
    clock = Clock()
    limiter = Limiter(most, 100.0, clock)
    admitted: list[float] = []
    for pause in pauses:
        clock.seconds += pause
        before = [at for at in admitted if at > clock.seconds - 100.0]
        assert limiter.admit("t") == (clock.seconds if len(before) < most else None)
        if len(before) < most:
            admitted.append(clock.seconds)


def test_tokens_counted_separately() -> None:
    limiter = Limiter(1, 10.0, Clock())
    assert limiter.admit("a")
    assert limiter.admit("b")
    assert not limiter.admit("a")


@pytest.mark.parametrize(("most", "seconds"), [(0, 1.0), (-1, 1.0), (1, 0.0)])
def test_invalid_limit(most: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="is none"):
        Limiter(most, seconds, Clock())
