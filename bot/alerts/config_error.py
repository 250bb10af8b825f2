"""The alert about a reports.yaml that cannot be used: one until a later save can be used."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.alerts.alert import FILE, operators_digest, plan_alert
from bot.alerts.wording import Notice, broken_file_notice
from bot.ledger import Ledger
from bot.model import Configuration, Occurrence, OccurrenceKind, OccurrenceRecord, Window

MOST_LETTERS = 4_000
GAP = "\n\n"
"""Between two faults."""


def plan_file_alert(
    ledger: Ledger, configuration: Configuration, faults: Sequence[str], since: datetime, now: datetime
) -> None:
    """Plan the alert of a file that is broken `since` (UTC), once for each `since`.

    It goes to the operators of the `configuration` that counts meanwhile. The payload of the alert is what is
    wrong: the file will be another when the alert is composed. Raises LedgerError.
    """
    digest = operators_digest(configuration)
    day = since.astimezone(ZoneInfo(digest.zone)).date()
    days = Window.of_dates(day, day, digest.zone)
    alert = Occurrence(digest.name, since, days, kind=OccurrenceKind.ALERT, topic=FILE)
    plan_alert(ledger, alert, digest, configuration.operators, now, {"faults": _cut(faults)})


def compose(ledger: Ledger, alert: OccurrenceRecord, now: datetime) -> Notice:
    """Compose since when the file is broken, what is wrong, and that the last good one stays in force."""
    faults = tuple(map(_in_prose, alert.payload["faults"]))
    return broken_file_notice(alert.definition, alert.occurrence, faults)


def _cut(faults: Sequence[str]) -> list[str]:
    """Return the faults, at most 4,000 characters together."""
    room, cut = MOST_LETTERS, []
    for fault in faults:
        if room > 0:
            cut.append(fault[:room])
        room -= len(fault) + len(GAP)
    return cut


def _in_prose(fault: str) -> str:
    """Return place and text, without the line of the file and its mark: only a terminal shows these."""
    return "\n".join(line for line in fault.splitlines() if not line.startswith("    "))
