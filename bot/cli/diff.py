"""`diff`: what changes for whom between two reports.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click import echo

from bot.cli.options import FILE, now_option

if TYPE_CHECKING:
    from bot.config.diff import Change


@click.command()
@click.argument("old", type=FILE, metavar="OLD")
@click.argument("new", type=FILE, metavar="NEW")
@now_option
def diff(old: Path, new: Path, now: str) -> int:
    """Show what changes for whom from the file OLD to the file NEW.

    Prints one paragraph for each digest that changes.
    """
    from bot.config import load
    from bot.config.diff import changes
    from bot.service import SystemClock
    from bot.timetable.recurrence import parse_instant

    instant = parse_instant(now, "UTC") if now else SystemClock().now()
    paragraphs = [_paragraph(change) for change in changes(load(old), load(new), instant)]
    echo("\n\n".join(paragraphs) or "nothing changes for anybody")
    return 0


def _paragraph(change: Change) -> str:
    whom = f", for {', '.join(change.whom)}" if change.whom else ""
    head = f"{change.about}{whom}" if change.about else "for all digests"
    return "\n".join([f"{head}:", *(f"  - {sentence}" for sentence in change.sentences)])
