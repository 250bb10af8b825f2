"""How bytes go to Slack and back: one request each, no retries, no redirects, no proxies.

slack-sdk's own transport follows redirects with the token in the header, reads HTTP(S)_PROXY, and
does not tell a failed connection (surely not sent) from a lost answer (perhaps taken).
"""

import http.client
import json
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import Request

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from bot.channels.deadline import deadline

WAIT_SECONDS: Final = 15.0
ANSWER_SECONDS: Final = 60.0
UPLOAD_SECONDS: Final = 300.0
LARGEST_ANSWER: Final = 16_000_000
_SILENT = logging.getLogger("bot.channels.slack.wire")
_SILENT.setLevel(logging.CRITICAL + 1)


class NotReached(OSError):
    """The connection was never made: nothing was sent."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers and body of an HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float = ANSWER_SECONDS) -> HttpAnswer:
    """POST once; the whole exchange takes at most about `seconds`.

    Raises NotReached when no connection was made, other OSErrors or HTTPException afterwards.
    """
    parts = urlsplit(url)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port)
    try:
        try:
            connection.connect()
        except OSError as fault:
            raise NotReached(_reason(fault)) from None
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        with deadline(seconds, lambda: connection.sock):
            connection.request("POST", path, body, dict(headers))
            response = connection.getresponse()
            return HttpAnswer(response.status, dict(response.headers.items()), _read(response))
    finally:
        connection.close()


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=WAIT_SECONDS)
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(host, port, timeout=WAIT_SECONDS, context=context)


def _reason(fault: OSError) -> str:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return "its certificate was not accepted"
    return fault.strerror or type(fault).__name__


def _read(response: http.client.HTTPResponse) -> bytes:
    """The whole body. Raises HTTPException when it is cut short or too large."""
    body = bytearray()
    while chunk := response.read1(65_536):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise http.client.HTTPException("answer too long")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return bytes(body)


class SlackApi(WebClient):
    """slack-sdk's client with every method, over our wire. Logs nothing: what it says is private."""

    def __init__(self, token: str, api_url: str) -> None:
        super().__init__(
            token, base_url=api_url, timeout=int(WAIT_SECONDS), retry_handlers=[], logger=_SILENT
        )
        self.proxy = None

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        body = req.data if isinstance(req.data, bytes) else b""
        answer = post(url, body, {name: str(value) for name, value in req.header_items()})
        headers = {name.title(): value for name, value in answer.headers.items()}
        return {"status": answer.status, "headers": headers, "body": _object_text(answer)}


def _object_text(answer: HttpAnswer) -> str:
    """The body as the text of a JSON object. An error's page counts as an empty one.

    Raises HTTPException when a `200` holds anything else: it was perhaps taken.
    """
    text = answer.body.decode("utf-8", "replace")
    try:
        if isinstance(json.loads(text), dict):
            return text
    except (ValueError, RecursionError):
        pass
    if answer.status == 200:
        raise http.client.HTTPException("not a JSON object")
    return "{}"


def items_of(answer: Mapping[str, Any] | SlackResponse, name: str) -> list[Any]:
    """A list in an answer. Raises ValueError when there is none."""
    items = answer.get(name)
    if not isinstance(items, list):
        raise ValueError(f"no {name}")
    return items


def next_cursor(answer: Mapping[str, Any] | SlackResponse) -> str:
    """Where the next page begins; '' after the last one."""
    metadata = answer.get("response_metadata")
    cursor = metadata.get("next_cursor") if isinstance(metadata, dict) else None
    return cursor if isinstance(cursor, str) else ""
