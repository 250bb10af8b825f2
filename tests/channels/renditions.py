"""Small renditions and the parts around a channel, for the tests of this room."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.model import (
    Bundle,
    CsvFile,
    Delivery,
    EmailMessage,
    PdfDocument,
    Picture,
    Recipient,
    SlackMessage,
    picture_placeholder,
)

TOKEN = "xoxb-7f3a-canary"
NOW = datetime(2018, 5, 6, 23, 0, tzinfo=UTC)
OCCURRENCE = "care-weekly@2018-05-06T23:00:00Z"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 10
CHART = Picture("summary", "chart-summary", PNG, "Conversations by day", 600, 340)
PDF = PdfDocument("care-weekly.pdf", b"%PDF-1.7 " + b"x" * 2_000)
CSV = CsvFile("user_summary", "user_summary.csv", b"agent,closed\r\nDana,12\r\nLee,9\r\n")


@dataclass
class TurnedClock:
    """A clock that moves only when a test sleeps on it."""

    at: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


@dataclass
class Book:
    """An address book in memory."""

    known: dict[str, str] = field(default_factory=dict)
    at: datetime = NOW

    def get(self, written: str) -> tuple[str, datetime] | None:
        return (self.known[written], self.at) if written in self.known else None

    def put(self, written: str, address: str, at: datetime) -> None:
        self.known[written], self.at = address, at


def delivery(channel: Any, address: str) -> Delivery:
    return Delivery(OCCURRENCE, Recipient(channel, address))


def table(*rows: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows]}


def slack_message(**changes: Any) -> SlackMessage:
    """Header, sentence, chart and table, with a PDF and a CSV."""
    image = {"type": "image", "slack_file": {"id": picture_placeholder(0)}, "alt_text": CHART.alt}
    content: dict[str, Any] = {
        "text": "Reply time rose to 2 h.",
        "blocks": (
            {"type": "header", "text": {"type": "plain_text", "text": "Social care", "emoji": False}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "Reply time rose to 2 h."}},
            image,
            table(("Agent", "Closed"), ("<!channel> *Dana*", "12")),
        ),
        "pictures": (CHART,),
        "files": (PDF, CSV),
    }
    return SlackMessage(**(content | changes))


def mail(**changes: Any) -> EmailMessage:
    """Both bodies, a chart, a PDF and a CSV."""
    content: dict[str, Any] = {
        "subject": "Social care, 30 April to 6 May",
        "text": "Reply time rose to 2 h.\n",
        "html": '<html><body><p>Reply time rose.</p><img src="cid:chart-summary"></body></html>',
        "pictures": (CHART,),
        "attachments": (PDF, CSV),
    }
    return EmailMessage(**(content | changes))


def bundle(**changes: Any) -> Bundle:
    content: dict[str, Any] = {
        "slack": slack_message(),
        "email": mail(),
        "pdf": PDF,
        "csvs": (CSV,),
        "pictures": (CHART,),
    }
    return Bundle(**(content | changes))
