"""Prune files, answers, editions and rows that are older than the retention in reports.yaml."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.ledger import AnswerCache, Ledger
from bot.lib.export_folder import ExportFolder
from bot.model import Cutoffs, Pruned, Retention


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Every store that retention applies to, wired by `bot.app`."""

    ledger: Ledger
    answers: AnswerCache
    exports: ExportFolder
    retention: Retention


@dataclass(frozen=True, slots=True)
class PruneResult:
    """How many of each were deleted. If not `clean`, the database files may still hold traces of them."""

    files: int
    answers: int
    kept: Pruned
    clean: bool

    @property
    def nothing(self) -> bool:
        """Return whether there was nothing to forget."""
        return not self.files and not self.answers and self.kept == Pruned()


def prune(upkeep: Upkeep, now: datetime) -> PruneResult:
    """Forget what is too old at `now` (UTC), and leave no trace of it. Raises LedgerError, SourceError.

    Raw answers go with the files: some name agents, and the figures about them are kept.
    """
    cutoffs = cutoffs_at(upkeep.retention, now)
    files = forget_files(upkeep, now)
    answers = upkeep.answers.forget(cutoffs.artifacts)
    kept = upkeep.ledger.prune(cutoffs, now)
    clean = (not answers and kept == Pruned()) or upkeep.ledger.compact()
    return PruneResult(files, answers, kept, clean=clean)


def forget_files(upkeep: Upkeep, now: datetime) -> int:
    """Delete exports that are too old, the copies of this host too; return how many. Raises as `prune`."""
    return upkeep.exports.forget(cutoffs_at(upkeep.retention, now).artifacts)


def cutoffs_at(retention: Retention, now: datetime) -> Cutoffs:
    """Return the instants before which things are too old."""
    return Cutoffs(
        artifacts=now - timedelta(seconds=retention.artifacts_seconds),
        figures=now - timedelta(seconds=retention.figures_seconds),
        ledger=now - timedelta(seconds=retention.ledger_seconds),
    )
