"""One chat.postMessage or chat.update, repeated only if Slack refused it, each time with less.

https://docs.slack.dev/reference/methods/chat.postMessage. A doubtful post is never repeated; a doubtful
edit (https://docs.slack.dev/reference/methods/chat.update) may be, for it is the same message again.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from slack_sdk.web import SlackResponse

from bot.channels.slack.addresses import Addresses, Destination, obstacle
from bot.channels.slack.api import NETWORK_ERRORS, Kind, Refusal, SlackApi, refusal
from bot.channels.slack.blocks import Arguments, next_step, with_mentions, with_pictures
from bot.channels.slack.files import COMMENT, Upload
from bot.errors import DeliveryError, Retryability
from bot.lib.sanitize import one_line
from bot.model import Delivery, SlackMessage

EVENT_TYPE: Final = "digest_delivery"
FILES: Final = "files"
TS: Final = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")
GONE: Final = frozenset({"channel_not_found", "is_archived", "user_not_found", "users_not_found"})
_ID = re.compile(r"[CGDU][A-Z0-9]{7,30}")


class Attempt:
    """One message: what was dropped from it, and which refusals were answered."""

    doing, comment = "posting to Slack", COMMENT
    doubtful = Retryability.UNKNOWN
    """What a lost answer means."""

    undone = "did not get the message"

    def __init__(
        self,
        api: SlackApi,
        addresses: Addresses,
        destination: Destination,
        delivery: Delivery,
        message: SlackMessage,
        ts: str = "",
    ) -> None:
        """Join the channel if files are to go there. Raise DeliveryError if nothing may be posted there.

        `ts` is the message to edit.
        """
        self._api = api
        self._addresses = addresses
        self._recipient = delivery.recipient
        self._channel, self._ts, self.moved = destination.id, ts, destination.note
        self._what = f"{one_line(self._recipient.address, 80)} {self.undone}"
        self._tried: set[Kind] = set()
        self._message, self._mention = message, delivery.recipient.mention
        self._pictures: tuple[str | None, ...] = ()
        self._require_open(destination.room)
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
        self._pictures, self.has_lost_pictures = pictures, None in pictures
        self.notes = [self.moved] if self.moved else []
        self.notes += ["without pictures"] if self.has_lost_pictures else []
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
            if self.moved:
                self._addresses.remember(self._recipient.address, self._channel)
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
            self.join()
        elif problem.error == "restricted_action" and self._mention:
            # Workspaces restrict @channel and @here. The mention is lost, not the message.
            self._mention = ()
            self.show(self._pictures)
            self.notes.append(f"without the mention ({problem.error})")
        elif problem.error not in GONE or not first or not self._has_moved():
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
        """Return whether the address leads elsewhere since it was looked up."""
        before = self._channel
        destination = self._addresses.resolve(self._recipient.address, anew=True)
        self._channel = destination.id
        self._require_open(destination.room)
        self.moved = destination.note
        self.notes += [self.moved] if self.moved else []
        return self._channel != before

    def _require_open(self, room: Mapping[str, Any]) -> None:
        if problem := obstacle(room, self._recipient):
            raise DeliveryError(f"{self._what}: {problem}", Retryability.PERMANENT)
        # With chat:write.public Slack takes the message without membership, and then refuses its files.
        has_files = self._message.files or self._message.thread_pictures
        if has_files and room.get("is_member") is False:
            self.join()

    def join(self) -> None:
        """Join the channel. Raise DeliveryError if the bot has to be invited."""
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

    undone = "still has the message as it was"

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
