"""Faults on request: each one over HTTP, by header, by constructor, and switched while the emulator runs."""

import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from activity_emulator import Emulator, Faults, FaultSyntax, Log
from activity_emulator.faults import KINDS, read_fault
from tests.activity_emulator.client import APRIL_2018, JUNE_2019, Client, error
from tests.activity_emulator.conftest import NOW
from tests.activity_emulator.test_rate_limit import LIMITED, Clock

HEADER = "X-Emulator-Fault"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, log: Log, clock: Clock) -> Iterator[Callable[..., Emulator]]:
    """Yield a factory of emulators over the generated log; exports take a second of `clock`."""
    made: list[Emulator] = []

    def start(*faults: str, **options: Any) -> Emulator:
        settings = {"data_dir": tmp_path, "now": NOW, "log": log, "clock": clock, "limit": None, **options}
        made.append(Emulator(faults=faults, **settings).start())
        return made[-1]

    yield start
    for emulator in made:
        emulator.close()


def ask(emulator: Emulator, fault: str = "", **body: Any) -> requests.Response:
    """Request a report with a fault of its own; by default `summary` of April 2018."""
    headers = {**Client(emulator).headers, **({HEADER: fault} if fault else {})}
    url = f"{emulator.api_url}/activity/reports"
    return requests.post(url, headers=headers, json={"type": "summary", **APRIL_2018, **body}, timeout=60)


def start_export(emulator: Emulator, fault: str = "") -> str:
    return str(ask(emulator, fault, type="case_details", **JUNE_2019).json()["token"])


def status(emulator: Emulator, token: str) -> dict[str, Any]:
    answer: dict[str, Any] = Client(emulator).status(token).json()
    return answer


def raw_get(url: str) -> tuple[int, bytes]:
    """Return the announced length of an answer, and the bytes before the connection closes."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        path = f"{address.path}?{address.query}"
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
    [length] = [
        line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    ]
    return int(length), body


# The grammar


@pytest.mark.parametrize(
    "text",
    [
        "delay=0.2",
        "delay=0-0.2",
        "429",
        "429=30",
        "429=Wed, 21 Oct 2026 07:28:00 GMT",
        "500",
        "503@summary*3",
        "html@users",
        "cut@download*1",
        "export-never",
        "export-fails*1",
        "export-expires=2@case_details",
        "export-cut",
        "filter-ignored@user_summary",
        "user-volume-states",
        "500@status",
    ],
)
def test_fault_round_trip(text: str) -> None:
    assert str(read_fault(text)) == text
    assert str(read_fault(f" {text} ")) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write NAME"),
        ("500 @summary", "write NAME"),
        ("500*0", "write NAME"),
        ("500*3@summary", "write NAME"),
        ("dely=1", "did you mean delay?"),
        ("600", "there is no fault '600'"),
        ("50", "there is no fault '50'"),
        ("delay", "write delay=0.2"),
        ("delay=-1", "write delay=0.2"),
        ("delay=1e3", "write delay=0.2"),
        ("delay=nan", "write delay=0.2"),
        ("500=1", "500 cannot be '1'"),
        ("429=\r\nX: y", "429 cannot be"),
        ("export-expires=0", "write export-expires"),
        ("500@sumary", "did you mean summary?"),
        ("export-fails@summary", "cannot be limited to 'summary'; it can be case_details"),
        ("filter-ignored@status", "cannot be limited to 'status'"),
        ("user-volume-states@summary", "it can be user_volume"),
    ],
)
def test_fault_syntax_errors(text: str, said: str) -> None:
    with pytest.raises(FaultSyntax) as caught:
        read_fault(text)
    assert said in str(caught.value)


def test_examples_parse() -> None:
    for name, kind in KINDS.items():
        for example in kind.example.split("(")[0].split(" or "):
            assert read_fault(example).kind == name


def test_counts_and_order() -> None:
    faults = Faults("500@summary*2", "429*1", "html")
    taken = [faults.take(("5xx", "429", "html"), "summary") for _ in range(4)]
    assert [fault and fault.name for fault in taken] == ["500", "500", "429", "html"]
    assert list(faults) == ["html"]


def test_add_is_atomic() -> None:
    faults = Faults()
    with pytest.raises(FaultSyntax):
        faults.add("500", "nonsense")
    assert list(faults) == []
    faults.add("500*2")
    faults.take(("5xx",), "users")
    assert list(faults) == ["500*1"]
    faults.clear()
    assert list(faults) == []


def test_count_across_threads() -> None:
    faults = Faults("500*300")
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: faults.take(("5xx",), "users"), range(1000)))
    assert sum(fault is not None for fault in taken) == 300


# Whole answers


def test_no_fault(make: Callable[..., Emulator]) -> None:
    emulator = make()
    assert ask(emulator).status_code == 200
    assert [(r.status, r.faults) for r in emulator.requests] == [(200, ())]


@pytest.mark.parametrize("code", [500, 502, 503, 599])
def test_server_error(make: Callable[..., Emulator], code: int) -> None:
    answer = ask(make(), str(code))
    assert error(answer) == (code, {"error": "Internal error"})


@pytest.mark.parametrize("wait", ["30", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_429_with_retry_after(make: Callable[..., Emulator], wait: str) -> None:
    answer = ask(make(), f"429={wait}")
    assert error(answer) == LIMITED
    assert answer.headers["Retry-After"] == wait


def test_429_without_retry_after(make: Callable[..., Emulator]) -> None:
    answer = ask(make(), "429")
    assert error(answer) == LIMITED
    assert "Retry-After" not in answer.headers


def test_html_answer(make: Callable[..., Emulator]) -> None:
    answer = ask(make(), "html")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!doctype html>")
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_cut_answer(make: Callable[..., Emulator]) -> None:
    emulator = make()
    whole = ask(emulator).content
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(emulator, "cut")
    headers = {**Client(emulator).headers, HEADER: "cut"}
    body = {"type": "summary", **APRIL_2018}
    url = f"{emulator.api_url}/activity/reports"
    answer = requests.post(url, headers=headers, json=body, timeout=60, stream=True)
    assert int(answer.headers["Content-Length"]) == len(whole)
    wire: Any = answer.raw._fp
    assert b"".join(iter(lambda: wire.read(64), b"")) == whole[: len(whole) // 2]
    answer.close()


def test_cut_shortest_answer(empty: Emulator) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(f"{empty.api_url}/users", headers={**Client(empty).headers, HEADER: "cut"}, timeout=60)


def test_several_faults_in_header(make: Callable[..., Emulator]) -> None:
    emulator = make()
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(emulator, "502; cut ;")
    assert [(r.status, r.faults) for r in emulator.requests] == [(502, ("502", "cut"))]


def test_header_applies_to_one_request(make: Callable[..., Emulator]) -> None:
    emulator = make()
    assert [ask(emulator, fault).status_code for fault in ("500", "", "500@users", "500@summary")] == [
        500,
        200,
        200,
        500,
    ]


def test_malformed_header(make: Callable[..., Emulator]) -> None:
    emulator = make()
    answer = ask(emulator, "500; cutt")
    assert error(answer) == (400, {"error": "X-Emulator-Fault: there is no fault 'cutt'; did you mean cut?"})


def test_faults_from_start(make: Callable[..., Emulator]) -> None:
    emulator = make("503@summary*2", "500@users")
    client = Client(emulator)
    assert [ask(emulator).status_code for _ in range(3)] == [503, 503, 200]
    assert [client.get(name).status_code for name in ("users", "groups", "users")] == [500, 200, 500]
    assert ask(emulator, type="states_volume").status_code == 200


def test_add_and_clear_at_run_time(make: Callable[..., Emulator]) -> None:
    emulator = make()
    emulator.faults.add("429")
    assert ask(emulator).status_code == 429
    assert Client(emulator).status("t").status_code == 429
    assert Client(emulator).get("nothing").status_code == 429
    emulator.faults.clear()
    assert ask(emulator).status_code == 200


def test_wrong_token_takes_no_fault(make: Callable[..., Emulator]) -> None:
    emulator = make("500*1")
    assert Client(emulator, token="other").get("users").status_code == 401
    assert Client(emulator).get("users").status_code == 500


def test_target_of_malformed_body(make: Callable[..., Emulator]) -> None:
    emulator = make("500@summary")
    assert Client(emulator).report(type="summary").status_code == 500
    for body in ("", "[]", "[" * 60_000, '{"type": ["summary"]}', b"\xff", b"x" * 100_000):
        assert error(Client(emulator).post(body)) == (404, {"error": "Not found"})


# Delay and the limit


def test_delay_before_admission(make: Callable[..., Emulator]) -> None:
    emulator = make(clock=time.monotonic)
    begun = time.monotonic()
    assert ask(emulator, "delay=0.2").status_code == 200
    [request] = emulator.requests
    assert request.admitted_at is not None
    assert request.admitted_at - begun >= 0.2


@pytest.mark.long
def test_random_delay(make: Callable[..., Emulator]) -> None:
    emulator = make("delay=0.001-0.05", clock=time.monotonic)
    took = []
    for _ in range(12):
        begun = time.monotonic()
        ask(emulator)
        took.append((emulator.requests[-1].admitted_at or 0) - begun)
    assert min(took) >= 0.001
    assert len({round(seconds, 3) for seconds in took}) > 1


def test_delay_ends_at_close(make: Callable[..., Emulator]) -> None:
    emulator = make()
    with ThreadPoolExecutor(1) as pool:
        begun = time.monotonic()
        late = pool.submit(ask, emulator, "delay=99")
        while not any("process_request" in thread.name for thread in threading.enumerate()):
            pass
        emulator.close()
        assert late.exception() is not None or late.result().status_code == 503
    assert time.monotonic() - begun < 30


def test_faults_count_against_limit(make: Callable[..., Emulator]) -> None:
    emulator = make(limit=(3, 300.0))
    assert [ask(emulator, fault).status_code for fault in ("500", "429", "html", "")] == [500, 429, 200, 429]
    assert [(r.admitted_at, r.faults) for r in emulator.requests] == [
        (1000.0, ("500",)),
        (1000.0, ("429",)),
        (1000.0, ("html",)),
        (None, ()),
    ]


def test_journal_admitted_at(make: Callable[..., Emulator], clock: Clock) -> None:
    emulator = make(limit=(2, 10.0))
    client = Client(emulator)
    for seconds in (0, 4, 1, 5, 0):
        clock.seconds += seconds
        client.get("users")
    Client(emulator, token="other").get("users")
    assert [r.admitted_at for r in emulator.requests] == [1000.0, 1004.0, None, 1010.0, None, None]
    assert emulator.requests.most_admitted(10.0) == 2
    assert emulator.requests.most_admitted(10.5) == 3
    assert emulator.requests.most_admitted(4.0) == 1


# Exports


def test_export_never(make: Callable[..., Emulator], clock: Clock) -> None:
    emulator = make()
    token, other = start_export(emulator, "export-never"), start_export(emulator)
    clock.seconds += 100_000
    assert status(emulator, token) == {"status": "pending", "url": None, "token": token}
    assert status(emulator, other)["status"] == "complete"


def test_export_fails_once(make: Callable[..., Emulator], clock: Clock) -> None:
    emulator = make("export-fails*1")
    first, second = start_export(emulator), start_export(emulator)
    assert status(emulator, first)["status"] == "pending"
    clock.seconds += 1
    for _ in range(2):
        assert status(emulator, first) == {"status": "failed", "url": None, "token": first}
    assert status(emulator, second)["status"] == "complete"


def test_clear_ends_export_fault(make: Callable[..., Emulator], clock: Clock) -> None:
    emulator = make("export-never")
    token = start_export(emulator)
    clock.seconds += 1
    assert status(emulator, token)["status"] == "pending"
    emulator.faults.clear()
    assert status(emulator, token)["status"] == "complete"


@pytest.mark.parametrize(("fault", "expired"), [("export-expires", 1), ("export-expires=3", 3)])
def test_export_expires(make: Callable[..., Emulator], clock: Clock, fault: str, expired: int) -> None:
    emulator = make()
    token = start_export(emulator, fault)
    clock.seconds += 1
    urls = [status(emulator, token)["url"] for _ in range(expired + 2)]
    codes = [requests.get(url, timeout=60).status_code for url in urls]
    assert codes == [403] * expired + [200, 200]


def test_export_cut(make: Callable[..., Emulator], clock: Clock) -> None:
    emulator = make()
    token, other = start_export(emulator, "export-cut"), start_export(emulator)
    clock.seconds += 1
    whole = requests.get(status(emulator, other)["url"], timeout=60).content
    announced, sent = raw_get(status(emulator, token)["url"])
    assert announced == len(whole)
    assert sent == whole[: len(whole) // 2]


def test_download_cut_once(make: Callable[..., Emulator], clock: Clock) -> None:
    emulator = make("cut@download*1", "503@download*1")
    token = start_export(emulator)
    clock.seconds += 1
    url = status(emulator, token)["url"]
    answers = [raw_get(url) for _ in range(2)]
    assert [announced == len(sent) for announced, sent in answers] == [False, True]
    assert [r.faults for r in emulator.requests if r.host == "download"] == [("503", "cut"), ()]


def test_status_fault(make: Callable[..., Emulator], clock: Clock) -> None:
    emulator = make("500@status*1")
    token = start_export(emulator)
    clock.seconds += 1
    assert Client(emulator).status(token).status_code == 500
    assert status(emulator, token)["status"] == "complete"


def test_export_file_is_streamed(make: Callable[..., Emulator], clock: Clock, tmp_path: Path) -> None:
    """A large export is never in memory, and may be of a type that the log does not export."""
    size = 64 * 1024 * 1024
    file = tmp_path / "large.csv"
    with file.open("wb") as large:
        large.write(b"header\r\n")
        large.truncate(size)
    emulator = make(export_files={"mention_sla_export": file})
    token = ask(emulator, type="mention_sla_export").json()["token"]
    clock.seconds += 1
    url = status(emulator, token)["url"]
    tracemalloc.start()
    with requests.get(url, timeout=60, stream=True) as answer:
        got = sum(len(piece) for piece in answer.iter_content(65536))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (got, answer.headers["Content-Type"]) == (size, "text/csv; charset=utf-8")
    assert peak < size / 3  # the web server reads what clients send in pieces of ten megabytes


def test_export_file_cut(make: Callable[..., Emulator], clock: Clock, tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_bytes(b"0123456789" * 50_000)
    emulator = make(export_files={"case_details": file})
    token = start_export(emulator, "export-cut")
    clock.seconds += 1
    assert raw_get(status(emulator, token)["url"]) == (500_000, b"0123456789" * 25_000)


# Answers that look right


def test_filter_ignored(make: Callable[..., Emulator]) -> None:
    emulator = make()
    unfiltered = ask(emulator, type="user_summary").json()
    one_group = ask(emulator, type="user_summary", groups=[456]).json()
    assert len(one_group) < len(unfiltered)
    filters: tuple[dict[str, Any], ...] = (
        {"groups": [456]},
        {"users": [2071]},
        {"groups": [456], "users": [2071]},
    )
    for filtered in filters:
        assert ask(emulator, "filter-ignored", type="user_summary", **filtered).json() == unfiltered


def test_filter_ignored_by_export(make: Callable[..., Emulator], clock: Clock) -> None:
    emulator = make("filter-ignored@case_details*1")
    body = {"type": "case_details", **JUNE_2019}
    filters: tuple[dict[str, Any], ...] = ({}, {"groups": [456]}, {"groups": [456]})
    tokens = [ask(emulator, **body, **filtered).json()["token"] for filtered in filters]
    clock.seconds += 1
    files = [requests.get(status(emulator, token)["url"], timeout=60).content for token in tokens]
    assert files[0] == files[1]
    assert len(files[2]) < len(files[0])


def test_filter_ignored_needs_a_filter(make: Callable[..., Emulator]) -> None:
    emulator = make("filter-ignored*1")
    ask(emulator)
    assert list(emulator.faults) == ["filter-ignored*1"]


def test_as_states() -> None:
    """Sums over agents without `all_states` and `all_closed_states`, as the document's sample has them."""
    from activity_emulator.request_faults import as_states

    agents = [
        {"user_id": 1, "states": {"all_states": 166, "all_closed_states": 110, "new": 0, "closed": 110}},
        {"user_id": 2, "states": {"all_states": 5, "all_closed_states": 1, "assigned": 3, "closed": 1}},
    ]
    assert as_states(agents) == [{"state": "closed", "volume": 111}, {"state": "assigned", "volume": 3}]


def test_user_volume_states_over_http(make: Callable[..., Emulator]) -> None:
    emulator = make("user-volume-states*1")
    ask(emulator, type="user_summary")
    by_state = ask(emulator, type="user_volume").json()
    agents = ask(emulator, type="user_volume").json()
    assert {tuple(row) for row in by_state} == {("state", "volume")}
    assert by_state[0]["volume"] == max(row["volume"] for row in by_state)
    assert sum(row["volume"] for row in by_state) == sum(agent["states"]["all_states"] for agent in agents)
