"""What readers received, beside what the ledger says of it."""

from collections import Counter
from dataclasses import dataclass, field

from bot.delivery.pipeline import PARKED
from bot.render.email.mime import message_id
from tests.hosts.installation import Installation

DELIVERIES = "SELECT key, occurrence, channel, state FROM deliveries"


@dataclass
class Result:
    """What a scene shows; of `problems` there must be none."""

    figures: str
    problems: list[str] = field(default_factory=list)


@dataclass
class Audit:
    """Of one installation. `again` are mails sent again after an attempt that was cut off; `problems` must be none."""

    deliveries: int = 0
    lost: int = 0
    twice: int = 0
    unknown: int = 0
    parked: int = 0
    again: int = 0
    held: int = 0
    problems: list[str] = field(default_factory=list)

    def __add__(self, other: "Audit") -> "Audit":
        return Audit(**{name: value + vars(other)[name] for name, value in vars(self).items()})

    def result(self, words: str, *problems: str | int, calm: bool = True) -> Result:
        """Return the row of the table; a problem that is not true is none. `calm`: nothing may be unknown."""
        figures = ", ".join(f"{name} {vars(self)[name]}" for name in ("lost", "twice", "unknown", "parked"))
        figures += f", mails again after an unknown attempt {self.again}" if self.again else ""
        figures += f", left to a person {self.held}" if self.held else ""
        more = [calm and self.unknown and f"{self.unknown} attempts unknown", self.parked and "parked"]
        true = [str(problem) for problem in (*problems, *more) if problem]
        return Result(f"{words}; {self.deliveries} deliveries: {figures}", self.problems + true)


def audit(here: Installation, planned: int, *, on_unknown: str = "resend") -> Audit:
    """Compare every delivery with the providers; `planned` is how many there must be at least."""
    found = Audit(parked=here.count("SELECT count(*) FROM occurrences WHERE reason = :why", why=PARKED))
    unknown = Counter(key for (key,) in here.rows("SELECT delivery FROM attempts WHERE state = 'unknown'"))
    arrived = _arrived(here)
    for key, occurrence, channel, state in here.rows(DELIVERIES):
        there = _in_folder(here, occurrence) if channel == "folder" else arrived[channel, key]
        held = state == "unknown" and channel == "email" and on_unknown == "hold"
        may_be_there = 1 + unknown[key] if channel == "email" and on_unknown == "resend" else 1
        found.deliveries += 1
        found.unknown += unknown[key]
        found.held += held
        found.lost += not there and not held
        found.again += 1 < there <= may_be_there
        found.twice += there > may_be_there
        if not ((state == "sent" and there) or held) or there > may_be_there:
            words = f"{state}, arrived {there} times, {unknown[key]} attempts unknown"
            found.problems.append(f"{occurrence} {channel}: {words}")
    missing = max(0, planned - found.deliveries)
    found.lost += missing
    found.problems += [f"{missing} deliveries were never planned"] * bool(missing)
    return found


def _arrived(here: Installation) -> Counter[tuple[str, str]]:
    """How often Slack and the mail server have each delivery, by channel and key."""
    messages = (message.metadata for message in here.slack.messages if message.metadata)
    slack = (("slack", metadata["event_payload"]["key"]) for metadata in messages)
    mails = (("email", str(mail.parsed["Message-ID"])) for mail in here.smtp.messages)
    names = {message_id(key, "example.com"): key for (key,) in here.rows("SELECT key FROM deliveries")}
    return Counter(slack) + Counter((channel, names[name]) for channel, name in mails)


def _in_folder(here: Installation, occurrence: str) -> int:
    digest, _, due = occurrence.partition("@")
    folder = here.folder / "outbox" / digest / digest / due.replace("-", "").replace(":", "")
    return int((folder / "report.pdf").exists() and not list(folder.glob(".*.tmp")))


def has_attempted(here: Installation, often: int) -> bool:
    return here.count("SELECT count(*) FROM attempts") >= often


def deaths(here: Installation) -> int:
    """How many occurrences are suspected of a death now."""
    return here.count("SELECT count(*) FROM crashes")
