"""What people ask for: the recurring digests of reports.yaml, validated."""

from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a digest is due, in the digest's zone.

    `phrase` is what the file says. `crons` are the equivalent five-field cron expressions;
    for business-day phrases it is empty and `business_day` is 'first' or 'last' with `at`.
    `every_weeks` and `anchor` keep only every n-th week counted from the anchor's week.
    """

    phrase: str
    crons: tuple[str, ...] = ()
    business_day: Literal["first", "last"] | None = None
    at: time | None = None
    every_weeks: int = 1
    anchor: date | None = None


class OnHoliday(StrEnum):
    """What a firing does that falls on a holiday."""

    SEND = "send"
    SKIP = "skip"
    NEXT_BUSINESS_DAY = "next business day"


@dataclass(frozen=True, slots=True)
class Holidays:
    """Holiday calendar: `region` as 'AU' or 'AU-NSW' ('' for none) and own `dates`."""

    region: str = ""
    dates: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class WindowRule:
    """Which window an occurrence covers, relative to its scheduled instant.

    kind: 'yesterday' | 'last' (the last `count` complete `unit`s) | 'to date' (`unit` so far)
    | 'fixed' (`first` to `last`, inclusive) | 'since last run'.
    """

    phrase: str
    kind: Literal["last", "to date", "fixed", "since last run"]
    count: int = 1
    unit: Literal["day", "week", "month", "quarter"] = "day"
    first: date | None = None
    last: date | None = None


class Compare(StrEnum):
    """What a window is compared with."""

    NONE = "none"
    PREVIOUS = "previous window"
    LAST_YEAR = "same window last year"


@dataclass(frozen=True, slots=True)
class SendWhen:
    """When an edition goes out: always, if a target is missed, or the first key figure moved by `share`."""

    kind: Literal["always", "target_missed", "change"] = "always"
    share: float = 0.0


class Agents(StrEnum):
    """How agents are shown to a recipient; people's names are opt-in."""

    NAMES = "names"
    INITIALS = "initials"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Report:
    """A report type by the API's name; `form` (name or id) and `nps_category` are for the NPS reports."""

    type: str
    form: str = ""
    nps_category: str = "all"


@dataclass(frozen=True, slots=True)
class Attach:
    """Files that go with a message: the PDF, and CSVs (`csvs` None: all of them)."""

    pdf: bool = False
    csv: bool = False
    csvs: tuple[str, ...] | None = None


MEMBERS, SELF = "members", "self"
"""Addresses that stand for a group's people, and for the agent that an edition is about (`for_each`)."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a channel delivers to: `channel` names a ChannelType, `address` is written as that one wants it.

    In a digest for each group or agent it may be MEMBERS or SELF, or have `{group.slug}` in it.

    `raw_csv`: exports go along without the guard against formulas. `mention`: whom a Slack message calls,
    each 'here', 'channel', a person's id or mail address. `shared_channel`: it may be a Slack channel that
    another organisation reads. `person`: the API's id of the user behind MEMBERS or SELF, 0 for none;
    `named`: a person named it on the command line, so the file needn't.
    """

    channel: str
    address: str
    agents: Agents = Agents.NONE
    attach: Attach = Attach()
    raw_csv: bool = False
    mention: tuple[str, ...] = ()
    shared_channel: bool = False
    person: int = 0
    named: bool = False


@dataclass(frozen=True, slots=True)
class Brand:
    """Whose edition it is: name, accent colour `#rrggbb`, and a logo's path ('' for none)."""

    name: str = ""
    color: str = "#0f6f6b"
    logo: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A goal for one metric: `limit` in the metric's unit (share 0..1, seconds, count)."""

    metric: str
    limit: float


@dataclass(frozen=True, slots=True)
class Digest:
    """One entry of reports.yaml: what, for whom, when, about which window. `zone` is IANA.

    `when_empty`: what follows when nothing came in; `if_incomplete`: when something could not be loaded.
    What is not out `late_after_seconds` after it was due alerts operators.
    `for_each`: it goes out as at most `at_most` editions, one for each group or agent ('' for one in all);
    `peers`: in an agent's edition the groups whose medians stand beside.
    """

    name: str
    title: str
    schedule: Schedule
    window: WindowRule
    reports: tuple[Report, ...]
    recipients: tuple[Recipient, ...]
    zone: str
    locale: str = "en"
    paper: Literal["A4", "Letter"] = "A4"
    brand: Brand = Brand()
    compare: Compare = Compare.PREVIOUS
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    holidays: Holidays = Holidays()
    on_holiday: OnHoliday = OnHoliday.SEND
    grace_seconds: float = 86_400.0
    late_after_seconds: float = 900.0
    catch_up: Literal["latest", "all", "none"] = "latest"
    paused: bool = False
    until: date | None = None
    subject: str = ""
    send_when: SendWhen = SendWhen()
    when_empty: Literal["send", "note", "skip"] = "send"
    if_incomplete: Literal["mark", "hold"] = "mark"
    for_each: Literal["", "group", "agent"] = ""
    at_most: int = 200
    peers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """How the Activity API is spoken to: the limit, and what its document leaves open.

    Of `limit_requests` in `limit_seconds` we send `usable_requests`, and leave `reserved_requests` of
    those to commands that a person waits for. Figures are final `settle_seconds` after their window.
    """

    limit_requests: int = 100
    limit_seconds: float = 300.0
    group_filter: str = "groups"
    user_filter: str = "users"
    usable_requests: int = 95
    reserved_requests: int = 5
    settle_seconds: float = 172_800.0
    response_volume_unit: Literal["seconds", "minutes"] = "seconds"
    nps_day_label: Literal["start", "end"] = "start"


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Sender and safety of mail. `allowed_domains` is lower case; empty means none is allowed.

    `unsubscribe`: where readers leave (`https:` and `mailto:`), with `{recipient}` and `{digest}` in it.
    `on_unknown`: what follows when the server's answer to a mail was lost.
    """

    sender: str = ""
    reply_to: str = ""
    allowed_domains: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()
    on_unknown: Literal["resend", "hold"] = "resend"


@dataclass(frozen=True, slots=True)
class Retention:
    """How many seconds things are kept: files and editions with personal data, figures, what was sent."""

    artifacts_seconds: float = 2_592_000.0
    figures_seconds: float = 34_560_000.0
    ledger_seconds: float = 34_560_000.0


@dataclass(frozen=True, slots=True)
class Configuration:
    """A whole reports.yaml, validated. `templates` is a folder of overrides ('' for none)."""

    path: str
    digests: tuple[Digest, ...]
    api: ApiSettings = ApiSettings()
    mail: MailSettings = MailSettings()
    templates: str = ""
    operators: tuple[Recipient, ...] = field(default=())
    retention: Retention = Retention()

    def digest(self, name: str) -> Digest | None:
        """Return the digest called `name`, or None."""
        return next((digest for digest in self.digests if digest.name == name), None)
