"""`prune`: delete what is older than the retention in reports.yaml."""

from pathlib import Path

import click
from click import echo

from bot.cli.options import config_option, load_app
from bot.cli.output import counted
from bot.service import PruneResult
from bot.service import prune as delete_expired


@click.command()
@config_option
def prune(config: Path) -> int:
    """Delete what is older than the retention in reports.yaml. The service does so daily."""
    app = load_app(config)
    with app.open_ledger() as ledger:
        deleted = delete_expired(app.upkeep(ledger), app.clock.now())
    echo(summary(deleted))
    return 0


def summary(deleted: PruneResult) -> str:
    """Return in one line what was deleted."""
    if deleted.nothing:
        return "nothing is older than reports.yaml lets it be"
    kept = deleted.kept
    counts = (
        (deleted.files, "exported file", ""),
        (deleted.answers, "raw answer", ""),
        (kept.personal, "edition that may name agents", "editions that may name agents"),
        (kept.figures, "other edition", ""),
        (kept.occurrences, "occurrence", ""),
    )
    text = "forgotten: " + ", ".join(counted(count, *nouns) for count, *nouns in counts if count)
    if kept.discarded:
        text += f"; discarded, for nobody released it in time: {kept.discarded}"
    return text if deleted.clean else f"{text}; others read the database: its files are cut next time"
