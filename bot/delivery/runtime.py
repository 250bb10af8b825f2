"""The parts of a run, and its result."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from bot.delivery.recipients import Audience
from bot.errors import BotError, LedgerError
from bot.ledger import Ledger
from bot.model import (
    Agents,
    Channel,
    Clock,
    Delivery,
    Edition,
    OccurrenceRecord,
    Progress,
    Receipt,
    Retention,
    Source,
)
from bot.render import Renderer

log = logging.getLogger("bot.delivery.runtime")

T = TypeVar("T")

DEFAULT_RETENTION = Retention()

PATIENCE_SECONDS = 60.0
"""A restart of the database takes that long at most; what is not written by then is in doubt."""

ComposeAlert = Callable[[Ledger, OccurrenceRecord, Iterable[Agents], datetime], Mapping[Agents, Edition]]
"""Compose the editions of an alert from the ledger, as of an instant (UTC)."""


def no_alerts(
    ledger: Ledger, alert: OccurrenceRecord, levels: Iterable[Agents], now: datetime
) -> Mapping[Agents, Edition]:
    """Raise LedgerError: this runtime delivers no alerts."""
    raise LedgerError(f"{alert.occurrence.id} is an alert, and nothing here composes alerts")


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that a run needs, wired by `bot.app`.

    `source` returns the one source, built on first use: a retry needs none. `compose_alert` composes what
    operators read; `sample` marks invented data; `retention` says until when files are kept; once `stopping`
    returns True, no further delivery begins. `credentials` are hashes of the secrets, by channel. `audience`
    says who is a recipient now; None: deliveries go as planned.
    """

    source: Callable[[], Source]
    ledger: Ledger
    channels: Mapping[str, Channel]
    renderer: Renderer
    clock: Clock
    progress: Progress
    compose_alert: ComposeAlert = no_alerts
    sample: bool = False
    retention: Retention = DEFAULT_RETENTION
    stopping: Callable[[], bool] = lambda: False
    credentials: Mapping[str, str] = field(default_factory=dict)
    audience: Audience | None = None

    def patiently(self, write: Callable[[], T]) -> T:
        """Write down what has happened as soon as the database is back. Raise LedgerError after a minute."""
        until = self.clock.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return write()
            except LedgerError as error:
                if self.clock.monotonic() >= until:
                    raise
                log.warning("tried again in a second: %s", error)
                self.clock.sleep(1.0)

    def close(self) -> None:
        """Close the connections of the channels; a later send opens new ones."""
        for channel in self.channels.values():
            channel.close()


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery of this run that the provider accepted."""

    delivery: Delivery
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one run of an occurrence did. `errors` are in the order of the steps; the first one exits.

    `busy`: another process works on it. `skipped`: why it was composed and suppressed. `expanded`: its
    children are planned. `held`: ids of occurrences that wait for a person. `changes`: what the file or the
    roster changed about the recipients, a sentence each.
    """

    occurrence: str
    sent: tuple[Delivered, ...] = ()
    errors: tuple[BotError, ...] = ()
    busy: bool = False
    skipped: str = ""
    expanded: bool = False
    held: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    def plus(self, others: "Iterable[RunResult]") -> "RunResult":
        """Return this result with the deliveries, errors, held ids and changes of others after its own."""
        results = (self, *others)
        return replace(
            self,
            sent=tuple(delivered for result in results for delivered in result.sent),
            errors=tuple(error for result in results for error in result.errors),
            held=tuple(id for result in results for id in result.held),
            changes=tuple(change for result in results for change in result.changes),
        )
