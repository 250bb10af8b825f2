"""One chat.postMessage or chat.update, repeated only if Slack refused it, each time with less.

https://docs.slack.dev/reference/methods/chat.postMessage. A doubtful post is never repeated; a doubtful
edit (https://docs.slack.dev/reference/methods/chat.update) may be, for it is the same message again.
"""

import re
from collections.abc import Sequence
from typing import Final

from slack_sdk.web import SlackResponse

from bot.channels.slack.addresses import Addresses
from bot.channels.slack.api import NETWORK_ERRORS, Kind, Refusal, SlackApi, refusal
from bot.channels.slack.blocks import Arguments, next_step, with_mentions, with_pictures
from bot.channels.slack.files import COMMENT, Upload
from bot.errors import DeliveryError, Retryability
from bot.lib.sanitize import one_line
from bot.model import Delivery, SlackMessage

EVENT_TYPE: Final = "digest_delivery"
FILES: Final = "files"
TS: Final = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")
_ID = re.compile(r"[CGDU][A-Z0-9]{7,30}")


class Attempt:
    """One message: what was dropped from it, and which refusals were answered."""

    doing, comment = "posting to Slack", COMMENT
    doubtful = Retryability.UNKNOWN
    """What a lost answer means."""

    def __init__(
        self, api: SlackApi, addresses: Addresses, delivery: Delivery, message: SlackMessage
    ) -> None:
        self._api = api
        self._addresses = addresses
        self._written = delivery.recipient.address
        self._channel = addresses.resolve(self._written)
        self._what = f"{one_line(self._written, 80)} did not get the message"
        self._tried: set[Kind] = set()
        self._message, self._mention = message, delivery.recipient.mention
        self._payload = {"key": delivery.key}
        self.has_lost_pictures = False
        self.notes: list[str] = []
        self._arguments: Arguments = {}

    @property
    def room(self) -> str:
        """Return the id of the channel that it goes to."""
        return self._channel

    def announce(self, files: Sequence[Upload]) -> None:
        """Name in the metadata the files to share in the thread, so that a recovery can share them."""
        if files:
            self._payload[FILES] = " ".join(file.file_id for file in files)

    def show(self, pictures: tuple[str | None, ...]) -> None:
        """Build the message from one file id for each picture, None for those that failed."""
        self.has_lost_pictures = None in pictures
        self.notes = ["without pictures"] if self.has_lost_pictures else []
        called, missed = with_mentions(self._message.blocks, self._mention, self._addresses)
        self.notes += missed
        blocks = with_pictures(called, pictures)
        self._arguments = {
            "text": self._message.text,
            "metadata": {"event_type": EVENT_TYPE, "event_payload": self._payload},
            **({"blocks": blocks} if blocks else {}),
        }

    def post(self) -> tuple[str, str]:
        """Post until Slack does not refuse it; return channel id and ts. Raise DeliveryError."""
        while True:
            try:
                return _posted(self._post_once())
            except NETWORK_ERRORS as fault:
                self._change(refusal(fault))

    def _post_once(self) -> SlackResponse:
        return self._api.chat_postMessage(
            channel=self._channel,
            unfurl_links=False,
            unfurl_media=False,
            link_names=False,
            parse="none",
            **self._arguments,
        )

    def _change(self, problem: Refusal) -> None:
        """Prepare the next try, or raise DeliveryError."""
        first = problem.kind not in self._tried
        self._tried.add(problem.kind)
        if problem.kind is Kind.NOT_IN_CHANNEL and first:
            self._join()
        elif problem.error == "channel_not_found" and first and self._has_moved():
            self.notes.append("the channel has a new id")
        else:
            self._take_away(problem)

    def _take_away(self, problem: Refusal) -> None:
        """Take the next smaller message if Slack refused the message itself, or raise DeliveryError."""
        smaller = None
        if problem.kind is Kind.PAYLOAD:
            smaller = next_step(self._arguments, problem.error, problem.pointers)
        if smaller is None:
            raise problem.as_error(self._what, self.doubtful)
        note, self._arguments = smaller
        self.notes.append(f"{note} ({problem.error})")
        self.has_lost_pictures = self.has_lost_pictures or note in {"without pictures", "text only"}

    def _has_moved(self) -> bool:
        """Return whether the name now has another id than the cached one: deleted and created again."""
        before = self._channel
        if before != self._written:
            self._channel = self._addresses.look_up(self._written)
        return self._channel != before

    def _join(self) -> None:
        try:
            self._api.conversations_join(channel=self._channel)
        except NETWORK_ERRORS as fault:
            if refusal(fault).kind is Kind.LIMITED:
                raise refusal(fault).as_error(self._what, Retryability.RETRYABLE) from None
            sentence = (
                f"{self._what}: the bot is not in the channel and may not join it. Invite the bot there"
            )
            raise DeliveryError(sentence, Retryability.PERMANENT) from None


class Edit(Attempt):
    """The message `provider_id` (`<channel id>/<ts>`) edited in place."""

    doing, comment = "editing the message in Slack", "Corrected files of this report"
    doubtful = Retryability.RETRYABLE

    def __init__(
        self, api: SlackApi, addresses: Addresses, delivery: Delivery, message: SlackMessage, provider_id: str
    ) -> None:
        super().__init__(api, addresses, delivery, message)
        self._channel, _, self._ts = provider_id.partition("/")
        self._what = f"{one_line(self._written, 80)} still has the message as it was"

    def show(self, pictures: tuple[str | None, ...]) -> None:
        """Build the message, and note the edit."""
        super().show(pictures)
        self.notes.insert(0, "edited in place")

    def _post_once(self) -> SlackResponse:
        # Without blocks the old ones would stay: what is left out has to be taken out.
        arguments = {"blocks": [], **self._arguments}
        return self._api.chat_update(
            channel=self._channel, ts=self._ts, link_names=False, parse="none", **arguments
        )

    def _has_moved(self) -> bool:
        """Return False: the message stays where it is."""
        return False


def _posted(response: SlackResponse) -> tuple[str, str]:
    """Return channel id and ts. Raise ValueError without them: the post was perhaps accepted."""
    channel, ts = response.get("channel"), response.get("ts")
    if isinstance(channel, str) and isinstance(ts, str) and _ID.fullmatch(channel) and TS.fullmatch(ts):
        return channel, ts
    raise ValueError("no ts")
