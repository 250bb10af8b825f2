"""Groups, users and forms: typed, kept for an hour, junk is unclear."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.errors import SourceUnclear
from bot.model import Form, Group, User
from bot.source import ActivityApi
from tests.source.conftest import Hosts, MakeApi
from tests.source.loopback import TurnedClock, reply
from tests.source.samples import FORMS, USERS
from tests.source.stored_answers import StoredAnswers

GROUPS = [{"id": 123, "name": "Social Customer Care", "comment": "…"}, {"id": 456, "name": "Billing"}]
(JANE,), (SURVEY,) = USERS, FORMS


def test_groups_are_fetched_once_an_hour(api: ActivityApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(reply(GROUPS), reply(GROUPS[:1]))
    assert api.groups() == (Group(123, "Social Customer Care"), Group(456, "Billing"))
    clock.turn(3599)
    assert len(api.groups()) == 2
    clock.turn(2)
    assert len(api.groups()) == 1
    assert [(got.method, got.target) for got in hosts.api.received] == [("GET", "/v1/groups")] * 2


def test_processes_share_the_lists_for_an_hour(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock, answers: StoredAnswers
) -> None:
    hosts.api.says(reply(GROUPS), reply(GROUPS))
    first = make_api().groups()
    clock.turn(3599)
    assert make_api(answers=answers.beside()).groups() == first
    make_api(token="another-token").groups()
    assert len(hosts.api.received) == 2


def test_list_from_the_future_expires(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(reply(GROUPS), reply(GROUPS))
    clock.turn(86400)
    make_api().groups()
    clock.turn(-86400)  # the clock had been wrong by a day
    make_api().groups()


def test_interactive_check_reads_current_lists(make_api: MakeApi, hosts: Hosts) -> None:
    hosts.api.says(reply(GROUPS), reply(GROUPS[:1]), reply(GROUPS))
    make_api().groups()
    fresh = make_api(lists=0.0)
    assert [len(fresh.groups()), len(fresh.groups())] == [1, 2]


def test_new_list_records_group_members(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    """Trap 12: a user who moved or was archived belonged once."""
    moved = {**JANE, "groups": [456]}
    hosts.api.says(reply([JANE, {"id": 7, "archived": True, "groups": [123]}]), reply([moved]))
    api = make_api()
    assert api.belonged((123,)) == frozenset()
    api.users()
    clock.turn(3601)
    api.users()
    assert api.belonged((123,)) == {12345, 7}
    assert api.belonged((456, 9)) == {12345}
    assert api.belonged(()) == frozenset()
    assert make_api(token="another-token").belonged((123,)) == frozenset()


def test_unreadable_list_records_no_members(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply([JANE, JANE]))
    with pytest.raises(SourceUnclear):
        api.users()
    assert api.belonged((123,)) == frozenset()


def test_users_have_defaults_for_what_is_absent(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply([JANE, {"id": "7", "archived": True, "groups": None, "email": None}]))
    assert api.users() == (
        User(12345, "jane@example.com", "Jane", "Remington", False, (123, 456, 789)),
        User(7, "", "", "", True, ()),
    )
    assert hosts.api.received[0].target == "/v1/users"


def test_archived_and_other_forms_are_read(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply([SURVEY, {"id": "56", "name": "Competition", "archived": True, "groups": None}]))
    assert api.forms() == (
        Form(55, "NPS Survey", "Lexer NPS Survey", str(SURVEY["form_url"]), True, False, (123,)),
        Form(56, "Competition", "", "", False, True, ()),
    )
    assert api.forms()[0].id == 55
    assert [(got.method, got.target) for got in hosts.api.received] == [("GET", "/v1/forms")]


@pytest.mark.parametrize(
    "change",
    [{"id": None}, {"name": None}, {"nps": "yes"}, {"archived": 1}, {"groups": 123}, {"form_url": 5}],
)
def test_malformed_form_is_unclear(api: ActivityApi, hosts: Hosts, change: dict[str, object]) -> None:
    hosts.api.says(reply([{**SURVEY, **change}]))
    with pytest.raises(SourceUnclear, match="list of forms"):
        api.forms()


def test_duplicate_form_is_unclear(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply([SURVEY, SURVEY]))
    with pytest.raises(SourceUnclear, match="list of forms has the same id twice"):
        api.forms()


def test_no_groups_is_an_empty_list(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply([]))
    assert api.groups() == ()


def test_concurrent_threads_fetch_list_once(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply(GROUPS))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.groups(), range(16)))
    assert len(set(answers)) == 1
    assert len(hosts.api.received) == 1


@pytest.mark.parametrize(
    "junk",
    [
        None,
        {},
        {"groups": []},
        [None],
        [7],
        [{"name": "no id"}],
        [{"id": 1}],
        [{"id": True, "name": "x"}],
        [{"id": 1.5, "name": "x"}],
        [{"id": -1, "name": "x"}],
        [{"id": "1; drop", "name": "x"}],
        [{"id": 1, "name": None}],
        [{"id": 1, "name": ["x"]}],
        [{"id": 1, "name": "x"}, {"id": 1, "name": "y"}],
    ],
)
def test_junk_is_unclear_and_not_kept(
    api: ActivityApi, hosts: Hosts, answers: StoredAnswers, junk: object
) -> None:
    hosts.api.says(reply(junk))
    with pytest.raises(SourceUnclear, match="list of groups"):
        api.groups()
    assert answers.shelf.answers == {}


def test_unreadable_list_is_fetched_again(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(reply({"oops": 1}), reply(GROUPS))
    with pytest.raises(SourceUnclear):
        api.groups()
    assert len(api.groups()) == 2


@pytest.mark.parametrize("change", [{"archived": "yes"}, {"groups": ["x"]}, {"groups": 3}, {"email": 5}])
def test_malformed_user_is_unclear(api: ActivityApi, hosts: Hosts, change: dict[str, object]) -> None:
    hosts.api.says(reply([{**JANE, **change}]))
    with pytest.raises(SourceUnclear, match="list of users"):
        api.users()
