"""Replay of a `mention_sla_export` file as the log."""

import csv
import stat
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st

from activity_emulator import Emulator, Log, MessagesError
from activity_emulator.messages import imported_log
from activity_emulator.reports import EXPORTS, REPORTS
from tests.activity_emulator.client import Client
from tests.activity_emulator.sla_files import (
    BARRY,
    COLUMNS,
    JANE,
    PUBLISHED,
    RESPONDED,
    answered,
    row,
    text_of,
    write,
)

WEEK = {"date_from": "2026-11-16T00:00:00+11:00", "date_to": "2026-11-22T23:59:59+11:00"}

Load = Callable[..., Log]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """Yield a loader: the log of a file with the given rows, or of the given path."""
    logs: list[Log] = []

    def loaded(*rows: dict[str, str], path: Path | None = None, now: datetime | None = None) -> Log:
        file = path or write(tmp_path / "messages.csv", *rows)
        logs.append(imported_log(file, tmp_path / "data", now, lambda _: None))
        return logs[-1]

    yield loaded
    for log in logs:
        log.close()


def only(log: Log, table: str) -> dict[str, Any]:
    [row] = log.rows(f"SELECT * FROM {table}")  # noqa: S608
    return row


def failure(load: Load, content: str | bytes, path: Path) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(MessagesError) as caught:
        load(path=path)
    return str(caught.value).removeprefix(str(path))


# One row


def test_row_columns(load: Load) -> None:
    log = load(
        answered(
            "2026-11-16 09:00:00",
            "2026-11-16 10:30:00",
            **{
                "In Queue (min)": "60.5",
                "Customer Fullname": "Fanny Fan",
                "Customer Message": 'Where is it?\nSay "soon".',
                "Agent Response": "Tomorrow.",
                "Classifications": "delivery, VIP 🌟; delivery",
                "Agent Notes": "rang twice",
                "Customer Note": "be kind",
                "Last Action Date (UTC)": "2026-11-16 12:15:00",
            },
        )
    )
    message = only(log, "messages")
    assert message["published_at"] == datetime(2026, 11, 16, 9)
    assert (message["body"], message["private"]) == ('Where is it?\nSay "soon".', False)
    assert only(log, "assignments")["assigned_at"] == datetime(2026, 11, 16, 10, 0, 30)
    response = only(log, "responses")
    assert response["responded_at"] == datetime(2026, 11, 16, 10, 30)
    assert (response["body"], response["agent_note"]) == ("Tomorrow.", "rang twice")
    assert only(log, "customers") == {
        "id": 1,
        "username": "fan",
        "full_name": "Fanny Fan",
        "email": None,
        "note": "be kind",
    }
    assert [r["name"] for r in log.rows("SELECT name FROM classifications ORDER BY id")] == [
        "VIP 🌟",
        "delivery",
    ]
    states = log.rows("SELECT state, entered_at FROM states ORDER BY step")
    assert [(s["state"], f"{s['entered_at']:%H:%M:%S}") for s in states] == [
        ("new", "09:00:00"),
        ("assigned", "10:00:30"),
        ("responded", "10:30:00"),
        ("closed", "12:15:00"),
    ]
    assert log.now == datetime(2026, 11, 16, 13, tzinfo=UTC)


def test_agents_addresses_and_groups(load: Load) -> None:
    log = load(
        answered("2026-11-16 09:00:00", "2026-11-16 09:30:00"),
        row("2026-11-16 10:00:00", **BARRY, **{"Account Name": "Acme News"}),
        row("2026-11-16 11:00:00", **{"Agent First Name": "小明", "Agent Last Name": "王"}),
        row("2026-11-16 11:00:00", **{"Agent First Name": "Jané", "Agent Last Name": "Péar"}),
        row("2026-11-16 12:00:00", "new"),
    )
    users = log.rows("SELECT id, email FROM users ORDER BY id")
    assert [user["email"] for user in users] == [
        "barry.banana@example.invalid",
        "jane.pear@example.invalid",
        "jane.pear.3@example.invalid",
        "agent@example.invalid",
    ]
    groups = log.rows(
        "SELECT name, list(user_id ORDER BY user_id) AS users FROM groups JOIN memberships ON group_id = id "
        "GROUP BY id, name ORDER BY id"
    )
    assert [(group["name"], group["users"]) for group in groups] == [
        ("Everybody", [1, 2, 3, 4]),
        ("Acme Care", [2, 3, 4]),
        ("Acme News", [1]),
    ]


def test_account_named_everybody(load: Load) -> None:
    log = load(row("2026-11-16 09:00:00", **JANE, **{"Account Name": "Everybody"}))
    assert only(log, "groups")["name"] == "Everybody"
    assert only(log, "memberships") == {"user_id": 1, "group_id": 1}


def test_account_on_two_networks(load: Load) -> None:
    log = load(row("2026-11-16 09:00:00"), row("2026-11-16 09:00:00", **{"Source Type": "Twitter DM"}))
    accounts = log.rows(
        "SELECT a.name, n.name AS network FROM accounts a JOIN networks n ON n.id = network_id"
    )
    assert {(a["name"], a["network"]) for a in accounts} == {
        ("Acme Care", "Facebook"),
        ("Acme Care", "Twitter DM"),
    }
    assert [m["private"] for m in log.rows("SELECT private FROM messages ORDER BY id")] == [False, True]


def test_nps_form_without_answers(load: Load) -> None:
    log = load(row("2026-11-16 09:00:00"))
    assert only(log, "forms")["nps"] is True
    assert log.rows("SELECT * FROM surveys") == []


@pytest.mark.parametrize(
    ("queued", "action", "assigned"),
    [
        ("30", "", "09:30"),
        ("30", "60", "09:30"),
        ("", "20", "09:40"),
        ("", "", "10:00"),
        (
            "90",
            "45",
            "09:15",
        ),  # longer in the queue than until the response: the agent's own time counts
        ("7,5", "", "09:07"),
    ],
)
def test_assignment_time(load: Load, queued: str, action: str, assigned: str) -> None:
    cells = {"In Queue (min)": queued, "Agent Response Time (min)": action}
    log = load(answered("2026-11-16 09:00:00", "2026-11-16 10:00:00", **cells))
    assert f"{only(log, 'assignments')['assigned_at']:%H:%M}" == assigned


def test_wait_refines_response_date(load: Load) -> None:
    """Two hours and a fraction of a second break the service level; whole seconds would not say so."""
    published, responded = "2026-11-16 09:00:00", "2026-11-16 11:00:00"
    for wait, expected in (("120.005", 7200.3), ("130", 7200.0), ("", 7200.0)):
        log = load(answered(published, responded, **{"Customer Wait Time (min)": wait}))
        assert only(log, "first_responses")["response_time"] == expected


def test_response_without_agent(load: Load) -> None:
    log = load(row("2026-11-16 09:00:00", **{RESPONDED: "2026-11-16 10:00:00"}))
    assert only(log, "users")["first_name"] == "Unknown"
    assert only(log, "first_responses")["response_time"] == 3600
    assert log.rows("SELECT * FROM assignments") == log.rows("SELECT * FROM memberships") == []


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        ("In Progress", "in_progress"),
        ("No Response Required", "no_response_required"),
        ("Escalated", "escalated"),
    ],
)
def test_state_spelling(load: Load, state: str, kept: str) -> None:
    """Trap 11: others than the documented ones may appear; they are kept."""
    assert only(load(row("2026-11-16 09:00:00", state)), "current_states")["state"] == kept


@pytest.mark.parametrize(("cells", "state"), [({}, "new"), (JANE, "assigned")])
def test_row_without_state(load: Load, cells: dict[str, str], state: str) -> None:
    assert only(load(row("2026-11-16 09:00:00", "", **cells)), "current_states")["state"] == state


# Cases


def cases_of(log: Log) -> list[int | None]:
    return [message["case_id"] for message in log.rows("SELECT case_id FROM messages ORDER BY id")]


@pytest.mark.parametrize(("next_at", "cases"), [("11:00:00", [1, 2]), ("10:59:59", [1, 1])])
def test_case_ends_after_24_hours(load: Load, next_at: str, cases: list[int]) -> None:
    log = load(
        answered("2026-11-16 09:00:00", "2026-11-16 11:00:00"),
        answered(f"2026-11-17 {next_at}", "2026-11-17 12:00:00"),
    )
    assert cases_of(log) == cases


def test_case_open_until_messages_closed(load: Load) -> None:
    open_one = answered("2026-11-16 09:00:00", "2026-11-16 09:10:00", "responded")
    closed_late = answered(
        "2026-11-16 09:00:00", "2026-11-16 09:10:00", **{"Last Action Date (UTC)": "2026-11-20 09:00:00"}
    )
    later = answered("2026-11-19 09:00:00", "2026-11-19 09:10:00")
    assert cases_of(load(open_one, later)) == [1, 1]
    assert cases_of(load(closed_late, later)) == [1, 1]
    assert cases_of(load({**closed_late, "Last Action Date (UTC)": "2026-11-19 08:59:59"}, later)) == [1, 2]


def test_case_key_and_response(load: Load) -> None:
    at = "2026-11-16 09:00:00"
    log = load(
        answered(at, "2026-11-16 09:10:00"),
        answered(at, "2026-11-16 09:10:00", **{"Customer Username": "other"}),
        answered(at, "2026-11-16 09:10:00", **{"Account Name": "Acme News"}),
        row(at, "irrelevant", **{"Customer Username": "third"}),
        row("2026-11-16 10:00:00"),
    )
    cases = cases_of(log)
    assert cases[3] is None
    assert len(set(cases[:3])) == 3
    assert cases[4] == cases[0]
    assert len(log.rows("SELECT * FROM case_spans")) == 3


def test_anonymous_customers(load: Load) -> None:
    anonymous = answered("2026-11-16 09:00:00", "2026-11-16 09:10:00", **{"Customer Username": ""})
    assert cases_of(load(anonymous, anonymous)) == [1, 2]
    named = {**anonymous, "Customer Fullname": "Fanny Fan"}
    assert cases_of(load(named, named)) == [1, 1]


# Time


def test_now_cuts_off_later_events(load: Load) -> None:
    """As the log was at that moment: responses and states that came later had not happened."""
    rows = (
        answered("2026-11-16 09:00:00", "2026-11-16 12:00:00", **{"In Queue (min)": "60"}),
        row("2026-11-16 11:00:00"),
        row("2026-11-16 13:00:00"),
    )
    log = load(*rows, now=datetime(2026, 11, 16, 11, 30, tzinfo=UTC))
    states = log.rows("SELECT state FROM current_states ORDER BY message_id")
    assert [found["state"] for found in states] == ["assigned", "closed"]
    assert log.rows("SELECT * FROM responses") == []
    assert log.now == datetime(2026, 11, 16, 11, 30, tzinfo=UTC)
    before = load(*rows, now=datetime(2026, 11, 16, 8, tzinfo=UTC))
    assert before.rows("SELECT * FROM messages") == []


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-16 09:00:00",
        "2026-11-16 09:00:00 UTC",
        "2026-11-16T09:00:00Z",
        "2026-11-16T20:00:00+11:00",
        " 2026-11-16 09:00 ",
    ],
)
def test_instant_formats(load: Load, text: str) -> None:
    assert only(load(row(text)), "messages")["published_at"] == datetime(2026, 11, 16, 9)


def test_rows_without_publish_date(tmp_path: Path) -> None:
    said: list[str] = []
    file = write(tmp_path / "m.csv", row(""), row("-"), row("2026-11-16 09:00:00"))
    imported_log(file, tmp_path, None, said.append).close()
    assert said == ["1 messages up to 2026-11-16 10:00 UTC; 2 without a publish date left out"]


# The file


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_bom_and_delimiters(load: Load, tmp_path: Path, delimiter: str, mark: str) -> None:
    file = tmp_path / "m.csv"
    rows = [answered("2026-11-16 09:00:00", "2026-11-16 10:00:00", **{"Customer Message": "a, b; c\td"})]
    file.write_text(mark + text_of(rows, delimiter=delimiter), encoding="utf-8")
    assert only(load(path=file), "messages")["body"] == "a, b; c\td"


def test_column_order_and_extra_columns(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    columns = ("New Column", "State", "  customer publish date (utc)", "Agent Response Date (UTC)")
    cells = {
        "State": "closed",
        "  customer publish date (utc)": "2026-11-16 09:00:00",
        "New Column": "?",
        "Agent Response Date (UTC)": "2026-11-16 10:00:00",
    }
    file.write_text(text_of([cells], columns) + "\r\n\r\n", encoding="utf-8")
    log = load(path=file)
    assert only(log, "accounts")["name"] == "Unknown"
    assert only(log, "first_responses")["response_time"] == 3600


def test_csv_quoting(load: Load) -> None:
    body = 'quotes " and, commas;\r\nlines\n\x00\u2028 =1+1 \\ 🌻' + "é" * 140_000
    assert only(load(row("2026-11-16 09:00:00", **{"Customer Message": body})), "messages")["body"] == body


@pytest.mark.long
@settings(max_examples=12, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=6))
@example(["\r\n"])
@example(["\r", '"', "\n,"])
def test_text_round_trip(bodies: list[str]) -> None:
    rows = [row("2026-11-16 09:00:00", **{"Customer Message": body}) for body in bodies]
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "m.csv", *rows)
        log = imported_log(path, Path(folder), None, lambda _: None)
    found = [message["body"] or "" for message in log.rows("SELECT body FROM messages ORDER BY id")]
    log.close()
    assert found == [body.strip() for body in bodies]


HEADER = ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", ":1: has no header"),
        ("\n", ":1: has no header"),
        ("{}", ":1: is no mention_sla_export: none of its columns is here"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), ":1: is not UTF-8 text; save it as CSV UTF-8"),
        (f"{HEADER}\n".encode("utf-16"), ":1: is not UTF-8 text; save it as CSV UTF-8"),
        ("State\nclosed\n", f":1: has no column '{PUBLISHED}'"),
        (f"{PUBLISHED}\n2026-11-16 09:00:00\n", ":1: has no column 'State'"),
        (f"{HEADER}\n", ": has no messages"),
        (f"State,{PUBLISHED}\nclosed,\n", ": has no messages"),
        (f"State,{PUBLISHED}\n\nclosed,16/11/2026 09:00\n", ":3: Customer Publish Date (UTC): '16/11/2026 09:00' is"),
        (f"State,{PUBLISHED}\n\"a\nb\",2026-11-16\nclosed,0026-11-16\n", ":4: Customer Publish Date (UTC): '0026"),
        (f"State,{PUBLISHED}\nclosed,2026-11-16\nclosed\n", ":3: has 1 cells, the header 2"),
        (f"State,{PUBLISHED}\nclosed,2026-11-16\n\"closed,2026", ":3: is no CSV: unexpected end of data"),
        (f"State,{PUBLISHED}\n\"a\"b,2026-11-16\n", ":2: is no CSV: "),
        (f"In Queue (min),State,{PUBLISHED}\nnan,,2026-11-16\n", ":2: In Queue (min): its text is not a number"),
    ],
)  # fmt: skip
def test_file_errors(load: Load, tmp_path: Path, content: str | bytes, said: str) -> None:
    assert failure(load, content, tmp_path / "m.csv").startswith(said)


def test_undecodable_line(load: Load, tmp_path: Path) -> None:
    content = text_of([row("2026-11-16 09:00:00")] * 500).encode() + "é".encode("latin-1")
    assert failure(load, content, tmp_path / "m.csv").startswith(":502: is not UTF-8 text")


def test_cell_too_long(load: Load, tmp_path: Path) -> None:
    content = text_of([row("2026-11-16 09:00:00", **{"Customer Message": "x" * 150_001})])
    assert failure(load, content, tmp_path / "m.csv") == ":2: has a cell of more than 150000 characters"


def test_errors_hide_customer_text(load: Load, tmp_path: Path) -> None:
    content = text_of([row("My card is 4111 and I live in Bondi")])
    assert "Bondi" not in failure(load, content, tmp_path / "m.csv")


def test_unreadable_path(load: Load, tmp_path: Path) -> None:
    for path, why in ((tmp_path / "none.csv", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(MessagesError, match=f"cannot be read: {why}"):
            load(path=path)


# Personal data


def test_no_files_left(load: Load, tmp_path: Path) -> None:
    load(row("2026-11-16 09:00:00", **{"Customer Message": "secret"}))
    assert list((tmp_path / "data").iterdir()) == []


def test_scratch_directory_mode(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    modes: list[int] = []

    def look(_: str) -> None:
        modes.extend(stat.S_IMODE(path.stat().st_mode) for path in data.iterdir())

    imported_log(write(tmp_path / "m.csv", row("2026-11-16 09:00:00")), data, None, look).close()
    assert modes == [0o700]


# Served


def test_served_with_its_own_now(tmp_path: Path) -> None:
    file = write(tmp_path / "m.csv", answered("2026-11-16 09:00:00", "2026-11-16 10:00:00"))
    with Emulator(data_dir=tmp_path / "data", messages=file) as emulator:
        client = Client(emulator)
        assert client.figures("summary", **WEEK)["total_responded_to"] == 1
        assert client.report(
            type="summary", date_from="2026-11-16T11:00:00Z", date_to="2026-11-17T00:00:00Z"
        ).json()
        [agent] = client.get("users").json()
        assert (agent["email"], agent["groups"]) == ("jane.pear@example.invalid", [1, 2])
        assert client.figures("summary", groups=[1], **WEEK)["total_volume"] == 1


def test_ports_released_after_file_error(tmp_path: Path) -> None:
    emulator = Emulator(data_dir=tmp_path, messages=tmp_path / "none.csv")
    with pytest.raises(MessagesError):
        emulator.start()
    write(tmp_path / "none.csv", row("2026-11-16 09:00:00"))
    with emulator:
        assert len(Client(emulator).get("groups").json()) == 2


def test_generated_log_requires_now(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a now"):
        Emulator(data_dir=tmp_path)


# There and back

EXPORT = """
WITH owner AS (
    SELECT message_id, last(user_id ORDER BY assigned_at) AS user_id, max(assigned_at) AS assigned_at
    FROM assignments GROUP BY message_id
), topics AS (
    SELECT message_id, string_agg(name, ', ' ORDER BY name) AS names
    FROM message_classifications JOIN classifications ON id = classification_id GROUP BY message_id
)
SELECT a.name, n.name, u.first_name, u.last_name, s.entered_at,
       round(r.response_time / 60, 4), round((r.response_time - r.action_response_time) / 60, 4),
       round(r.action_response_time / 60, 4), '', '', s.state, m.published_at, c.username, c.full_name,
       m.body, date_trunc('second', r.responded_at), '', t.names, '', c.note
FROM messages AS m
JOIN accounts AS a ON a.id = m.account_id JOIN networks AS n ON n.id = a.network_id
JOIN customers AS c ON c.id = m.customer_id JOIN current_states AS s ON s.message_id = m.id
LEFT JOIN first_responses AS r ON r.message_id = m.id
LEFT JOIN owner AS o ON o.message_id = m.id
LEFT JOIN users AS u ON u.id = coalesce(r.user_id, o.user_id)
LEFT JOIN topics AS t ON t.message_id = m.id
WHERE m.published_at >= '2026-11-15 13:00:00' AND m.published_at < '2026-11-22 13:00:00'
ORDER BY m.published_at
"""


def test_generated_week_round_trip(log: Log, emulator: Emulator, tmp_path: Path) -> None:
    """The log's week as a file, loaded again, gives the same figures but for the rounding of minutes."""
    file = tmp_path / "week.csv"
    with log._connection.cursor() as cursor, file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows(cursor.execute(EXPORT).fetchall())
    ours = Client(emulator)
    with Emulator(data_dir=tmp_path / "data", messages=file, now=log.now) as replayed:
        theirs = Client(replayed)
        before, after = ours.figures("summary", **WEEK), theirs.figures("summary", **WEEK)
        assert before["total_volume"] > 500
        for name, value in before.items():
            assert after[name] == (pytest.approx(value, abs=0.01) if isinstance(value, float) else value), (
                name
            )
        assert theirs.figures("states_volume", **WEEK) == ours.figures("states_volume", **WEEK)


def test_export_round_trip(log: Log, emulator: Emulator, tmp_path: Path) -> None:
    """The same with the export itself, as a token's owner would get it."""
    ours, file = Client(emulator), tmp_path / "week.csv"
    url = ours.status(ours.figures("mention_sla_export", **WEEK)["token"]).json()["url"]
    file.write_bytes(requests.get(url, timeout=30).content)
    with Emulator(data_dir=tmp_path / "data", messages=file, now=log.now) as replayed:
        theirs = Client(replayed)
        before, after = ours.figures("summary", **WEEK), theirs.figures("summary", **WEEK)
        for name, value in before.items():
            assert after[name] == (pytest.approx(value, abs=1e-5) if isinstance(value, float) else value), (
                name
            )
        assert theirs.figures("states_volume", **WEEK) == ours.figures("states_volume", **WEEK)
        assert topics(theirs) == topics(ours)


def topics(client: Client) -> set[tuple[str, str, int]]:
    found = client.figures("classifications", **WEEK)
    return {(row["classification"], row["state"], row["volume"]) for row in found}


def test_undocumented_state(tmp_path: Path) -> None:
    file = write(tmp_path / "m.csv", row("2026-11-16 09:00:00", "Escalated", **JANE))
    with Emulator(data_dir=tmp_path / "data", messages=file) as emulator:
        client = Client(emulator)
        assert list(client.figures("states_volume", **WEEK)) == ["escalated"]
        assert client.figures("user_volume", **WEEK)[0]["states"]["escalated"] == 1
        agents = client.figures("user_summary", **WEEK)
        assert [agent["first_name"] for agent in agents] == ["Jane"]


@pytest.mark.parametrize("kind", sorted(REPORTS.keys() | EXPORTS.keys()))
def test_reports_of_minimal_file(tmp_path: Path, kind: str) -> None:
    """One row, of which only the date and the state are known."""
    file = tmp_path / "m.csv"
    file.write_text(f"State,{PUBLISHED},{RESPONDED}\nclosed,2026-11-16 09:00:00,2026-11-16 09:30:00\n")
    with Emulator(data_dir=tmp_path / "data", messages=file) as emulator:
        form = {"form": 55, "nps_category": "all"} if kind.startswith("nps") else {}
        assert Client(emulator).report(type=kind, **WEEK, **form).status_code == 200
