"""Files in Slack: upload in three steps, share in a thread, and share what a crash left unshared.

https://docs.slack.dev/messaging/working-with-files#uploading_files. Only the third step shows a file to
people, so everything before it can be repeated safely. A process that died between post and share left files
that are not visible; the message's metadata names them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from slack_sdk.errors import SlackApiError

from bot.channels.slack.api import NETWORK_ERRORS, UPLOAD_SECONDS, Kind, SlackApi, items_of, post, refusal
from bot.errors import DeliveryError, Retryability
from bot.lib.net import is_loopback_host
from bot.lib.sanitize import one_line
from bot.model import Clock, Picture

COMMENT: Final = "Files of this report"
READY_SECONDS: Final = 30.0
POLL_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Upload:
    """A file whose bytes are at Slack, not yet visible. Without a title it has its name."""

    file_id: str
    title: str = ""


def upload(api: SlackApi, name: str, content: bytes) -> Upload:
    """Do the first two steps. Raise DeliveryError, retryable unless Slack refuses permanently."""
    title = one_line(name, 100) or "file"
    try:
        answer = api.files_getUploadURLExternal(filename=title, length=len(content))
        file_id, url = str(answer["file_id"]), str(answer["upload_url"])
        _check_upload_url(url, api.base_url)
        sent = post(url, content, {"Content-Type": "application/octet-stream"}, UPLOAD_SECONDS)
    except NETWORK_ERRORS as fault:
        raise refusal(fault).as_error(
            f"The file {title} could not be uploaded", Retryability.RETRYABLE
        ) from None
    except KeyError:
        raise DeliveryError("Slack did not say where to upload a file", Retryability.RETRYABLE) from None
    if sent.status != 200:
        sentence = f"The file {title} could not be uploaded: HTTP status {sent.status}"
        raise DeliveryError(sentence, Retryability.RETRYABLE)
    return Upload(file_id, title)


def _check_upload_url(url: str, api_url: str) -> None:
    """Require https, or loopback if the API itself is a local double: the address comes from outside."""
    parts, own = urlsplit(url), urlsplit(api_url)
    local = parts.scheme == own.scheme == "http" and is_loopback_host(own.hostname or "")
    plain_login = parts.username is None and parts.password is None
    if plain_login and (parts.scheme == "https" or (local and is_loopback_host(parts.hostname or ""))):
        return
    raise DeliveryError("Slack named an upload address that is not safe", Retryability.PERMANENT)


def share(api: SlackApi, uploads: Sequence[Upload], channel: str, ts: str, comment: str) -> None:
    """Show all files as one reply in the thread of message `ts`. Raise what the client raises.

    No `alt_txt`: with it Slack answers ok and shares nothing (python-slack-sdk#1818).
    """
    api.files_completeUploadExternal(
        files=[{"id": file.file_id, **({"title": file.title} if file.title else {})} for file in uploads],
        channel_id=channel,
        thread_ts=ts,
        initial_comment=comment,
    )


def share_as_member(api: SlackApi, uploads: Sequence[Upload], channel: str, ts: str, comment: str) -> None:
    """Share like `share`, and join a channel that took the message and wants a member's files only."""
    try:
        share(api, uploads, channel, ts, comment)
    except SlackApiError as fault:
        if refusal(fault).kind is not Kind.NOT_IN_CHANNEL:
            raise
        api.conversations_join(channel=channel)
        share(api, uploads, channel, ts, comment)


def upload_picture(api: SlackApi, picture: Picture, clock: Clock) -> str:
    """Upload a picture for an image block; return its file id once Slack has processed it (at most 30 s).

    Posting earlier is refused as `invalid_blocks` (python-slack-sdk#1521). Raise DeliveryError.
    """
    stored = upload(api, png_name(picture), picture.png)
    try:
        api.files_completeUploadExternal(files=[{"id": stored.file_id, "title": stored.title}])
        _wait_until_ready(api, stored.file_id, clock)
    except NETWORK_ERRORS as fault:
        raise refusal(fault).as_error("A picture could not be uploaded", Retryability.RETRYABLE) from None
    return stored.file_id


def png_name(picture: Picture) -> str:
    """Return the picture's name with the ending `.png`."""
    return picture.name if picture.name.endswith(".png") else f"{picture.name}.png"


def _wait_until_ready(api: SlackApi, file_id: str, clock: Clock) -> None:
    started = clock.monotonic()
    while not _mapping(api.files_info(file=file_id).get("file")).get("mimetype"):
        if clock.monotonic() - started >= READY_SECONDS:
            raise DeliveryError("A picture was not ready in time", Retryability.RETRYABLE)
        clock.sleep(POLL_SECONDS)


FOUND: Final = "found in the channel's history"
APPEARING: Final = timedelta(seconds=20)
"""How late Slack may show shared files: until then, their absence proves nothing."""


def complete(api: SlackApi, room: str, ts: str, files: Sequence[str], age: timedelta) -> str:
    """Share the uploaded `files` in the thread of `ts` unless one is there; return a sentence about it.

    `age` is how long ago the attempt began. Raise DeliveryError (UNKNOWN) if the files are perhaps not
    there, and what the client raises if the thread cannot be read.
    """
    if _is_there(api, room, ts, files):
        return FOUND
    if age < APPEARING:
        sentence = f"The message is in Slack ({room}/{ts}), but its files do not show yet"
        raise DeliveryError(sentence, Retryability.UNKNOWN)
    try:
        share_as_member(api, [Upload(file) for file in files], room, ts, COMMENT)
    except NETWORK_ERRORS as fault:
        raise not_shared(room, ts, fault) from None
    return f"{FOUND}; its files were shared afterwards"


def not_shared(room: str, ts: str, fault: BaseException) -> DeliveryError:
    """Return the error of a message without its files: whoever looks it up shares them."""
    problem = refusal(fault)
    doubt = "are perhaps not" if problem.kind in (Kind.AMBIGUOUS, Kind.LIMITED) else "are missing"
    sentence = f"The message is in Slack ({room}/{ts}), but its files {doubt}: {problem.sentence}"
    return DeliveryError(sentence, Retryability.UNKNOWN, problem.retry_after)


def _is_there(api: SlackApi, room: str, ts: str, files: Sequence[str]) -> bool:
    """Return whether one file is among the first replies: all are shared by one request, as one reply."""
    answer = api.conversations_replies(channel=room, ts=ts, limit=200)
    lists = [_mapping(reply).get("files") for reply in items_of(answer, "messages")]
    shown = [file for items in lists if isinstance(items, list) for file in items]
    return any(str(_mapping(file).get("id", "")) in files for file in shown)


def _mapping(item: Any) -> Mapping[str, Any]:
    return item if isinstance(item, dict) else {}
