"""The three hosts as Flask applications: the API, the status of exports, the downloads."""

import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from activity_emulator.errors import Reason, Refused
from activity_emulator.exports import Exports, Job
from activity_emulator.faults import REPORTS as KNOWN_TYPES
from activity_emulator.faults import UNKNOWN, Faults, FaultSyntax
from activity_emulator.journal import HostKind, Journal, Request
from activity_emulator.lists import LISTS
from activity_emulator.log import Log
from activity_emulator.query import ReportQuery, read_query
from activity_emulator.rate_limit import Limiter, NoLimit
from activity_emulator.reports import EXPORTS, REPORTS, Selection
from activity_emulator.request_faults import FAULT_HEADER, RequestFaults, as_states, cut

TOKEN_HEADER = "Auth-Api-Token"  # noqa: S105 (a header's name)
LONGEST_BODY = 64 * 1024
CHUNK = 64 * 1024
CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True)
class Service:
    """The state that the three hosts share. `now` (aware): windows must start before it.

    `export_files`: by export type, a file that is served as it is instead of the log's export.
    `stopped` ends the delays of waiting requests.
    """

    log: Log
    now: datetime
    token: str
    limiter: Limiter | NoLimit
    exports: Exports
    journal: Journal
    faults: Faults
    export_files: Mapping[str, Path]
    stopped: Event = field(default_factory=Event)


def api_app(service: Service) -> Flask:
    """Make the API under `/v1`: lists and reports."""
    app = _app("api", service)
    types = REPORTS.keys() | EXPORTS.keys() | service.export_files.keys()

    @app.get("/v1/<any(users, groups, forms):name>")
    def get_list(name: str) -> ResponseReturnValue:
        return jsonify(LISTS[name](service.log))

    @app.post("/v1/activity/reports")
    def post_report() -> ResponseReturnValue:
        query = read_query(request.get_data(), types=types, now=service.now)
        g.report_type, g.query = query.type, query
        query = _filter_ignored(query)
        if query.type in REPORTS:
            return jsonify(_figures(service, query))
        faults = _faults().of_new_job(query.type)
        return jsonify(_status(service.exports.start(query.type, _content(service, query), faults), None))

    return app


def status_app(service: Service, download_port: Callable[[], int]) -> Flask:
    """Make the status host; `download_port` returns the port of the downloads."""
    app = _app("status", service)

    @app.get("/api/public/v1/activity/reports/status")
    def get_status() -> ResponseReturnValue:
        job = service.exports.find(request.args.get("token", ""))
        if job is None:
            raise Refused(Reason.NOT_FOUND)
        g.report_type = job.report_type
        if not service.exports.is_complete(job) or _faults().of_job("export-never", job):
            return jsonify(_status(job, None))
        if _faults().of_job("export-fails", job):
            return jsonify({**_status(job, None), "status": "failed"})
        expires = _faults().of_job("export-expires", job)
        signed = service.exports.sign(job, expired=int(expires.value or 1) if expires else 0)
        return jsonify(_status(job, f"{_origin(download_port())}{signed}"))

    return app


def download_app(service: Service) -> Flask:
    """Make the host of the downloads: no API token, the signed URL is the secret."""
    app = _app("download", service)

    @app.get("/<file>/<name>.csv")
    def get_download(file: str, name: str) -> ResponseReturnValue:
        parameters = request.args
        expires, signature = parameters.get("expires", ""), parameters.get("signature", "")
        job = service.exports.download(file, expires, signature)
        if job is None or job.report_type != name:
            return jsonify(error="Forbidden"), 403
        g.report_type = job.report_type
        answer = _file(job.content)
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        answer.headers["Cache-Control"] = "no-store"
        return cut(answer) if _faults().of_job("export-cut", job) else answer

    return app


def _app(kind: HostKind, service: Service) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.register_error_handler(Refused, lambda refused: _error(refused.reason))
    app.register_error_handler(HTTPException, _unroutable)
    app.register_error_handler(FaultSyntax, lambda error: (jsonify(error=f"{FAULT_HEADER}: {error}"), 400))

    @app.before_request
    def receive() -> Response | None:
        header = Faults.of_header(request.headers.get(FAULT_HEADER, ""))
        target = _target(kind)
        g.faults = RequestFaults(header, service.faults, target)
        g.report_type = target if target in KNOWN_TYPES else None
        g.faults.wait(service.stopped)
        if kind != "download":
            _admit(service)
        replacement: Response | None = g.faults.replacement()
        return replacement

    @app.after_request
    def answer(response: Response) -> Response:
        if "faults" in g and g.faults.take("cut"):
            response = cut(response)
        service.journal.add(_journal_entry(kind, response))
        return response

    return app


def _admit(service: Service) -> None:
    """Check the token, then the rate limit: a wrong token counts against no limit."""
    token = request.headers.get(TOKEN_HEADER)
    if not token:
        raise Refused(Reason.NO_TOKEN)
    if not hmac.compare_digest(token.encode(), service.token.encode()):
        raise Refused(Reason.WRONG_TOKEN)
    g.admitted_at = service.limiter.admit(token)
    if g.admitted_at is None:
        raise Refused(Reason.RATE_LIMITED)


def _faults() -> RequestFaults:
    """Return the faults of the current request."""
    faults: RequestFaults = g.faults
    return faults


def _target(kind: HostKind) -> str:
    """Return the request's target, as a fault names it."""
    if kind != "api":
        return kind
    name = request.path.removeprefix("/v1/")
    if request.method == "GET":
        return name if name in LISTS else UNKNOWN
    return _report_type() if name == "activity/reports" else UNKNOWN


def _report_type() -> str:
    """Return the `type` in the body, if any: a request may meet a fault before its body is checked."""
    try:
        fields = json.loads(request.get_data())
    except (ValueError, RecursionError, HTTPException):
        return UNKNOWN
    kind = fields.get("type") if isinstance(fields, dict) else None
    return kind if isinstance(kind, str) else UNKNOWN


def _journal_entry(kind: HostKind, response: Response) -> Request:
    return Request(
        request.method,
        kind,
        request.path,
        g.get("report_type"),
        response.status_code,
        TOKEN_HEADER in request.headers,
        g.get("admitted_at"),
        tuple(g.faults.met) if "faults" in g else (),
        g.get("query"),
    )


def _filter_ignored(query: ReportQuery) -> ReportQuery:
    is_filtered = query.groups is not None or query.users is not None
    if is_filtered and _faults().take("filter-ignored"):
        return replace(query, groups=None, users=None)
    return query


def _figures(service: Service, query: ReportQuery) -> object:
    figures: Any = REPORTS[query.type](service.log, Selection.of(query, service.log))
    return as_states(figures) if _faults().take("user-volume-states") else figures


def _content(service: Service, query: ReportQuery) -> bytes | Path:
    if query.type in service.export_files:
        return service.export_files[query.type]
    return EXPORTS[query.type](service.log, Selection.of(query, service.log)).csv()


def _file(content: bytes | Path) -> Response:
    """Make a CSV answer; stream a file."""
    if isinstance(content, bytes):
        return Response(content, content_type=CSV)
    size = str(content.stat().st_size)
    return Response(_chunks(content), content_type=CSV, headers={"Content-Length": size})


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _status(job: Job, url: str | None) -> dict[str, Any]:
    return {"status": "complete" if url else "pending", "url": url, "token": job.token}


def _origin(port: int) -> str:
    """Return the download host under the host name that the client used, also from within a container."""
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    return f"http://{host}:{port}"


def _error(reason: Reason) -> ResponseReturnValue:
    return jsonify(error=reason.text), reason.status


def _unroutable(error: HTTPException) -> ResponseReturnValue:
    """Answer unknown paths, wrong methods and long bodies as malformed requests; a bug stays a 500."""
    if error.code is not None and error.code >= 500:
        return jsonify(error="Internal error"), error.code
    return _error(Reason.NOT_FOUND)
