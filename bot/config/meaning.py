"""The checked shape of the file as the model's words."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from bot.config.entries import ApiEntry, DigestEntry, RecipientEntry, ReportsFile
from bot.config.shares import reserved_requests, usable_requests
from bot.config.tables import METRICS
from bot.model import (
    SELF,
    Agents,
    ApiSettings,
    Brand,
    Compare,
    Configuration,
    Digest,
    MailSettings,
    OnHoliday,
    Recipient,
    Retention,
    Schedule,
    Target,
)
from bot.model.channel_types import CHANNEL_TYPES


def configuration(entry: ReportsFile, path: Path) -> Configuration:
    """The whole file; the paths in it become relative to where the file lies."""
    brand = Brand(entry.brand.name, entry.brand.color, _beside(path, entry.brand.logo))
    return Configuration(
        path=str(path),
        digests=tuple(_digest(name, digest, entry, brand) for name, digest in entry.digests.items()),
        api=_api(entry.activity_api),
        mail=MailSettings(
            sender=entry.email.sender,
            reply_to=entry.email.reply_to,
            allowed_domains=tuple(entry.email.allowed_domains),
            unsubscribe=tuple(entry.email.unsubscribe),
            on_unknown=cast(Literal["resend", "hold"], entry.email.on_unknown),
        ),
        templates=_beside(path, entry.templates),
        retention=Retention(entry.retention.artifacts, entry.retention.figures, entry.retention.ledger),
        operators=tuple(one for item in entry.on_failure for one in _recipients(item)),
    )


def _api(entry: ApiEntry) -> ApiSettings:
    limit = entry.rate_limit
    usable = usable_requests(limit.requests) if limit.usable is None else limit.usable
    reserved = reserved_requests(limit.requests, usable) if limit.reserve is None else limit.reserve
    return ApiSettings(
        limit_requests=limit.requests,
        limit_seconds=limit.per,
        group_filter=entry.group_filter,
        user_filter=entry.user_filter,
        usable_requests=usable,
        reserved_requests=reserved,
        settle_seconds=entry.settle,
        response_volume_unit=cast(Literal["seconds", "minutes"], entry.response_volume_unit),
        nps_day_label=cast(Literal["start", "end"], entry.nps_day_label),
    )


def _beside(path: Path, name: str) -> str:
    return str(path.parent / name) if name else ""


def _digest(name: str, entry: DigestEntry, whole: ReportsFile, brand: Brand) -> Digest:
    return Digest(
        name=name,
        title=entry.title or name.replace("-", " ").capitalize(),
        schedule=_anchored(entry),
        window=entry.window,
        reports=tuple(entry.reports),
        recipients=tuple(one for item in entry.recipients for one in _recipients(item)),
        zone=entry.timezone or whole.timezone,
        locale=whole.locale,
        paper=cast(Literal["A4", "Letter"], whole.paper),
        brand=brand,
        compare=Compare(entry.compare),
        groups=tuple(entry.group),
        users=tuple(entry.users),
        targets=_targets(entry),
        holidays=entry.holidays,
        on_holiday=OnHoliday(entry.on_holiday),
        grace_seconds=entry.grace,
        catch_up=cast(Literal["latest", "all", "none"], entry.catch_up),
        paused=entry.paused,
        until=entry.until,
        subject=entry.subject,
        for_each=cast(Literal["", "group", "agent"], entry.for_each),
        at_most=entry.at_most,
        send_when=entry.send_when,
        when_empty=cast(Literal["send", "note", "skip"], entry.when_empty),
        if_incomplete=cast(Literal["mark", "hold"], entry.if_incomplete),
    )


def _anchored(entry: DigestEntry) -> Schedule:
    return replace(entry.schedule, anchor=entry.anchor) if entry.anchor else entry.schedule


def _targets(entry: DigestEntry) -> tuple[Target, ...]:
    limits = {metric: getattr(entry.targets, metric) for metric in METRICS}
    return tuple(Target(metric, limit) for metric, limit in limits.items() if limit is not None)


def _recipients(entry: RecipientEntry) -> Iterator[Recipient]:
    """One recipient per address: each gets a message of its own."""
    for channel in CHANNEL_TYPES:
        addresses: list[str] = getattr(entry, channel)
        for address in addresses:
            # Whom an edition is about may read their own name in it, wherever they get it.
            by_default = Agents.NAMES if address == SELF else CHANNEL_TYPES[channel].agents
            agents = Agents(entry.agents) if entry.agents else by_default
            yield Recipient(channel, address, agents, entry.attach, entry.raw_csv, tuple(entry.mention))
