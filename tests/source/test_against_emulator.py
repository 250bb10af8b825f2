"""The client against the emulator, which reads the same document with other eyes."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from activity_emulator import Emulator
from activity_emulator.faults import Faults
from bot.errors import SourceRefused, SourceUnavailable
from bot.lib.export_folder import ExportFolder
from bot.model import (
    ApiSettings,
    ExportFile,
    ExportQuery,
    Filtering,
    FilterState,
    Present,
    Query,
    Report,
    Scalars,
    Series,
    Table,
    Window,
)
from bot.source import ActivityApi, Endpoints
from bot.source.gather import gather
from tests.compose.data import digest
from tests.source.loopback import LATER, NOW, TurnedClock, Turnstile
from tests.source.samples import SYDNEY
from tests.source.stored_answers import StoredAnswers

SAMPLE = "t"
PRESENT = datetime(2018, 5, 6, 23, 0, tzinfo=UTC)
WEEK = Window.of_dates(date(2018, 4, 29), date(2018, 5, 5), SYDNEY)


@pytest.fixture(scope="module")
def emulator(emulator_folder: Path) -> Iterator[Emulator]:
    started = Emulator(
        data_dir=emulator_folder, now=PRESENT, token=SAMPLE, port=0, export_delay=0.0, limit=None
    )
    started.start()
    yield started
    started.close()


def client(emulator: Emulator, folder: Path, token: str = SAMPLE) -> ActivityApi:
    clock = TurnedClock()
    return ActivityApi(
        endpoints=Endpoints(emulator.api_url, emulator.status_url, (emulator.export_hosts,)),
        token=token,
        api=ApiSettings(),
        clock=clock,
        limiter=Turnstile(clock),
        answers=StoredAnswers(),
        exports=ExportFolder(folder / "exports"),
        progress=lambda _: None,
    )


def answer(api: ActivityApi, query: Query) -> object:
    slot = api.fetch(query, NOW)
    assert isinstance(slot, Present)
    return slot.answer


@pytest.mark.long
def test_reports_of_one_week_agree(emulator: Emulator, tmp_path: Path) -> None:
    api = client(emulator, tmp_path)
    summary = answer(api, Query("summary", WEEK))
    states = answer(api, Query("states_volume", WEEK))
    agents = answer(api, Query("user_summary", WEEK))
    assert isinstance(summary, Scalars)
    assert isinstance(states, Series)
    assert isinstance(agents, Table)
    assert states.bucket_seconds == 86400
    total = sum(point.value or 0 for points in states.points.values() for point in points)
    assert total == summary.values["total_volume"]
    assert {p.at.date() for points in states.points.values() for p in points} <= set(WEEK.days)
    responded = sum(float(value or 0) for value in agents.column("responded_to"))
    assert responded > 0  # not their sum: one message may pass through several agents
    ids = {str(user.id) for user in api.users()}
    assert set(agents.column("user_id")) <= ids


@pytest.mark.parametrize(
    ("last", "bucket"), [(date(2018, 4, 1), 3600), (date(2018, 4, 3), 3600), (date(2018, 4, 4), 86400)]
)
def test_windows_over_clock_change_by_hour_and_day(
    emulator: Emulator, tmp_path: Path, last: date, bucket: int
) -> None:
    window = Window.of_dates(date(2018, 4, 1), last, SYDNEY)
    api = client(emulator, tmp_path)
    states, summary = answer(api, Query("states_volume", window)), answer(api, Query("summary", window))
    assert isinstance(states, Series)
    assert isinstance(summary, Scalars)
    assert states.bucket_seconds == bucket
    moments = [point.at for points in states.points.values() for point in points]
    assert all(window.start <= moment < window.end for moment in moments)
    total = sum(point.value or 0 for points in states.points.values() for point in points)
    assert total == summary.values["total_volume"]


def test_group_filter_leaves_only_its_agents(emulator: Emulator, tmp_path: Path) -> None:
    api = client(emulator, tmp_path)
    group = next(group for group in api.groups() if group.id == 123)
    filtered = answer(api, Query("user_summary", WEEK, groups=(group.id,)))
    everybody = answer(api, Query("user_summary", WEEK))
    assert isinstance(filtered, Table)
    assert isinstance(everybody, Table)
    members = {str(user.id) for user in api.users() if group.id in user.groups}
    assert set(filtered.column("user_id")) <= members
    assert len(filtered.rows) < len(everybody.rows)


BEFORE = Window.of_dates(date(2018, 4, 22), date(2018, 4, 28), SYDNEY)


def judged(
    api: ActivityApi, *reports: str, window: Window = WEEK, before: Window | None = BEFORE
) -> Filtering:
    """Gather these reports of one group for two weeks; return what is known of the filter."""
    wanted = digest(groups=("Social Customer Care",), reports=tuple(map(Report, reports)))
    return gather(api, wanted, window, before, NOW, lambda _: None).filtering


@pytest.fixture
def faults(emulator: Emulator) -> Iterator[Faults]:
    yield emulator.faults
    emulator.faults.clear()


@pytest.mark.long
@pytest.mark.promise("`user_summary` honours the group filter, `summary` ignores it", "held; names `summary`")
@pytest.mark.promise("`summary` honours the group filter, `classifications` ignores it", "held; names it")
@pytest.mark.promise("`summary` honours the group filter, `case_summary` ignores it", "held; names it")
@pytest.mark.promise("`summary` honours the group filter, `mention_sla_export` ignores it", "held; names it")
@pytest.mark.parametrize(
    ("honours", "ignores"),
    [
        ("user_summary", "summary"),
        ("summary", "classifications"),
        ("summary", "case_summary"),
        ("summary", "mention_sla_export"),
        ("summary", "case_details"),
        ("summary", "states_volume"),
        ("summary", "response_volume"),
    ],
)
def test_each_report_is_judged_by_itself(
    emulator: Emulator, faults: Faults, tmp_path: Path, honours: str, ignores: str
) -> None:
    assert judged(client(emulator, tmp_path), honours, ignores).state is FilterState.HONOURED
    faults.add(f"filter-ignored@{ignores}")
    filtering = judged(client(emulator, tmp_path), honours, ignores)
    assert filtering.state in (FilterState.UNVERIFIED, FilterState.IGNORED)
    assert f"{ignores} (2018-04-29 to 2018-05-05)" in filtering.reason
    assert f" {honours} (" not in f" {filtering.reason}"


@pytest.mark.promise("the group filter is honoured in week 1 and ignored from week 2", "week 2 is held")
def test_each_week_is_judged_by_itself(emulator: Emulator, faults: Faults, tmp_path: Path) -> None:
    api = client(emulator, tmp_path)
    assert judged(api, "summary", window=BEFORE, before=None).state is FilterState.HONOURED
    faults.add("filter-ignored")
    assert judged(api, "summary").state is FilterState.UNVERIFIED


def test_export_is_a_whole_file(emulator: Emulator, tmp_path: Path) -> None:
    file = answer(client(emulator, tmp_path), ExportQuery("case_details", WEEK))
    assert isinstance(file, ExportFile)
    with (tmp_path / "exports" / file.name).open(encoding="utf-8-sig", newline="") as content:
        rows = list(csv.reader(content))
    assert (tuple(rows[0]), len(rows) - 1) == (file.header, file.rows)
    assert file.rows > 0


def test_one_second_without_messages_is_valid(emulator: Emulator, tmp_path: Path) -> None:
    moment = WEEK.start + timedelta(hours=3)
    quiet = Window(moment, moment + timedelta(seconds=1), SYDNEY)
    api = client(emulator, tmp_path)
    for report in ("summary", "states_volume", "user_summary"):
        api.fetch(Query(report, quiet), NOW)


@pytest.mark.covers(
    "400 Invalid report - date range is too long", "400 Invalid report - starting date is a future date"
)
def test_refusals_use_documented_messages(emulator: Emulator, tmp_path: Path) -> None:
    api = client(emulator, tmp_path)
    for window, reason in (
        (Window.of_dates(date(2016, 1, 1), date(2018, 1, 1), SYDNEY), "date range is too long"),
        (Window.of_dates(date(2019, 1, 1), date(2019, 1, 2), SYDNEY), "starting date is a future date"),
    ):
        with pytest.raises(SourceRefused, match=reason):
            api.fetch(Query("summary", window), NOW)
    with pytest.raises(SourceRefused, match=r"Manager \(Edit Team\)"):
        client(emulator, tmp_path, token="wrong").groups()


@pytest.mark.long
def test_emulator_rate_limit_is_obeyed(emulator_folder: Path, tmp_path: Path) -> None:
    with Emulator(data_dir=emulator_folder, now=PRESENT, token=SAMPLE, port=0) as limited:
        ask_too_often(client(limited, tmp_path))


def ask_too_often(api: ActivityApi) -> None:

    def ask_often() -> None:
        for _ in range(120):
            api.fetch(Query("summary", WEEK), LATER)

    with pytest.raises(SourceUnavailable, match="rate limit"):
        ask_often()
