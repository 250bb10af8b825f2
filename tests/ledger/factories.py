"""Small things for the ledger's tests, and a clock that the test turns."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model import (
    Agents,
    Brand,
    Claim,
    Delivery,
    DeliveryKind,
    Digest,
    Edition,
    Headline,
    Occurrence,
    OccurrenceKind,
    Recipient,
    Report,
    Schedule,
    Sentence,
    Window,
    WindowRule,
)

NOW = datetime(2018, 5, 7, 0, 0, tzinfo=UTC)
DUE = datetime(2018, 5, 6, 23, 0, tzinfo=UTC)
SYDNEY = "Australia/Sydney"


def later(**span: float) -> datetime:
    """NOW plus a timedelta's arguments."""
    return NOW + timedelta(**span)


def digest(name: str = "care-weekly", *addresses: str) -> Digest:
    """Return a small digest with mail recipients."""
    return Digest(
        name=name,
        title="Social care, weekly",
        schedule=Schedule("every monday at 09:00", ("0 9 * * 1",)),
        window=WindowRule("last week", "last", 1, "week"),
        reports=(Report("summary"),),
        recipients=tuple(recipient(address) for address in addresses or ("dana@example.com",)),
        zone=SYDNEY,
    )


def recipient(address: str = "dana@example.com") -> Recipient:
    """Return a mail recipient."""
    return Recipient("email", address)


def occurrence(name: str = "care-weekly", due: datetime = DUE, slice: str = "") -> Occurrence:
    """Return an occurrence about the week before 7 May 2018."""
    return Occurrence(name, due, Window.of_dates(date(2018, 4, 30), date(2018, 5, 6), SYDNEY), slice)


def claimed(claim: Claim | None) -> Claim:
    """Return the claim; fail where another process holds it."""
    assert claim is not None
    return claim


def trial(due: datetime = DUE) -> Occurrence:
    """Return the occurrence of a test send."""
    return replace(occurrence(due=due, slice="test-20180507t000000000000z"), kind=OccurrenceKind.TEST)


def deliveries_of(
    of: Occurrence, *addresses: str, kind: DeliveryKind = DeliveryKind.REAL
) -> tuple[Delivery, ...]:
    """One delivery for each address."""
    return tuple(Delivery(of.id, recipient(a), kind) for a in addresses or ("dana@example.com",))


def trials(of: Occurrence, *addresses: str) -> tuple[Delivery, ...]:
    """Test deliveries."""
    return deliveries_of(of, *addresses, kind=DeliveryKind.TEST)


def edition(of: Occurrence, text: str = "Quieter than last week.") -> Edition:
    """Return an edition with one sentence."""
    return Edition(
        occurrence=of.id,
        digest=of.digest,
        title="Social care, weekly",
        subject="Social care: quieter",
        brand=Brand("Acme Care"),
        locale="en_AU",
        paper="A4",
        window_text="30 April to 6 May 2018",
        filter_text="",
        compared_text="",
        fetched_text="",
        schedule_text="",
        summary_text=text,
        agents=Agents.NONE,
        blocks=(Headline((Sentence(text),)),),
    )


def said(of: Occurrence, text: str = "Quieter than last week.") -> dict[Agents, Edition]:
    """Return what an occurrence says, as `keep` takes it."""
    return {Agents.NONE: edition(of, text)}


def gap_window() -> Window:
    """Return a window whose first midnight did not exist: clocks went from 00:00 to 01:00."""
    zone = ZoneInfo("America/Sao_Paulo")
    return Window(datetime(2018, 11, 4, tzinfo=zone), datetime(2018, 11, 5, tzinfo=zone), "America/Sao_Paulo")


class TurnedClock:
    """A clock that moves only when told."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.turn(seconds)

    def turn(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
