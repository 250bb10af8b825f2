"""A strict local Slack over loopback HTTP, with faults on request.

    with SlackServer(token="xoxb-test") as slack:
        …  # api_url=slack.url
        assert slack.messages[0].channel == "C0SOCIAL01"
        assert [file.name for file in slack.files_in_thread(slack.messages[0].ts)] == ["report.pdf"]

`slack.fault("chat.postMessage", rate_limited(30))` makes the next such call fail.
"""

import json
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.doubles.slack_rules import Refused
from tests.doubles.slack_workspace import SCOPE_OF, PostedMessage, StoredFile, Workspace


@dataclass(frozen=True)
class Fault:
    """How one answer goes wrong. `accept`: the call takes effect before its answer is lost."""

    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    accept: bool = False
    drop: bool = False
    cut: bool = False


def rate_limited(seconds: int | str | None = 30) -> Fault:
    """429 with `Retry-After` (None: without)."""
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    return Fault(429, b'{"ok":false,"error":"ratelimited"}', headers)


def server_error(status: int = 500, accept: bool = False) -> Fault:
    """Answer a plain HTTP error, perhaps after taking the call."""
    return Fault(status, b"<html>oops</html>", accept=accept)


def dropped(accept: bool = True) -> Fault:
    """Close the connection without an answer, after (or before) the call took effect."""
    return Fault(accept=accept, drop=True)


def cut_answer() -> Fault:
    """Take the call, and end its answer in the middle."""
    return Fault(accept=True, cut=True)


def answered(body: bytes, status: int = 200, accept: bool = False, **headers: str) -> Fault:
    """Answer these exact bytes; header names have underscores for dashes."""
    return Fault(status, body, {key.replace("_", "-"): text for key, text in headers.items()}, accept)


def refused(error: str, **fields: Any) -> Fault:
    """Answer `ok: false` with this error, such as token_revoked."""
    return Fault(200, json.dumps({"ok": False, "error": error, **fields}).encode())


def invalid_blocks(pointer: str) -> Fault:
    """`invalid_blocks` at a place such as `/blocks/3/slack_file`."""
    problem = Refused.block(pointer, "invalid")
    return refused(problem.error, **problem.fields)


@dataclass(frozen=True)
class SlackRequest:
    """One call as it came: API method ('upload' for a file's bytes), arguments, headers."""

    method: str
    arguments: Mapping[str, Any]
    headers: Mapping[str, str]


class SlackServer:
    """The server as a context manager; `workspace` holds what it knows and may be changed."""

    def __init__(
        self,
        token: str = "xoxb-test",  # noqa: S107
        workspace: Workspace | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.token = token
        self.host = host
        self.workspace = workspace or Workspace()
        self.requests: list[SlackRequest] = []
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"slack": self})
        self._http = ThreadingHTTPServer((self.host, 0), handler)
        self._http.daemon_threads = True
        self.workspace.upload_base = f"http://{self.host}:{self.port}/upload/"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._http.server_port

    @property
    def url(self) -> str:
        """What SLACK_API_URL is to be: `http://HOST:PORT/api/`."""
        return f"http://{self.host}:{self.port}/api/"

    @property
    def messages(self) -> list[PostedMessage]:
        """Messages taken, oldest first."""
        return self.workspace.messages

    @property
    def files(self) -> list[StoredFile]:
        """All files, in the order they were announced."""
        return list(self.workspace.files.values())

    def files_in_thread(self, ts: str) -> list[StoredFile]:
        """Files that are shared in the thread of the message `ts`."""
        return [file for file in self.files if file.thread_ts == ts and file.completed]

    def calls(self, method: str) -> list[SlackRequest]:
        """Return the calls of one API method, oldest first."""
        return [request for request in self.requests if request.method == method]

    def fault(self, method: str, *faults: Fault) -> None:
        """Make the next calls of `method` ('upload' for the bytes) go wrong like this, one each."""
        self._faults[method].extend(faults)

    def answer(
        self, method: str, arguments: Mapping[str, Any], headers: Mapping[str, str]
    ) -> tuple[Fault | None, dict[str, Any]]:
        """Return the fault to play, if any, and the answer that the workspace gives."""
        with self._lock:
            self.requests.append(SlackRequest(method, arguments, headers))
            fault = self._faults[method].popleft() if self._faults[method] else None
            if fault and not fault.accept:
                return fault, {}
            return fault, self._decide(method, arguments, headers)

    def _decide(
        self, method: str, arguments: Mapping[str, Any], headers: Mapping[str, str]
    ) -> dict[str, Any]:
        try:
            self._authorize(method, headers)
            result = getattr(self.workspace, method.replace(".", "_"))(arguments)
        except Refused as problem:
            return {"ok": False, "error": problem.error, **problem.fields}
        return {"ok": True, **result}

    def _authorize(self, method: str, headers: Mapping[str, str]) -> None:
        given = headers.get("Authorization", "")
        if not given:
            raise Refused("not_authed")
        if given != f"Bearer {self.token}":
            raise Refused("invalid_auth")
        if method not in SCOPE_OF:
            raise Refused("unknown_method")
        scopes = self.workspace.scopes
        if SCOPE_OF[method] and SCOPE_OF[method] not in scopes.split():
            raise Refused("missing_scope", needed=SCOPE_OF[method], provided=scopes.replace(" ", ","))

    def upload(self, file_id: str, content: bytes, headers: Mapping[str, str]) -> tuple[Fault | None, bool]:
        """Return a file's bytes: the fault to play, if any, and whether they were taken."""
        with self._lock:
            self.requests.append(SlackRequest("upload", {"file": file_id}, headers))
            fault = self._faults["upload"].popleft() if self._faults["upload"] else None
            if fault and not fault.accept:
                return fault, False
            return fault, self.workspace.receive(file_id, content)


class _Handler(BaseHTTPRequestHandler):
    slack: SlackServer

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, headers = urlsplit(self.path).path, dict(self.headers.items())
        if path.startswith("/upload/"):
            fault, taken = self.slack.upload(path.removeprefix("/upload/"), content, headers)
            self._reply(fault, 200 if taken else 400, f"OK - {len(content)}".encode())
            return
        arguments = _arguments(content, self.headers.get("Content-Type", ""), urlsplit(self.path).query)
        fault, answer = self.slack.answer(path.removeprefix("/api/"), arguments, headers)
        self._reply(fault, 200, json.dumps(answer).encode())

    def _reply(self, fault: Fault | None, status: int, body: bytes) -> None:
        fault = fault or Fault()
        if fault.drop:
            self.close_connection = True
            return
        body = body if fault.body is None else fault.body
        self.send_response(fault.status if fault.status != 200 else status)
        scopes = {"X-OAuth-Scopes": self.slack.workspace.scopes.replace(" ", ",")}
        for name, value in {"Content-Type": "application/json", **scopes, **fault.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if fault.cut else body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: what came is in `requests`."""


def _arguments(content: bytes, kind: str, query: str) -> dict[str, Any]:
    """JSON or form arguments; a form holds lists and objects as JSON text."""
    if kind.startswith("application/json"):
        return dict(json.loads(content or b"{}"))
    pairs = {**parse_qs(query), **parse_qs(content.decode())}
    arguments: dict[str, Any] = {name: values[0] for name, values in pairs.items()}
    for name in {"blocks", "files", "metadata"} & set(arguments):
        arguments[name] = json.loads(arguments[name])
    return arguments
