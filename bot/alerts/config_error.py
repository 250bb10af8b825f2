"""A save of reports.yaml that cannot be used: told once, until one can be used again."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.alerts.alert import FILE, operators_digest, plan_alert
from bot.alerts.wording import compose_broken_file
from bot.model import Agents, Configuration, Edition, Ledger, Occurrence, OccurrenceRecord, Window

MOST_LETTERS = 4_000
MARK = "\n\n"
"""Between two faults in the alert's definition; a fault has at most three lines, none of them empty."""


def plan_file_alert(
    ledger: Ledger, configuration: Configuration, faults: Sequence[str], since: datetime, now: datetime
) -> None:
    """Plan the alert of a file that is broken `since` (UTC), to the operators of the `configuration` that
    counts meanwhile. Once for each `since`.

    What is wrong is written into the alert's definition, in its subject: the ledger has no other place
    that is written in the same transaction, and the file will say something else by then. Raises
    LedgerError.
    """
    digest = operators_digest(configuration)
    day = since.astimezone(ZoneInfo(digest.zone)).date()
    alert = Occurrence(digest.name, since, Window.of_dates(day, day, digest.zone), FILE)
    told = replace(digest, subject=MARK.join(faults)[:MOST_LETTERS])
    plan_alert(ledger, alert, told, configuration.operators, now)


def broken_file_editions(
    ledger: Ledger, alert: OccurrenceRecord, wanted: Iterable[Agents], now: datetime
) -> dict[Agents, Edition]:
    """Since when, what is wrong, and that the last good file counts meanwhile."""
    faults = tuple(map(_in_prose, alert.definition.subject.split(MARK)))
    definition = replace(alert.definition, subject="")
    return {
        agents: compose_broken_file(definition, alert.occurrence, faults, agents=agents, now=now)
        for agents in sorted(set(wanted))
    }


def _in_prose(fault: str) -> str:
    """The place and the words, without the line of the file and its mark: only a terminal shows these."""
    return "\n".join(line for line in fault.splitlines() if not line.startswith("    "))
