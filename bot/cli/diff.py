"""`diff`: what changes for whom between two reports.yaml."""

from argparse import Namespace

from bot.actions import parse_instant
from bot.cli.output import say
from bot.config import load
from bot.config.diff import Change, changes
from bot.service import SystemClock


def diff(given: Namespace) -> int:
    """One paragraph for each digest that changes, with whom it concerns. Raises ConfigError, UsageError."""
    now = parse_instant(given.now, "UTC") if given.now else SystemClock().now()
    found = changes(load(given.old), load(given.new), now)
    say("\n\n".join(map(_paragraph, found)) if found else "nothing changes for anybody")
    return 0


def _paragraph(change: Change) -> str:
    whom = f", for {', '.join(change.whom)}" if change.whom else ""
    head = f"{change.about}{whom}" if change.about else "for all digests"
    return "\n".join([f"{head}:", *(f"  - {sentence}" for sentence in change.sentences)])
