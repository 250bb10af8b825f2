"""What the page, /health and /metrics say, over HTTP, with a real database."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.ledger import Ledger, open_ledger
from bot.model import DeliveryState, Occurrence, Outcome, ProcessKind, Receipt, Window
from bot.service.service import hash_of
from bot.service.status import ServiceStatus
from bot.web.status.health import unwell
from tests.ledger.factories import said
from tests.web.status.conftest import CANARY, FILE, Here

NAMES = [
    f"digestbot_{name}"
    for name in (
        "build_info",
        "up_and_well",
        "deliveries_total",
        "deliveries_standing",
        "occurrences",
        "next_due_timestamp_seconds",
        "tick_age_seconds",
        "plan_age_seconds",
        "requests_used",
        "requests_usable",
        "configuration_ok",
        "configuration_read_timestamp_seconds",
        "channel_stopped",
        "held",
        "overdue",
        "jobs",
        "oldest_outstanding_seconds",
        "processes",
        "turn",
        "files_differ",
        "claims_taken_back_total",
    )
]


def planned(here: Here) -> str:
    """Plan the daily digest, which fires at 20:00 in Sydney (09:00 UTC), one delivery each way."""
    here.service.plan_once()
    here.clock.sleep(3660)
    here.service.plan_once()
    [(record, _)] = here.ledger.history("care-daily")
    claim = here.ledger.claim_occurrence(record.occurrence.id, here.clock.now())
    assert claim is not None
    here.ledger.save_snapshot(claim, said(record.occurrence), here.clock.now())
    return record.occurrence.id


def settle(here: Here, occurrence: str, channel: str, outcome: Outcome) -> None:
    deliveries = here.ledger.deliveries(occurrence)
    [pending] = [one for one in deliveries if one.delivery.recipient.channel == channel]
    claim = here.ledger.claim_delivery(pending.delivery, here.clock.now())
    assert claim is not None
    here.ledger.finish_attempt(claim, outcome, here.clock.now())


def failed_for_dana(here: Here) -> str:
    """Written into the folder, refused by mail with words that hold a secret and a tag."""
    occurrence = planned(here)
    settle(here, occurrence, "folder", Outcome(DeliveryState.SENT, Receipt("file-1")))
    refused = f"550 no such user {CANARY} <script>alert(1)</script>"
    settle(here, occurrence, "email", Outcome(DeliveryState.FAILED, error=refused))
    here.ledger.finish(occurrence, here.clock.now())
    here.later(3)
    return occurrence


def test_page_lists_next_firings_and_recipients(here: Here) -> None:
    answer, words = here.get()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Social care &lt;daily&gt; &amp; more" in words
    assert "Mon 23 November 2026 at 20:00, Sydney time" in words
    assert "folder outbox, email dana@example.com" in words
    assert words.index("care-daily") < words.index("care-weekly"), "the soonest first"
    assert "0 of 95 that may be used in 5" in words


def test_outcomes_link_to_their_timeline(here: Here) -> None:
    occurrence = failed_for_dana(here)
    words = here.get()[1]
    assert "Not surely served" in words
    assert "folder outbox: sent" in words
    assert "email dana@example.com: failed: 550 no such user [secret] &lt;script&gt;" in words
    link = re.search(r'href="(/explain/[^"]+)"', words)
    assert link is not None
    answer, story = here.get(link[1])
    assert answer.status == 200
    assert f"digestbot resend {occurrence}" in story
    assert CANARY not in words + story
    assert "<script>alert" not in words + story


def test_unknown_occurrence_is_404(here: Here) -> None:
    for path in (
        "/explain/nobody@2026-01-01T00:00:00Z",
        "/explain/",
        "/explain/%00%ff",
        "/../etc/passwd",
        "/x",
    ):
        assert here.get(path)[0].status == 404


def test_page_shows_pauses_and_open_circuits(here: Here) -> None:
    occurrence = planned(here)
    here.ledger.pause("care-weekly", here.clock.now())
    here.ledger.open_circuit("slack", "invalid_auth", "", here.clock.now())
    here.later(3)
    words = here.get()[1]
    assert "<code>care-weekly</code> by a person since" in words
    assert "<b>slack</b> does not let us in since" in words
    assert "invalid_auth" in words
    assert occurrence in words
    assert 'digest="care-weekly"' not in here.get("/metrics")[1]


def test_broken_save_is_shown_with_its_lines(here: Here) -> None:
    here.file.write_text(FILE.replace("every day at 20:00", "every day at 26:00"), encoding="utf-8")
    here.look_at_file()
    words = here.get()[1]
    assert "The last save of reports.yaml is not in effect" in words
    assert "reports.yaml:9:15: " in words
    assert "        schedule: every day at 26:00\n                  ^" in words
    answer, told = here.get("/health")
    assert json.loads(told)["configuration"]["ok"] is False
    assert json.loads(told)["configuration"]["problems"][0].startswith("reports.yaml:9:15: ")
    assert samples(here)["digestbot_configuration_ok"] == 0
    assert "restart" not in str(answer.status)


@contextmanager
def worker_of(here: Here) -> Iterator[Ledger]:
    """Yield the ledger of another process."""
    url = here.app.settings.database_url
    with open_ledger(url, owner="host-b:7:x", kind=ProcessKind.WORKER) as ledger:
        yield ledger


def well(here: Here) -> None:
    """As after a tick, a plan and a round of a service that runs."""
    here.service._ticker = here.service._make_ticker(_NoWatchdog())  # type: ignore[arg-type]
    here.service._ticker._note_tick()
    here.service.plan_once()
    here.service.deliver_once()
    here.later(3)


class _NoWatchdog:
    def beat(self) -> None:
        """Nobody watches."""


def test_health_is_200_when_well(here: Here) -> None:
    well(here)
    answer, words = here.get("/health")
    told = json.loads(words)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert (told["status"], told["reasons"]) == ("well", [])
    assert told["tick_age_seconds"] == 3.0


def test_degraded_health_stays_200(here: Here) -> None:
    """`run` does not start with a broken file: a supervisor that restarted it would end what works."""
    well(here)
    here.ledger.open_circuit("slack", "invalid_auth", "", here.clock.now())
    here.file.write_text("broken", encoding="utf-8")
    here.look_at_file()
    answer, words = here.get("/health")
    told = json.loads(words)
    assert (answer.status, told["status"]) == (200, "degraded")
    assert told["stopped_channels"] == ["slack"]
    assert len(told["reasons"]) == 2


def test_health_is_503_when_the_scheduler_stops(here: Here) -> None:
    well(here)
    here.later(180)
    answer, words = here.get("/health")
    assert answer.status == 503
    assert "the scheduler has not ticked for 183 seconds" in json.loads(words)["reasons"]
    assert samples(here)["digestbot_up_and_well"] == 0


def test_health_is_503_before_the_first_tick_and_after_a_bug(here: Here) -> None:
    assert here.get("/health")[0].status == 503
    bug = ServiceStatus(1.0, 1.0, 1.0, False, None)
    assert list(unwell(bug)) == [
        "the last round of deliveries met a fault that nobody foresaw; the log has its place"
    ]
    assert list(unwell(ServiceStatus(1.0, 500.0, 1.0, True, None))) == [
        "nothing could be planned for 500 seconds"
    ]


def test_health_is_503_when_something_is_overdue(here: Here) -> None:
    planned(here)
    well(here)
    here.clock.sleep(1000)
    here.service.plan_once()
    assert here.service._ticker is not None
    here.service._ticker._note_tick()
    here.later(3)
    told = json.loads(here.get("/health")[1])
    assert told["overdue"] is True
    assert told["status"] == "unwell"


def test_waiting_work_is_shown_with_its_age(here: Here) -> None:
    assert "Nothing waits." in here.get()[1]
    assert samples(here)["digestbot_oldest_outstanding_seconds"] == 0
    planned(here)
    here.later(90)
    assert "email 1, folder 1; the oldest waits for 1.5 min" in here.get()[1]
    values = samples(here)
    assert values["digestbot_jobs lane=email"] == 1
    assert values["digestbot_jobs lane=compose"] == 0
    assert values["digestbot_oldest_outstanding_seconds"] == 90


def test_processes_are_shown_with_whose_turn_it_is(here: Here) -> None:
    here.service.plan_once()
    with worker_of(here) as worker:
        worker.note_file(hash_of(here.service.configuration))
        here.later(3)
        words, values = here.get()[1], samples(here)
        told = json.loads(here.get("/health")[1])
    assert "<td>run, plans</td>" in words
    assert re.search(r'<th scope="row">host-b</th><td>worker</td>.*<code>[0-9a-f]{8}<', words)
    assert values["digestbot_processes kind=run"] == values["digestbot_processes kind=worker"] == 1
    assert (values["digestbot_turn"], values["digestbot_files_differ"]) == (1, 0)
    assert {(one["kind"], one["plans"]) for one in told["processes"]} == {("run", True), ("worker", False)}
    assert told["plans"] is True


def test_differing_files_are_degraded(here: Here) -> None:
    well(here)
    with worker_of(here) as worker:
        worker.note_file("another")
        here.later(3)
        answer, words = here.get("/health")
        assert (answer.status, json.loads(words)["status"]) == (200, "degraded")
        assert json.loads(words)["reasons"] == ["host-b has another reports.yaml"]
        assert samples(here)["digestbot_files_differ"] == 1


def test_claims_of_a_process_that_is_gone_are_counted(here: Here) -> None:
    occurrence = planned(here)
    with worker_of(here) as worker:
        [first, *_] = worker.deliveries(occurrence)
        assert worker.claim_delivery(first.delivery, here.clock.now()) is not None
        here.service._reap()
    assert samples(here)["digestbot_claims_taken_back_total"] == 0
    here.service._reap()
    here.later(3)
    assert samples(here)["digestbot_claims_taken_back_total"] == 1
    assert samples(here)["digestbot_processes kind=worker"] == 0


def test_worker_is_well_while_it_ticks(here: Here) -> None:
    here.service.plans = False
    here.service._ticker = here.service._make_ticker(_NoWatchdog())  # type: ignore[arg-type]
    here.service._ticker._note_tick()
    answer, words = here.get("/health")
    assert (answer.status, json.loads(words)["status"]) == (200, "well")
    here.later(125)
    assert here.get("/health")[0].status == 503


def test_unreadable_ledger_is_503(here: Here) -> None:
    with here.ledger.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE attempts")
    for path in ("/", "/health", "/metrics"):
        answer, words = here.get(path)
        assert answer.status == 503
        assert "database" in words


def samples(here: Here) -> dict[str, float]:
    """Every sample of /metrics by its name and labels, read by Prometheus' own parser."""
    return {
        sample.name
        + "".join(f" {name}={label}" for name, label in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(here.get("/metrics")[1])
        for sample in family.samples
    }


def test_metrics_are_prometheus_text_format(here: Here) -> None:
    failed_for_dana(here)
    answer, words = here.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert words.endswith("\n")
    names = re.findall(r"^# TYPE (\S+) (?:gauge|counter)$", words, re.MULTILINE)
    assert names == NAMES
    values = samples(here)
    assert {name.split()[0] for name in values} <= set(NAMES)
    assert values["digestbot_deliveries_total channel=folder state=sent"] == 1
    assert values["digestbot_deliveries_total channel=email state=failed"] == 1
    assert values["digestbot_deliveries_total channel=slack state=sent"] == 0
    assert values["digestbot_deliveries_standing channel=email state=failed"] == 1
    assert values["digestbot_occurrences state=failed"] == 1
    due = here.clock.now().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert values["digestbot_next_due_timestamp_seconds digest=care-daily"] == due.timestamp()
    assert values["digestbot_requests_usable"] == 95


def test_metrics_name_no_reader_and_no_secret(here: Here) -> None:
    failed_for_dana(here)
    words = here.get("/metrics")[1]
    assert "dana" not in words
    assert "@" not in words
    assert "outbox" not in words
    assert CANARY not in words


def test_requests_in_the_current_span_are_counted(here: Here) -> None:
    from bot.source import ApiToken

    limiter = here.app.limiter(here.ledger)
    key = ApiToken(CANARY, here.app._endpoints()).key
    for _ in range(3):
        limiter.release(key, limiter.acquire(key).stamp)
    assert here.app.requests_used(here.ledger) == (3, 95)
    here.later(301)
    assert here.app.requests_used(here.ledger) == (0, 95)


def test_snapshot_is_shared_for_two_seconds(here: Here) -> None:
    first = here.collector.snapshot()
    assert here.collector.snapshot() is first
    here.later(3)
    assert here.collector.snapshot() is not first


def test_only_recent_outcomes_are_read(here: Here) -> None:
    zone = "UTC"
    digest = here.service.configuration.digests[1]
    for number in range(60):
        due = here.clock.now() - timedelta(days=number)
        of = Occurrence(digest.name, due, Window.of_dates(due.date(), due.date(), zone))
        here.ledger.skip(of, digest, "long ago", here.clock.now())
    snapshot = here.collector.snapshot()
    assert len(snapshot.recent) == 30
    assert snapshot.recent[0][0].occurrence.due > snapshot.recent[-1][0].occurrence.due


@pytest.mark.long
def test_digest_planned_by_a_wrong_clock_is_degraded(here: Here) -> None:
    """It was planned by a clock years ahead; a restart does not mend that."""
    here.ledger.register_digest("care-daily", here.clock.now())
    here.ledger.planned_through(["care-daily"], here.clock.now() + timedelta(days=4_000))
    well(here)
    answer, words = here.get("/health")
    told = json.loads(words)
    assert (answer.status, told["status"]) == (200, "degraded")
    assert told["reasons"][0].startswith("care-daily: ")
