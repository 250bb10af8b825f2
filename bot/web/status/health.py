"""Whether all is well: what a supervisor should start the service again for, and what only a person mends."""

from collections.abc import Iterator
from typing import Any

from bot.model import utc_text
from bot.service import ServiceStatus
from bot.service.liveness import HEALTHY_SECONDS
from bot.web.status.lookout import Standing

WELL, DEGRADED, UNWELL = "well", "degraded", "unwell"


def unwell(pulse: ServiceStatus) -> Iterator[str]:
    """Why the service itself does not do its work: a restart may help."""
    if pulse.tick_age_seconds is None or pulse.tick_age_seconds > HEALTHY_SECONDS:
        yield _age("the scheduler has not ticked", pulse.tick_age_seconds)
    elif pulse.plan_age_seconds is None or pulse.plan_age_seconds > HEALTHY_SECONDS:
        yield _age("nothing could be planned", pulse.plan_age_seconds)
    if pulse.delivered_well is False:
        yield "the last round of deliveries met a fault that nobody foresaw; the log has its place"


def overdue(standing: Standing) -> Iterator[str]:
    """Why readers wait although something could be done."""
    if standing.is_overdue:
        yield "something that could have been done fifteen minutes ago was not"


def degraded(standing: Standing) -> Iterator[str]:
    """What a person has to look at; a restart mends none of it, and with a broken file it would do harm."""
    if standing.pulse.file is not None and not standing.pulse.file.is_good:
        yield "the last save of reports.yaml cannot be used; what it said before stays in force"
    yield from standing.pulse.plan_faults
    for stop in standing.stops:
        yield f"{stop.channel} does not let us in"
    if standing.held:
        yield f"{len(standing.held)} held: a person releases or discards"


def health(standing: Standing) -> tuple[bool, dict[str, Any]]:
    """Whether it is well enough to be left alone (HTTP 200), and everything as JSON values."""
    bad = [*unwell(standing.pulse), *overdue(standing)]
    doubtful = list(degraded(standing))
    return not bad, {
        "status": UNWELL if bad else DEGRADED if doubtful else WELL,
        "reasons": [*bad, *doubtful],
        "now": utc_text(standing.now),
        **_ages(standing.pulse),
        "overdue": standing.is_overdue,
        "held": len(standing.held),
        "stopped_channels": [stop.channel for stop in standing.stops],
        "configuration": _file(standing),
    }


def blind(pulse: ServiceStatus, why: str) -> dict[str, Any]:
    """The same when the ledger cannot be read."""
    return {"status": UNWELL, "reasons": [why, *unwell(pulse)], **_ages(pulse)}


def _ages(pulse: ServiceStatus) -> dict[str, Any]:
    return {
        "tick_age_seconds": _seconds(pulse.tick_age_seconds),
        "plan_age_seconds": _seconds(pulse.plan_age_seconds),
        "round_age_seconds": _seconds(pulse.round_age_seconds),
        "delivered_well": pulse.delivered_well,
    }


def _file(standing: Standing) -> dict[str, Any]:
    file = standing.pulse.file
    if file is None:
        return {"ok": True}
    return {
        "ok": file.is_good,
        "read_at": utc_text(file.read_at),
        "broken_since": utc_text(file.since) if file.since else None,
        "problems": [fault.splitlines()[0] for fault in file.faults],
    }


def _seconds(age: float | None) -> float | None:
    return None if age is None else round(age, 1)


def _age(words: str, seconds: float | None) -> str:
    return f"{words} yet" if seconds is None else f"{words} for {seconds:.0f} seconds"
