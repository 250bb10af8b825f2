"""A child of its own: an export is measured, rendered and delivered; prints how many rows it had."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bot.channels import FolderChannel
from bot.lib.export_folder import ExportFolder
from bot.model import Attach, Delivery, ExportedFile, MailSettings, Recipient, Window
from bot.render import Renderer
from bot.source.exports.insights import measure
from tests.render.sample_edition import EDITION

WINDOW = Window.of_dates(date(2018, 4, 30), date(2018, 5, 6), "Australia/Sydney")
NOW = datetime(2018, 5, 6, 23, 0, tzinfo=UTC)
REPORT = "mention_sla_export"


def deliver(export: Path, out: Path) -> None:
    """Everything that happens to a downloaded export: counted, packed for Slack and mail, put into a folder."""
    from dataclasses import replace

    measured = measure(REPORT, export, WINDOW, NOW)
    kept = ExportedFile(REPORT, export.name, measured.rows, export.stat().st_size)
    edition, renderer = replace(EDITION, exports=(kept,)), Renderer(exports=ExportFolder(export.parent))
    everything: Any = Attach(pdf=True, csv=True)
    for channel in ("slack", "email"):
        getattr(renderer, channel)(edition, Recipient(channel, "x", attach=everything))  # type: ignore[arg-type]
    delivery = Delivery("care@2018-05-06T23:00:00Z", Recipient("folder", "out"))
    FolderChannel(root=out, mail=MailSettings()).send(delivery, renderer.bundle(edition), NOW)
    print(measured.rows)


if __name__ == "__main__":
    deliver(Path(sys.argv[1]), Path(sys.argv[2]))
