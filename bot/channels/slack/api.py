"""Slack's API over a wire of our own, and what its refusals mean for a delivery.

slack-sdk's own transport follows redirects with the token in the header, reads HTTP(S)_PROXY, and does not
tell a failed connection (certainly not sent) from a lost answer (perhaps taken). Here a request is sent once:
no retries, no redirects, no proxies.

Error codes: https://docs.slack.dev/reference/methods/chat.postMessage#errors and the file methods' pages.
"""

import http.client
import json
import logging
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from bot.channels.connection import deadline
from bot.errors import ChannelAuthError, DeliveryError, Retryability
from bot.lib.sanitize import one_line

WAIT_SECONDS: Final = 15.0
ANSWER_SECONDS: Final = 60.0
UPLOAD_SECONDS: Final = 300.0
LARGEST_ANSWER: Final = 16_000_000
_SILENT = logging.getLogger("bot.channels.slack.api")
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
    """POST once, in about `seconds`. Raise NotReached, or once connected an OSError or HTTPException."""
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
    """Return the whole body. Raise HTTPException if it is cut short or too large."""
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
    """Return a JSON object's text; `{}` for an error page. Raise HTTPException for another `200`: unclear."""
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
    """Return a list in an answer. Raise ValueError if there is none."""
    items = answer.get(name)
    if not isinstance(items, list):
        raise ValueError(f"no {name}")
    return items


def next_cursor(answer: Mapping[str, Any] | SlackResponse) -> str:
    """Return the cursor of the next page; '' after the last one."""
    metadata = answer.get("response_metadata")
    cursor = metadata.get("next_cursor") if isinstance(metadata, dict) else None
    return cursor if isinstance(cursor, str) else ""


NETWORK_ERRORS = (OSError, http.client.HTTPException, SlackClientError, ValueError)


class Kind(StrEnum):
    """What a refusal is about, and so who can fix it."""

    WORKSPACE = "workspace"
    DESTINATION = "destination"
    NOT_IN_CHANNEL = "not in channel"
    PAYLOAD = "payload"
    LIMITED = "limited"
    AMBIGUOUS = "ambiguous"


WORKSPACE_ERRORS: Mapping[str, str] = {
    "invalid_auth": "the bot token is not valid: put a new one in SLACK_BOT_TOKEN",
    "not_authed": "no bot token was given: set SLACK_BOT_TOKEN",
    "account_inactive": "the bot's account was removed: install the app again",
    "token_revoked": "the bot token was revoked: install the app again and set SLACK_BOT_TOKEN",
    "token_expired": "the bot token has expired: set a new SLACK_BOT_TOKEN",
    "org_login_required": "the workspace is being moved to an organisation: try again when that is done",
    "missing_scope": "the app lacks a permission",
    "no_permission": "the app lacks a permission",
    "access_denied": "the workspace does not let the app in",
    "ekm_access_denied": "the workspace's administrators have suspended access",
    "not_allowed_token_type": "this kind of token cannot be used: SLACK_BOT_TOKEN starts with xoxb-",
    "team_access_not_granted": "the app has no access to this workspace",
    "team_added_to_org": "the workspace is being moved to an organisation: try again when that is done",
    "file_uploads_disabled": "the workspace does not allow files",
    "file_uploads_except_images_disabled": "the workspace allows no files but pictures",
}
REFUSING_US = frozenset(WORKSPACE_ERRORS) - {
    "missing_scope",
    "no_permission",
    "file_uploads_disabled",
    "file_uploads_except_images_disabled",
}
"""After these nothing else is accepted; the others forbid one method, and a message may do without it."""

DESTINATION_ERRORS: Mapping[str, str] = {
    "channel_not_found": "there is no such channel, or it is private and the bot was not invited",
    "is_archived": "the channel is archived",
    "user_not_found": "there is no such person",
    "users_not_found": "nobody in the workspace has this address",
    "user_not_visible": "the bot may not see this person",
    "user_disabled": "this person's account was deactivated",
    "posting_to_channel_denied": "the channel's settings do not let the bot post there",
    "cannot_dm_bot": "the recipient is a bot",
    "messages_tab_disabled": "the recipient cannot get messages from apps",
    "message_not_found": "the message is not there any more",
    "cant_update_message": "the bot may not edit this message",
    "edit_window_closed": "the workspace does not let messages of this age be edited",
}
PAYLOAD_ERRORS = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_attachments",
        "msg_too_long",
        "msg_blocks_too_long",
        "no_text",
        "too_many_attachments",
        "metadata_too_large",
        "invalid_arguments",
    }
)
LIMIT_ERRORS = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
ORGANISATION_ERRORS = frozenset({"missing_argument", "enterprise_is_restricted"})
"""How a lookup by name is refused where the token is a whole organisation's: it would need a team_id."""

_FAULTS = ("internal_error", "fatal_error", "server_error", "unknown_error")
IN_DOUBT = frozenset({*_FAULTS, "service_unavailable", "request_timeout", "timeout"})
"""After these a call may have succeeded. A code that is in no table is a refusal for good."""

_CODE = re.compile(r"[a-z0-9_()]{1,80}")
_POINTER = re.compile(r"\[json-pointer:(/[A-Za-z0-9_/]{1,200})\]")


def _kind_of(error: str) -> Kind:
    if error in WORKSPACE_ERRORS:
        return Kind.WORKSPACE
    if error == "not_in_channel":
        return Kind.NOT_IN_CHANNEL
    if error in PAYLOAD_ERRORS or error.startswith("invalid_metadata"):
        return Kind.PAYLOAD
    return Kind.AMBIGUOUS if error in IN_DOUBT else Kind.DESTINATION


@dataclass(frozen=True, slots=True)
class Refusal:
    """One failed call: its class, Slack's code, a sentence, places in the blocks, seconds to wait."""

    kind: Kind
    error: str
    sentence: str
    pointers: tuple[str, ...] = ()
    retry_after: float | None = None

    def as_error(self, what: str, ambiguous: Retryability) -> DeliveryError:
        """Return the error. `what` begins its sentence; `ambiguous` is the retryability of an unclear end."""
        if self.error in REFUSING_US:
            return ChannelAuthError(f"{what}: {self.sentence}")
        retryability = {Kind.LIMITED: Retryability.RETRYABLE, Kind.AMBIGUOUS: ambiguous}.get(
            self.kind, Retryability.PERMANENT
        )
        return DeliveryError(f"{what}: {self.sentence}", retryability, self.retry_after)


def refusal(fault: BaseException) -> Refusal:
    """Return the meaning of an exception of a call."""
    if isinstance(fault, SlackApiError):
        return _answered(fault)
    if isinstance(fault, NotReached):
        return Refusal(Kind.LIMITED, "", f"Slack could not be reached ({one_line(str(fault), 300)})")
    if isinstance(fault, ValueError):
        return Refusal(Kind.AMBIGUOUS, "", "Slack's answer could not be read")
    return Refusal(Kind.AMBIGUOUS, "", f"the connection to Slack broke off ({type(fault).__name__})")


def _answered(fault: SlackApiError) -> Refusal:
    response = fault.response
    status, data = getattr(response, "status_code", 200), getattr(response, "data", None)
    fields: Mapping[str, Any] = data if isinstance(data, dict) else {}
    error = fields.get("error")
    code = error if isinstance(error, str) and _CODE.fullmatch(error) else ""
    if status == 429 or code in LIMIT_ERRORS:
        return Refusal(Kind.LIMITED, code, "Slack asked to slow down", (), _retry_after(response))
    if status != 200:
        return Refusal(Kind.AMBIGUOUS, "", f"Slack answered with HTTP status {status}")
    if not code:
        return Refusal(Kind.AMBIGUOUS, "", "Slack's answer could not be read")
    return Refusal(_kind_of(code), code, _sentence(code, fields), _pointers(fields))


def _sentence(code: str, fields: Mapping[str, Any]) -> str:
    sentence = WORKSPACE_ERRORS.get(code) or DESTINATION_ERRORS.get(code)
    if code.startswith("restricted_action"):
        sentence = "the workspace's settings do not let the bot post there"
    if code == "missing_scope":
        needed, provided = (one_line(str(fields.get(name, "")), 300) for name in ("needed", "provided"))
        sentence = f"the app lacks the permission {needed or '(not named)'}; it has {provided or 'none'}"
    return f"{sentence} ({code})" if sentence else f"Slack refused it ({code})"


def _pointers(fields: Mapping[str, Any]) -> tuple[str, ...]:
    metadata = fields.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    texts = [text for text in messages if isinstance(text, str)] if isinstance(messages, list) else []
    return tuple(pointer for text in texts[:20] for pointer in _POINTER.findall(text))


def _retry_after(response: Any) -> float | None:
    """Return whole seconds up to a day; None for anything else."""
    text = str(getattr(response, "headers", {}).get("Retry-After", ""))
    return float(text) if re.fullmatch(r"[0-9]{1,5}", text) and int(text) <= 86_400 else None
