"""Validate the plain values of reports.yaml, say what is wrong at its place, and build the configuration."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.config.addresses import parsed_mailbox
from bot.config.cross_checks import reserved_requests, usable_requests
from bot.config.messages import nearest, one_of, quoted, wrong_type
from bot.config.report_items import attachment
from bot.config.schema import DigestEntry, Entry, RecipientEntry, ReportsFile, keys_of, model_at
from bot.config.values import DRAFT
from bot.config.yaml_tree import Complaint, Path, Tree
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

_WHERE_SECRETS_BELONG = (
    "secrets never stand in this file; set ACTIVITY_API_TOKEN, SLACK_BOT_TOKEN or SMTP_URL "
    "in the environment, or NAME_FILE with a path"
)
_SECRET_WORDS = ("token", "password", "secret", "api_key", "smtp_url")
_NOBODY = ", so nobody would get this digest"


def validated(tree: Tree) -> tuple[ReportsFile, list[Complaint]]:
    """Return the file and no complaints, or a draft of it with a complaint for each fault.

    In a draft, each value that does not validate is None.
    """
    try:
        return ReportsFile.model_validate(tree.value), []
    except ValidationError as error:
        complaints = [_complaint(detail, tree) for detail in error.errors(include_url=False)]
        return ReportsFile.model_validate(tree.value, context=DRAFT), complaints


def _complaint(detail: Any, tree: Tree) -> Complaint:
    kind, path = detail["type"], detail["loc"]
    # pydantic marks an error of a key itself by a last part "[key]"; an unknown key may be called just that.
    is_about_key = path[-1:] == ("[key]",) and kind != "extra_forbidden"
    path = path[:-1] if is_about_key else path
    if kind == "missing":
        return Complaint(tree.place_of(path[:-1]), _missing(path))
    if kind == "extra_forbidden":
        return Complaint(tree.place_of_key(path), _unknown_key(path))
    if kind != "refused":
        return Complaint(tree.place_of(path), _subject(path) + _sentence(kind, path, detail))
    context = detail["ctx"]
    full_path = (*path, *context["path"])
    place = tree.place_of_key if context["at_key"] or is_about_key else tree.place_of
    return Complaint(place(full_path), ("" if is_about_key else _subject(path)) + context["sentence"])


def _subject(path: Path) -> str:
    """Return `schedule: `, so that the sentence reads well without the excerpt."""
    names = [part for part in path if isinstance(part, str)]
    return f"{names[-1]}: " if names else ""


def _sentence(kind: str, path: Path, detail: Any) -> str:
    value = detail["input"]
    if kind == "too_short":
        why = _NOBODY if path[-1:] == ("recipients",) else ""
        return f"this is empty{why}; write at least one, for example {_example(path)}"
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = detail["ctx"].get("ge", detail["ctx"].get("le"))
        side = "at least" if "ge" in detail["ctx"] else "at most"
        return f"{value} is out of range; write {side} {bound}"
    return wrong_type(value, _expected(kind, path))


def _expected(kind: str, path: Path) -> str:
    if kind.startswith("bool"):
        return "true or false"
    if kind.startswith("int"):
        return f"a whole number, such as {_example(path)}"
    if kind == "list_type" and _example(path).startswith("["):
        return f"a list, such as {_example(path)}"
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return f"keys with values, such as {_example(path)}"
    return f"something like {_example(path)}"


def _missing(path: Path) -> str:
    why = _NOBODY if path[-1] == "recipients" else ""
    return f'"{path[-1]}" is missing{why}; write, for example: {path[-1]}: {_example(path)}'


def _unknown_key(path: Path) -> str:
    key, model = str(path[-1]), model_at(path[:-1])
    known = sorted(keys_of(model)) if model else []
    if any(word in key.lower() for word in _SECRET_WORDS):
        return f"unknown key {quoted(key)}; {_WHERE_SECRETS_BELONG}"
    close = nearest(key, known)
    hint = f'did you mean "{close}"?' if close else f"the keys here are {one_of(known)}"
    return f"unknown key {quoted(key)}; {hint}"


def _example(path: Path) -> str:
    """Return the example of the key at `path`, or of the nearest key above it."""
    for length in range(len(path), 0, -1):
        model = model_at(path[: length - 1])
        field = keys_of(model).get(str(path[length - 1])) if model else None
        if field and field.examples:
            return _flow(field.examples[0])
        mapping = model_at(path[:length])
        if mapping and length == len(path):
            return _flow(dict(_example_pairs(mapping)))
    return "key: value"


def _example_pairs(model: type[Entry]) -> Iterator[tuple[str, Any]]:
    """Yield the required keys of a mapping with their examples, or its first key."""
    fields = keys_of(model)
    required = {key: field for key, field in fields.items() if field.is_required()}
    for key, field in (required or dict(list(fields.items())[:1])).items():
        if field.examples:
            yield key, field.examples[0]


def _flow(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value) if value.startswith("#") else value
    return json.dumps(value)


_T = TypeVar("_T")


def configuration(file: ReportsFile, path: FilePath) -> Configuration:
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


def _beside(path: FilePath, name: str) -> str:
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
        late_after_seconds=entry.late_after_seconds or file.late_after_seconds,
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
                shared = entry.shared_channel
                yield Recipient(channel, address, agents, attach, entry.raw_csv, mention, shared)
