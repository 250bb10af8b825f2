"""The three hosts as web applications: the API, the status of exports, the downloads."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from bot.emulator.errors import Reason, Refused
from bot.emulator.exports import Exports, Job
from bot.emulator.journal import HostKind, Journal, Request
from bot.emulator.limit import Limiter
from bot.emulator.lists import LISTS
from bot.emulator.log import Log
from bot.emulator.query import read_query
from bot.emulator.reports import EXPORTS, REPORTS, Selection

TOKEN_HEADER = "Auth-Api-Token"  # noqa: S105 (a header's name)
LONGEST_BODY = 64 * 1024


@dataclass(frozen=True)
class Service:
    """What the three hosts share. `now` (aware) is the moment before which windows must start."""

    log: Log
    now: datetime
    token: str
    limiter: Limiter | None
    exports: Exports
    journal: Journal


def api_app(service: Service) -> Flask:
    """The API under `/v1`: lists and reports."""
    app = _app("api", service)
    app.before_request(lambda: _admit(service))

    @app.get("/v1/<any(users, groups, forms):name>")
    def listed(name: str) -> ResponseReturnValue:
        return jsonify(LISTS[name](service.log))

    @app.post("/v1/activity/reports")
    def reported() -> ResponseReturnValue:
        query = read_query(request.get_data(), types=REPORTS.keys() | EXPORTS.keys(), now=service.now)
        g.report_type = query.type
        selection = Selection.of(query, service.log)
        if query.type in REPORTS:
            return jsonify(REPORTS[query.type](service.log, selection))
        content = EXPORTS[query.type](service.log, selection).csv()
        return jsonify(_status(service.exports.start(query.type, content), None))

    return app


def status_app(service: Service, download_port: Callable[[], int]) -> Flask:
    """The status host; `download_port` answers the port of the downloads once it is known."""
    app = _app("status", service)
    app.before_request(lambda: _admit(service))

    @app.get("/api/public/v1/activity/reports/status")
    def status() -> ResponseReturnValue:
        job = service.exports.find(request.args.get("token", ""))
        if job is None:
            raise Refused(Reason.NOT_FOUND)
        g.report_type = job.report_type
        if not service.exports.is_complete(job):
            return jsonify(_status(job, None))
        return jsonify(_status(job, f"{_origin(download_port())}{service.exports.sign(job)}"))

    return app


def download_app(service: Service) -> Flask:
    """The downloads: no API token, the signed URL is the secret."""
    app = _app("download", service)

    @app.get("/<file>/<name>.csv")
    def download(file: str, name: str) -> ResponseReturnValue:
        asked = request.args
        job = service.exports.download(file, asked.get("expires", ""), asked.get("signature", ""))
        if job is None or job.report_type != name:
            return jsonify(error="Forbidden"), 403
        g.report_type = job.report_type
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
        return Response(job.content, content_type="text/csv; charset=utf-8", headers=headers)

    return app


def _app(kind: HostKind, service: Service) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.register_error_handler(Refused, lambda refused: _error(refused.reason))
    app.register_error_handler(HTTPException, _unroutable)

    @app.after_request
    def remember(response: Response) -> Response:
        report_type = g.get("report_type")
        with_token = TOKEN_HEADER in request.headers
        service.journal.add(
            Request(request.method, kind, request.path, report_type, response.status_code, with_token)
        )
        return response

    return app


def _admit(service: Service) -> None:
    """Authentication, then the rate limit: a wrong token uses up nobody's requests."""
    sent = request.headers.get(TOKEN_HEADER)
    if not sent:
        raise Refused(Reason.NO_TOKEN)
    if not hmac.compare_digest(sent.encode(), service.token.encode()):
        raise Refused(Reason.WRONG_TOKEN)
    if service.limiter is not None and not service.limiter.admit(sent):
        raise Refused(Reason.RATE_LIMITED)


def _status(job: Job, url: str | None) -> dict[str, Any]:
    return {"status": "complete" if url else "pending", "url": url, "token": job.token}


def _origin(port: int) -> str:
    """The download host under the name by which the client reached us, also from within a container."""
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    return f"http://{host}:{port}"


def _error(reason: Reason) -> ResponseReturnValue:
    return jsonify(error=reason.text), reason.status


def _unroutable(error: HTTPException) -> ResponseReturnValue:
    """Unknown paths, wrong methods and bodies too long are malformed requests; a bug stays a 500."""
    if error.code is not None and error.code >= 500:
        return jsonify(error="Internal error"), error.code
    return _error(Reason.NOT_FOUND)
