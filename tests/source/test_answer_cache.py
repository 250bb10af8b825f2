"""Cached answers: who may use them, how long they are fresh, and single flight."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from bot.errors import LedgerError, SourceBusy, SourceRefused, SourceUnclear
from bot.model import ApiSettings, KeptAnswer, Present, Query, Scalars, Table
from bot.source import Endpoints
from bot.source.cache.answers import CacheKeys
from tests.source.conftest import Hosts, MakeApi
from tests.source.loopback import (
    LATER,
    NOW,
    TOKEN,
    Loopback,
    Received,
    TurnedClock,
    Turnstile,
    cut_after,
    reply,
)
from tests.source.samples import APRIL, JANE, MAY, SUMMARY, summary_query
from tests.source.stored_answers import AwaitingClock, StoredAnswers

HASH = sha256(TOKEN.encode()).hexdigest()


def keys(hosts: Hosts) -> CacheKeys:
    return CacheKeys(HASH, hosts.endpoints.api_url, ("groups", "users"))


def volume(slot: object) -> float | None:
    assert isinstance(slot, Present)
    assert isinstance(slot.answer, Scalars)
    return slot.answer.values["total_volume"]


# How long an answer is good


def test_settled_answer_never_expires(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(reply(SUMMARY))
    first = make_api().fetch(summary_query(APRIL), NOW)
    clock.turn(400 * 86400)
    again = make_api().fetch(summary_query(APRIL), NOW + timedelta(days=400))
    assert again == first
    assert isinstance(again, Present)
    assert again.fetched_at == NOW


def test_correction_refetches_settled_answer(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(reply({"total_volume": 1}), reply({"total_volume": 2}))
    make_api().fetch(summary_query(APRIL), NOW)
    clock.turn(60)
    asked_at = clock.now()
    assert volume(make_api().fetch(summary_query(APRIL), asked_at)) == 1
    assert volume(make_api().fetch(summary_query(APRIL), asked_at, anew=True)) == 2
    clock.turn(60)
    again = make_api().fetch(summary_query(APRIL), asked_at, anew=True)
    assert volume(again) == 2, "a retry of the correction asks for nothing twice"


def test_unsettled_answer_is_refetched_for_later_occurrence(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock
) -> None:
    hosts.api.says(reply({"total_volume": 1}), reply({"total_volume": 2}))
    api = make_api()
    assert volume(api.fetch(summary_query(MAY), NOW)) == 1
    clock.turn(7200)
    retried = api.fetch(summary_query(MAY), NOW)
    assert (volume(retried), retried.fetched_at) == (1, NOW)
    later = api.fetch(summary_query(MAY), NOW + timedelta(hours=1))
    assert (volume(later), later.fetched_at) == (2, NOW + timedelta(hours=2))
    # The newer one serves the earlier occurrence too.
    assert volume(api.fetch(summary_query(MAY), NOW)) == 2


@pytest.mark.parametrize(("early", "requests"), [(1, 2), (0, 1)])
def test_settled_is_decided_by_the_request_time(
    make_api: MakeApi, hosts: Hosts, early: int, requests: int
) -> None:
    settle = (NOW - APRIL.end).total_seconds() + early
    api = make_api(api=ApiSettings(settle_seconds=settle))
    hosts.api.says(*[reply(SUMMARY)] * requests)
    api.fetch(summary_query(APRIL), NOW)
    api.fetch(summary_query(APRIL), LATER)


def test_slow_answer_is_settled_by_its_request_time(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock, limiter: Turnstile
) -> None:
    api = make_api(api=ApiSettings(settle_seconds=(NOW - APRIL.end).total_seconds() + 10))
    limiter.waits = [30.0]
    hosts.api.says(reply(SUMMARY), reply(SUMMARY))
    api.fetch(summary_query(APRIL), NOW)
    api.fetch(summary_query(APRIL), LATER)


def test_settings_change_reparses_cached_answer(make_api: MakeApi, hosts: Hosts) -> None:
    point = {"value": 2, "date_range": {"date_from": "2018-04-10 00:00"}}
    hosts.api.says(reply({"avg_response_time": [point]}))
    query = Query("response_volume", APRIL)
    values = []
    for unit in ("seconds", "minutes"):
        slot = make_api(api=ApiSettings(response_volume_unit=unit)).fetch(query, NOW)  # type: ignore[arg-type]
        assert isinstance(slot, Present)
        values += [p.value for p in slot.answer.points["avg_response_time"]]  # type: ignore[union-attr]
    assert values == [2, 120]


def test_workflow_states_and_team_volume_are_one_request(make_api: MakeApi, hosts: Hosts) -> None:
    agent = {"user_id": 1, "first_name": "J", "last_name": "P", "states": {"closed": 3, "all_states": 3}}
    hosts.api.says(reply([agent]))
    api = make_api()
    tables = []
    for report in ("workflow_states", "user_volume"):
        slot = api.fetch(Query("user_volume", MAY, report=report), NOW)
        assert isinstance(slot, Present)
        assert isinstance(slot.answer, Table)
        tables.append(slot.answer)
    assert [table.columns[0].name for table in tables] == ["state", "user_id"]


@pytest.mark.covers("the document's other answer to user_volume: user-volume-states")
@pytest.mark.parametrize("order", [("workflow_states", "user_volume"), ("user_volume", "workflow_states")])
def test_alternative_documented_shape_is_one_request(
    make_api: MakeApi, hosts: Hosts, order: tuple[str, str]
) -> None:
    """It has no agents, so team volume cannot be had; asking again would say the same."""
    hosts.api.says(reply([{"state": "closed", "volume": 3}]))
    api = make_api()
    for report in order:
        unclear = pytest.raises(SourceUnclear, match="instead of agents")
        with unclear if report == "user_volume" else nullcontext():
            api.fetch(Query("user_volume", MAY, report=report), NOW)
    assert len(hosts.api.received) == 1


# What is kept


def test_text_is_kept_unchanged(make_api: MakeApi, hosts: Hosts, answers: StoredAnswers) -> None:
    body = b'{"total_volume": 1.50,  "new": "\\ud83d\\ude00 \xc3\xa4"}'
    hosts.api.says(reply(body))
    make_api().fetch(summary_query(MAY), NOW)
    assert list(answers.shelf.answers.values()) == [KeptAnswer(body.decode(), NOW, settled=False)]
    assert answers.shelf.rights == {}


@pytest.mark.covers("JSON of another shape")
@pytest.mark.parametrize("body", [reply({"volume": 1}), reply([]), reply(b"no", 400)])
def test_unreadable_answer_is_not_cached(
    make_api: MakeApi, hosts: Hosts, answers: StoredAnswers, body: bytes
) -> None:
    hosts.api.says(body, reply(SUMMARY))
    with pytest.raises((SourceUnclear, SourceRefused)):
        make_api().fetch(summary_query(), NOW)
    assert (answers.shelf.answers, answers.shelf.rights) == ({}, {})
    make_api().fetch(summary_query(), NOW)


@pytest.mark.parametrize("damaged", ["", "{", '{"volume": 1}', "[" * 100_000, "null"])
def test_damaged_cached_answer_is_a_miss(
    make_api: MakeApi, hosts: Hosts, answers: StoredAnswers, damaged: str
) -> None:
    key = keys(hosts).query(summary_query())
    answers.shelf.answers[key] = KeptAnswer(damaged, NOW, settled=True)
    hosts.api.says(reply(SUMMARY))
    assert volume(make_api().fetch(summary_query(), NOW)) == 81
    assert answers.shelf.answers[key].text != damaged


def test_lock_is_released_on_any_interruption(
    make_api: MakeApi, hosts: Hosts, answers: StoredAnswers
) -> None:
    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    hosts.api.says(reply(b"", 503, {"Retry-After": "30"}))
    with pytest.raises(KeyboardInterrupt):
        make_api(progress=interrupt).fetch(summary_query(), NOW)
    assert answers.shelf.rights == {}


def test_lock_is_released_when_the_answer_cannot_be_written(
    make_api: MakeApi, hosts: Hosts, answers: StoredAnswers
) -> None:
    class Full(StoredAnswers):
        def keep(self, key: str, answer: KeptAnswer) -> None:
            raise LedgerError("the disk is full")

    hosts.api.says(reply(SUMMARY))
    with pytest.raises(LedgerError, match="the disk is full"):
        make_api(answers=Full(answers.shelf)).fetch(summary_query(), NOW)
    assert answers.shelf.rights == {}


# Whose they are


def test_cache_keys_are_separate_per_scope() -> None:
    plain = CacheKeys(HASH, "https://api.lexer.io/v1", ("groups", "users"))
    others = (
        replace(plain, account="other"),
        replace(plain, api_url="https://api.lexer.io/v2"),
        replace(plain, api_url="https://api.lexer.io:8443/v1"),
        replace(plain, api_url="https://api.example/v1"),
        replace(plain, fields=("group_ids", "users")),
        replace(plain, fields=("users", "groups")),
    )
    query = Query("summary", MAY, (1,), (2,))
    queries = (
        query,
        replace(query, groups=(2,)),
        replace(query, users=()),
        replace(query, groups=(), users=(1, 2)),
    )
    query_keys = [scope.query(each) for scope in (plain, *others) for each in queries]
    lists = [scope.list(name) for scope in (plain, *others) for name in ("users", "groups", "forms")]
    assert len(set(query_keys + lists)) == len(query_keys + lists)
    assert replace(plain, api_url="https://API.lexer.io:443/v1/").query(query) == plain.query(query)


def test_other_token_field_or_host_misses_cache(make_api: MakeApi, hosts: Hosts, limiter: Turnstile) -> None:
    query = summary_query(MAY, groups=(1,))
    elsewhere = Loopback()
    elsewhere.says(reply({"total_volume": 4}))
    hosts.api.says(*[reply({"total_volume": number}) for number in (1, 2, 3)])
    clients = (
        make_api(),
        make_api(token="another-token"),
        make_api(api=ApiSettings(group_filter="group_ids")),
        make_api(
            endpoints=Endpoints(f"{elsewhere.url}/v1", f"{elsewhere.url}/s", hosts.endpoints.export_hosts)
        ),
    )
    try:
        for _ in range(2):
            assert [volume(api.fetch(query, NOW)) for api in clients] == [1, 2, 3, 4]
    finally:
        elsewhere.close()


def agents_of_the_group(got: Received) -> bytes:
    (group,) = got.json["groups"]
    return reply([{**JANE, "user_id": group}])


def test_16_threads_see_no_foreign_group_rows(make_api: MakeApi, hosts: Hosts) -> None:
    hosts.api.answers = agents_of_the_group
    api = make_api()
    groups = [1, 2, 1, 3] * 16

    def seen(group: int) -> tuple[object, ...]:
        slot = api.fetch(Query("user_summary", MAY, groups=(group,)), NOW)
        assert isinstance(slot, Present)
        assert isinstance(slot.answer, Table)
        return slot.answer.column("user_id")

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(seen, groups)) == [(str(group),) for group in groups]
    assert sorted(got.json["groups"] for got in hosts.api.received) == [[1], [2], [3]]


# Of many who need it one asks


def test_two_processes_with_16_threads_ask_once(
    make_api: MakeApi, hosts: Hosts, answers: StoredAnswers
) -> None:
    clock = AwaitingClock(answers.shelf)
    clients = (make_api(clock=clock), make_api(clock=clock, answers=answers.beside()))
    hosts.api.says(reply(SUMMARY))
    with ThreadPoolExecutor(16) as pool:
        slots = list(pool.map(lambda number: clients[number % 2].fetch(summary_query(MAY), NOW), range(64)))
    assert [volume(slot) for slot in slots] == [81] * 64
    assert len(hosts.api.received) == 1


def test_without_a_shared_store_every_process_asks(make_api: MakeApi, hosts: Hosts) -> None:
    hosts.api.says(*[reply(SUMMARY)] * 8)
    for _ in range(8):
        make_api(answers=StoredAnswers()).fetch(summary_query(MAY), NOW)


def test_threads_share_one_answer(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(reply(SUMMARY))
    api = make_api(wait=60.0)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: api.fetch(summary_query(MAY), NOW), range(64)))
    assert clock.slept == []


def test_thread_asks_itself_after_another_failed(make_api: MakeApi, hosts: Hosts) -> None:
    began, failed = threading.Event(), threading.Event()

    def refuse_late(connection: object) -> None:
        began.set()
        assert failed.wait(10)
        cut_after(reply(b"", 400))(connection)  # type: ignore[arg-type]

    hosts.api.says(refuse_late, reply(SUMMARY))
    api = make_api()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(api.fetch, summary_query(), NOW)
        assert began.wait(10)
        second = pool.submit(api.fetch, summary_query(), NOW)
        failed.set()
        with pytest.raises(SourceRefused):
            first.result()
        assert volume(second.result()) == 81


def test_answer_cached_between_lookup_and_lock_is_used(
    make_api: MakeApi, hosts: Hosts, answers: StoredAnswers
) -> None:
    class Overtaken(StoredAnswers):
        def lock(self, key: str) -> bool:
            self.shelf.answers[key] = KeptAnswer('{"total_volume": 5}', NOW, settled=False)
            return super().lock(key)

    store = Overtaken(answers.shelf)
    assert volume(make_api(answers=store).fetch(summary_query(MAY), NOW)) == 5
    assert (hosts.api.received, answers.shelf.rights) == ([], {})


def test_wait_for_another_process_grows_in_steps(
    make_api: MakeApi, hosts: Hosts, answers: StoredAnswers
) -> None:
    key, other = keys(hosts).query(summary_query()), answers.beside()

    class AnsweredLate(TurnedClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.slept) == 7:
                other.keep(key, KeptAnswer('{"total_volume": 9}', self.now(), settled=False))

    clock = AnsweredLate()
    assert other.lock(key)
    assert volume(make_api(clock=clock).fetch(summary_query(), NOW)) == 9
    assert clock.slept == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]


@pytest.mark.parametrize("limits", [{"wait": 10.0}, {"deadline": 10.0}])
def test_wait_for_another_process_ends_as_source_busy(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock, answers: StoredAnswers, limits: dict[str, float]
) -> None:
    assert answers.beside().lock(keys(hosts).query(summary_query()))
    with pytest.raises(SourceBusy, match="asking the Activity API for summary already") as caught:
        make_api(**limits).fetch(summary_query(), NOW)
    assert caught.value.retry_after == 10.0
    assert 7.0 < sum(clock.slept) <= 10.0


def test_thread_waits_for_another_within_its_wait_budget(make_api: MakeApi, hosts: Hosts) -> None:
    began, over = threading.Event(), threading.Event()

    def slow(connection: object) -> None:
        began.set()
        assert over.wait(10)
        cut_after(reply(SUMMARY))(connection)  # type: ignore[arg-type]

    hosts.api.says(slow)
    api = make_api(wait=0.01)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(api.fetch, summary_query(), NOW)
        assert began.wait(10)
        with pytest.raises(SourceBusy):
            api.fetch(summary_query(), NOW)
        over.set()
        assert volume(first.result()) == 81
