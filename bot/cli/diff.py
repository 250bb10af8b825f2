"""`diff`: what changes for whom between two reports.yaml."""

from pathlib import Path

import click
from click import echo

from bot.actions import parse_instant
from bot.cli.options import FILE, now_option
from bot.config import load
from bot.config.diff import Change, changes
from bot.service import SystemClock


@click.command()
@click.argument("old", type=FILE, metavar="OLD")
@click.argument("new", type=FILE, metavar="NEW")
@now_option
def diff(old: Path, new: Path, now: str) -> int:
    """Show what changes for whom from the file OLD to the file NEW.

    Prints one paragraph for each digest that changes.
    """
    instant = parse_instant(now, "UTC") if now else SystemClock().now()
    paragraphs = [_paragraph(change) for change in changes(load(old), load(new), instant)]
    echo("\n\n".join(paragraphs) or "nothing changes for anybody")
    return 0


def _paragraph(change: Change) -> str:
    whom = f", for {', '.join(change.whom)}" if change.whom else ""
    head = f"{change.about}{whom}" if change.about else "for all digests"
    return "\n".join([f"{head}:", *(f"  - {sentence}" for sentence in change.sentences)])
