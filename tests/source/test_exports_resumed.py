"""Export jobs outlive the process that started them: the same job is polled to its end."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import SourceBusy, SourceError, SourceRefused, SourceUnavailable, SourceUnclear
from bot.model import (
    ExportFile,
    ExportJob,
    ExportQuery,
    Present,
)
from bot.source import ActivityApi
from bot.source.exports.job import PollSchedule
from tests.source.conftest import Hosts, MakeApi
from tests.source.loopback import NOW, TurnedClock, Turnstile, cut_after, reply
from tests.source.samples import CASES, MAY
from tests.source.stored_answers import StoredAnswers

QUERY = ExportQuery("case_details", MAY)
"""Not settled: the month is not over."""

PENDING = {"status": "pending", "url": None, "token": "first"}
FAILED = {**PENDING, "status": "failed"}


def complete(hosts: Hosts, job: str = "first") -> bytes:
    return reply({"status": "complete", "url": f"{hosts.files.url}/x?signature=canary", "token": job})


def file_of(slot: object) -> ExportFile:
    assert isinstance(slot, Present)
    assert isinstance(slot.answer, ExportFile)
    return slot.answer


def polled(hosts: Hosts) -> list[str]:
    return [got.params["token"][0] for got in hosts.status.received]


def the_job(answers: StoredAnswers) -> ExportJob:
    (job,) = answers.shelf.jobs.values()
    return job


def killed(make_api: MakeApi, hosts: Hosts, answers: StoredAnswers, host: str = "status") -> None:
    """Kill a process that started the export at its next request to `host`; its locks were taken back."""
    dying = answers.beside()

    def kill(connection: object) -> None:
        dying.is_dead = True

    hosts.api.says(reply(PENDING))
    getattr(hosts, host).says(kill)
    with pytest.raises(SourceError):
        make_api(answers=dying, random=lambda: 1e6).fetch(QUERY, NOW)
    assert dying.is_dead
    answers.shelf.rights.clear()


# Going on


def test_restarted_process_polls_same_job(make_api: MakeApi, hosts: Hosts, answers: StoredAnswers) -> None:
    killed(make_api, hosts, answers)
    assert the_job(answers).token == "first"
    hosts.status.says(reply(PENDING), complete(hosts))
    hosts.files.says(reply(CASES))
    assert file_of(make_api().fetch(QUERY, NOW)).rows == 2
    assert len(hosts.api.received) == 1
    assert polled(hosts) == ["first"] * 3
    assert answers.shelf.jobs == {}
    assert "case_details: going on with the export that was started before" in hosts.progress


def test_killed_download_restarts_and_leaves_no_partial_file(
    make_api: MakeApi, hosts: Hosts, answers: StoredAnswers, tmp_path: Path
) -> None:
    hosts.status.says(complete(hosts))
    killed(make_api, hosts, answers, "files")
    (key,) = answers.shelf.jobs
    left = tmp_path / "exports" / f"case-details-{key[:12]}-0123456789abcdef.part"
    others = tmp_path / "exports" / "case-details-000000000000-0123456789abcdef.part"
    left.write_bytes(CASES[:9])
    others.write_bytes(CASES[:9])
    hosts.status.says(complete(hosts))
    hosts.files.says(reply(CASES))
    file = file_of(make_api().fetch(QUERY, NOW))
    assert set(left.parent.iterdir()) == {left.with_name(file.name), others}
    assert len(hosts.api.received) == 1


def test_unremembered_job_is_started_twice_after_restart(make_api: MakeApi, hosts: Hosts) -> None:
    hosts.api.says(reply(PENDING), complete(hosts))
    hosts.files.says(reply(CASES))
    with pytest.raises(SourceBusy):
        make_api(answers=StoredAnswers(), wait=1.0).fetch(QUERY, NOW)
    make_api(answers=StoredAnswers(), wait=1.0).fetch(QUERY, NOW)
    assert len(hosts.api.received) == 2


def busy(api: ActivityApi) -> float:
    """Return the seconds until the worker may retry."""
    with pytest.raises(SourceBusy, match="still making the export case_details") as caught:
        api.fetch(QUERY, NOW)
    assert caught.value.retry_after
    return caught.value.retry_after


def test_worker_yields_instead_of_long_sleep(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock, answers: StoredAnswers
) -> None:
    hosts.api.says(reply(PENDING))
    hosts.status.says(*[reply(PENDING)] * 5, complete(hosts))
    hosts.files.says(reply(CASES))
    waits = []
    for _ in range(4):
        waits.append(busy(make_api(wait=10.0)))
        assert answers.shelf.rights == {}
        clock.turn(waits[-1])
    assert file_of(make_api(wait=10.0).fetch(QUERY, NOW)).rows == 2
    assert clock.slept == [5.0, 10.0]
    assert waits == [20.0, 40.0, 60.0, 60.0]
    assert len(hosts.api.received) == 1


def test_many_workers_poll_no_more_than_one(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(reply(PENDING))
    for seconds, polls in ((0, 0), (1, 0), (3, 0), (1, 1), (9, 1), (1, 2), (19, 2)):
        clock.turn(seconds)
        new = polls - len(hosts.status.received)
        hosts.status.says(*[reply(PENDING)] * new)
        waits = {busy(make_api(wait=0.0)) for _ in range(4)}
        assert len(hosts.status.received) == polls
    assert waits == {1.0}


def test_polls_use_rate_limit_and_keep_job(
    make_api: MakeApi, hosts: Hosts, limiter: Turnstile, clock: TurnedClock
) -> None:
    hosts.api.says(reply(PENDING))
    hosts.status.says(reply(b"", 429, {"Retry-After": "90"}))
    with pytest.raises(SourceBusy, match="rate limit") as caught:
        make_api(wait=10.0).fetch(QUERY, NOW)
    assert (caught.value.retry_after, len(limiter.taken)) == (90.0, 2)
    clock.turn(90)
    hosts.status.says(complete(hosts))
    hosts.files.says(reply(CASES))
    make_api(wait=10.0).fetch(QUERY, NOW)
    assert len(hosts.api.received) == 1


def test_second_start_is_remembered_across_restarts(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock, answers: StoredAnswers
) -> None:
    hosts.api.says(reply(PENDING), reply({**PENDING, "token": "second"}))
    busy(make_api(wait=0.0))
    clock.turn(5)
    hosts.status.says(reply(FAILED))
    busy(make_api(wait=0.0))
    assert (the_job(answers).token, the_job(answers).starts) == ("second", 2)
    clock.turn(5)
    hosts.status.says(reply({**FAILED, "token": "second"}))
    with pytest.raises(SourceUnavailable, match="came to nothing 2 times"):
        make_api(wait=0.0).fetch(QUERY, NOW)
    assert len(hosts.api.received) == 2
    assert answers.shelf.jobs == {}


def test_failed_restart_counts_as_the_second_start(
    make_api: MakeApi, hosts: Hosts, answers: StoredAnswers
) -> None:
    hosts.api.says(reply(PENDING), reply(b"", 400), reply({**PENDING, "token": "second"}))
    hosts.status.says(reply(FAILED))
    with pytest.raises(SourceRefused):
        make_api().fetch(QUERY, NOW)
    hosts.status.says(reply(FAILED), reply({**FAILED, "token": "second"}))
    with pytest.raises(SourceUnavailable, match="came to nothing 2 times"):
        make_api().fetch(QUERY, NOW)


@pytest.mark.parametrize(
    "lost", [reply(FAILED), reply({"error": "Not found"}, 404)], ids=["failed", "unknown"]
)
def test_remembered_job_that_failed_is_restarted(
    make_api: MakeApi, hosts: Hosts, answers: StoredAnswers, lost: bytes
) -> None:
    killed(make_api, hosts, answers)
    hosts.status.says(lost)
    hosts.api.says(complete(hosts, "second"))
    hosts.files.says(reply(CASES))
    assert file_of(make_api().fetch(QUERY, NOW)).rows == 2


# The end


@pytest.mark.long
@pytest.mark.covers("an export that stays pending: export-never")
def test_incomplete_job_ends_at_deadline_for_all(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock, answers: StoredAnswers
) -> None:
    hosts.api.says(reply(PENDING))
    hosts.status.says(*[reply(PENDING)] * 122)
    worker = make_api(wait=10.0)
    for _ in range(120):
        clock.turn(busy(worker))
    with pytest.raises(SourceUnavailable, match="was not complete in time"):
        worker.fetch(QUERY, NOW)
    assert clock.now() - NOW <= timedelta(hours=2)
    assert answers.shelf.jobs == {}


def left_behind(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(reply(PENDING))
    busy(make_api(wait=0.0))
    clock.turn(3 * 3600)


def test_job_that_expired_unattended_is_polled_once_more(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock, answers: StoredAnswers
) -> None:
    left_behind(make_api, hosts, clock)
    hosts.status.says(complete(hosts))
    hosts.files.says(reply(CASES))
    assert file_of(make_api().fetch(QUERY, NOW)).rows == 2
    assert len(hosts.api.received) == 1


@pytest.mark.parametrize("response", [reply(PENDING), reply({**PENDING, "token": "other"}), reply(b"", 400)])
def test_stuck_job_is_forgotten_and_restarted(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock, answers: StoredAnswers, response: bytes
) -> None:
    left_behind(make_api, hosts, clock)
    hosts.status.says(response)
    with pytest.raises(SourceError):
        make_api().fetch(QUERY, NOW)
    assert answers.shelf.jobs == {}
    hosts.api.says(complete(hosts))
    hosts.files.says(reply(CASES))
    make_api().fetch(QUERY, NOW)


def test_stuck_job_does_not_serve_later_occurrence(
    make_api: MakeApi, hosts: Hosts, clock: TurnedClock, answers: StoredAnswers
) -> None:
    left_behind(make_api, hosts, clock)
    hosts.api.says(complete(hosts, "second"))
    hosts.files.says(reply(CASES))
    make_api().fetch(QUERY, NOW + timedelta(hours=1))
    assert polled(hosts) == []


@pytest.mark.covers("a file that is truncated inside, ragged or not CSV")
def test_unusable_file_ends_its_job(make_api: MakeApi, hosts: Hosts, answers: StoredAnswers) -> None:
    hosts.api.says(complete(hosts))
    hosts.files.says(reply(CASES + b'Acme,"Twit'))
    with pytest.raises(SourceUnclear):
        make_api().fetch(QUERY, NOW)
    assert (answers.shelf.jobs, answers.shelf.answers, answers.shelf.rights) == ({}, {}, {})


def test_refused_url_keeps_its_job(make_api: MakeApi, hosts: Hosts, answers: StoredAnswers) -> None:
    hosts.api.says(reply({**PENDING, "status": "complete", "url": "https://evil.example/x"}))
    with pytest.raises(SourceRefused, match="ACTIVITY_EXPORT_HOSTS"):
        make_api().fetch(QUERY, NOW)
    hosts.status.says(complete(hosts))
    hosts.files.says(reply(CASES))
    make_api().fetch(QUERY, NOW)
    assert len(hosts.api.received) == 1


# The pace


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_poll_interval_doubles_to_one_minute() -> None:
    schedule, job, elapsed, waits = PollSchedule(5.0, 7200.0), ExportJob("t", NOW), 0.0, []
    for _ in range(7):
        waits.append(schedule.wait(job, at(elapsed)))
        elapsed += waits[-1]
        job = replace(job, polled_at=at(elapsed))
    assert waits == [5, 10, 20, 40, 60, 60, 60]


def test_overdue_poll_and_backward_clock() -> None:
    job = ExportJob("t", NOW, polled_at=at(5))
    schedule = PollSchedule(5.0, 7200.0)
    assert schedule.wait(job, at(11)) == 4.0
    assert schedule.wait(job, at(500)) == 0.0
    assert schedule.wait(job, at(-500)) == 10.0


def test_end_counts_from_the_start() -> None:
    schedule, job = PollSchedule(5.0, 7200.0), ExportJob("t", NOW)
    assert [schedule.is_over(job, at(seconds)) for seconds in (-9, 7199, 7200)] == [False, False, True]
    assert schedule.is_over(job, at(7150), ahead=60.0)


def test_interrupted_download_is_not_stored(
    make_api: MakeApi, hosts: Hosts, answers: StoredAnswers, tmp_path: Path
) -> None:
    hosts.api.says(complete(hosts))
    hosts.files.says(*[cut_after(reply(CASES)[:-5])] * 4)
    with pytest.raises(SourceUnavailable):
        make_api().fetch(QUERY, NOW)
    assert answers.shelf.answers == {}
    assert the_job(answers).token == "first"
    assert list((tmp_path / "exports").iterdir()) == []


def test_correction_ignores_an_earlier_job(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(reply(PENDING), complete(hosts, "second"))
    hosts.files.says(reply(CASES))
    busy(make_api(wait=1.0))
    clock.turn(60)
    make_api(wait=1.0).fetch(QUERY, clock.now(), anew=True)
    assert len(hosts.api.received) == 2
    assert polled(hosts) == []
