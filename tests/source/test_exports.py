"""Exports in three steps: started, asked about, downloaded; what can go wrong between."""

import os
import stat
from datetime import datetime
from pathlib import Path

import pytest

from bot.errors import SourceRefused, SourceUnavailable, SourceUnclear
from bot.model import ExportFile, ExportQuery, Present
from bot.source import ActivityApi
from tests.source.conftest import Hosts, MakeApi
from tests.source.loopback import LATER, NOW, TOKEN, TurnedClock, Turnstile, cut_after, reply
from tests.source.samples import APRIL, CASES, MAY

QUERY = ExportQuery("case_details", APRIL)
IN_MAY = ExportQuery("case_details", MAY)
"""Not settled: the month is not over."""

JOB = "job-canary-77"
SIGNED = "/files/x.csv?X-Amz-Signature=canary"


def job(status: str, url: str | None = None, token: str | None = JOB) -> bytes:
    return reply({"status": status, "url": url, "token": token})


def complete(hosts: Hosts) -> bytes:
    return job("complete", hosts.files.url + SIGNED)


def csv(content: bytes = CASES, **headers: str) -> bytes:
    return reply(content, headers=headers, kind="text/csv")


def exported(api: ActivityApi, query: ExportQuery = QUERY, due: datetime = NOW) -> ExportFile:
    slot = api.fetch(query, due)
    assert isinstance(slot, Present)
    assert isinstance(slot.answer, ExportFile)
    return slot.answer


def test_export_is_started_polled_and_downloaded(
    api: ActivityApi, hosts: Hosts, clock: TurnedClock, limiter: Turnstile, tmp_path: Path
) -> None:
    hosts.api.says(job("pending"))
    hosts.status.says(job("pending"), complete(hosts))
    hosts.files.says(csv())
    file = exported(api)
    assert (file.rows, file.size) == (2, len(CASES))
    assert file.header == ("Account", "Network", "Date Opened")
    assert (tmp_path / "exports" / file.name).read_bytes() == CASES
    assert hosts.api.received[0].json["type"] == "case_details"
    assert [(got.path, got.params) for got in hosts.status.received] == [("/status", {"token": [JOB]})] * 2
    assert [got.headers["auth-api-token"] for got in hosts.status.received] == [TOKEN] * 2
    assert clock.slept == [5.0, 10.0]
    assert len(limiter.taken) == 3  # the start and both polls; the download is on another host


def test_download_has_no_token_and_identity_encoding(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(complete(hosts))
    hosts.files.says(csv())
    exported(api)
    (got,) = hosts.files.received
    assert got.target == SIGNED
    assert not {"auth-api-token", "authorization", "cookie", "referer"} & set(got.headers)
    assert got.headers["accept-encoding"] == "identity"


def test_export_file_is_private_with_generated_name(api: ActivityApi, hosts: Hosts, tmp_path: Path) -> None:
    disposition = {"Content-Disposition": 'attachment; filename="../../etc/cron.d/x"'}
    hosts.api.says(complete(hosts), complete(hosts))
    hosts.files.says(csv(CASES, **disposition), csv())
    old_umask = os.umask(0)
    try:
        files = exported(api, IN_MAY), exported(api, IN_MAY, LATER)
    finally:
        os.umask(old_umask)
    assert files[0].name != files[1].name  # a correction keeps both versions
    for path in (tmp_path / "exports" / file.name for file in files):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert set(path.stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert len(path.stem) <= 64
    assert len(list((tmp_path / "exports").iterdir())) == 2


@pytest.mark.covers("an export that stays pending: export-never")
def test_polls_back_off_until_deadline(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    hosts.api.says(job("pending"))
    hosts.status.says(*[job("pending")] * 7)
    with pytest.raises(SourceUnavailable, match="not complete in time"):
        make_api(export=300.0).fetch(QUERY, NOW)
    assert clock.slept == [5, 10, 20, 40, 60, 60, 60]


def test_default_deadline_is_two_hours(
    api: ActivityApi, hosts: Hosts, clock: TurnedClock, limiter: Turnstile
) -> None:
    hosts.api.says(job("pending"))
    hosts.status.says(*[job("pending")] * 122)
    with pytest.raises(SourceUnavailable):
        api.fetch(QUERY, NOW)
    assert 7100 < sum(clock.slept) <= 7200
    assert len(limiter.taken) == 123


def test_unknown_status_is_polled_again(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(job("queued"))
    hosts.status.says(job("warming up"), job(" Complete ", hosts.files.url + SIGNED))
    hosts.files.says(csv())
    assert exported(api).rows == 2


def test_failed_export_is_restarted_once(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(job("pending"), job("pending", token="second"))
    hosts.status.says(job("failed"), job("complete", hosts.files.url + SIGNED, "second"))
    hosts.files.says(csv())
    assert exported(api).rows == 2
    assert [got.params["token"] for got in hosts.status.received] == [[JOB], ["second"]]


def test_export_that_fails_twice_is_unavailable(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(job("pending"), job("failed"))
    hosts.status.says(job("failed"))
    with pytest.raises(SourceUnavailable, match="came to nothing 2 times"):
        api.fetch(QUERY, NOW)


@pytest.mark.covers("404 for the status of an export")
def test_unknown_job_is_restarted(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(job("pending"), complete(hosts))
    hosts.status.says(reply({"error": "Not found"}, 404))
    hosts.files.says(csv())
    assert exported(api).rows == 2


def test_transient_poll_failure_is_retried(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(job("pending"))
    hosts.status.says(reply(b"", 502), cut_after(b""), complete(hosts))
    hosts.files.says(csv())
    assert exported(api).rows == 2


def test_complete_without_url_is_polled_again(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(job("complete"))
    hosts.status.says(job("complete"), job("complete", ""), complete(hosts))
    hosts.files.says(csv())
    assert exported(api).rows == 2
    hosts.api.says(job("complete"))
    hosts.status.says(*[job("complete")] * 3)
    with pytest.raises(SourceUnclear, match="no address"):
        api.fetch(IN_MAY, NOW)


def test_answer_about_another_job_is_refused(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(job("pending"))
    hosts.status.says(job("complete", hosts.files.url + SIGNED, "somebody-elses"))
    with pytest.raises(SourceUnclear, match="another export"):
        api.fetch(QUERY, NOW)
    assert hosts.files.received == []


@pytest.mark.parametrize(
    "start",
    [{}, [], None, {"status": "pending"}, {"status": 3}, {"status": "pending", "token": "a\r\nb"}],
)
def test_start_without_a_job_is_unclear(api: ActivityApi, hosts: Hosts, start: object) -> None:
    hosts.api.says(reply(start))
    with pytest.raises(SourceUnclear, match="case_details"):
        api.fetch(QUERY, NOW)


@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_expired_url_is_requested_again(api: ActivityApi, hosts: Hosts, status: int) -> None:
    hosts.api.says(job("pending"))
    hosts.status.says(complete(hosts), complete(hosts))
    hosts.files.says(reply(b"<Error>Request has expired</Error>", status), csv())
    assert exported(api).rows == 2


@pytest.mark.covers("an expired download address: export-expires")
def test_always_expired_download_url_is_unavailable(api: ActivityApi, hosts: Hosts, tmp_path: Path) -> None:
    hosts.api.says(job("pending"), job("pending"))
    hosts.status.says(*[complete(hosts)] * 8)
    hosts.files.says(*[reply(b"", 403)] * 8)
    with pytest.raises(SourceUnavailable, match="no longer gives"):
        api.fetch(QUERY, NOW)
    assert list((tmp_path / "exports").iterdir()) == []


@pytest.mark.covers("a download address on another or an internal host")
def test_foreign_download_url_is_not_fetched(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(job("complete", f"http://127.0.0.1:{hosts.api.port}/files?signature=canary"))
    with pytest.raises(SourceRefused, match="ACTIVITY_EXPORT_HOSTS") as caught:
        api.fetch(QUERY, NOW)
    assert "canary" not in str(caught.value)
    assert len(hosts.api.received) == 1


def test_redirected_download_is_refused(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(complete(hosts))
    hosts.files.says(reply(b"", 302, {"Location": "http://169.254.169.254/latest?signature=canary"}))
    with pytest.raises(SourceRefused, match="redirect") as caught:
        api.fetch(QUERY, NOW)
    assert "169.254" not in str(caught.value)


@pytest.mark.covers("an export without rows")
def test_header_alone_is_empty_export(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(complete(hosts))
    hosts.files.says(csv(b"\xef\xbb\xbfAccount,Network\r\n"))
    file = exported(api)
    assert (file.rows, file.header) == (0, ("Account", "Network"))


def test_unusable_file_is_deleted(api: ActivityApi, hosts: Hosts, tmp_path: Path) -> None:
    hosts.api.says(complete(hosts))
    hosts.files.says(csv(CASES + b'Acme,"Twit'))
    with pytest.raises(SourceUnclear, match="cut off"):
        api.fetch(QUERY, NOW)
    assert list((tmp_path / "exports").iterdir()) == []


def test_long_steps_are_reported(api: ActivityApi, hosts: Hosts) -> None:
    hosts.api.says(job("pending"))
    hosts.status.says(complete(hosts))
    hosts.files.says(csv())
    exported(api)
    assert hosts.progress == [
        "case_details: starting the export",
        "case_details: waiting for the export (5 s)",
        "case_details: downloading the export",
    ]
