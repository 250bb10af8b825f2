"""`mention_sla_export`: load by hour, SLA by day, network and topic, longest waits, unanswered messages.

A **reply** is a message with an agent's response date (without that column: with a word about the SLA
or a wait); only replies count as over the SLA, and the mean wait is theirs. Days and hours are local,
and only of messages that were published in the window: the file may have older ones, handled in it.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bot.model import Column, Insight, Table, Unit, Window
from bot.source.exports.insights.columns import Columns, Row, is_blank, minutes_of, name
from bot.source.exports.insights.tallies import MESSAGE_COLUMNS, ByName, Cells, Longest, MessageTally

LONGEST_WAITS = 10
MAX_TOPICS = 50
"""Topics of one message that are counted."""

ANSWERED = frozenset({"responded", "closed", "irrelevant", "duplicate", "redirected", "no_response_required"})
"""States in which the customer waits for no answer; others, known or not, are open."""

AGES = ("under 2 hours", "2 to 8 hours", "8 to 24 hours", "1 to 3 days", "over 3 days")
_AGE_LIMITS = (2 * 3600.0, 8 * 3600.0, 24 * 3600.0, 72 * 3600.0)
_NO = frozenset({"no", "n", "false", "0"})
_BETWEEN_TOPICS = re.compile(r"[;|\r\n]")

LOAD = (Column("weekday"), Column("hour"), Column("messages", Unit.COUNT), Column("wait", Unit.SECONDS))
WAITS = (*map(Column, ("published", "network", "state")), Column("wait", Unit.SECONDS), Column("agent"))
UNANSWERED = (Column("age"), Column("messages", Unit.COUNT))


class MessageCounter:
    """Counts the messages of an export. Never reads columns of text that customers wrote."""

    def __init__(self, header: Sequence[str], window: Window, now: datetime) -> None:
        columns, zone = Columns(header), ZoneInfo(window.zone)
        self._published = columns.moment(zone, "customer publish date")
        # The vendor writes "Reponse"; a later version may spell it right.
        self._sign_of_reply = columns.text(
            "agent reponse date", "agent response date", "within customer sla", "customer wait time"
        )
        self._within_sla = columns.text("within customer sla")
        self._wait = columns.seconds("customer wait time")
        self._network = columns.text("source type", "network")
        self._topics = columns.text("classifications", "classification")
        self._state = columns.text("state")
        self._agent = (columns.text("agent first name"), columns.text("agent last name"))
        self._start, self._end = window.start.astimezone(UTC), window.end.astimezone(UTC)
        self._aged_at = min(self._end, now)
        self._totals = MessageTally()
        self._hours: defaultdict[tuple[int, int], MessageTally] = defaultdict(MessageTally)
        self._days: defaultdict[date, MessageTally] = defaultdict(MessageTally)
        self._by_network, self._by_topic = ByName(), ByName()
        self._longest = Longest(LONGEST_WAITS)
        self._unanswered = [0] * len(AGES)

    def add(self, row: Row) -> None:
        """Count one message."""
        published = self._published(row) if self._published else None
        wait = self._wait(row) if self._wait else None
        replied, over = self._reply(row)
        for tally in self._tallies(row, published):
            tally.add(replied, over, wait)
        if published is None:
            return
        if wait is not None:
            self._longest.add(wait, lambda: self._wait_cells(row, published, wait))
        if not replied and self._state and normal_state(self._state(row)) not in ANSWERED:
            age = (self._aged_at - published).total_seconds()
            self._unanswered[bisect_right(_AGE_LIMITS, age)] += 1

    def _reply(self, row: Row) -> tuple[bool, bool]:
        """Return whether the message was answered, and whether that was over the SLA."""
        if self._sign_of_reply is None or is_blank(self._sign_of_reply(row)):
            return False, False
        return True, self._within_sla is not None and self._within_sla(row).strip().lower() in _NO

    def _tallies(self, row: Row, published: datetime | None) -> list[MessageTally]:
        """Return every tally that this message counts in."""
        tallies = [self._totals]
        if published is not None and self._start <= published < self._end:
            tallies.append(self._hours[published.weekday(), published.hour])
            tallies.append(self._days[published.date()])
        if self._network and (network := name(self._network(row))):
            tallies.append(self._by_network.of(network))
        if self._topics:
            tallies += [self._by_topic.of(topic) for topic in topics(self._topics(row))]
        return tallies

    def _wait_cells(self, row: Row, published: datetime, wait: float) -> Cells:
        return (
            minutes_of(published),
            name(self._network(row)) if self._network else "",
            normal_state(self._state(row)) if self._state else "",
            wait,
            name(" ".join(part(row) for part in self._agent if part)),
        )

    def insights(self) -> tuple[Insight, ...]:
        """Return `totals`, and of the other tables those whose columns the export has."""
        days = [(day.isoformat(), tally) for day, tally in sorted(self._days.items())]
        tables = {
            "totals": Table(MESSAGE_COLUMNS, (self._figures(self._totals),)),
            "load": self._load(),
            "sla_by_day": self._sla("day", self._published, days),
            "sla_by_network": self._sla("network", self._network, self._by_network.most_first),
            "sla_by_topic": self._sla("topic", self._topics, self._by_topic.most_first),
            "longest_waits": Table(WAITS, self._longest.rows) if self._published and self._wait else None,
            "unanswered": self._ages(),
        }
        return tuple(Insight(key, table) for key, table in tables.items() if table is not None)

    def _load(self) -> Table | None:
        if self._published is None:
            return None
        cells = sorted(self._hours.items())
        return Table(
            LOAD, tuple((str(day), str(hour), item.messages, item.wait.value) for (day, hour), item in cells)
        )

    def _sla(self, key: str, reader: object, tallies: Sequence[tuple[str, MessageTally]]) -> Table | None:
        """Return one row for each tally, or None where the export lacks its column or that of the SLA."""
        if reader is None or self._within_sla is None:
            return None
        rows = tuple((name, *self._figures(tally)) for name, tally in tallies)
        return Table((Column(key), *MESSAGE_COLUMNS), rows)

    def _ages(self) -> Table | None:
        if not (self._published and self._sign_of_reply and self._state):
            return None
        return Table(UNANSWERED, tuple(zip(AGES, self._unanswered, strict=True)))

    def _figures(self, tally: MessageTally) -> Cells:
        """Return messages, replies, over SLA and mean wait; None where the export lacks the column."""
        return (
            tally.messages,
            tally.replies if self._sign_of_reply else None,
            tally.over_sla if self._within_sla else None,
            tally.wait.value,
        )


def normal_state(text: str) -> str:
    """Return a state as the API spells it: `In Progress` is `in_progress`."""
    return "_".join(name(text).lower().replace("-", " ").split())


def topics(text: str) -> tuple[str, ...]:
    """Return the classifications of one message, each once.

    The vendor's separator is not documented: semicolons, bars and line ends separate, commas only where
    there is none of these, because names may contain commas.
    """
    if is_blank(text):
        return ()
    parts = _BETWEEN_TOPICS.split(text, MAX_TOPICS)
    if len(parts) == 1:
        parts = text.split(",", MAX_TOPICS)
    return tuple(dict.fromkeys(filter(None, map(name, parts[:MAX_TOPICS]))))
