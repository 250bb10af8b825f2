"""What exports say, worked by hand: each table, each odd header, each zone."""

import itertools
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.errors import SourceUnclear
from bot.model import Table, Unit, Window
from bot.source.exports.insights import COUNTERS, measure
from bot.source.exports.insights.columns import duration, local_moment, name, number
from bot.source.exports.insights.mention_sla_export import topics
from bot.source.exports.insights.nps_submissions import may_be_category
from tests.source.insight_files import (
    CASES,
    CUSTOMER,
    MENTIONS,
    NOW,
    SUBMISSIONS,
    WINDOW,
    counted,
    message,
    written,
)

MESSAGES = (
    # Sydney is at +10:00: 23:30 UTC on Sunday is Monday 09:30, the first one of the window.
    message("2018-04-29 23:30:00", "30", Classifications="Delivery; Praise"),
    message("2018-04-29 23:45:00", "150", Classifications="Delivery"),
    message("2018-04-30 14:00:00", **{"Source Type": "Facebook"}),  # Tuesday 00:00, unanswered
    message("2018-05-06 13:59:59", State="In Progress"),  # Sunday 23:59:59, the last second
    message("2018-05-06 11:00:00", State="closed"),  # finished without a reply
    message("2018-04-29 13:59:59", "10.5"),  # published before the window, answered in it
    message("not a date", "20", **{"Source Type": "Email"}),
)


def mentions(folder: Path, rows: tuple[dict[str, str], ...] = MESSAGES) -> dict[str, Table]:
    return counted(folder, "mention_sla_export", written(MENTIONS, rows))


# --- mention_sla_export ---------------------------------------------------------------------------


def test_totals_count_all_rows_with_waits_in_seconds(tmp_path: Path) -> None:
    totals = mentions(tmp_path)["totals"]
    assert [(c.name, c.unit) for c in totals.columns] == [
        ("messages", Unit.COUNT),
        ("replies", Unit.COUNT),
        ("over_sla", Unit.COUNT),
        ("wait", Unit.SECONDS),
    ]
    assert totals.rows == ((7, 4, 1, (30 + 150 + 10.5 + 20) * 60 / 4),)


def test_load_counts_published_messages_by_local_hour(tmp_path: Path) -> None:
    load = mentions(tmp_path)["load"]
    assert [column.name for column in load.columns] == ["weekday", "hour", "messages", "wait"]
    assert load.rows == (
        ("0", "9", 2, 5400.0),
        ("1", "0", 1, None),
        ("6", "21", 1, None),
        ("6", "23", 1, None),
    )


def test_service_levels_by_day_network_and_topic(tmp_path: Path) -> None:
    tables = mentions(tmp_path)
    assert tables["sla_by_day"].rows == (
        ("2018-04-30", 2, 2, 1, 5400.0),
        ("2018-05-01", 1, 0, 0, None),
        ("2018-05-06", 2, 0, 0, None),
    )
    assert tables["sla_by_network"].rows == (
        ("Twitter", 5, 3, 1, 190.5 * 60 / 3),
        ("Email", 1, 1, 0, 1200.0),
        ("Facebook", 1, 0, 0, None),
    )
    assert tables["sla_by_topic"].rows == (("Delivery", 2, 2, 1, 5400.0), ("Praise", 1, 1, 0, 1800.0))


def test_longest_waits_have_time_place_and_agent(tmp_path: Path) -> None:
    waits = mentions(tmp_path)["longest_waits"]
    assert [column.name for column in waits.columns] == ["published", "network", "state", "wait", "agent"]
    assert waits.rows == (
        ("2018-04-30T09:45", "Twitter", "responded", 9000.0, "Dana Lee"),
        ("2018-04-30T09:30", "Twitter", "responded", 1800.0, "Dana Lee"),
        ("2018-04-29T23:59", "Twitter", "responded", 630.0, "Dana Lee"),
    )


def test_longest_waits_are_ten_earliest_first(tmp_path: Path) -> None:
    rows = tuple(message(f"2018-05-01 00:{minute:02}:00", "60") for minute in range(30))
    waits = mentions(tmp_path, (*rows, message("2018-05-02 00:00:00", "61")))["longest_waits"].rows
    assert [row[0] for row in waits] == ["2018-05-02T10:00", *(f"2018-05-01T10:{n:02}" for n in range(9))]


@pytest.mark.parametrize(
    ("published", "age"),
    [
        ("2018-05-06 13:59:59", 0),
        ("2018-05-06 15:00:00", 0),  # the other clock goes ahead
        ("2018-05-06 12:00:00", 1),  # two hours exactly
        ("2018-05-06 06:00:00", 2),
        ("2018-05-05 14:00:00", 3),
        ("2018-05-03 14:00:01", 3),
        ("2018-05-03 14:00:00", 4),
    ],
)
def test_unanswered_by_age_at_the_windows_end(tmp_path: Path, published: str, age: int) -> None:
    table = mentions(tmp_path, (message(published),))["unanswered"]
    assert table.rows == tuple(
        (label, int(index == age))
        for index, label in enumerate(
            ("under 2 hours", "2 to 8 hours", "8 to 24 hours", "1 to 3 days", "over 3 days")
        )
    )


def test_open_window_ages_until_now(tmp_path: Path) -> None:
    content = written(MENTIONS, [message("2018-05-01 00:00:00")])
    early = datetime(2018, 5, 1, 3, 0, tzinfo=UTC)
    assert counted(tmp_path, "mention_sla_export", content, now=early)["unanswered"].rows[1] == (
        "2 to 8 hours",
        1,
    )


@pytest.mark.parametrize("state", ["closed", "Irrelevant", "duplicate", "redirected", "No Response Required"])
def test_finished_states_owe_no_answer(tmp_path: Path, state: str) -> None:
    table = mentions(tmp_path, (message("2018-05-01 00:00:00", State=state),))["unanswered"]
    assert sum(row[1] for row in table.rows) == 0  # type: ignore[misc]


@pytest.mark.parametrize("state", ["new", "assigned", "in-progress", "awaiting_approval", "escalated", ""])
def test_unknown_states_count_as_unanswered(tmp_path: Path, state: str) -> None:
    table = mentions(tmp_path, (message("2018-05-01 00:00:00", State=state),))["unanswered"]
    assert sum(row[1] for row in table.rows) == 1  # type: ignore[misc]


def test_hours_are_local_over_a_clock_change(tmp_path: Path) -> None:
    """Sydney, 1 April 2018: 15:30 UTC is 02:30 at +11:00, an hour later it is 02:30 again at +10:00."""
    window = Window.of_dates(date(2018, 4, 1), date(2018, 4, 1), "Australia/Sydney")
    rows = [message(f"2018-03-31 {clock}") for clock in ("12:59:59", "13:00:00", "15:30:00", "16:30:00")]
    rows += [message("2018-04-01 13:59:59"), message("2018-04-01 14:00:00")]
    tables = counted(tmp_path, "mention_sla_export", written(MENTIONS, rows), window)
    assert tables["load"].rows == (("6", "0", 1, None), ("6", "2", 2, None), ("6", "23", 1, None))
    assert tables["sla_by_day"].rows == (("2018-04-01", 4, 0, 0, None),)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("", ()),
        ("-", ()),
        ("Delivery", ("Delivery",)),
        ("Delivery;Praise; Delivery ;;", ("Delivery", "Praise")),
        ("Delivery | Praise", ("Delivery", "Praise")),
        ("Delivery\nPraise", ("Delivery", "Praise")),
        ("Delivery, Praise", ("Delivery", "Praise")),
        ("Late, lost; Praise", ("Late, lost", "Praise")),
        (" ; , ", (",",)),
    ],
)
def test_topics_are_distinguished(cell: str, expected: tuple[str, ...]) -> None:
    assert topics(cell) == expected


def test_topics_beyond_500_become_other(tmp_path: Path) -> None:
    rows = tuple(message("2018-05-01 00:00:00", Classifications=f"Topic {n}") for n in range(600))
    table = mentions(tmp_path, (*rows, rows[0]))["sla_by_topic"]
    assert len(table.rows) == 501
    assert table.rows[0][:2] == ("Topic 0", 2)
    assert table.rows[-1] == ("other", 100, 0, 0, None)


def test_name_without_end_is_cut(tmp_path: Path) -> None:
    rows = (
        message("2018-05-01 00:00:00", "5", **{"Source Type": "x" * 300_000, "Agent Last Name": "y" * 9_000}),
    )
    tables = mentions(tmp_path, rows)
    assert tables["sla_by_network"].rows[0][0] == "x" * 120
    assert len(str(tables["longest_waits"].rows[0][4])) == 120


# --- headers --------------------------------------------------------------------------------------


def without(*columns: str) -> bytes:
    return written([column for column in MENTIONS if column not in columns], MESSAGES)


@pytest.mark.parametrize(
    ("missing", "left_out"),
    [
        ("Customer Publish Date (UTC)", {"load", "sla_by_day", "longest_waits", "unanswered"}),
        ("Within Customer SLA", {"sla_by_day", "sla_by_network", "sla_by_topic"}),
        ("Source Type", {"sla_by_network"}),
        ("Classifications", {"sla_by_topic"}),
        ("Customer Wait Time (min)", {"longest_waits"}),
        ("State", {"unanswered"}),
        ("Agent First Name", set()),
        ("Agent Reponse Date (UTC)", set()),
    ],
)
def test_missing_column_omits_only_dependent_figures(
    tmp_path: Path, missing: str, left_out: set[str]
) -> None:
    tables = counted(tmp_path, "mention_sla_export", without(missing))
    assert set(mentions(tmp_path)) - set(tables) == left_out
    assert tables["totals"].rows[0][:2] == (7, 4)


def test_figures_of_missing_column_are_none(tmp_path: Path) -> None:
    columns = ("Within Customer SLA", "Customer Wait Time (min)", "Agent Reponse Date (UTC)")
    assert counted(tmp_path, "mention_sla_export", without(*columns))["totals"].rows == (
        (7, None, None, None),
    )


def test_column_names_ignore_case_and_spaces(tmp_path: Path) -> None:
    odd = written([f"  {name.upper()}  " for name in (*MENTIONS, "Brand New")], [])
    rows = written(MENTIONS, MESSAGES).partition(b"\r\n")[2].replace(b"\r\n", b",new\r\n")
    tables = counted(tmp_path, "mention_sla_export", odd + rows.replace(b"\nand a line,new", b"\nand a line"))
    assert tables == mentions(tmp_path)


def test_response_date_accepts_both_spellings(tmp_path: Path) -> None:
    content = written(MENTIONS, MESSAGES)
    corrected = content.replace(b"Reponse", b"Response").replace(b" (UTC)", b"")
    assert counted(tmp_path, "mention_sla_export", corrected) == mentions(tmp_path)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_separators_and_byte_order_mark_are_accepted(tmp_path: Path, delimiter: str) -> None:
    content = b"\xef\xbb\xbf" + written(MENTIONS, MESSAGES, delimiter)
    assert counted(tmp_path, "mention_sla_export", content) == mentions(tmp_path)


def test_unknown_header_still_counts_rows(tmp_path: Path) -> None:
    for report, tables in (
        ("mention_sla_export", {"totals"}),
        ("case_details", {"totals"}),
        ("nps_submissions", set()),
    ):
        counts = counted(tmp_path, report, b"what,ever\r\n1,2\r\n")
        assert set(counts) == tables
        assert all(table.rows[0][0] == 1 for table in counts.values())


@pytest.mark.parametrize("report", COUNTERS)
def test_export_without_rows_has_empty_insights(tmp_path: Path, report: str) -> None:
    header = {"mention_sla_export": MENTIONS, "case_details": CASES, "nps_submissions": SUBMISSIONS}[report]
    assert counted(tmp_path, report, written(header, []))["totals"].rows[0][0] == 0


@pytest.mark.parametrize("report", COUNTERS)
@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n3", b'a,b\n1,"2', b"a,b\n1,\xe4\n", b"a,b\n1,\x00\n"])
def test_malformed_csv_is_unclear(tmp_path: Path, report: str, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(SourceUnclear, match=f"{report} cannot be used"):
        measure(report, tmp_path / "x.csv", WINDOW, NOW)


def test_header_and_rows_are_counted(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"Score,b\r\n1,2\r\n\r\n3,4\r\n")
    export = measure("nps_submissions", tmp_path / "x.csv", WINDOW, NOW)
    assert (export.header, export.rows) == (("Score", "b"), 2)


BAD = (
    "",
    "-",
    "n/a",
    "null",
    "NaN",
    "inf",
    "1e999",
    "9" * 5000,
    "-5",
    "1:99:00",
    "tomorrow",
    "0001-01-01",
    "=1+1",
)


@pytest.mark.parametrize("report", COUNTERS)
def test_unreadable_values_are_skipped(tmp_path: Path, report: str) -> None:
    header = {"mention_sla_export": MENTIONS, "case_details": CASES, "nps_submissions": SUBMISSIONS}[report]
    rows = [dict.fromkeys(header, bad) for bad in BAD]
    totals = counted(tmp_path, report, written(header, rows))["totals"]
    assert all(value is None or value <= len(BAD) for value in totals.rows[0])  # type: ignore[operator]


# --- single cells ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [
        ("90", 1.0, 90.0),
        ("1.5", 60.0, 90.0),
        (" 2 ", 60.0, 120.0),
        ("1:02:03", None, 3723.0),
        ("100:00:00.5", 60.0, 360_000.5),
        ("90", None, None),
        ("-1", 1.0, None),
        ("1:02", 1.0, None),
        ("1e12", 1.0, None),
        ("nan", 1.0, None),
        ("", 1.0, None),
    ],
)
def test_durations(text: str, unit: float | None, seconds: float | None) -> None:
    assert duration(text, unit) == seconds


@pytest.mark.parametrize(
    "text",
    ["2018-05-01 10:00:00", "2018-05-01T10:00:00Z", "2018-05-01 10:00:00 UTC", "2018-05-01T20:00:00+10:00"],
)
def test_instants_are_utc_unless_they_say_otherwise(text: str) -> None:
    moment = local_moment(text, WINDOW.start.tzinfo)  # type: ignore[arg-type]
    assert moment is not None
    assert moment.isoformat() == "2018-05-01T20:00:00+10:00"


@pytest.mark.parametrize(
    "text", ["", "01/05/2018 10:00", "0001-01-01T00:00:00+14:00", "9999-12-31 23:59:59", "x" * 10_000]
)
def test_invalid_instant_is_none(text: str) -> None:
    assert local_moment(text, WINDOW.start.tzinfo) is None  # type: ignore[arg-type]


def test_numbers_and_names() -> None:
    assert [number(text) for text in ("9", " 9.0 ", "-1", "1e999", "nan", "x", "")] == [
        9,
        9,
        -1,
        None,
        None,
        None,
        None,
    ]
    assert name("  two \n words\t") == "two words"


# --- case_details ---------------------------------------------------------------------------------


def case(number: int, resolution: str, closed: str = "2018-05-02 00:00:00", **cells: str) -> dict[str, str]:
    base = {
        "Case Id": f"C{number}",
        "Account": "Acme Air",
        "Network": "Twitter",
        "Date Opened (UTC)": "2018-04-30 23:05:59",
        "Date Closed (UTC)": closed,
        "Last Agent": "Dana Lee",
        "First Reply Time (s)": "60",
        "Resolution Time (s)": resolution,
        "Agents Involved": "2",
    }
    return base | cells


def test_cases_are_counted_and_the_slowest_named(tmp_path: Path) -> None:
    rows = [case(1, "100"), case(2, "900", ""), case(3, "", "", **{"First Reply Time (s)": "30"})]
    tables = counted(tmp_path, "case_details", written(CASES, rows))
    assert tables["totals"].rows == ((3, 2, 500.0, 50.0),)
    columns = ["case", "account", "network", "opened", "resolution", "first_reply", "agents"]
    assert [column.name for column in tables["slow_cases"].columns] == columns
    assert tables["slow_cases"].rows == (
        ("C2", "Acme Air", "Twitter", "2018-05-01T09:05", 900.0, 60.0, 2.0),
        ("C1", "Acme Air", "Twitter", "2018-05-01T09:05", 100.0, 60.0, 2.0),
    )


@pytest.mark.parametrize(
    ("heading", "cell", "seconds"),
    [
        ("Resolution Time (min)", "2.5", 150.0),
        ("Resolution Time (s)", "150", 150.0),
        ("Resolution Time", "0:02:30", 150.0),
        ("Resolution Time (h)", "0:02:30", 150.0),
        ("Resolution Time", "150", None),
        ("Resolution Time (h)", "150", None),
    ],
)
def test_unit_comes_from_heading_only(tmp_path: Path, heading: str, cell: str, seconds: float | None) -> None:
    header = ["Account", "Date Opened", heading]
    tables = counted(tmp_path, "case_details", written(header, [{heading: cell}]))
    assert tables["totals"].rows == ((1, None, seconds, None),)
    assert ("slow_cases" in tables) == (seconds is not None)


def test_case_without_id_uses_row_number(tmp_path: Path) -> None:
    header = [column for column in CASES if column != "Case Id"]
    tables = counted(tmp_path, "case_details", written(header, [case(1, "1"), case(2, "2")]))
    assert [row[0] for row in tables["slow_cases"].rows] == ["2", "1"]


def test_seconds_are_preferred_to_the_minutes(tmp_path: Path) -> None:
    header = ["Resolution Time (min)", "Resolution Time (s)"]
    rows = [{"Resolution Time (min)": "1.5", "Resolution Time (s)": "91"}]
    assert counted(tmp_path, "case_details", written(header, rows))["totals"].rows[0][2] == 91.0


# --- nps_submissions ------------------------------------------------------------------------------


def answer(
    score: str, at: str = "2018-05-01 00:00:00", network: str = "Twitter", **cells: str
) -> dict[str, str]:
    base = {
        "Score": score,
        "Submitted At (UTC)": at,
        "Network": network,
        "Group": "Care",
        "Form": "NPS Survey",
    }
    return base | cells


def test_scores_by_day_and_by_category(tmp_path: Path) -> None:
    rows = [
        answer("10", "2018-04-29 14:00:00"),
        answer("9", "2018-04-29 13:59:59"),  # the local day before the window
        answer("8", network="Facebook"),
        answer("6.0"),
        answer("0"),
    ]
    rows += [answer(bad) for bad in ("", "11", "-1", "7.5", "ten")]
    tables = counted(tmp_path, "nps_submissions", written(SUBMISSIONS, rows))
    assert tables["totals"].rows == ((5, 2, 1, 2),)
    assert tables["by_day"].rows == (("2018-04-30", 1, 0, 0), ("2018-05-01", 0, 1, 2))
    assert tables["by_category"].rows == (
        ("Network", "Twitter", 4, 2, 0, 2),
        ("Network", "Facebook", 1, 0, 1, 0),
    )


@pytest.mark.parametrize("heading", ["score", "NPS Score", " Rating "])
def test_score_is_found_by_its_name(tmp_path: Path, heading: str) -> None:
    tables = counted(tmp_path, "nps_submissions", written([heading, "x"], [{heading: "9"}]))
    assert tables["totals"].rows == ((1, 1, 0, 0),)
    assert "by_day" not in tables


def test_column_without_rare_values_is_category(tmp_path: Path) -> None:
    header = (*SUBMISSIONS, "Colour", "Why us?", "Anything else")
    rows = [answer("9", Colour=colour, **{"Anything else": "no"}) for colour in ("red", "blue") * 3]
    rows[0]["Anything else"] = "Call me, I am Secret Person"
    tables = counted(tmp_path, "nps_submissions", written(header, rows))
    assert [row[:3] for row in tables["by_category"].rows] == [("Colour", "blue", 3), ("Colour", "red", 3)]


def test_without_rarity_rule_customer_text_is_category(tmp_path: Path) -> None:
    """The attack: in a column that the vendor fills rare values count, and there the words come through."""
    rows = [answer("9", network="no") for _ in range(5)] + [
        answer("9", network="Call me, I am Secret Person")
    ]
    tables = counted(tmp_path, "nps_submissions", written(SUBMISSIONS, rows))
    assert ("Network", "Call me, I am Secret Person", 1, 1, 0, 0) in tables["by_category"].rows


@pytest.mark.parametrize(
    "heading",
    [
        "Submission Id",
        "Submitted At (UTC)",
        "Score",
        "Comment",
        "Agent",
        "Customer Name",
        "E-mail",
        "username",
        "NPS Reason",
        "Phone",
        "?",
    ],
)
def test_name_text_and_date_columns_are_no_categories(heading: str) -> None:
    assert not may_be_category(heading)


def test_many_or_long_values_are_no_category(tmp_path: Path) -> None:
    header = ("Score", "Network", "Group", "Language")
    rows = [
        {
            "Score": "9",
            "Network": f"n{n % 21}",
            "Group": f"g{n % 20}",
            "Language": "x" * (41 if n == 50 else n % 3),
        }
        for n in range(100)
    ]
    tables = counted(tmp_path, "nps_submissions", written(header, rows))
    assert {row[0] for row in tables["by_category"].rows} == {"Group"}


# --- what must not be in them ---------------------------------------------------------------------


def texts(tables: dict[str, Table]) -> set[str]:
    return {
        value
        for table in tables.values()
        for value in itertools.chain((column.name for column in table.columns), *table.rows)
        if isinstance(value, str)
    }


def test_no_customer_data_in_tables(tmp_path: Path) -> None:
    """Every cell that no table may show holds a mark of its own; no value of any table has one."""
    shown = {"Source Type", "State", "Agent First Name", "Agent Last Name", "Classifications"}
    rows = []
    for row in MESSAGES:
        marked = {
            column: f"canary {column}" for column in MENTIONS if not row.get(column) and column not in shown
        }
        rows.append(row | {key: cell for key, cell in marked.items() if "(" not in key and "SLA" not in key})
    tables = counted(tmp_path, "mention_sla_export", written(MENTIONS, rows))
    assert set(tables) == set(mentions(tmp_path))
    cells = texts(tables)
    assert not [text for text in cells if "canary" in text or "secret" in text.lower()]
    assert not cells & set(CUSTOMER.values())


def test_no_customer_data_in_answer_and_case_tables(tmp_path: Path) -> None:
    personal = {
        "Submission Id": "canary",
        "Comment": "canary words",
    }
    answers = [answer("9", network=network) | personal for network in ("Twitter", "Email") * 4]
    for report, content in (
        ("nps_submissions", written(SUBMISSIONS, answers)),
        ("case_details", written(CASES, [case(1, "5") | personal])),
    ):
        tables = counted(tmp_path, report, content)
        assert len(tables) >= 2
        assert not [text for text in texts(tables) if "canary" in text]
