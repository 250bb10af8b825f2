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


def test_totals_count_every_row_and_waits_are_seconds(tmp_path: Path) -> None:
    totals = mentions(tmp_path)["totals"]
    assert [(c.name, c.unit) for c in totals.columns] == [
        ("messages", Unit.COUNT),
        ("replies", Unit.COUNT),
        ("over_sla", Unit.COUNT),
        ("wait", Unit.SECONDS),
    ]
    assert totals.rows == ((7, 4, 1, (30 + 150 + 10.5 + 20) * 60 / 4),)


def test_load_is_by_local_hour_of_messages_published_in_the_window(tmp_path: Path) -> None:
    load = mentions(tmp_path)["load"]
    assert [column.name for column in load.columns] == ["weekday", "hour", "messages", "wait"]
    assert load.rows == (
        ("0", "9", 2, 5400.0),
        ("1", "0", 1, None),
        ("6", "21", 1, None),
        ("6", "23", 1, None),
    )


def test_service_levels_by_day_network_and_topic(tmp_path: Path) -> None:
    made = mentions(tmp_path)
    assert made["sla_by_day"].rows == (
        ("2018-04-30", 2, 2, 1, 5400.0),
        ("2018-05-01", 1, 0, 0, None),
        ("2018-05-06", 2, 0, 0, None),
    )
    assert made["sla_by_network"].rows == (
        ("Twitter", 5, 3, 1, 190.5 * 60 / 3),
        ("Email", 1, 1, 0, 1200.0),
        ("Facebook", 1, 0, 0, None),
    )
    assert made["sla_by_topic"].rows == (("Delivery", 2, 2, 1, 5400.0), ("Praise", 1, 1, 0, 1800.0))


def test_the_longest_waits_say_when_where_and_who(tmp_path: Path) -> None:
    waits = mentions(tmp_path)["longest_waits"]
    assert [column.name for column in waits.columns] == ["published", "network", "state", "wait", "agent"]
    assert waits.rows == (
        ("2018-04-30T09:45", "Twitter", "responded", 9000.0, "Dana Lee"),
        ("2018-04-30T09:30", "Twitter", "responded", 1800.0, "Dana Lee"),
        ("2018-04-29T23:59", "Twitter", "responded", 630.0, "Dana Lee"),
    )


def test_ten_waits_at_most_and_of_equal_ones_the_earlier(tmp_path: Path) -> None:
    rows = tuple(message(f"2018-05-01 00:{minute:02}:00", "60") for minute in range(30))
    found = mentions(tmp_path, (*rows, message("2018-05-02 00:00:00", "61")))["longest_waits"].rows
    assert [row[0] for row in found] == ["2018-05-02T10:00", *(f"2018-05-01T10:{n:02}" for n in range(9))]


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
        (words, int(index == age))
        for index, words in enumerate(
            ("under 2 hours", "2 to 8 hours", "8 to 24 hours", "1 to 3 days", "over 3 days")
        )
    )


def test_a_window_that_has_not_ended_ages_until_now(tmp_path: Path) -> None:
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
def test_other_states_do_also_those_nobody_knows(tmp_path: Path, state: str) -> None:
    table = mentions(tmp_path, (message("2018-05-01 00:00:00", State=state),))["unanswered"]
    assert sum(row[1] for row in table.rows) == 1  # type: ignore[misc]


def test_hours_are_local_over_a_clock_change(tmp_path: Path) -> None:
    """Sydney, 1 April 2018: 15:30 UTC is 02:30 at +11:00, an hour later it is 02:30 again at +10:00."""
    window = Window.of_dates(date(2018, 4, 1), date(2018, 4, 1), "Australia/Sydney")
    rows = [message(f"2018-03-31 {clock}") for clock in ("12:59:59", "13:00:00", "15:30:00", "16:30:00")]
    rows += [message("2018-04-01 13:59:59"), message("2018-04-01 14:00:00")]
    made = counted(tmp_path, "mention_sla_export", written(MENTIONS, rows), window)
    assert made["load"].rows == (("6", "0", 1, None), ("6", "2", 2, None), ("6", "23", 1, None))
    assert made["sla_by_day"].rows == (("2018-04-01", 4, 0, 0, None),)


@pytest.mark.parametrize(
    ("cell", "found"),
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
def test_topics_are_told_apart(cell: str, found: tuple[str, ...]) -> None:
    assert topics(cell) == found


def test_five_hundred_topics_are_kept_and_the_rest_is_other(tmp_path: Path) -> None:
    rows = tuple(message("2018-05-01 00:00:00", Classifications=f"Topic {n}") for n in range(600))
    table = mentions(tmp_path, (*rows, rows[0]))["sla_by_topic"]
    assert len(table.rows) == 501
    assert table.rows[0][:2] == ("Topic 0", 2)
    assert table.rows[-1] == ("other", 100, 0, 0, None)


def test_a_name_without_end_is_cut(tmp_path: Path) -> None:
    rows = (
        message("2018-05-01 00:00:00", "5", **{"Source Type": "x" * 300_000, "Agent Last Name": "y" * 9_000}),
    )
    made = mentions(tmp_path, rows)
    assert made["sla_by_network"].rows[0][0] == "x" * 120
    assert len(str(made["longest_waits"].rows[0][4])) == 120


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
def test_a_missing_column_leaves_out_only_what_needs_it(
    tmp_path: Path, missing: str, left_out: set[str]
) -> None:
    made = counted(tmp_path, "mention_sla_export", without(missing))
    assert set(mentions(tmp_path)) - set(made) == left_out
    assert made["totals"].rows[0][:2] == (7, 4)


def test_figures_whose_column_is_missing_are_none_and_not_zero(tmp_path: Path) -> None:
    columns = ("Within Customer SLA", "Customer Wait Time (min)", "Agent Reponse Date (UTC)")
    assert counted(tmp_path, "mention_sla_export", without(*columns))["totals"].rows == (
        (7, None, None, None),
    )


def test_column_names_ignore_case_and_spaces_and_new_columns_are_ignored(tmp_path: Path) -> None:
    odd = written([f"  {name.upper()}  " for name in (*MENTIONS, "Brand New")], [])
    rows = written(MENTIONS, MESSAGES).partition(b"\r\n")[2].replace(b"\r\n", b",new\r\n")
    made = counted(tmp_path, "mention_sla_export", odd + rows.replace(b"\nand a line,new", b"\nand a line"))
    assert made == mentions(tmp_path)


def test_the_response_date_may_be_spelled_right_and_dates_need_no_remark(tmp_path: Path) -> None:
    content = written(MENTIONS, MESSAGES)
    mended = content.replace(b"Reponse", b"Response").replace(b" (UTC)", b"")
    assert counted(tmp_path, "mention_sla_export", mended) == mentions(tmp_path)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_separators_and_a_byte_order_mark_count_the_same(tmp_path: Path, delimiter: str) -> None:
    content = b"\xef\xbb\xbf" + written(MENTIONS, MESSAGES, delimiter)
    assert counted(tmp_path, "mention_sla_export", content) == mentions(tmp_path)


def test_a_header_that_knows_nothing_still_counts_rows(tmp_path: Path) -> None:
    for report, tables in (
        ("mention_sla_export", {"totals"}),
        ("case_details", {"totals"}),
        ("nps_submissions", set()),
    ):
        made = counted(tmp_path, report, b"what,ever\r\n1,2\r\n")
        assert set(made) == tables
        assert all(table.rows[0][0] == 1 for table in made.values())


@pytest.mark.parametrize("report", COUNTERS)
def test_export_without_rows_has_empty_insights(tmp_path: Path, report: str) -> None:
    header = {"mention_sla_export": MENTIONS, "case_details": CASES, "nps_submissions": SUBMISSIONS}[report]
    assert counted(tmp_path, report, written(header, []))["totals"].rows[0][0] == 0


@pytest.mark.parametrize("report", COUNTERS)
@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n3", b'a,b\n1,"2', b"a,b\n1,\xe4\n", b"a,b\n1,\x00\n"])
def test_the_check_is_as_strict_as_ever(tmp_path: Path, report: str, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(SourceUnclear, match=f"{report} cannot be used"):
        measure(report, tmp_path / "x.csv", WINDOW, NOW)


def test_the_shape_is_the_checks(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"Score,b\r\n1,2\r\n\r\n3,4\r\n")
    found = measure("nps_submissions", tmp_path / "x.csv", WINDOW, NOW)
    assert (found.header, found.rows) == (("Score", "b"), 2)


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
def test_values_that_cannot_be_read_are_passed_over(tmp_path: Path, report: str) -> None:
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
    found = local_moment(text, WINDOW.start.tzinfo)  # type: ignore[arg-type]
    assert found is not None
    assert found.isoformat() == "2018-05-01T20:00:00+10:00"


@pytest.mark.parametrize(
    "text", ["", "01/05/2018 10:00", "0001-01-01T00:00:00+14:00", "9999-12-31 23:59:59", "x" * 10_000]
)
def test_what_is_no_instant_is_none(text: str) -> None:
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
    made = counted(tmp_path, "case_details", written(CASES, rows))
    assert made["totals"].rows == ((3, 2, 500.0, 50.0),)
    columns = ["case", "account", "network", "opened", "resolution", "first_reply", "agents"]
    assert [column.name for column in made["slow_cases"].columns] == columns
    assert made["slow_cases"].rows == (
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
def test_the_unit_is_in_the_heading_or_nowhere(
    tmp_path: Path, heading: str, cell: str, seconds: float | None
) -> None:
    header = ["Account", "Date Opened", heading]
    made = counted(tmp_path, "case_details", written(header, [{heading: cell}]))
    assert made["totals"].rows == ((1, None, seconds, None),)
    assert ("slow_cases" in made) == (seconds is not None)


def test_without_an_id_a_case_is_named_by_its_row(tmp_path: Path) -> None:
    header = [column for column in CASES if column != "Case Id"]
    made = counted(tmp_path, "case_details", written(header, [case(1, "1"), case(2, "2")]))
    assert [row[0] for row in made["slow_cases"].rows] == ["2", "1"]


def test_the_seconds_are_preferred_to_the_minutes(tmp_path: Path) -> None:
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
    made = counted(tmp_path, "nps_submissions", written(SUBMISSIONS, rows))
    assert made["totals"].rows == ((5, 2, 1, 2),)
    assert made["by_day"].rows == (("2018-04-30", 1, 0, 0), ("2018-05-01", 0, 1, 2))
    assert made["by_category"].rows == (
        ("Network", "Twitter", 4, 2, 0, 2),
        ("Network", "Facebook", 1, 0, 1, 0),
    )


@pytest.mark.parametrize("heading", ["score", "NPS Score", " Rating "])
def test_the_score_is_found_by_its_name(tmp_path: Path, heading: str) -> None:
    made = counted(tmp_path, "nps_submissions", written([heading, "x"], [{heading: "9"}]))
    assert made["totals"].rows == ((1, 1, 0, 0),)
    assert "by_day" not in made


def test_a_column_of_the_form_is_a_category_when_no_value_is_rare(tmp_path: Path) -> None:
    header = (*SUBMISSIONS, "Colour", "Why us?", "Anything else")
    rows = [answer("9", Colour=colour, **{"Anything else": "no"}) for colour in ("red", "blue") * 3]
    rows[0]["Anything else"] = "Call me, I am Secret Person"
    made = counted(tmp_path, "nps_submissions", written(header, rows))
    assert [row[:3] for row in made["by_category"].rows] == [("Colour", "blue", 3), ("Colour", "red", 3)]


def test_without_that_rule_a_customers_words_would_be_a_category(tmp_path: Path) -> None:
    """The attack: in a column that the vendor fills rare values count, and there the words come through."""
    rows = [answer("9", network="no") for _ in range(5)] + [
        answer("9", network="Call me, I am Secret Person")
    ]
    made = counted(tmp_path, "nps_submissions", written(SUBMISSIONS, rows))
    assert ("Network", "Call me, I am Secret Person", 1, 1, 0, 0) in made["by_category"].rows


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
def test_headings_that_promise_names_words_or_dates_are_no_categories(heading: str) -> None:
    assert not may_be_category(heading)


def test_too_many_or_too_long_values_are_no_category(tmp_path: Path) -> None:
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
    made = counted(tmp_path, "nps_submissions", written(header, rows))
    assert {row[0] for row in made["by_category"].rows} == {"Group"}


# --- what must not be in them ---------------------------------------------------------------------


def texts(made: dict[str, Table]) -> set[str]:
    return {
        value
        for table in made.values()
        for value in itertools.chain((column.name for column in table.columns), *table.rows)
        if isinstance(value, str)
    }


def test_nothing_of_a_customer_is_in_any_table(tmp_path: Path) -> None:
    """Every cell that no table may show holds a mark of its own; no value of any table has one."""
    shown = {"Source Type", "State", "Agent First Name", "Agent Last Name", "Classifications"}
    rows = []
    for row in MESSAGES:
        marked = {
            column: f"canary {column}" for column in MENTIONS if not row.get(column) and column not in shown
        }
        rows.append(row | {key: cell for key, cell in marked.items() if "(" not in key and "SLA" not in key})
    made = counted(tmp_path, "mention_sla_export", written(MENTIONS, rows))
    assert set(made) == set(mentions(tmp_path))
    said = texts(made)
    assert not [text for text in said if "canary" in text or "secret" in text.lower()]
    assert not said & set(CUSTOMER.values())


def test_nothing_of_a_customer_is_in_the_tables_of_answers_and_cases(tmp_path: Path) -> None:
    personal = {
        "Submission Id": "canary",
        "Comment": "canary words",
        "Agent": "canary name",
        "Last Agent": "canary",
    }
    answers = [answer("9", network=network) | personal for network in ("Twitter", "Email") * 4]
    for report, content in (
        ("nps_submissions", written(SUBMISSIONS, answers)),
        ("case_details", written(CASES, [case(1, "5") | personal])),
    ):
        made = counted(tmp_path, report, content)
        assert len(made) >= 2
        assert not [text for text in texts(made) if "canary" in text]
