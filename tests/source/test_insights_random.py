"""Random small exports: the tables equal a plain recomputation, and memory does not grow with the file."""

import csv
import io
import statistics
import tracemalloc
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Table, Window
from bot.source.exports.insights import measure
from tests.source.insight_files import CASES, MENTIONS, SUBMISSIONS, counted, message, written

ZONES = ("Australia/Sydney", "Asia/Kolkata", "America/St_Johns", "UTC")
AROUND = datetime(2018, 4, 1)
"""Sydney's clocks go back on this day."""

moments = st.integers(-3 * 86_400, 4 * 86_400).map(lambda seconds: str(AROUND + timedelta(seconds=seconds)))
waits = st.integers(0, 300_000).map(lambda hundredths: f"{hundredths / 100:.2f}")
messages = st.builds(
    message,
    st.one_of(moments, st.just(""), st.just("soon")),
    st.one_of(st.just(""), waits),
    **{
        "Source Type": st.sampled_from(("Twitter", "Facebook", "", "other")),
        "Classifications": st.sampled_from(("", "A", "A;B", "B;A;A", "C")),
        "State": st.sampled_from(("new", "closed", "responded", "In Progress")),
    },
)


def window_in(zone: str) -> Window:
    return Window.of_dates(date(2018, 3, 31), date(2018, 4, 2), zone)


def local(text: str, zone: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    except ValueError:
        return None


def figures(rows: Iterable[dict[str, str]]) -> tuple[float | None, ...]:
    messages = list(rows)
    replies = [row for row in messages if row["Agent Reponse Date (UTC)"]]
    over = [row for row in replies if row["Within Customer SLA"] == "No"]
    wait = (
        statistics.fmean(float(row["Customer Wait Time (min)"]) * 60 for row in replies) if replies else None
    )
    return len(messages), len(replies), len(over), wait


def grouped(
    pairs: Iterable[tuple[object, dict[str, str]]],
) -> dict[tuple[object, ...], tuple[float | None, ...]]:
    groups: defaultdict[tuple[object, ...], list[dict[str, str]]] = defaultdict(list)
    for key, row in pairs:
        groups[key if isinstance(key, tuple) else (key,)].append(row)
    return {key: figures(rows) for key, rows in groups.items()}


def same(table: Table, width: int, expected: dict[tuple[object, ...], tuple[float | None, ...]]) -> None:
    """Rows by their first `width` cells, figures equal but for rounding."""
    assert {row[:width] for row in table.rows} == set(expected)
    assert len(table.rows) == len(expected)
    for row in table.rows:
        for value, wanted in zip(row[width:], expected[row[:width]], strict=True):
            assert value == (None if wanted is None else pytest.approx(wanted))


@settings(max_examples=60, deadline=None)
@given(st.lists(messages, max_size=25), st.sampled_from(ZONES))
def test_tables_of_messages_equal_a_plain_recomputation(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], zone: str
) -> None:
    window, content = window_in(zone), written(MENTIONS, rows)
    now = window.end.astimezone(UTC) + timedelta(days=1)
    tables = counted(tmp_path_factory.mktemp("x"), "mention_sla_export", content, window, now)
    log = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    at = [local(row["Customer Publish Date (UTC)"], zone) for row in log]
    inside = [
        (moment, row)
        for moment, row in zip(at, log, strict=True)
        if moment and window.start <= moment < window.end
    ]

    same(tables["totals"], 0, {(): figures(log)})
    same(tables["sla_by_day"], 1, grouped((str(moment.date()), row) for moment, row in inside))
    same(tables["sla_by_network"], 1, grouped((row["Source Type"], row) for row in log if row["Source Type"]))
    tagged = ((topic, row) for row in log for topic in set(row["Classifications"].split(";")) - {""})
    same(tables["sla_by_topic"], 1, grouped(tagged))
    hours = grouped(((str(moment.weekday()), str(moment.hour)), row) for moment, row in inside)
    same(tables["load"], 2, {key: (row[0], row[3]) for key, row in hours.items()})
    dated = [row for moment, row in zip(at, log, strict=True) if moment]
    longest = sorted((float(row["Customer Wait Time (min)"] or -1) * 60 for row in dated), reverse=True)
    assert tables["longest_waits"].column("wait") == pytest.approx(tuple(w for w in longest if w >= 0)[:10])
    open_rows = [
        row for row in dated if row["State"] in ("new", "In Progress") and not row["Agent Reponse Date (UTC)"]
    ]
    assert sum(row[1] for row in tables["unanswered"].rows) == len(open_rows)  # type: ignore[misc]


cases = st.fixed_dictionaries(
    {
        "Date Opened (UTC)": moments,
        "Date Closed (UTC)": st.one_of(st.just(""), moments),
        "Resolution Time (s)": st.one_of(st.just(""), st.integers(0, 10**6).map(str)),
        "First Reply Time (s)": st.one_of(st.just(""), st.integers(0, 10**6).map(str)),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(cases, max_size=25))
def test_tables_of_cases_equal_a_plain_recomputation(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    tables = counted(tmp_path_factory.mktemp("x"), "case_details", written(CASES, rows))
    times = {
        name: [float(row[name]) for row in rows if row[name]]
        for name in ("Resolution Time (s)", "First Reply Time (s)")
    }
    means = [statistics.fmean(seconds) if seconds else None for seconds in times.values()]
    still_open = sum(not row["Date Closed (UTC)"] for row in rows)
    assert tables["totals"].rows == ((len(rows), still_open, *map(approximately, means)),)
    slowest = tables["slow_cases"].column("resolution") if "slow_cases" in tables else ()
    assert slowest == tuple(sorted(times["Resolution Time (s)"], reverse=True)[:10])


def approximately(value: float | None) -> object:
    return None if value is None else pytest.approx(value)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-2, 12), moments, st.sampled_from("ABC")), max_size=40),
    st.sampled_from(ZONES),
)
def test_tables_of_answers_equal_a_plain_recomputation(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str, str]], zone: str
) -> None:
    cells = [
        {"Score": str(score), "Submitted At (UTC)": at, "Network": network} for score, at, network in rows
    ]
    tables = counted(
        tmp_path_factory.mktemp("x"), "nps_submissions", written(SUBMISSIONS, cells), window_in(zone)
    )
    real = [row for row in rows if 0 <= row[0] <= 10]
    assert tables["totals"].rows == ((len(real), *kinds(real)),)
    days = {str(day): [row for row in real if at_day(row[1], zone) == day] for day in window_in(zone).days}
    assert tables["by_day"].rows == tuple((day, *kinds(answers)) for day, answers in days.items() if answers)
    networks = {name: [row for row in real if row[2] == name] for name in sorted({row[2] for row in real})}
    expected = {("Network", name, len(answers), *kinds(answers)) for name, answers in networks.items()}
    assert set(tables["by_category"].rows if "by_category" in tables else ()) == (
        expected if len(expected) > 1 else set()
    )


def at_day(text: str, zone: str) -> date | None:
    moment = local(text, zone)
    return moment.date() if moment else None


def kinds(rows: list[tuple[int, str, str]]) -> tuple[int, int, int]:
    scores = [row[0] for row in rows]
    return sum(s >= 9 for s in scores), sum(7 <= s <= 8 for s in scores), sum(s <= 6 for s in scores)


def peak_of_measuring(folder: Path, megabytes: int) -> int:
    """Bytes that Python held at most while a file of so many MB was counted, every name in it different."""
    file = folder / f"{megabytes}.csv"
    with file.open("wb") as out:
        out.write(written(MENTIONS, []))
        number = 0
        while out.tell() < megabytes * 1_000_000:
            rows = [
                message(f"2018-05-0{1 + n % 6} 00:00:00", str(n % 400), **different(number + n))
                for n in range(500)
            ]
            out.write(written(MENTIONS, rows).partition(b"\r\n")[2])
            number += 500
    window = Window.of_dates(date(2018, 4, 30), date(2018, 5, 6), "Australia/Sydney")
    tracemalloc.start()
    try:
        measure("mention_sla_export", file, window, datetime(2018, 5, 7, tzinfo=UTC))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def different(number: int) -> dict[str, str]:
    return {
        name: f"{name} {number}" for name in ("Source Type", "Classifications", "Agent Last Name", "State")
    }


@pytest.mark.long
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small, large = peak_of_measuring(tmp_path, 1), peak_of_measuring(tmp_path, 5)
    assert large < small * 1.25
    assert large < 2_000_000
