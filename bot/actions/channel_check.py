"""Ask each provider about every recipient in the file; send nothing."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from bot.delivery.fan_out import all_recipients
from bot.errors import BotError
from bot.model import Channel, Configuration, Digest, Finding, Probing, Recipient, Source, State
from bot.model.channel_types import CHANNEL_TYPES, ChannelType

MAX_CHILD_RECIPIENTS = 50
"""How many recipients of a `for_each` digest are looked up: Slack answers no more in a minute."""


def check_channels(
    configuration: Configuration,
    secrets: Collection[str],
    open_source: Callable[[], Source],
    channels: Mapping[str, Channel],
) -> Iterator[Finding]:
    """Yield what each provider says of us and of the recipients; `secrets` are the names of those set.

    The API is asked only for a `for_each` digest: for the recipients of its children as they are now.
    """
    digests = configuration.digests
    try:
        source = open_source() if any(digest.for_each for digest in digests) else None
        recipients = [to for digest in digests for to in _recipients_of(digest, source)]
    except BotError as error:
        yield Finding(State.FAILED, "for_each", str(error))
        recipients = [to for digest in digests if not digest.for_each for to in digest.recipients]
    recipients += configuration.operators
    for channel_type in CHANNEL_TYPES.values():
        used = [recipient for recipient in recipients if recipient.channel == channel_type.name]
        if used and channel_type.provider:
            yield from _probe(channel_type, used, secrets, channels)


def _recipients_of(digest: Digest, source: Source | None) -> Sequence[Recipient]:
    if source is None or not digest.for_each:
        return digest.recipients
    return all_recipients(digest, source)[:MAX_CHILD_RECIPIENTS]


def _probe(
    channel_type: ChannelType,
    recipients: Sequence[Recipient],
    secrets: Collection[str],
    channels: Mapping[str, Channel],
) -> Iterator[Finding]:
    secret = channel_type.secret
    if secret and secret not in secrets:
        reason = f"not asked: {secret} is not set"
        yield Finding(State.UNCLEAR, channel_type.provider, reason, f"set {secret}, or {secret}_FILE")
        return
    channel = channels[channel_type.name]
    if isinstance(channel, Probing):
        yield from channel.probe(recipients)
