"""Build the model's Configuration from a validated file.

Entries name their fields as the model does, so what has the same name is taken over; only what differs is
written here.
"""

from collections.abc import Iterator
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from bot.config.addresses import parsed_mailbox
from bot.config.cross_checks import reserved_requests, usable_requests
from bot.config.report_items import attachment
from bot.config.schema import DigestEntry, Entry, RecipientEntry, ReportsFile
from bot.model import (
    SELF,
    Agents,
    ApiSettings,
    Brand,
    Configuration,
    Digest,
    MailSettings,
    Recipient,
    Retention,
    Target,
)
from bot.model.channel_types import CHANNEL_TYPES

_T = TypeVar("_T")


def configuration(file: ReportsFile, path: Path) -> Configuration:
    """Return the whole file; the paths in it become relative to where the file at `path` lies."""
    brand = _built(Brand, file.brand, logo=_beside(path, file.brand.logo))
    return Configuration(
        path=str(path),
        digests=tuple(_digest(name, entry, file, brand) for name, entry in file.digests.items()),
        api=_built(ApiSettings, file.activity_api, file.activity_api.rate_limit, **_limits(file)),
        mail=_built(MailSettings, file.email),
        templates=_beside(path, file.templates),
        retention=_built(Retention, file.retention),
        operators=tuple(_recipients(file.on_failure)),
    )


def _built(kind: type[_T], *entries: Entry, **values: Any) -> _T:
    """Return a `kind` (a dataclass) from the fields of the same name, later entries first, then `values`."""
    fields_of: Any = _shared_fields
    for name, index in fields_of(kind, *map(type, entries)):
        if name not in values:
            value = getattr(entries[index], name)
            values[name] = tuple(value) if isinstance(value, list) else value
    return kind(**values)


@lru_cache
def _shared_fields(kind: Any, *models: type[Entry]) -> tuple[tuple[str, int], ...]:
    """Return the fields that `kind` and a model have, with the place of the last model that has it."""
    places = {name: place for place, model in enumerate(models) for name in model.model_fields}
    return tuple((field.name, places[field.name]) for field in fields(kind) if field.name in places)


def _limits(file: ReportsFile) -> dict[str, int]:
    limit = file.activity_api.rate_limit
    usable = limit.usable_requests
    usable = usable_requests(limit.limit_requests) if usable is None else usable
    reserved = limit.reserved_requests
    reserved = reserved_requests(limit.limit_requests, usable) if reserved is None else reserved
    return {"usable_requests": usable, "reserved_requests": reserved}


def _beside(path: Path, name: str) -> str:
    return str(path.parent / name) if name else ""


def _digest(name: str, entry: DigestEntry, file: ReportsFile, brand: Brand) -> Digest:
    return _built(
        Digest,
        file,
        entry,
        name=name,
        title=entry.title or name.replace("-", " ").capitalize(),
        schedule=replace(entry.schedule, anchor=entry.anchor) if entry.anchor else entry.schedule,
        zone=entry.zone or file.zone,
        brand=brand,
        targets=tuple(_targets(entry)),
        recipients=tuple(_recipients(entry.recipients)),
    )


def _targets(entry: DigestEntry) -> Iterator[Target]:
    for metric, limit in entry.targets:
        if limit is not None:
            yield Target(metric, limit)


def _recipients(entries: list[RecipientEntry]) -> Iterator[Recipient]:
    """Yield one recipient per address: each gets a message of its own."""
    for entry in entries:
        attach = attachment(entry.attach)
        mention = tuple(parsed_mailbox(name) or name for name in entry.mention)
        for channel, row in CHANNEL_TYPES.items():
            for address in getattr(entry, channel):
                # A person may read their own name in an edition about them, on any channel.
                by_default = Agents.NAMES if address == SELF else row.agents
                agents = Agents(entry.agents) if entry.agents else by_default
                yield Recipient(channel, address, agents, attach, entry.raw_csv, mention)
