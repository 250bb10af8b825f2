"""What is known of each type of channel: one row here, and the rooms look it up.

What cannot stand in the model is one line in a table of another room: the class in `CHANNELS` of `bot.app`,
the form of an edition in `RENDER` of `bot.render`, the grammar of addresses in `ADDRESSES` of `bot.config`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.model.digest import Agents


class Format(StrEnum):
    """The form of an edition that a channel carries."""

    SLACK = "slack"
    EMAIL = "email"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class ChannelType:
    """A type of channel: `name` is its key in reports.yaml, and the schema shows `description` and `example`.

    `title` begins a sentence about it, `phrase` ends one about a reader, `provider` is who is asked by
    `check --online`. `secret` is the environment variable that it needs ('' for none), `more_secrets` are
    others that it may use. `agents` is how agents
    are shown where a recipient does not say. `address_hint` is a regular expression for addresses that
    `--to` knows without a prefix ('' for none).

    `is_outbound`: a message leaves this machine, so customers' words in it need `personal_data: true`, and
    `members` and `self` are addresses. `history_lags`: its history may show a message some seconds late.
    """

    name: str
    title: str
    phrase: str
    description: str
    example: str
    format: Format
    provider: str = ""
    secret: str = ""
    more_secrets: tuple[str, ...] = ()
    agents: Agents = Agents.NAMES
    address_hint: str = ""
    is_outbound: bool = True
    history_lags: bool = False


SLACK: Final = ChannelType(
    "slack",
    title="Slack",
    phrase="in Slack",
    description="A channel in quotes, an id, or a person's mail address",
    example="#social-care",
    format=Format.SLACK,
    provider="Slack",
    secret="SLACK_BOT_TOKEN",  # noqa: S106 - the name of a variable
    agents=Agents.NONE,
    address_hint=r"#.*|[CDGU][A-Z0-9]{8,}",
    history_lags=True,
)
EMAIL: Final = ChannelType(
    "email",
    title="Mail",
    phrase="by mail",
    description="One address or a list; each gets a mail of its own",
    example="dana@example.com",
    format=Format.EMAIL,
    provider="mail server",
    secret="SMTP_URL",  # noqa: S106 - the name of a variable
    more_secrets=("SMTP_OAUTH_CLIENT_SECRET", "SMTP_OAUTH_REFRESH_TOKEN"),
    address_hint=r".*@.*",
)
FOLDER: Final = ChannelType(
    "folder",
    title="The folder channel",
    phrase="as files",
    description="A folder to write into, beside this file unless it is a full path",
    example="outbox/care",
    format=Format.FILES,
    is_outbound=False,
)

_ROWS: Final = (
    SLACK,
    EMAIL,
    FOLDER,
)
CHANNEL_TYPES: Final[Mapping[str, ChannelType]] = {row.name: row for row in _ROWS}
"""Every type of channel by name, in the order of the JSON Schema."""
