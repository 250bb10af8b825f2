"""A Slack workspace in memory: channels, people, messages, files, and the Web API's methods on them."""

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.slack_rules import Refused, check_message

BOT_ID = "B0DIGEST1"
FIRST_TS = 1_525_647_600.0  # 2018-05-06T23:00:00Z
ALL_SCOPES = (
    "chat:write files:write files:read channels:history groups:history im:history channels:read "
    "groups:read channels:join users:read users:read.email im:write"
)


@dataclass
class SlackChannelRoom:
    """A conversation. `member`: whether the bot is in it; a private one without it is invisible.

    `shared`: with another organisation (Slack Connect). `more`: further fields of its description.
    """

    id: str
    name: str = ""
    private: bool = False
    member: bool = True
    archived: bool = False
    shared: bool = False
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class SlackPerson:
    """A member of the workspace, with the address to look them up by."""

    id: str
    email: str


@dataclass(frozen=True)
class PostedMessage:
    """A message that the workspace took; `arguments` as they were sent."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    arguments: Mapping[str, Any]


@dataclass
class StoredFile:
    """A file on its way: announced, uploaded, completed, ready, and perhaps shared in a thread."""

    id: str
    name: str
    length: int
    alt_txt: str = ""
    content: bytes | None = None
    title: str = ""
    completed: bool = False
    polls_left: int = 0
    channel: str = ""
    thread_ts: str = ""
    initial_comment: str = ""

    @property
    def ready(self) -> bool:
        """Whether Slack has finished looking at it: only then a block may show it."""
        return self.completed and self.polls_left == 0


@dataclass
class Workspace:
    """State and rules. Each method named after the API's (dots as underscores) answers it.

    Messages get timestamps from `first_ts` (seconds since 1970) on, a second apart or more; with a `clock`
    (seconds since 1970) those of their moment, as in Slack.
    """

    upload_base: str = ""
    scopes: str = ALL_SCOPES
    page_size: int = 2
    first_ts: float = FIRST_TS
    clock: Callable[[], float] | None = None
    polls_until_ready: int = 1
    channels: list[SlackChannelRoom] = field(
        default_factory=lambda: [
            SlackChannelRoom("C0GENERAL1", "general"),
            SlackChannelRoom("C0SOCIAL01", "social-care"),
            SlackChannelRoom("C0OPS00001", "ops"),
            SlackChannelRoom("C0PUBLIC01", "public-but-not-in", member=False),
            SlackChannelRoom("C0SECRET01", "secret", private=True, member=False),
            SlackChannelRoom("G0LEADS001", "leads", private=True),
            SlackChannelRoom("C0OLD00001", "old", archived=True),
        ]
    )
    people: list[SlackPerson] = field(default_factory=lambda: [SlackPerson("U0DANA0001", "dana@example.com")])
    messages: list[PostedMessage] = field(default_factory=list)
    files: dict[str, StoredFile] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def room(self, channel: str) -> SlackChannelRoom:
        """Return the conversation that the bot may see under this id. Raises Refused(channel_not_found)."""
        if re.match(r"^U[A-Z0-9]+$", channel):
            return self._open(channel)
        for room in self.channels:
            if room.id == channel and (room.member or not room.private):
                return room
        raise Refused("channel_not_found")

    def _writable(self, channel: str) -> SlackChannelRoom:
        room = self.room(channel)
        if room.archived:
            raise Refused("is_archived")
        if not room.member:
            raise Refused("not_in_channel")
        return room

    def _open(self, user: str) -> SlackChannelRoom:
        if not any(person.id == user for person in self.people):
            raise Refused("user_not_found")
        direct = SlackChannelRoom("D" + user[1:])
        if not any(room.id == direct.id for room in self.channels):
            self.channels.append(direct)
        return direct

    def auth_test(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {"url": "https://example.slack.com/", "team": "Example", "user": "digestbot", "bot_id": BOT_ID}

    def _next_ts(self) -> str:
        number = next(self._numbers)
        if self.clock is not None:
            return f"{self.clock():.0f}.{number:06d}"
        return f"{self.first_ts + number:.0f}.000100"

    def chat_postMessage(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        room = self.room(str(arguments.get("channel", "")))
        if room.archived or room.private or "chat:write.public" not in self.scopes.split():
            self._writable(room.id)
        check_message(arguments, self._file_is_ready)
        ts = self._next_ts()
        text, blocks = arguments.get("text") or "", arguments.get("blocks") or []
        message = PostedMessage(room.id, ts, text, blocks, arguments.get("metadata"), arguments)
        self.messages.append(message)
        return {"channel": room.id, "ts": ts, "message": {"text": text, "ts": ts, "bot_id": BOT_ID}}

    def chat_update(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Edit one of our own messages: what is not given stays, an empty list of blocks takes them out."""
        room = self._writable(str(arguments.get("channel", "")))
        if arguments.get("channel") != room.id:
            raise Refused("channel_not_found")  # the id, never the name or the person
        check_message(arguments, self._file_is_ready)
        for index, old in enumerate(self.messages):
            if (old.channel, old.ts) == (room.id, arguments.get("ts")):
                self.messages[index] = self._edited(old, arguments)
                return {"channel": room.id, "ts": old.ts, "text": self.messages[index].text}
        raise Refused("message_not_found")

    @staticmethod
    def _edited(old: PostedMessage, arguments: Mapping[str, Any]) -> PostedMessage:
        blocks, metadata = arguments.get("blocks"), arguments.get("metadata")
        return PostedMessage(
            old.channel,
            old.ts,
            arguments.get("text") or old.text,
            old.blocks if blocks is None else blocks,
            metadata or old.metadata,
            {**old.arguments, **arguments},
        )

    def _file_is_ready(self, file_id: str) -> bool:
        return file_id in self.files and self.files[file_id].ready

    def conversations_list(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        types = str(arguments.get("types", "public_channel")).split(",")
        if "private_channel" in types and "groups:read" not in self.scopes.split():
            raise Refused("missing_scope", needed="groups:read", provided=self.scopes.replace(" ", ","))
        limit = int(arguments.get("limit", 100))
        if not 1 <= limit < 1_000:
            raise Refused("invalid_limit")
        visible = [room for room in self.channels if room.name and self._listed(room, types, arguments)]
        start = int(str(arguments.get("cursor") or "0").removeprefix("page-"))
        page = visible[start : start + min(limit, self.page_size)]
        end = start + len(page)
        return {
            "channels": [{"id": room.id, "name": room.name, "is_private": room.private} for room in page],
            "response_metadata": {"next_cursor": f"page-{end}" if end < len(visible) else ""},
        }

    @staticmethod
    def _listed(room: SlackChannelRoom, types: list[str], arguments: Mapping[str, Any]) -> bool:
        if room.archived and str(arguments.get("exclude_archived", "0")) in {"1", "True", "true"}:
            return False
        return ("private_channel" in types and room.member) if room.private else "public_channel" in types

    def conversations_info(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        room = self.room(str(arguments.get("channel", "")))
        seen = {"id": room.id, "name": room.name, "is_private": room.private, "is_member": room.member}
        state = {"is_archived": room.archived, "is_ext_shared": room.shared, "is_org_shared": False}
        return {"channel": {**seen, **state, "is_shared": room.shared, **room.more}}

    def conversations_join(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        room = self.room(str(arguments.get("channel", "")))
        if room.private:
            raise Refused("method_not_supported_for_channel_type")
        room.member = True
        return {"channel": {"id": room.id, "name": room.name}}

    def conversations_open(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {"channel": {"id": self._open(str(arguments.get("users", ""))).id}}

    def conversations_history(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        room = self._writable(str(arguments.get("channel", "")))
        oldest, limit = float(arguments.get("oldest") or 0), int(arguments.get("limit") or 100)
        with_metadata = str(arguments.get("include_all_metadata", "0")) in {"1", "True", "true"}
        in_room = [m for m in reversed(self.messages) if m.channel == room.id and float(m.ts) >= oldest]
        start = int(str(arguments.get("cursor") or "0").removeprefix("page-"))
        end = start + min(limit, self.page_size)
        return {
            "messages": [self._seen(message, with_metadata) for message in in_room[start:end]],
            "has_more": end < len(in_room),
            "response_metadata": {"next_cursor": f"page-{end}" if end < len(in_room) else ""},
        }

    def conversations_replies(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the message and what is in its thread: here only replies with files."""
        room, ts = self._writable(str(arguments.get("channel", ""))), str(arguments.get("ts", ""))
        parents = [m for m in self.messages if m.channel == room.id and m.ts == ts]
        if not parents:
            raise Refused("thread_not_found")
        shared = [
            {"id": file.id, "title": file.title} for file in self.files.values() if file.thread_ts == ts
        ]
        replies = [{"type": "message", "ts": f"{ts}1", "thread_ts": ts, "files": shared}] if shared else []
        return {"messages": [self._seen(parents[0], False), *replies], "has_more": False}

    @staticmethod
    def _seen(message: PostedMessage, with_metadata: bool) -> dict[str, Any]:
        """Without `include_all_metadata` Slack leaves the payload out and keeps the type."""
        seen: dict[str, Any] = {"type": "message", "ts": message.ts, "text": message.text, "bot_id": BOT_ID}
        if message.metadata:
            kept = message.metadata if with_metadata else {"event_type": message.metadata["event_type"]}
            seen["metadata"] = kept
        return seen

    def users_lookupByEmail(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        for person in self.people:
            if person.email == arguments.get("email"):
                return {"user": {"id": person.id, "profile": {"email": person.email}}}
        raise Refused("users_not_found")

    def files_getUploadURLExternal(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        length = int(arguments.get("length") or 0)
        if not arguments.get("filename") or not length:
            raise Refused("missing_argument")
        file = StoredFile(
            f"F0FILE{next(self._numbers):05d}",
            str(arguments["filename"]),
            length,
            alt_txt=str(arguments.get("alt_txt", "")),
        )
        self.files[file.id] = file
        return {"file_id": file.id, "upload_url": f"{self.upload_base}{file.id}"}

    def receive(self, file_id: str, content: bytes) -> bool:
        """Take the upload; return False when the address or the length is wrong."""
        file = self.files.get(file_id)
        if file is None or file.content is not None or len(content) != file.length:
            return False
        file.content = content
        return True

    def files_completeUploadExternal(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        wanted = arguments.get("files") or []
        files = [self.files.get(str(item.get("id"))) for item in wanted]
        if not files:
            raise Refused("invalid_arguments")
        if any(file is None or file.content is None or file.completed for file in files):
            raise Refused("file_not_found")
        channel, thread = str(arguments.get("channel_id", "")), str(arguments.get("thread_ts", ""))
        if channel:
            channel = self._writable(channel).id
        if thread and not any(m.ts == thread and m.channel == channel for m in self.messages):
            raise Refused("thread_not_found")
        for item, file in zip(wanted, files, strict=True):
            if file is not None:
                self._complete(file, item.get("title", ""), channel, thread, arguments)
        return {"files": [{"id": item["id"], "title": item.get("title", "")} for item in wanted]}

    def _complete(
        self, file: StoredFile, title: str, channel: str, thread: str, arguments: Mapping[str, Any]
    ) -> None:
        file.completed, file.title, file.polls_left = True, title or file.name, self.polls_until_ready
        if not file.alt_txt:  # with alt_txt Slack answers ok and shares nothing (python-slack-sdk#1818)
            file.channel, file.thread_ts = channel, thread
            file.initial_comment = str(arguments.get("initial_comment", ""))

    def files_info(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        file = self.files.get(str(arguments.get("file", "")))
        if file is None or not file.completed:
            raise Refused("file_not_found")
        ready = file.ready
        file.polls_left = max(0, file.polls_left - 1)
        shares = {"public": {file.channel: [{"ts": "1.1"}]}} if file.channel else {}
        return {"file": {"id": file.id, "mimetype": "image/png" if ready else "", "shares": shares}}


Method = Callable[[Mapping[str, Any]], dict[str, Any]]
SCOPE_OF: Mapping[str, str] = {
    "auth.test": "",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.list": "channels:read",
    "conversations.info": "channels:read",
    "conversations.join": "channels:join",
    "conversations.open": "im:write",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "users.lookupByEmail": "users:read.email",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.info": "files:read",
}
