"""A message that was found again, and whether its files stand in its thread.

https://docs.slack.dev/reference/methods/conversations.replies. A process that died between the post and the
sharing left files at Slack that nobody sees; the message's metadata names them.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from bot.channels.slack.errors import NETWORK_ERRORS, refusal
from bot.channels.slack.files import Upload, share
from bot.channels.slack.post import COMMENT
from bot.channels.slack.wire import SlackApi, items_of
from bot.errors import DeliveryError, Retryability

FOUND: Final = "found in the channel's history"
APPEARING: Final = timedelta(seconds=20)
"""Slack shows shared files a little later: until then, that they are not there says nothing."""


def complete(api: SlackApi, room: str, ts: str, files: Sequence[str], age: timedelta) -> str:
    """Share the uploaded `files` in the thread of `ts` unless one is there; what happened, in words.

    `age` is how long ago the attempt began. Raises DeliveryError when the files are perhaps not there, never
    PERMANENT, for the message is; and what the client raises when the thread cannot be read.
    """
    if _is_there(api, room, ts, files):
        return FOUND
    if age < APPEARING:
        words = f"The message is in Slack ({room}/{ts}), but its files do not show yet"
        raise DeliveryError(words, Retryability.UNKNOWN)
    try:
        share(api, [Upload(file) for file in files], room, ts, COMMENT)
    except NETWORK_ERRORS as fault:
        problem = refusal(fault)
        words = f"The message is in Slack ({room}/{ts}), but its files are perhaps not: {problem.sentence}"
        raise DeliveryError(words, Retryability.UNKNOWN, problem.retry_after) from None
    return f"{FOUND}; its files were shared afterwards"


def _is_there(api: SlackApi, room: str, ts: str, files: Sequence[str]) -> bool:
    """All are shared by one request, as one reply, which is the first of the thread or nearly."""
    answer = api.conversations_replies(channel=room, ts=ts, limit=200)
    return any(_id_of(file) in files for reply in items_of(answer, "messages") for file in _files_of(reply))


def _files_of(reply: Any) -> Sequence[Any]:
    files = reply.get("files") if isinstance(reply, dict) else None
    return files if isinstance(files, list) else ()


def _id_of(file: Any) -> str:
    return str(file.get("id", "")) if isinstance(file, dict) else ""
