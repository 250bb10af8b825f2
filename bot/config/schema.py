"""The keys of reports.yaml: one pydantic model per mapping, the JSON Schema and the tables made from them.

Each key has its description, example and default here and nowhere else. The kinds of values are in
`bot.config.values`; what several values mean together is in `bot.config.cross_checks`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from bot.config import addresses, report_items, timing, values
from bot.config.messages import one_of
from bot.config.yaml_tree import Path
from bot.model import Compare, Holidays, OnHoliday, SendWhen
from bot.model.channel_types import CHANNEL_TYPES, SLACK


def key(description: str, *examples: Any, default: Any = ..., **more: Any) -> Any:
    """Declare a key; without `default` it is required. A type as `default` is called for each mapping."""
    defaults = {"default_factory": default} if isinstance(default, type) else {"default": default}
    return Field(description=description, examples=list(examples), **defaults, **more)


class Entry(BaseModel):
    """A mapping of the file: unknown keys are refused and nothing is guessed.

    In a draft (`values.DRAFT` as the validation's context) a value that is refused or missing is None, and
    unknown keys are left out.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys_of_draft(cls, data: Any, info: ValidationInfo) -> Any:
        if info.context is not values.DRAFT or not isinstance(data, dict):
            return data
        fields = keys_of(cls).items()
        return {name: data.get(name) for name, field in fields if name in data or field.is_required()}

    _none_in_draft = field_validator("*", mode="wrap")(values.none_in_draft)


def keys_of(model: type[Entry]) -> dict[str, FieldInfo]:
    """Return the fields of a mapping by the names that the file has for them."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


class BrandEntry(Entry):
    """Whose reports these are."""

    name: values.Line = key("Shown at the top of every report", "Acme Care", default="")
    color: values.Color = key("Accent colour, in quotes", "#0f6f6b", default="#0f6f6b")
    logo: values.Line = key("A PNG or JPEG beside reports.yaml, at most 200 kB", "brand/logo.png", default="")


class RateLimitEntry(Entry):
    """How many requests the Activity API allows."""

    limit_requests: int = key(
        "How many requests", 100, default=100, ge=1, le=values.MAX_REQUESTS, alias="requests"
    )
    limit_seconds: values.Per = key("In which time", "5m", default=300.0, alias="per")
    usable_requests: values.Usable = key(
        "How many of them are sent; by default 95 in 100", 95, default=None, alias="usable"
    )
    reserved_requests: values.Reserve = key(
        "How many of those wait for commands of people; by default 5 in 100", 5, default=None, alias="reserve"
    )


class ApiEntry(Entry):
    """How the Activity API is spoken to."""

    rate_limit: RateLimitEntry = key(
        "The API's limit for one token", {"requests": 100, "per": "5m"}, default=RateLimitEntry
    )
    settle_seconds: values.Settle = key(
        "After which time figures no longer move", "48h", default=172800.0, alias="settle"
    )
    response_volume_unit: values.ResponseUnit = key(
        "The unit of response_volume", "seconds", default="seconds"
    )
    nps_day_label: values.DayLabel = key("What a day of nps_volume is labelled by", "start", default="start")
    group_filter: values.Line = key("What the API calls the filter by group", "groups", default="groups")
    user_filter: values.Line = key("What the API calls the filter by agent", "users", default="users")


class MailEntry(Entry):
    """Who sends mail, and where it may go."""

    sender: addresses.Sender = key(
        "The sender, with a name or without", "Care reports <reports@example.com>", default="", alias="from"
    )
    reply_to: addresses.Sender = key("Where answers go", "care-ops@example.com", default="")
    allowed_domains: list[addresses.Domain] = key(
        "Mail goes to these domains and their subdomains only", ["example.com"], default=list, min_length=1
    )
    unsubscribe: addresses.Unsubscribe = key(
        "Where readers leave the list: a web page, a mail address, or one of each",
        "https://example.com/leave?who={recipient}&list={digest}",
        default=list,
        min_length=1,
    )
    on_unknown: values.OnUnknown = key("After a mail that perhaps was accepted", "hold", default="resend")


class RetentionEntry(Entry):
    """How long things are kept."""

    artifacts_seconds: values.Retained = key(
        "Exported files, raw answers, and editions that name agents",
        "30d",
        default=2592000.0,
        alias="artifacts",
    )
    figures_seconds: values.Retained = key(
        "What editions said, without agents", "400d", default=34560000.0, alias="figures"
    )
    ledger_seconds: values.Retained = key("What was sent to whom", "400d", default=34560000.0, alias="ledger")


_ADDRESS_FIELDS: dict[str, Any] = {
    row.name: (addresses.ADDRESSES[row.name], key(row.description, row.example, default=list, min_length=1))
    for row in CHANNEL_TYPES.values()
}
_AddressEntry = create_model("_AddressEntry", __base__=Entry, **_ADDRESS_FIELDS)


class RecipientEntry(_AddressEntry):  # type: ignore[misc, valid-type]
    """Whom a report goes to: exactly one of slack, email or folder, and how."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [name]} for name in CHANNEL_TYPES],
            "dependentRequired": {"mention": [SLACK.name], "shared_channel": [SLACK.name]},
        }
    )

    attach: report_items.Files = key("Files that go along", ["pdf", "csv"], default=list)
    agents: values.ShownAgents = key(
        "How agents are shown; by default named in mail and folders, absent in Slack", "names", default=""
    )
    personal_data: bool = key("Allows files with customers' words to be attached", True, default=False)
    mention: addresses.Mentions = key(
        "Whom a Slack message calls: here, channel, or people by mail address or id",
        ["dana@example.com"],
        default=list,
        min_length=1,
    )
    shared_channel: bool = key(
        "Allows a Slack channel that is shared with another organisation", True, default=False
    )
    raw_csv: bool = key(
        "Attaches exports as they came, without the guard against formulas", True, default=False
    )


class TargetsEntry(Entry):
    """Goals: percentages for shares, durations for times."""

    broke_sla_share: values.ShareGoal = key("Messages over SLA, at most", "10%", default=None)
    responded_share: values.ShareGoal = key("Messages responded to, at least", "90%", default=None)
    avg_response_time: values.TimeGoal = key("Average customer wait, at most", "2h", default=None)
    median_response_time: values.TimeGoal = key("Median customer wait, at most", "45m", default=None)
    avg_action_response_time: values.TimeGoal = key("Average handling time, at most", "1h 30m", default=None)


class DigestEntry(Entry):
    """One recurring report: what, for whom, when, about which days."""

    title: values.Line = key("Its headline", "Social care, weekly", default="")
    schedule: timing.WhenDue = key("When it is sent", "every monday at 09:00")
    anchor: values.Day = key("A day in the first of 'every 2 weeks'", "2026-01-05", default=None)
    zone: values.Zone = key("Instead of the file's time zone", "Europe/London", default="", alias="timezone")
    window: timing.WhichDays = key("Which days it is about", "last week")
    compare: values.Comparison = key("What it is compared with", "previous window", default=Compare.PREVIOUS)
    groups: values.Names = key(
        "Groups by name or id; leave the key out for everybody",
        "Social Customer Care",
        default=list,
        alias="group",
    )
    users: values.Names = key(
        "Agents by mail address or id; leave the key out for everybody", ["jane@example.com"], default=list
    )
    reports: list[report_items.ReportItem] = key(
        "What it contains, in this order", ["summary", "states_volume"], min_length=1
    )
    targets: TargetsEntry = key("Goals", {"broke_sla_share": "10%"}, default=TargetsEntry)
    recipients: list[Annotated[RecipientEntry, values.ITEM]] = key(
        "Who gets it", [{"slack": "#social-care"}], min_length=1
    )
    holidays: timing.HolidayCalendar = key("A holiday calendar", "AU-NSW", default=Holidays())
    on_holiday: values.HolidayRule = key(
        "What happens on a holiday", "next business day", default=OnHoliday.SEND
    )
    grace_seconds: values.Grace = key("How late it may still be sent", "24h", default=86400.0, alias="grace")
    catch_up: values.CatchUp = key("What is sent of several missed within grace", "latest", default="latest")
    late_after_seconds: values.LateAfter = key(
        "Instead of the file's late_after", "1h", default=None, alias="late_after"
    )
    paused: bool = key("true stops it for now", True, default=False)
    until: values.Day = key("The last day on which it is sent", "2026-12-31", default=None)
    subject: values.Subject = key(
        "The mail's subject; {title}, {window}, {brand} and {headline} stand for what they say",
        "{brand}: social care, {window}",
        default="",
    )
    for_each: values.ForEach = key(
        "One edition for each group or agent, about that one alone", "group", default=""
    )
    at_most: values.AtMost = key("How many editions for_each may make", 200, default=200)
    send_when: report_items.Condition = key(
        "Only when a target is missed, or the first key figure changed by more",
        "target_missed",
        "change > 20%",
        default=SendWhen(),
    )
    when_empty: values.WhenEmpty = key(
        "When nothing came in: sent as usual, as one short note, or skipped", "note", default="send"
    )
    if_incomplete: values.IfIncomplete = key(
        "When something could not be loaded: sent marked, or fetched again, then held", "hold", default="mark"
    )


class ReportsFile(Entry):
    """Recurring digests of the Activity API."""

    zone: values.Zone = key("IANA time zone of schedules and windows", "Australia/Sydney", alias="timezone")
    locale: values.Locale = key("How numbers and dates look", "en_AU", default="en")
    paper: values.Paper = key("Page size of the PDF", "A4", default="A4")
    brand: BrandEntry = key("Name, colour and logo", {"name": "Acme Care"}, default=BrandEntry)
    templates: values.Line = key("A folder of templates of your own", "my-templates", default="")
    activity_api: ApiEntry = key(
        "Details of the Activity API", {"rate_limit": {"requests": 100, "per": "5m"}}, default=ApiEntry
    )
    email: MailEntry = key(
        "Sender and allowed domains",
        {"from": "reports@example.com", "allowed_domains": ["example.com"]},
        default=MailEntry,
    )
    retention: RetentionEntry = key(
        "How long things are kept",
        {"artifacts": "30d", "figures": "400d", "ledger": "400d"},
        default=RetentionEntry,
    )
    on_failure: list[Annotated[RecipientEntry, values.ITEM]] = key(
        "Who hears of failures", [{"slack": "#ops"}], default=list, min_length=1
    )
    late_after_seconds: values.LateAfter = key(
        "How long after it was due a digest that is not out alerts on_failure",
        "15m",
        default=900.0,
        alias="late_after",
    )
    digests: dict[values.DigestName, Annotated[DigestEntry, values.ITEM]] = key(
        "The digests by name (a to z, 0 to 9, hyphens)",
        {
            "care-weekly": {
                "schedule": "every monday at 09:00",
                "window": "last week",
                "reports": ["summary"],
                "recipients": [{"slack": "#social-care"}],
            }
        },
        min_length=1,
        json_schema_extra={"propertyNames": {"pattern": values.DIGEST_NAME}},
    )


SHAPES: tuple[tuple[tuple[str, ...], type[Entry]], ...] = (
    ((), ReportsFile),
    (("brand",), BrandEntry),
    (("activity_api",), ApiEntry),
    (("activity_api", "rate_limit"), RateLimitEntry),
    (("email",), MailEntry),
    (("retention",), RetentionEntry),
    (("on_failure", "*"), RecipientEntry),
    (("digests", "*"), DigestEntry),
    (("digests", "*", "targets"), TargetsEntry),
    (("digests", "*", "recipients", "*"), RecipientEntry),
)
"""The model of the mapping at a path; `*` matches any name or index."""


def model_at(path: Path) -> type[Entry] | None:
    """Return the model of the mapping at a path of the file, or None where there is none."""
    for pattern, model in SHAPES:
        if len(pattern) == len(path) and all(
            want in ("*", part) for want, part in zip(pattern, path, strict=True)
        ):
            return model
    return None


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) with descriptions and examples. Editors complete and check with it.

    It knows the shape; what a phrase means, and what values mean together, only `load` knows.
    """
    schema = ReportsFile.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "reports.yaml"}


@dataclass(frozen=True, slots=True)
class Key:
    """A key of reports.yaml as a table shows it.

    `path` as `digests.*.recipients[].attach`: `*` is any name, `[]` any item. `type` says what may be
    written, `default` what counts without the key, as the file would have it ('' for nothing).
    """

    path: str
    description: str
    type: str
    default: str
    is_required: bool


def key_table() -> tuple[Key, ...]:
    """Return every key once, in the order of the schema."""
    schema = json_schema()
    return tuple({row.path: row for row in _rows(schema, schema["$defs"], "")}.values())


def _rows(node: Any, models: dict[str, Any], path: str) -> Iterator[Key]:
    if not isinstance(node, dict):
        return
    node = models[node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    for name, value in node.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        required = name in node.get("required", ())
        yield Key(here, value["description"], _type_phrase(value), _default_text(value), required)
        yield from _rows(value, models, here)
    yield from _rows(node.get("additionalProperties"), models, f"{path}.*")
    yield from _rows(node.get("items"), models, f"{path}[]")
    for choice in node.get("anyOf", ()):
        yield from _rows(choice, models, path)


def _type_phrase(node: dict[str, Any]) -> str:
    if "anyOf" in node:
        return one_of(dict.fromkeys(_type_phrase(choice) for choice in node["anyOf"]))
    if "enum" in node:
        return one_of(f"`{word}`" for word in node["enum"])
    if node.get("type") == "integer":
        most = f" to {node['maximum']}" if "maximum" in node else ""
        return f"a whole number from {node['minimum']}{most}"
    if node.get("type") == "boolean":
        return "`true` or `false`"
    if node.get("type") == "array":
        return f"a list of {_type_phrase(node['items'])}"
    if node.get("type") == "string":
        return values.PATTERN_NAMES.get(node["pattern"], "text")
    return "keys with values"


def _default_text(node: dict[str, Any]) -> str:
    default = node.get("default", "")
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, float):
        written = (example for example in node["examples"] if values.seconds_in(example) == default)
        return next(written, values.short_duration(default))
    if isinstance(default, dict):  # of a condition
        default = default.get("kind", "")
    return "" if default is None else str(default)
