"""Deliver to Slack: one message with our key in its metadata, its files as one reply in its thread.

Order: upload everything (repeatable, not visible), post (once), then share the files.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from bot.channels.connection import is_plaintext_allowed
from bot.channels.slack.addresses import AddressBook, Addresses
from bot.channels.slack.api import NETWORK_ERRORS, SlackApi, items_of, next_cursor, refusal
from bot.channels.slack.files import (
    FOUND,
    Upload,
    complete,
    not_shared,
    png_name,
    share_as_member,
    upload,
    upload_picture,
)
from bot.channels.slack.post import EVENT_TYPE, FILES, TS, Attempt, Edit
from bot.channels.slack.probe import probe_slack
from bot.errors import CannotLookUp, DeliveryError, LedgerError, Retryability, UsageError
from bot.model import (
    Clock,
    Delivery,
    Finding,
    Limiter,
    Picture,
    Progress,
    Receipt,
    Recipient,
    Rendition,
    SlackMessage,
)

HISTORY_MARGIN: Final = timedelta(seconds=120)
MOST_HISTORY_PAGES: Final = 50


class SlackChannel:
    """Send SlackMessages. `address` is `#name`, an id, or a person's mail address."""

    def __init__(
        self,
        *,
        token: str,
        api_url: str,
        address_book: AddressBook,
        clock: Clock,
        progress: Progress = lambda line: None,
        plaintext: tuple[str, ...] = (),
        pace: Limiter | None = None,
    ) -> None:
        """Take https, or http to loopback or to a `host:port` in `plaintext`. Raise UsageError.

        `pace` counts the messages of each channel, over all processes.
        """
        _check_settings(token, api_url, plaintext)
        self._pace = pace
        self._api = SlackApi(token, api_url)
        self._addresses = Addresses(self._api, address_book, clock)
        self._clock = clock
        self._progress = progress

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        """Post once; `provider_id` is `<channel id>/<ts>`. Raises DeliveryError.

        UNKNOWN: Slack perhaps took the message; ask `find` before sending again. PERMANENT with a
        ts in the sentence: the message is there, its files are not.
        """
        message = _slack_message(rendition)
        destination = self._addresses.resolve(delivery.recipient.address)
        attempt = Attempt(self._api, self._addresses, destination, delivery, message)
        return self._deliver(attempt, message)

    def replace(self, delivery: Delivery, rendition: Rendition, provider_id: str, now: datetime) -> Receipt:
        """Edit the message `<channel id>/<ts>` in place, its new files after the old ones in its thread.

        Slack notifies no one twice, and a repeated edit changes nothing: a lost answer is RETRYABLE. Raises
        DeliveryError; UNKNOWN when the files are perhaps there.
        """
        message = _slack_message(rendition)
        channel, _, ts = provider_id.partition("/")
        destination = self._addresses.look_up(channel)
        return self._deliver(Edit(self._api, self._addresses, destination, delivery, message, ts), message)

    def _deliver(self, attempt: Attempt, message: SlackMessage) -> Receipt:
        attempt.show(tuple(self._upload_picture(picture) for picture in message.pictures))
        files = self._upload_files(message)
        attempt.announce(files)
        self._progress(attempt.doing)
        self._wait_for_turn(attempt.room)
        room, ts = attempt.post()
        if attempt.has_lost_pictures:
            files += self._late_pictures(message.pictures)
        self._share(files, room, ts, attempt.comment)
        return Receipt(f"{room}/{ts}", "; ".join(attempt.notes), attempt.moved)

    def probe(self, recipients: Sequence[Recipient]) -> Iterator[Finding]:
        """Yield what Slack says of the token and of these recipients; nothing is posted."""
        self._progress("asking Slack")
        return probe_slack(self._api, self._addresses, recipients)

    def close(self) -> None:
        """Do nothing: no connection is kept open."""

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        """Return the receipt if the message is in the channel, for an attempt (UTC) that ended UNKNOWN.

        Asks with `include_all_metadata`, without which Slack leaves our key out. What the process that died
        had uploaded and not shared is shared now. Raise DeliveryError (CannotLookUp: not before a
        person helps) if the history cannot be read, or while the files may yet appear.
        """
        resolved = self._addresses.remembered(delivery.recipient.address)
        try:
            channel = self._addresses.room_of(resolved)
            for message in self._history(channel, attempted_at - HISTORY_MARGIN):
                if _payload_of(message).get("key") == delivery.key:
                    ts, files = _ts_of(message), str(_payload_of(message).get(FILES, "")).split()
                    age = self._clock.now() - attempted_at
                    how = complete(self._api, channel, ts, files, age) if files else FOUND
                    return Receipt(f"{channel}/{ts}", how)
        except NETWORK_ERRORS as fault:
            problem = refusal(fault).as_error("The channel's history could not be read", Retryability.UNKNOWN)
            if problem.retryability is Retryability.PERMANENT:
                raise CannotLookUp(str(problem)) from None
            raise problem from None
        return None

    def _wait_for_turn(self, room: str) -> None:
        """Wait until the room may get a message; not at all while the ledger is away.

        Slack takes about one message a second in each channel
        (https://docs.slack.dev/apis/web-api/rate-limits), and refuses those above it.
        """
        with suppress(LedgerError):
            while self._pace and (permit := self._pace.acquire(f"slack {room}", urgent=True)).wait > 0:
                self._clock.sleep(permit.wait)

    def _history(self, channel: str, since: datetime) -> Iterator[Any]:
        cursor = ""
        for _ in range(MOST_HISTORY_PAGES):
            answer = self._api.conversations_history(
                channel=channel,
                oldest=f"{since.timestamp():.6f}",
                inclusive=True,
                limit=200,
                include_all_metadata=True,
                cursor=cursor or None,
            )
            yield from items_of(answer, "messages")
            cursor = next_cursor(answer)
            if not cursor:
                return
        raise ValueError("too much history")

    def _upload_picture(self, picture: Picture) -> str | None:
        """Return the file id, or None: a picture never fails a message, but a request to wait is obeyed."""
        self._progress("uploading a chart to Slack")
        try:
            return upload_picture(self._api, picture, self._clock)
        except DeliveryError as fault:
            if fault.retry_after is not None:
                raise
            return None

    def _upload_files(self, message: SlackMessage) -> list[Upload]:
        files = [(file.name, file.content) for file in message.files]
        files += [(png_name(picture), picture.png) for picture in message.thread_pictures]
        if files:
            self._progress(f"uploading {len(files)} files to Slack")
        return [upload(self._api, name, content) for name, content in files if content]

    def _late_pictures(self, pictures: tuple[Picture, ...]) -> list[Upload]:
        """Upload pictures that the message could not show, for the thread; none if that fails."""
        try:
            return [upload(self._api, png_name(picture), picture.png) for picture in pictures]
        except DeliveryError:
            return []

    def _share(self, files: list[Upload], room: str, ts: str, comment: str) -> None:
        try:
            if files:
                share_as_member(self._api, files, room, ts, comment)
        except NETWORK_ERRORS as fault:
            raise not_shared(room, ts, fault) from None


def _slack_message(rendition: Rendition) -> SlackMessage:
    if not isinstance(rendition, SlackMessage):
        raise TypeError(f"a {type(rendition).__name__} cannot go to Slack")
    return rendition


def _check_settings(token: str, api_url: str, plaintext: tuple[str, ...]) -> None:
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise UsageError("SLACK_BOT_TOKEN is empty or has spaces or line ends in it")
    parts = urlsplit(api_url)
    host, port = parts.hostname or "", parts.port or 80
    plain = parts.scheme == "http" and is_plaintext_allowed(host, port, plaintext)
    if not host or parts.username is not None or not (parts.scheme == "https" or plain):
        raise UsageError("SLACK_API_URL must begin with https://, or http:// for this machine alone")


def _payload_of(message: Any) -> Mapping[str, Any]:
    """Return our payload in a message's metadata; empty for messages of others."""
    metadata = message.get("metadata") if isinstance(message, dict) else None
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return {}
    payload = metadata.get("event_payload")
    return payload if isinstance(payload, dict) else {}


def _ts_of(message: dict[str, Any]) -> str:
    ts = message.get("ts")
    if not isinstance(ts, str) or not TS.fullmatch(ts):
        raise ValueError("no ts")
    return ts
