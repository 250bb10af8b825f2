"""Figures of some messages: how many, how many answered, how many over the SLA, and how long it took."""

from dataclasses import dataclass, field

from bot.model import Column, Unit
from bot.source.exports.insights.tallies import Mean

FIGURES = (
    Column("messages", Unit.COUNT),
    Column("replies", Unit.COUNT),
    Column("over_sla", Unit.COUNT),
    Column("wait", Unit.SECONDS),
)


@dataclass(slots=True)
class MessageTally:
    """Counts of messages; `wait` is the customers' mean wait for a reply, in seconds."""

    messages: int = 0
    replies: int = 0
    over_sla: int = 0
    wait: Mean = field(default_factory=Mean)

    def add(self, replied: bool, over: bool, wait: float | None) -> None:
        """Take one message in."""
        self.messages += 1
        if replied:
            self.replies += 1
            self.over_sla += over
            self.wait.add(wait)
