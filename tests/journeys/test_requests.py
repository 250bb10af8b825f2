"""What fetching costs, counted at the emulator: each question once, and next week only what is new or moved."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activity_emulator import Emulator, Log
from bot.actions.forecast import upcoming
from bot.app import App
from bot.config import load
from bot.model import FilterState
from bot.settings import Settings
from bot.source.gather import gather
from bot.timetable import compared_window
from tests.journeys.world import API_TOKEN, NOW, World, world
from tests.source.loopback import TurnedClock

pytestmark = pytest.mark.long

BEFORE = "2026-11-15T12:00:00Z"
FIRST_MONDAY, SECOND_MONDAY = "2026-11-15T22:00:30Z", "2026-11-22T22:00:30Z"
"""Half a minute after nine o'clock in Sydney; both windows had ended nine hours before."""

WEEKS = {
    "two weeks ago": ("2026-11-02T00:00:00+11:00", "2026-11-08T23:59:59+11:00"),
    "first": ("2026-11-09T00:00:00+11:00", "2026-11-15T23:59:59+11:00"),
    "second": ("2026-11-16T00:00:00+11:00", "2026-11-22T23:59:59+11:00"),
}

FIFTEEN = """\
      - summary
      - states_volume
      - workflow_states
      - classifications
      - response_volume
      - user_summary
      - user_volume
      - case_summary
      - case_volume
      - case_classifications
      - nps_summary: {form: NPS Survey}
      - nps_volume: {form: NPS Survey}
      - case_details
      - nps_submissions: {form: NPS Survey}
      - mention_sla_export
""".splitlines()

DIRECT = (
    "summary",
    "states_volume",
    "user_volume",  # workflow states are in the same answer
    "classifications",
    "response_volume",
    "user_summary",
    "case_summary",
    "case_volume",
    "case_classifications",
    "nps_summary",
    "nps_volume",
)
EXPORTS = ("case_details", "nps_submissions", "mention_sla_export")

HEAD = """\
timezone: Australia/Sydney
email: {from: "r@example.com", allowed_domains: [example.com]}
digests:
"""


def digest(name: str, reports: Sequence[str], recipients: str) -> str:
    return f"""\
  {name}:
    schedule: every monday at 09:00
    window: last week
    group: Social Customer Care
    recipients: [{recipients}]
    reports:
""" + "".join(f"{line}\n" for line in reports)


Asked = Counter[tuple[object, ...]]


def asked(emulator: Emulator) -> Asked:
    """How often each question was asked: type, both ends, groups, form; lists, polls, downloads by name."""
    return Counter(
        (q.type, q.date_from.isoformat(), q.date_to.isoformat(), q.groups, q.form)
        if (q := request.query)
        else (request.path.rsplit("/", 1)[-1], request.report_type)
        for request in emulator.requests
    )


def once(week: str, types: Sequence[str]) -> Asked:
    """Each of these types once for that week, about the digests' group and its form."""
    return Counter((kind, *WEEKS[week], (123,), 55 if kind.startswith("nps_") else None) for kind in types)


LISTS: Asked = Counter({(name, None): 1 for name in ("groups", "users", "forms")})
FILES: Asked = Counter({(name, kind): 1 for kind in EXPORTS for name in ("status", f"{kind}.csv")})
VERIFYING = (
    "summary",  # states_volume and mention_sla_export add up to it
    "classifications",
    "response_volume",
    "case_summary",
    "case_volume",
    "case_classifications",
    "nps_summary",  # nps_volume and nps_submissions add up to it
)


def everybodys(week: str, types: Sequence[str] = VERIFYING) -> Asked:
    """Each of these types once for that week, without a filter."""
    return Counter((kind, *WEEKS[week], None, 55 if kind.startswith("nps_") else None) for kind in types)


FIRST_WEEK = (
    LISTS
    + once("first", DIRECT + EXPORTS)
    + once("two weeks ago", DIRECT)
    + FILES
    + everybodys("first")
    + everybodys("two weeks ago")
)


@dataclass
class Weeks:
    """What was asked in each of two weeks by one digest with all fifteen reports."""

    asked: list[Asked]
    mails: int


def two_weeks(here: World) -> Weeks:
    counted = []
    assert here.bot("run", "--once", "--now", BEFORE).returncode == 0
    for monday in (FIRST_MONDAY, SECOND_MONDAY):
        here.emulator.requests.clear()
        done = here.bot("run", "--once", "--now", monday)
        assert done.returncode == 0, done.stderr
        assert {request.status for request in here.emulator.requests} == {200}
        counted.append(asked(here.emulator))
    return Weeks(counted, len(here.smtp.messages))


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory, emulator_folder: Path) -> Iterator[Weeks]:
    with world(tmp_path_factory.mktemp("weeks"), emulator_folder) as here:
        here.write(HEAD + digest("care-weekly", FIFTEEN, "{email: dana@example.com}"))
        yield two_weeks(here)


def test_fifteen_reports_request_each_query_once(
    weeks: Weeks,
) -> None:
    assert_asked(weeks.asked[0], FIRST_WEEK, "first")
    assert FIRST_WEEK.total() == 3 + 14 + 11 + 3 + 3 + 2 * 7
    assert weeks.mails == 2


def test_next_week_requests_new_and_unsettled_windows(weeks: Weeks) -> None:
    """Nine hours after its end the first week had not settled; two weeks ago is compared with no more."""
    own = LISTS + once("second", DIRECT + EXPORTS) + once("first", DIRECT) + FILES
    assert_asked(weeks.asked[1], own + everybodys("second") + everybodys("first"), "second")


def assert_asked(found: Asked, wanted: Asked, week: str) -> None:
    """Of eighteen answers seventeen are the group's: if everybody's came last, the group's is asked for again."""
    assert found in (wanted, wanted + once(week, ["nps_summary"]))


def test_more_digests_and_recipients_add_no_request(here: World) -> None:
    def recipients(number: int) -> str:
        mails = ", ".join(f"reader-{number}-{one}@example.com" for one in range(5 if number < 2 else 10))
        folders = [f"{{folder: out-{number}-{one}}}" for one in range(5 if number < 2 else 0)]
        return ", ".join([f"{{email: [{mails}]}}", *folders])

    by_agent = "      - user_summary"
    others = [line for line in FIFTEEN if line != by_agent]
    wanted = [FIFTEEN, *([by_agent, *others[number % 7 :: 4]] for number in range(19))]
    here.write(HEAD + "".join(digest(f"d{n}", reports, recipients(n)) for n, reports in enumerate(wanted)))
    here.bot("run", "--once", "--now", BEFORE)
    done = here.bot("run", "--once", "--now", FIRST_MONDAY, seconds=300)
    assert done.returncode == 0, done.stderr
    # Some digests have the days without the sums that verify them.
    more = asked(here.emulator) - FIRST_WEEK
    assert {key[0] for key in more} <= {"nps_summary", "nps_volume", "states_volume"}
    assert more.total() <= 12
    assert len(here.smtp.messages) == 190
    assert len(list(here.folder.glob("out-*/*/*/email.eml"))) == 10


def test_filter_is_verified_in_each_edition(here: World) -> None:
    """Everybody's summary serves to verify that the group's is not everybody's."""
    here.write(HEAD + digest("care-weekly", ["      - summary"], "{email: dana@example.com}"))
    week = two_weeks(here)
    lists: Asked = Counter({("groups", None): 1, ("users", None): 1})
    one = ["summary"]
    first, ago, second = (once(name, one) for name in ("first", "two weeks ago", "second"))
    assert week.asked[0] == lists + first + ago + everybodys("first", one) + everybodys("two weeks ago", one)
    assert week.asked[1] == lists + second + first + everybodys("second", one) + everybodys("first", one)


# What moved


def a_week_of(messages: int) -> Log:
    """Return a log with so many messages in the first week, and one in the second."""
    start = datetime(2026, 11, 9, 1, tzinfo=UTC)
    moments = [start + timedelta(hours=n) for n in range(messages)] + [start + timedelta(days=8)]
    tables: Mapping[str, list[tuple[Any, ...]]] = {
        "networks": [(1, "Facebook")],
        "accounts": [(1, 1, "Acme Care")],
        "customers": [(1, "fan", "Fan", "fan@example.com", None)],
        "messages": [(n, 1, 1, None, at, False, "Hello") for n, at in enumerate(moments)],
        "states": [(n, 0, "new", at) for n, at in enumerate(moments)],
    }
    return Log.of(tables, now=NOW)


@pytest.mark.parametrize(("later", "said"), [(102, False), (103, True)])
def test_changed_published_figure_is_noted(here: World, tmp_path: Path, later: int, said: bool) -> None:
    here.write(
        HEAD.replace("digests:", "digests:\n  care-weekly:")
        + "    schedule: every monday at 09:00\n    window: last week\n    reports: [summary]\n"
        "    recipients: [{email: dana@example.com}]\n"
    )
    here.bot("run", "--once", "--now", BEFORE)
    for messages, monday in ((100, FIRST_MONDAY), (later, SECOND_MONDAY)):
        log = a_week_of(messages)
        with Emulator(data_dir=tmp_path, now=NOW, log=log, token=API_TOKEN, limit=None) as emulator:
            done = here.bot("run", "--once", "--now", monday, ACTIVITY_API_URL=emulator.api_url)
        log.close()
        assert done.returncode == 0, done.stderr
    first, second = (said_in(mail.parsed) for mail in here.smtp.messages)
    sentence = f"The week before was published as 100 messages, now {later}."
    assert "was published as" not in first
    assert (sentence in second) is said
    assert ("was published as" in second) is said


def said_in(mail: Any) -> str:
    """Return the words of a mail's plain text, on one line."""
    return " ".join(mail.get_body(("plain",)).get_content().split())


# Unsettled and settled, generated


@pytest.fixture(scope="module")
def emulator(emulator_folder: Path) -> Iterator[Emulator]:
    with Emulator(data_dir=emulator_folder, now=NOW, token=API_TOKEN, limit=None) as started:
        yield started


def app_at(folder: Path, emulator: Emulator, text: str, clock: TurnedClock) -> App:
    (folder / "reports.yaml").write_text(text, encoding="utf-8")
    environment = {
        "ACTIVITY_API_TOKEN": API_TOKEN,
        "ACTIVITY_API_URL": emulator.api_url,
        "ACTIVITY_STATUS_URL": emulator.status_url,
        "BOT_DATA_DIR": str(folder / "var"),
        "BOT_DATABASE_URL": f"sqlite:///{folder}/bot.db",
    }
    return App(Settings.from_environment(environment), load(folder / "reports.yaml"), clock)


DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@settings(max_examples=20, deadline=None)
@given(
    day=st.integers(min_value=0, max_value=6),
    hour=st.integers(min_value=0, max_value=23),
    settle_hours=st.sampled_from([1, 24, 48, 72, 167]),
    late_minutes=st.integers(min_value=0, max_value=180),
)
def test_comparison_is_refetched_until_settled(
    emulator: Emulator,
    tmp_path_factory: pytest.TempPathFactory,
    day: int,
    hour: int,
    settle_hours: int,
    late_minutes: int,
) -> None:
    """Run three weeks of a digest on any day and hour.

    Only a window that was fetched too soon is asked for twice: as the week and as the week before.
    """
    text = (
        f"timezone: Australia/Sydney\nactivity_api: {{settle: {settle_hours}h}}\ndigests:\n  care-weekly:\n"
        f"    schedule: every {DAYS[day]} at {hour:02}:00\n    window: last week\n"
        "    reports: [summary, case_summary]\n    recipients: [{folder: outbox}]\n"
    )
    clock = TurnedClock()
    app = app_at(tmp_path_factory.mktemp("settling"), emulator, text, clock)
    weekly = app.configuration.digests[0]
    emulator.requests.clear()
    expected: Counter[date] = Counter()
    with app.open_ledger() as ledger:
        for firing, window in upcoming(weekly, datetime(2026, 10, 11, tzinfo=UTC), 3):
            at = firing.due + timedelta(minutes=late_minutes)
            clock.turn((at - clock.now()).total_seconds())
            compared = compared_window(window, weekly.window, weekly.compare)
            assert compared is not None
            gather(app.source(ledger, lambda _: None), weekly, window, compared, firing.due, lambda _: None)
            expected[window.first_day] += 1
            # Fetched a week ago, if it was: had its figures settled by then?
            week_ago, ended = at - timedelta(days=7), compared.end.astimezone(UTC)
            had_settled = week_ago >= ended + timedelta(hours=settle_hours)
            expected[compared.first_day] += compared.first_day not in expected or not had_settled
    counted = Counter((q.type, day_of(q.date_from)) for request in emulator.requests if (q := request.query))
    assert counted == {
        (kind, first): count for first, count in expected.items() for kind in ("summary", "case_summary")
    }


# Twenty digests over six groups


def six_groups() -> Log:
    """Return a log of two weeks in which each of six groups answers a few messages a day."""
    start, days = datetime(2026, 11, 2, 1, tzinfo=UTC), range(14)
    moments = [
        (n, group, start + timedelta(days=day, minutes=n)) for day in days for n, group in enumerate(SIX * 4)
    ]
    messages = list(enumerate(moments))
    users = [(group, f"a{group}@example.com", f"A{group}", "Pear", "UTC", 0, 1, None, False) for group in SIX]
    tables: Mapping[str, list[tuple[Any, ...]]] = {
        "networks": [(1, "Facebook")],
        "accounts": [(1, 1, "Acme Care")],
        "customers": [(1, "fan", "Fan", "fan@example.com", None)],
        "groups": [(group, f"Group {group}", "") for group in SIX],
        "users": users,
        "memberships": [(group, group) for group in SIX],
        "classifications": [(group, f"Topic {group}") for group in SIX],
        "cases": [(id, 1, 1) for id, _ in messages],
        "messages": [(id, 1, 1, id, at, False, "Hello") for id, (_, _, at) in messages],
        "states": [(id, 0, "closed", at + timedelta(hours=1)) for id, (_, _, at) in messages],
        "assignments": [(id, group, at) for id, (_, group, at) in messages],
        "responses": [
            (id, id, group, at + timedelta(minutes=10 * group), "Yes", None)
            for id, (_, group, at) in messages
        ],
        "message_classifications": [(id, group) for id, (_, group, _) in messages],
    }
    return Log.of(tables, now=NOW)


SIX = (11, 12, 13, 14, 15, 16)
MIXES = (
    ("summary", "states_volume", "user_summary", "case_details"),
    ("summary", "user_summary", "user_volume", "classifications"),
    ("summary", "states_volume", "response_volume", "user_summary", "case_summary"),
    ("case_summary", "case_volume", "case_classifications", "user_volume"),
)


@pytest.mark.promise(
    "twenty digests over six groups", "verifying costs at most 0.15 times the requests that they need anyway"
)
def test_verification_of_twenty_digests_costs_little(tmp_path: Path) -> None:
    text = HEAD + "".join(
        f"  d{n}:\n    schedule: every monday at 09:00\n    window: last week\n    group: Group {SIX[n % 6]}\n"
        f"    reports: [{', '.join(MIXES[n // 6])}]\n    recipients: [{{folder: outbox}}]\n"
        for n in range(20)
    )
    log, clock = six_groups(), TurnedClock()
    with Emulator(
        data_dir=tmp_path, now=NOW, log=log, token=API_TOKEN, limit=None, export_delay=0.0
    ) as emulator:
        app = app_at(tmp_path, emulator, text, clock)
        [(firing, window)] = upcoming(app.configuration.digests[0], datetime(2026, 11, 15, 12, tzinfo=UTC), 1)
        clock.turn((firing.due - clock.now()).total_seconds())
        with app.open_ledger() as ledger:
            source = app.source(ledger, lambda _: None)
            for one in app.configuration.digests:
                before = compared_window(window, one.window, one.compare)
                data = gather(source, one, window, before, firing.due, lambda _: None)
                assert data.filtering.state is FilterState.HONOURED, data.filtering
        counted = asked(emulator)
    log.close()
    verifying = sum(count for key, count in counted.items() if len(key) == 5 and key[3] is None)
    needed = len({key for key in counted if len(key) == 5 and key[3]}) + len(SIX) + 2  # polls, lists
    assert needed + verifying <= counted.total()
    assert needed + verifying <= 1.15 * needed


def day_of(moment: datetime) -> date:
    """Return the local day of a window's start, as it was sent."""
    return moment.date()
