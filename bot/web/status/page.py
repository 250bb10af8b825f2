"""The status page: Flask's routes, and the wording of what `static/status.html.j2` shows."""

import json
import logging
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot import __version__
from bot.actions.explain import STANDS, STATES
from bot.compose.figures.wording import Wording, plural
from bot.errors import LedgerError, UsageError
from bot.model import DeliveryRecord, Digest, OccurrenceRecord, Process, Recipient
from bot.service import ServiceStatus
from bot.timetable import Firing, window_for
from bot.web.access import Guard
from bot.web.server import CSS, HTML, JAVASCRIPT, JSON, MAX_CLIENTS, SVG, LocalServer, make_app, text
from bot.web.status.collect import MAX_RECENT, MAX_UNSERVED, Collector, StatusSnapshot
from bot.web.status.health import (
    CONTENT_TYPE,
    DEGRADED,
    UNWELL,
    WELL,
    blind,
    health,
    judge,
    metrics,
    status_of,
)

log = logging.getLogger("bot.web.status")

MAX_COMING = 30
"""Coming firings that the page lists."""

MAX_ID_LENGTH = 500
FOLDER = Path(__file__).parent / "static"
FILES: Final = {
    "/icon.svg": ("icon.svg", SVG),
    "/status.css": ("status.css", CSS),
    "/status.js": ("status.js", JAVASCRIPT),
}
TITLES = {WELL: "Running normally", DEGRADED: "Action required", UNWELL: "Not working"}


def serve_status(collector: Collector, guard: Guard, *, max_clients: int = MAX_CLIENTS) -> LocalServer:
    """Serve the status page until the server is closed. Raises UsageError for a port that is taken."""
    try:
        return LocalServer(status_app(collector, guard), guard, max_clients=max_clients)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        where = f"{guard.host}:{guard.port}"
        raise UsageError(f"--status: nothing can listen on {where}: {reason}.") from None


def status_app(collector: Collector, guard: Guard) -> Flask:
    """Return the app: the page, `/health` for a supervisor, `/metrics` for Prometheus."""
    app, page = make_app(guard, FOLDER, FILES), StatusPage(collector.redact)
    routes: dict[str, Callable[..., Response]] = {
        "/": lambda: Response(page.overview(collector.snapshot()), content_type=HTML),
        "/explain/<path:name>": partial(_timeline, collector, page),
        "/health": partial(_health, collector),
        "/metrics": lambda: Response(metrics(collector.snapshot()), content_type=CONTENT_TYPE),
    }
    for path, answer in routes.items():
        app.add_url_rule(path, path, answer)
    app.register_error_handler(LedgerError, partial(_without_ledger, collector))
    app.register_error_handler(Exception, _bug)
    return app


def _timeline(collector: Collector, page: "StatusPage", name: str) -> Response:
    lines = collector.timeline(name[:MAX_ID_LENGTH])
    if not lines:
        return text(HTTPStatus.NOT_FOUND, "The ledger knows no such occurrence.")
    return Response(page.timeline(name[:MAX_ID_LENGTH], lines), content_type=HTML)


def _health(collector: Collector) -> Response:
    is_well, values = health(collector.snapshot())
    return _json(collector, values, HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE)


def _without_ledger(collector: Collector, error: LedgerError) -> Response:
    """Answer 503 when the ledger cannot be read."""
    reason = collector.redact(str(error))
    if request.path == "/health":
        return _json(collector, blind(collector.service_status(), reason), HTTPStatus.SERVICE_UNAVAILABLE)
    return text(HTTPStatus.SERVICE_UNAVAILABLE, reason)


def _json(collector: Collector, values: dict[str, Any], status: HTTPStatus) -> Response:
    content = collector.redact(json.dumps(values, indent=2, ensure_ascii=False))
    return Response(f"{content}\n", status, content_type=JSON)


def _bug(error: Exception) -> Response:
    log.error("the status page failed", exc_info=error)
    return text(HTTPStatus.INTERNAL_SERVER_ERROR, "This is a bug; the log has its place.")


class StatusPage:
    """Renders the HTML. Every string is redacted, then escaped."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=lambda value: redact(value) if isinstance(value, str) else value,
        )

    def overview(self, snapshot: StatusSnapshot) -> str:
        """Return the page itself."""
        findings = judge(snapshot)
        status = status_of(findings)
        file = snapshot.service.file
        count = len(snapshot.configuration.digests)
        wording = Wording(snapshot.configuration.digests[0].locale, snapshot.configuration.digests[0].zone)
        return self._environment.get_template("status.html.j2").render(
            version=__version__,
            status=status,
            title=TITLES[status],
            reasons=[finding.text for finding in findings],
            parts={finding.part for finding in findings},
            now=wording.moment(snapshot.now),
            path=snapshot.configuration.path,
            file=file,
            since=wording.moment(file.since) if file and file.since else "",
            digests=f"{count} {plural(count, 'digest')}",
            coming=[_coming(*pair, snapshot.service) for pair in snapshot.next_firings[:MAX_COMING]],
            unlisted=max(0, len(snapshot.next_firings) - MAX_COMING),
            unserved=[_outcome(*row) for row in snapshot.unserved],
            recent=[_outcome(*row) for row in snapshot.recent],
            held=list(map(_outcome, snapshot.held)),
            late=list(map(_outcome, snapshot.late)),
            paused=list(_paused(snapshot, wording)),
            stops=[(s.channel, wording.moment(s.since), s.reason) for s in snapshot.stops],
            processes=[_process(process, wording) for process in snapshot.processes],
            jobs=sorted(snapshot.jobs.items()),
            oldest=wording.duration(snapshot.oldest_seconds),
            used=snapshot.requests_used,
            usable=snapshot.requests_usable,
            span=wording.duration(snapshot.configuration.api.limit_seconds),
            most=(MAX_RECENT, MAX_UNSERVED),
        )

    def timeline(self, occurrence_id: str, lines: tuple[str, ...]) -> str:
        """Return the page of one occurrence, as `explain` describes it."""
        return self._environment.get_template("story.html.j2").render(
            version=__version__, name=occurrence_id, lines=lines
        )


def _coming(digest: Digest, firing: Firing, service: ServiceStatus) -> dict[str, str]:
    wording = Wording(digest.locale, digest.zone)
    is_blocked = any(fault.startswith(f"{digest.name}: ") for fault in service.plan_faults)
    return {
        "digest": digest.name,
        "heading": digest.title,
        "due": wording.moment(firing.due) + (", not planned: see above" if is_blocked else ""),
        "window": wording.window(window_for(digest, firing)),
        "recipients": ", ".join(_address(recipient) for recipient in digest.recipients),
    }


def _process(process: Process, wording: Wording) -> dict[str, str]:
    heard = f"{wording.duration(process.silent_seconds)} ago"
    return {
        "host": process.host,
        "kind": f"{process.kind}, plans" if process.has_turn else process.kind,
        "version": process.version,
        "file": process.file[:8],
        "heard": heard if process.is_alive else f"gone, {heard}",
    }


def _outcome(record: OccurrenceRecord, deliveries: tuple[DeliveryRecord, ...] = ()) -> dict[str, Any]:
    return {
        "name": record.occurrence.id,
        "state": STATES[record.state] + (", late" if record.late else ""),
        "due": Wording(record.definition.locale, record.definition.zone).moment(record.occurrence.due),
        "reason": record.reason,
        "deliveries": [_delivery(delivery) for delivery in deliveries],
    }


def _delivery(record: DeliveryRecord) -> str:
    tries = (
        f" after {record.attempts} {plural(record.attempts, 'try', 'tries')}" if record.attempts > 1 else ""
    )
    error = f": {record.error}" if record.error else ""
    test = " (TEST)" if record.delivery.kind.value == "test" else ""
    return f"{_address(record.delivery.recipient)}{test}: {STANDS[record.state]}{tries}{error}"


def _paused(snapshot: StatusSnapshot, wording: Wording) -> Iterator[tuple[str, str]]:
    for digest in snapshot.configuration.digests:
        if digest.name in snapshot.paused:
            yield digest.name, f"by a person since {wording.moment(snapshot.paused[digest.name])}"
        elif digest.paused:
            yield digest.name, "in reports.yaml"


def _address(recipient: Recipient) -> str:
    return f"{recipient.channel} {recipient.address}"
