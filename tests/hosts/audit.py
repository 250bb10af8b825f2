"""What readers received, beside what the ledger says of it."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from bot.delivery.pipeline import PARKED
from bot.render.email.mime import message_id
from tests.hosts.installation import Installation


@dataclass
class Audit:
    """Of one installation. `doubled` are mails sent again after an attempt that was cut off; `problems` must be none."""

    deliveries: int = 0
    unknown: int = 0
    doubled: int = 0
    twice: int = 0
    lost: int = 0
    parked: int = 0
    left_to_a_person: int = 0
    problems: list[str] = field(default_factory=list)

    def __add__(self, other: "Audit") -> "Audit":
        mine, its = vars(self), vars(other)
        return Audit(**{name: mine[name] + its[name] for name in mine})

    @property
    def figures(self) -> str:
        words = f"{self.deliveries} deliveries: lost {self.lost}, twice {self.twice}, unknown {self.unknown}, parked {self.parked}"
        doubled = f", mails again after an unknown attempt {self.doubled}" if self.doubled else ""
        return (
            words + doubled + (f", left to a person {self.left_to_a_person}" if self.left_to_a_person else "")
        )


def audit(here: Installation, planned: int, *, on_unknown: str = "resend") -> Audit:
    """Compare every delivery with the providers; `planned` is how many there must be at least."""
    found = Audit(parked=here.count("SELECT count(*) FROM occurrences WHERE reason = :why", why=PARKED))
    attempts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for key, state in here.rows("SELECT delivery, state FROM attempts"):
        attempts[key][state] += 1
    arrived = _arrived(here)
    for key, occurrence, channel, state in here.rows(
        "SELECT key, occurrence, channel, state FROM deliveries"
    ):
        there = _in_folder(here, occurrence) if channel == "folder" else arrived[channel, key]
        unknown = attempts[key]["unknown"]
        waits = state == "unknown" and channel == "email" and on_unknown == "hold"
        may_be_there = 1 + unknown if channel == "email" and on_unknown == "resend" else 1
        found.deliveries += 1
        found.unknown += unknown
        found.left_to_a_person += waits
        found.lost += not there and not waits
        found.doubled += 1 < there <= may_be_there
        found.twice += there > may_be_there
        if (state != "sent" and not waits) or not int(not waits) <= there <= may_be_there:
            found.problems.append(
                f"{occurrence} {channel}: {state}, arrived {there} times, attempts {dict(attempts[key])}"
            )
    found.lost += max(0, planned - found.deliveries)
    if planned > found.deliveries:
        found.problems.append(f"{planned - found.deliveries} deliveries were never planned")
    return found


def _arrived(here: Installation) -> Counter[tuple[str, str]]:
    """How often Slack and the mail server have each delivery, by channel and key."""
    slack = (
        ("slack", message.metadata["event_payload"]["key"])
        for message in here.slack.messages
        if message.metadata
    )
    mails = (("email", str(mail.parsed["Message-ID"])) for mail in here.smtp.messages)
    names = {message_id(key, "example.com"): key for (key,) in here.rows("SELECT key FROM deliveries")}
    return Counter(slack) + Counter((channel, names[name]) for channel, name in mails)


def _in_folder(here: Installation, occurrence: str) -> int:
    digest, _, due = occurrence.partition("@")
    folder = here.folder / "outbox" / digest / digest / due.replace("-", "").replace(":", "")
    return int((folder / "report.pdf").exists() and not list(folder.glob(".*.tmp")))


@dataclass
class Result:
    """What a scene shows; of `problems` there must be none."""

    figures: str
    problems: list[str] = field(default_factory=list)


def has_attempted(here: Installation, often: int) -> bool:
    return here.count("SELECT count(*) FROM attempts") >= often


def crashes(here: Installation) -> int:
    """How many deaths are held against an occurrence now."""
    return here.count("SELECT sum(count) FROM crashes")
