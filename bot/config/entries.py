"""The shape of reports.yaml: one pydantic model per mapping. The JSON Schema is made from these.

The check of each single value is in `bot.config.kinds`; what several values mean together is
in `bot.config.together`.
"""

from pydantic import BaseModel, ConfigDict, Field

from bot.config import kinds
from bot.config.shares import MOST_REQUESTS, REQUESTS
from bot.config.tables import CHANNELS
from bot.model import Attach, Holidays, SendWhen


class Entry(BaseModel):
    """A mapping of the file: unknown keys are refused and nothing is guessed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


class BrandEntry(Entry):
    """Whose reports these are."""

    name: kinds.Line = Field(
        default="", description="Shown at the top of every report", examples=["Acme Care"]
    )
    color: kinds.Color = Field(
        default="#0f6f6b", description="Accent colour, in quotes", examples=["#0f6f6b"]
    )
    logo: kinds.Line = Field(
        default="",
        description="A PNG or JPEG beside reports.yaml, at most 200 kB",
        examples=["brand/logo.png"],
    )


class RateLimitEntry(Entry):
    """How many requests the Activity API allows."""

    requests: int = Field(
        default=REQUESTS, ge=1, le=MOST_REQUESTS, description="How many requests", examples=[100]
    )
    per: kinds.Per = Field(default=300.0, description="In which time", examples=["5m"])
    usable: kinds.Usable = Field(
        default=None, description="How many of them are sent; by default 95 in 100", examples=[95]
    )
    reserve: kinds.Reserve = Field(
        default=None,
        description="How many of those wait for commands of people; by default 5 in 100",
        examples=[5],
    )


class ApiEntry(Entry):
    """How the Activity API is spoken to."""

    rate_limit: RateLimitEntry = Field(
        default_factory=RateLimitEntry,
        description="The API's limit for one token",
        examples=[{"requests": 100, "per": "5m"}],
    )
    settle: kinds.Settle = Field(
        default=172_800.0, description="After which time figures no longer move", examples=["48h"]
    )
    response_volume_unit: kinds.ResponseUnit = Field(
        default="seconds", description="The unit of response_volume", examples=["seconds"]
    )
    nps_day_label: kinds.DayLabel = Field(
        default="start", description="What a day of nps_volume is labelled by", examples=["start"]
    )
    group_filter: kinds.Line = Field(
        default="groups", description="What the API calls the filter by group", examples=["groups"]
    )
    user_filter: kinds.Line = Field(
        default="users", description="What the API calls the filter by agent", examples=["users"]
    )


class MailEntry(Entry):
    """Who sends mail, and where it may go."""

    sender: kinds.Sender = Field(
        default="",
        alias="from",
        description="The sender, with a name or without",
        examples=["Care reports <reports@example.com>"],
    )
    reply_to: kinds.Sender = Field(
        default="", description="Where answers go", examples=["care-ops@example.com"]
    )
    allowed_domains: list[kinds.Domain] = Field(
        default_factory=list,
        min_length=1,
        description="Mail goes to these domains and their subdomains only",
        examples=[["example.com"]],
    )
    unsubscribe: kinds.Leaving = Field(
        default_factory=list,
        min_length=1,
        description="Where readers leave the list: a web page, a mail address, or one of each",
        examples=["https://example.com/leave?who={recipient}&list={digest}"],
    )
    on_unknown: kinds.OnUnknown = Field(
        default="resend", description="After a mail that perhaps was accepted", examples=["hold"]
    )


class RetentionEntry(Entry):
    """How long things are kept."""

    artifacts: kinds.Kept = Field(
        default=2_592_000.0,
        description="Exported files, raw answers, and editions that name agents",
        examples=["30d"],
    )
    figures: kinds.Kept = Field(
        default=34_560_000.0, description="What editions said, without agents", examples=["400d"]
    )
    ledger: kinds.Kept = Field(default=34_560_000.0, description="What was sent to whom", examples=["400d"])


class RecipientEntry(Entry):
    """Whom a report goes to: exactly one of slack, email or folder, and how."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [key]} for key in CHANNELS],
            "dependentRequired": {"mention": ["slack"]},
        }
    )

    slack: kinds.SlackAddresses = Field(
        default_factory=list,
        min_length=1,
        description="A channel in quotes, an id, or a person's mail address",
        examples=["#social-care"],
    )
    email: kinds.Mailboxes = Field(
        default_factory=list,
        min_length=1,
        description="One address or a list; each gets a mail of its own",
        examples=["dana@example.com"],
    )
    folder: kinds.Folders = Field(
        default_factory=list, min_length=1, description="A folder to write into", examples=["outbox/care"]
    )
    attach: kinds.Files = Field(
        default=Attach(), description="Files that go along", examples=[["pdf", "csv"]]
    )
    agents: kinds.ShownAgents = Field(
        default="",
        description="How agents are shown; by default named in mail and folders, absent in Slack",
        examples=["names"],
    )
    personal_data: bool = Field(
        default=False, description="Allows files with customers' words to be attached", examples=[True]
    )
    mention: kinds.Mentions = Field(
        default_factory=list,
        min_length=1,
        description="Whom a Slack message calls: here, channel, or people by mail address or id",
        examples=[["dana@example.com"]],
    )
    raw_csv: bool = Field(
        default=False,
        description="Attaches exports as they came, without the guard against formulas",
        examples=[True],
    )


class TargetsEntry(Entry):
    """Goals: percentages for shares, durations for times."""

    broke_sla_share: kinds.ShareGoal = Field(
        default=None, description="Messages over SLA, at most", examples=["10%"]
    )
    responded_share: kinds.ShareGoal = Field(
        default=None, description="Messages responded to, at least", examples=["90%"]
    )
    avg_response_time: kinds.TimeGoal = Field(
        default=None, description="Average customer wait, at most", examples=["2h"]
    )
    median_response_time: kinds.TimeGoal = Field(
        default=None, description="Median customer wait, at most", examples=["45m"]
    )
    avg_action_response_time: kinds.TimeGoal = Field(
        default=None, description="Average handling time, at most", examples=["1h 30m"]
    )


class DigestEntry(Entry):
    """One recurring report: what, for whom, when, about which days."""

    title: kinds.Line = Field(default="", description="Its headline", examples=["Social care, weekly"])
    schedule: kinds.WhenDue = Field(description="When it is sent", examples=["every monday at 09:00"])
    anchor: kinds.Day = Field(
        default=None, description="A day in the first of 'every 2 weeks'", examples=["2026-01-05"]
    )
    timezone: kinds.Zone = Field(
        default="", description="Instead of the file's time zone", examples=["Europe/London"]
    )
    window: kinds.WhichDays = Field(description="Which days it is about", examples=["last week"])
    compare: kinds.Comparison = Field(
        default="previous window", description="What it is compared with", examples=["previous window"]
    )
    group: kinds.Names = Field(
        default_factory=list,
        description="Groups by name or id; leave the key out for everybody",
        examples=["Social Customer Care"],
    )
    users: kinds.Names = Field(
        default_factory=list,
        description="Agents by mail address or id; leave the key out for everybody",
        examples=[["jane@example.com"]],
    )
    reports: list[kinds.ReportItem] = Field(
        min_length=1, description="What it contains, in this order", examples=[["summary", "states_volume"]]
    )
    targets: TargetsEntry = Field(
        default_factory=TargetsEntry, description="Goals", examples=[{"broke_sla_share": "10%"}]
    )
    recipients: list[RecipientEntry] = Field(
        min_length=1, description="Who gets it", examples=[[{"slack": "#social-care"}]]
    )
    holidays: kinds.HolidayCalendar = Field(
        default=Holidays(), description="A holiday calendar", examples=["AU-NSW"]
    )
    on_holiday: kinds.HolidayRule = Field(
        default="send", description="What happens on a holiday", examples=["next business day"]
    )
    grace: kinds.Grace = Field(
        default=86_400.0, description="How late it may still be sent", examples=["24h"]
    )
    catch_up: kinds.CatchUp = Field(
        default="latest", description="What is sent of several missed within grace", examples=["latest"]
    )
    paused: bool = Field(default=False, description="true stops it for now", examples=[True])
    until: kinds.Day = Field(
        default=None, description="The last day on which it is sent", examples=["2026-12-31"]
    )
    subject: kinds.Subject = Field(
        default="",
        description="The mail's subject; {title}, {window}, {brand} and {headline} stand for what they say",
        examples=["{brand}: social care, {window}"],
    )
    for_each: kinds.ForEach = Field(
        default="",
        description="One edition for each group or agent, about that one alone",
        examples=["group"],
    )
    at_most: kinds.AtMost = Field(
        default=200, description="How many editions for_each may make", examples=[200]
    )
    send_when: kinds.Condition = Field(
        default=SendWhen(),
        description="Only when a target is missed, or the first key figure changed by more",
        examples=["target_missed", "change > 20%"],
    )
    when_empty: kinds.WhenEmpty = Field(
        default="send",
        description="When nothing came in: sent as usual, as one short note, or skipped",
        examples=["note"],
    )
    if_incomplete: kinds.IfIncomplete = Field(
        default="mark",
        description="When something could not be loaded: sent marked, or fetched again, then held",
        examples=["hold"],
    )


class ReportsFile(Entry):
    """Recurring digests of the Activity API."""

    timezone: kinds.Zone = Field(
        description="IANA time zone of schedules and windows", examples=["Australia/Sydney"]
    )
    locale: kinds.Locale = Field(default="en", description="How numbers and dates look", examples=["en_AU"])
    paper: kinds.Paper = Field(default="A4", description="Page size of the PDF", examples=["A4"])
    brand: BrandEntry = Field(
        default_factory=BrandEntry, description="Name, colour and logo", examples=[{"name": "Acme Care"}]
    )
    templates: kinds.Line = Field(
        default="", description="A folder of templates of your own", examples=["my-templates"]
    )
    activity_api: ApiEntry = Field(
        default_factory=ApiEntry,
        description="Details of the Activity API",
        examples=[{"rate_limit": {"requests": 100, "per": "5m"}}],
    )
    email: MailEntry = Field(
        default_factory=MailEntry,
        description="Sender and allowed domains",
        examples=[{"from": "reports@example.com", "allowed_domains": ["example.com"]}],
    )
    retention: RetentionEntry = Field(
        default_factory=RetentionEntry,
        description="How long things are kept",
        examples=[{"artifacts": "30d", "figures": "400d", "ledger": "400d"}],
    )
    on_failure: list[RecipientEntry] = Field(
        default_factory=list,
        min_length=1,
        description="Who hears of failures",
        examples=[[{"slack": "#ops"}]],
    )
    digests: dict[kinds.DigestName, DigestEntry] = Field(
        min_length=1,
        description="The digests by name (a to z, 0 to 9, hyphens)",
        examples=[
            {
                "care-weekly": {
                    "schedule": "every monday at 09:00",
                    "window": "last week",
                    "reports": ["summary"],
                    "recipients": [{"slack": "#social-care"}],
                }
            }
        ],
        json_schema_extra={"propertyNames": {"pattern": "^[a-z0-9][a-z0-9-]{0,62}$"}},
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
"""Which model the mapping at a path has; `*` stands for any name or index."""
