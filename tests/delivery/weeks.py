"""A world that lives through several weeks: one firing each, and whatever operators are told meanwhile."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.alerts import plan_alerts
from bot.delivery.reconcile import reconcile
from bot.delivery.runtime import RunResult
from bot.model import (
    Agents,
    Delivery,
    Edition,
    Headline,
    Note,
    Occurrence,
    OccurrenceState,
    Recipient,
)
from bot.service import run_outstanding
from tests.compose.data import NOW, WEEK
from tests.delivery.test_pipeline import World

OPERATOR = Recipient("email", "ops@example.com")
WEEKLY = timedelta(weeks=1)


@dataclass
class Weeks(World):
    """`tick` is what the service does every few seconds: look up, plan alerts, work off what is outstanding."""

    operators: tuple[Recipient, ...] = field(default=(OPERATOR,))

    def of_week(self, number: int) -> Occurrence:
        return Occurrence("care-weekly", NOW + number * WEEKLY, WEEK)

    def begin(self, number: int) -> Occurrence:
        """Plan the firing of that week."""
        self.occurrence = self.of_week(number)
        self.clock.present = max(self.clock.present, self.occurrence.due)
        self.plan()
        return self.occurrence

    def tick(self, seconds: float = 1.0) -> tuple[RunResult, ...]:
        self.clock.sleep(seconds)
        reconcile(self.ledger, self.runtime().channels, self.clock)
        plan_alerts(self.ledger, self.configuration(), self.clock.now())
        return run_outstanding(self.runtime(), lambda result: None)

    def week(self, number: int) -> OccurrenceState:
        """Run a whole firing with its ticks; return its state afterwards."""
        self.begin(number)
        for _ in range(3):
            self.tick()
        return self.state()

    def told(self) -> list[str]:
        """Whom operators were told of, in order: '_failed@2026-11-22' and so on."""
        ids = [took.occurrence for took in (*self.mail.took, *self.slack.took)]
        alerts = [id.partition("/")[2][:-10] for id in ids if "/_" in id]
        return sorted(alerts, key=lambda one: ids.index(next(id for id in ids if one in id)))

    def alert(self, kind: str, number: int = 0) -> Edition:
        of = replace(self.of_week(number), slice=kind)
        return self.ledger.editions(of.id)[Agents.NONE]


def words_of(edition: Edition) -> str:
    """Everything that an alert says."""
    said = [edition.title, edition.subject]
    for block in edition.blocks:
        if isinstance(block, Headline):
            said += [sentence.text for sentence in block.sentences]
        elif isinstance(block, Note):
            said.append(block.text)
    return "\n".join(said)


def of_alerts(took: list[Delivery]) -> list[Delivery]:
    return [one for one in took if "/_" in one.occurrence]
