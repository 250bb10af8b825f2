"""An export's three steps on three hosts."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from activity_emulator import Emulator, Log
from activity_emulator.exports import Exports
from tests.activity_emulator.client import JUNE_2019, Client, error
from tests.activity_emulator.conftest import NOW
from tests.activity_emulator.test_rate_limit import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(tmp_path: Path, log: Log, clock: Clock) -> Iterator[Emulator]:
    """Yield an emulator whose exports take a second and whose downloads last a minute of `clock`."""
    with Emulator(data_dir=tmp_path, now=NOW, log=log, clock=clock, url_lifetime=60.0) as started:
        yield started


def finished(emulator: Emulator, clock: Clock) -> str:
    """Return the URL of a finished export."""
    client = Client(emulator)
    token = client.figures("case_details", **JUNE_2019)["token"]
    clock.seconds += 1
    return str(client.status(token).json()["url"])


def test_pending_until_delay_passes(timed: Emulator, clock: Clock) -> None:
    client = Client(timed)
    answer = client.figures("case_details", **JUNE_2019)
    assert answer == {"status": "pending", "url": None, "token": answer["token"]}
    clock.seconds += 0.9
    assert client.status(answer["token"]).json() == answer
    clock.seconds += 0.1
    complete = client.status(answer["token"]).json()
    assert (complete["status"], complete["token"]) == ("complete", answer["token"])


def test_download_without_token(timed: Emulator, clock: Clock) -> None:
    answer = requests.get(finished(timed, clock), timeout=60)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert len(rows) > 10
    assert {len(row) for row in rows} == {11}


def test_download_port(timed: Emulator, clock: Clock) -> None:
    url = urlsplit(finished(timed, clock))
    assert url.port == timed.ports[2]
    assert timed.export_hosts == f"http://{url.hostname}:*"


def test_expired_url_is_signed_again(timed: Emulator, clock: Clock) -> None:
    client = Client(timed)
    token = client.figures("case_details", **JUNE_2019)["token"]
    clock.seconds += 1
    old = client.status(token).json()["url"]
    clock.seconds += 60
    assert requests.get(old, timeout=60).status_code == 403
    new = client.status(token).json()["url"]
    assert requests.get(new, timeout=60).status_code == 200


def test_forged_url(timed: Emulator, clock: Clock) -> None:
    url = finished(timed, clock)
    query = parse_qs(urlsplit(url).query)
    expires, signature = query["expires"][0], query["signature"][0]
    for forged in (
        url.replace(expires, str(int(expires) + 600)),
        url.replace(signature, "0" * len(signature)),
        url.replace(signature, "é"),
        url.replace(expires, "²"),
        url.split("?")[0],
        url.replace("case_details.csv", "summary.csv"),
        url.replace("/case_details.csv", "0/case_details.csv"),
    ):
        assert forged != url
        assert requests.get(forged, timeout=60).status_code == 403


def test_urls_are_independent(timed: Emulator, clock: Clock) -> None:
    first, second = finished(timed, clock), finished(timed, clock)
    assert urlsplit(first).path != urlsplit(second).path
    assert parse_qs(urlsplit(first).query)["signature"] != parse_qs(urlsplit(second).query)["signature"]


def test_unknown_report_token(timed: Emulator) -> None:
    assert error(Client(timed).status("nothing")) == (404, {"error": "Not found"})
    assert error(Client(timed).status("")) == (404, {"error": "Not found"})


def test_host_separation(timed: Emulator, clock: Clock) -> None:
    headers = Client(timed).headers
    api, status, download = timed.ports
    url = urlsplit(finished(timed, clock))
    for port, path in (
        (api, "/api/public/v1/activity/reports/status?token=t"),
        (api, f"{url.path}?{url.query}"),
        (status, "/v1/users"),
        (status, f"{url.path}?{url.query}"),
        (download, "/v1/users"),
    ):
        answer = requests.get(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=60)
        assert answer.status_code == 404, (port, path)


def test_journal_entries(timed: Emulator, clock: Clock) -> None:
    requests.get(finished(timed, clock), timeout=60)
    seen = [
        (r.method, r.host, r.path.endswith(".csv"), r.report_type, r.status, r.with_token)
        for r in timed.requests
    ]
    assert seen == [
        ("POST", "api", False, "case_details", 200, True),
        ("GET", "status", False, "case_details", 200, True),
        ("GET", "download", True, "case_details", 200, False),
    ]
    assert [(r.query.type, r.query.groups) if r.query else None for r in timed.requests] == [
        ("case_details", None),
        None,
        None,
    ]
    assert not any("signature" in r.path or "token" in r.path for r in timed.requests)
    timed.requests.clear()
    assert len(timed.requests) == 0


def test_export_capacity() -> None:
    exports = Exports(delay=0.0, lifetime=60.0, clock=Clock())
    jobs = [exports.start("case_details", b"") for _ in range(201)]
    assert exports.find(jobs[0].token) is None
    assert exports.find(jobs[1].token) == jobs[1]
    assert exports.find(jobs[200].token) == jobs[200]
