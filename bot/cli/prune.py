"""`prune`: forget what is older than the retention in reports.yaml."""

from argparse import Namespace

from bot.cli.output import load_app, say
from bot.service import PruneResult
from bot.service import prune as forget


def prune(given: Namespace) -> int:
    """Forget now; the service does it daily."""
    app = load_app(given)
    with app.open_ledger() as ledger:
        found = forget(app.upkeep(ledger), app.clock.now())
    say(told(found))
    return 0


def told(found: PruneResult) -> str:
    """What was forgotten, in one line."""
    if found.nothing:
        return "nothing is older than reports.yaml lets it be"
    kept = found.kept
    counts = (
        (found.files, "exported file"),
        (found.answers, "raw answer"),
        (kept.personal, "edition that may name agents"),
        (kept.figures, "other edition"),
        (kept.occurrences, "occurrence"),
    )
    words = "forgotten: " + ", ".join(_counted(count, noun) for count, noun in counts if count)
    if kept.discarded:
        words += f"; discarded, for nobody released it in time: {kept.discarded}"
    return words if found.clean else f"{words}; others read the database: its files are cut next time"


def _counted(count: int, noun: str) -> str:
    head, _, rest = noun.partition(" that ")
    several = f"{head}s" + (f" that {rest}" if rest else "")
    return f"{count} {noun if count == 1 else several}"
