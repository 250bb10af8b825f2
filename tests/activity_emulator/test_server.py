"""Ports, threads and URLs of an emulator."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
import requests

from activity_emulator import Emulator, Log, PortBusy
from tests.activity_emulator.client import APRIL_2018, Client
from tests.activity_emulator.conftest import NOW


def three_free_ports() -> int:
    """Return the first of three adjacent free ports."""
    for first in range(23_000, 60_000, 7):
        probes = [socket.socket() for _ in range(3)]
        try:
            for offset, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + offset))
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
        return first
    raise AssertionError("no three free ports")


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Emulator]:
    """Return a factory of emulators over an empty log."""

    def made(**options: object) -> Emulator:
        return Emulator(data_dir=tmp_path, now=NOW, log=Log.of({}, now=NOW), **options)  # type: ignore[arg-type]

    return made


def test_three_ports(make: Callable[..., Emulator]) -> None:
    first = three_free_ports()
    with make(port=first) as emulator:
        assert emulator.ports == (first, first + 1, first + 2)
        assert emulator.api_url == f"http://127.0.0.1:{first}/v1"
        assert emulator.status_url == f"http://127.0.0.1:{first + 1}/api/public/v1/activity/reports/status"
        assert emulator.export_hosts == "http://127.0.0.1:*"
        assert Client(emulator).get("groups").json() == []


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_busy_port(make: Callable[..., Emulator], taken: int) -> None:
    first = three_free_ports()
    with (
        socket.create_server(("127.0.0.1", first + taken)),
        pytest.raises(PortBusy, match=str(first + taken)),
    ):
        make(port=first).start()
    with make(port=first) as emulator:
        assert emulator.ports[0] == first


def test_invalid_port(make: Callable[..., Emulator]) -> None:
    with pytest.raises(PortBusy, match="no such port"):
        make(port=70_000).start()
    with pytest.raises(PortBusy):
        make(port=65_535).start()


def test_close_frees_ports(make: Callable[..., Emulator]) -> None:
    emulator = make().start()
    url, port = emulator.api_url, emulator.ports[0]
    emulator.close()
    emulator.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/users", timeout=2)
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_start_states(make: Callable[..., Emulator]) -> None:
    emulator = make()
    with pytest.raises(RuntimeError, match="not started"):
        _ = emulator.api_url
    with emulator, pytest.raises(RuntimeError, match="already started"):
        emulator.start()


def test_invalid_arguments(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zone"):
        Emulator(data_dir=tmp_path, now=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="token"):
        Emulator(data_dir=tmp_path, now=NOW, token="")


def test_download_host_follows_request(make: Callable[..., Emulator]) -> None:
    """As from outside a container, where the emulator listens on all interfaces."""
    with make(host="0.0.0.0", export_delay=0) as emulator:
        assert emulator.api_url.startswith("http://127.0.0.1:")
        client = Client(emulator)
        token = client.figures("case_details", **APRIL_2018)["token"]
        headers = {**client.headers, "Host": f"reports.test:{emulator.ports[1]}"}
        url = requests.get(emulator.status_url, headers=headers, params={"token": token}, timeout=5).json()[
            "url"
        ]
        assert url.startswith(f"http://reports.test:{emulator.ports[2]}/")


@pytest.mark.long
def test_concurrent_clients(emulator: Emulator) -> None:
    def ask(_: int) -> bytes:
        return Client(emulator).report(type="user_summary", **APRIL_2018).content

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(ask, range(48)))
    assert len(answers) == 1


def test_silent_while_serving(make: Callable[..., Emulator], capfd: pytest.CaptureFixture[str]) -> None:
    with make(token="very-secret-token") as emulator:
        client = Client(emulator)
        client.get("users")
        client.get("nothing")
        client.post("{")
        client.status("t")
        Client(emulator, token="wrong").get("users")
    assert capfd.readouterr() == ("", "")
