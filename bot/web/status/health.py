"""Whether the service is well, as JSON for a supervisor and as metrics for Prometheus.

`unwell` is what a restart may help against; `degraded` needs a person. The metrics have digests and channels
as their only names: no reader's address.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from bot import __version__
from bot.lib.liveness import HEALTHY_SECONDS
from bot.model import ALERTS, COMPOSE, DeliveryState, OccurrenceState, Process, ProcessKind, utc_text
from bot.model.channel_types import CHANNEL_TYPES
from bot.service import ServiceStatus
from bot.service.service import OTHER_FILE
from bot.web.status.collect import StatusSnapshot

WELL, DEGRADED, UNWELL = "well", "degraded", "unwell"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ATTEMPT_STATES = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.READY)
Samples = Iterable[tuple[tuple[str, ...], float]]


def unwell(service: ServiceStatus) -> Iterator[str]:
    """Yield why the service does not do its work; a restart may help."""
    if service.tick_age_seconds is None or service.tick_age_seconds > HEALTHY_SECONDS:
        yield _age("the scheduler has not ticked", service.tick_age_seconds)
    elif service.plans and (service.plan_age_seconds is None or service.plan_age_seconds > HEALTHY_SECONDS):
        yield _age("nothing could be planned", service.plan_age_seconds)
    if service.delivered_well is False:
        yield "the last round of deliveries met a bug; see the log"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be, and the part of the page that shows it.

    `restart`: that may help. Anything else needs a person; with a broken file a restart does harm.
    """

    part: str
    text: str
    restart: bool = False


def judge(snapshot: StatusSnapshot) -> tuple[Finding, ...]:
    """Return all that is wrong: the heading, /health and the parts of the page say this and nothing else."""
    return tuple(_findings(snapshot))


def status_of(findings: Sequence[Finding]) -> str:
    """Return WELL, DEGRADED or UNWELL."""
    if any(finding.restart for finding in findings):
        return UNWELL
    return DEGRADED if findings else WELL


def _findings(snapshot: StatusSnapshot) -> Iterator[Finding]:
    service = snapshot.service
    for reason in unwell(service):
        yield Finding("service", reason, restart=True)
    if snapshot.is_overdue:
        yield Finding("work", "work has waited for more than fifteen minutes", restart=True)
    if not any(one.is_alive and one.kind is ProcessKind.RUN for one in snapshot.processes):
        yield Finding("processes", "no process plans: start digestbot run")
    if service.file is not None and not service.file.is_good:
        yield Finding(
            "file", "the last save of reports.yaml is invalid; the version before it stays in force"
        )
    for fault in service.plan_faults:
        yield Finding("next", fault)
    if OTHER_FILE not in service.plan_faults:
        for host in snapshot.other_files:
            yield Finding("processes", f"{host} has another reports.yaml")
    for stop in snapshot.stops:
        yield Finding("channels", f"{stop.channel} rejected the login")
    if snapshot.held:
        yield Finding("held", f"{len(snapshot.held)} held: release or discard")
    if snapshot.late:
        yield Finding("late", f"{len(snapshot.late)} late: not out in time")
    if snapshot.unserved:
        yield Finding("unserved", f"{len(snapshot.unserved)} failed or unconfirmed: resend, or see why")


def health(snapshot: StatusSnapshot) -> tuple[bool, dict[str, Any]]:
    """Return whether the service can be left alone (HTTP 200), and everything as JSON values."""
    findings = judge(snapshot)
    status = status_of(findings)
    return status != UNWELL, {
        "status": status,
        "reasons": [finding.text for finding in findings],
        "now": utc_text(snapshot.now),
        **_ages(snapshot.service),
        "overdue": snapshot.is_overdue,
        "held": len(snapshot.held),
        "late": len(snapshot.late),
        "unserved": len(snapshot.unserved),
        "paused": sorted(snapshot.paused_names),
        "plans": snapshot.has_turn,
        "processes": [_process(process) for process in snapshot.processes],
        "stopped_channels": [stop.channel for stop in snapshot.stops],
        "configuration": _file(snapshot),
    }


def blind(service: ServiceStatus, why: str) -> dict[str, Any]:
    """Return the same when the ledger cannot be read."""
    return {"status": UNWELL, "reasons": [why, *unwell(service)], **_ages(service)}


def _ages(service: ServiceStatus) -> dict[str, Any]:
    ages = {
        "tick_age_seconds": service.tick_age_seconds,
        "plan_age_seconds": service.plan_age_seconds,
        "round_age_seconds": service.round_age_seconds,
    }
    rounded = {name: None if age is None else round(age, 1) for name, age in ages.items()}
    return {**rounded, "delivered_well": service.delivered_well}


def _process(process: Process) -> dict[str, Any]:
    return {
        "host": process.host,
        "kind": process.kind.value,
        "version": process.version,
        "file": process.file,
        "alive": process.is_alive,
        "plans": process.has_turn,
        "silent_seconds": round(process.silent_seconds, 1),
    }


def _file(snapshot: StatusSnapshot) -> dict[str, Any]:
    file = snapshot.service.file
    if file is None:
        return {"ok": True}
    return {
        "ok": file.is_good,
        "read_at": utc_text(file.read_at),
        "broken_since": utc_text(file.since) if file.since else None,
        "problems": [fault.splitlines()[0] for fault in file.faults],
    }


def _age(text: str, seconds: float | None) -> str:
    return f"{text} yet" if seconds is None else f"{text} for {seconds:.0f} seconds"


def metrics(snapshot: StatusSnapshot) -> bytes:
    """Return all metric families in text format 0.0.4."""
    registry = CollectorRegistry()
    registry.register(SnapshotMetrics(snapshot))
    return generate_latest(registry)


class SnapshotMetrics:
    """A collector (prometheus_client) of one snapshot."""

    def __init__(self, snapshot: StatusSnapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """Yield the metric families."""
        snapshot, tally = self._snapshot, self._snapshot.tally
        yield _gauge("build_info", "The version that runs.", ("version",), [((__version__,), 1)])
        yield _gauge("up_and_well", "1 when /health answers 200.", value=health(snapshot)[0])
        attempts = CounterMetricFamily(
            "digestbot_deliveries",
            "Delivery attempts by outcome (ready: to be retried); drops when old rows are pruned.",
            labels=("channel", "state"),
        )
        for labels, count in _by_channel(tally.tries, ATTEMPT_STATES):
            attempts.add_metric(labels, count)
        yield attempts
        deliveries = _by_channel(tally.deliveries, DeliveryState)
        yield _gauge("deliveries_standing", "Deliveries as they stand now.", ("channel", "state"), deliveries)
        occurrences = [((state.value,), tally.occurrences.get(state, 0)) for state in OccurrenceState]
        yield _gauge("occurrences", "Occurrences as they stand now.", ("state",), occurrences)
        due = [((digest.name,), firing.due.timestamp()) for digest, firing in snapshot.next_firings]
        yield _gauge("next_due_timestamp_seconds", "When each digest is due next.", ("digest",), due)
        service, file = snapshot.service, snapshot.service.file
        yield _gauge("tick_age_seconds", "Since the scheduler's last tick.", value=service.tick_age_seconds)
        yield _gauge("plan_age_seconds", "Since the last plan that ended.", value=service.plan_age_seconds)
        yield _gauge("requests_used", "API requests that count now.", value=snapshot.requests_used)
        yield _gauge(
            "requests_usable", "API requests that may count at once.", value=snapshot.requests_usable
        )
        is_good = file is None or file.is_good
        yield _gauge("configuration_ok", "1 while the last save counts.", value=is_good)
        if file is not None:
            name, text = "configuration_read_timestamp_seconds", "When the configuration in force was read."
            yield _gauge(name, text, value=file.read_at.timestamp())
        stopped = {stop.channel for stop in snapshot.stops}
        channels = [((channel,), channel in stopped) for channel in CHANNEL_TYPES]
        yield _gauge("channel_stopped", "1 while a channel rejects the login.", ("channel",), channels)
        yield _gauge("held", "Occurrences that wait for a person.", value=len(snapshot.held))
        yield _gauge("overdue", "1 while work waits too long.", value=snapshot.is_overdue)
        jobs = [((lane,), snapshot.jobs.get(lane, 0)) for lane in (COMPOSE, ALERTS, *CHANNEL_TYPES)]
        yield _gauge("jobs", "Jobs that can be done now.", ("lane",), jobs)
        oldest = "How long the oldest of them could have been done."
        yield _gauge("oldest_outstanding_seconds", oldest, value=snapshot.oldest_seconds)
        living = Counter(process.kind for process in snapshot.processes if process.is_alive)
        kinds = [((kind.value,), living[kind]) for kind in ProcessKind]
        yield _gauge("processes", "Living processes that share the ledger.", ("kind",), kinds)
        yield _gauge("turn", "1 while this process plans.", value=snapshot.has_turn)
        differ = "1 while a process has another reports.yaml than this one."
        yield _gauge("files_differ", differ, value=bool(snapshot.other_files))
        taken = "Claims that this process took back from processes that were gone."
        yield CounterMetricFamily("digestbot_claims_taken_back", taken, value=service.claims_taken_back)


def _gauge(
    name: str, text: str, labels: tuple[str, ...] = (), samples: Samples = (), *, value: float | None = None
) -> GaugeMetricFamily:
    """Return a gauge with labelled samples, or with one `value`, if it is known."""
    family = GaugeMetricFamily(f"digestbot_{name}", text, labels=labels)
    for label_values, number in [*samples, *([((), value)] if value is not None else [])]:
        family.add_metric(label_values, float(number))
    return family


def _by_channel(
    counts: Mapping[tuple[str, DeliveryState], int], states: Iterable[DeliveryState]
) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield every channel and state, zeros too: an alert on what never happened needs a series to watch."""
    states = tuple(states)
    for channel in CHANNEL_TYPES:
        for state in states:
            yield (channel, state.value), counts.get((channel, state), 0)
