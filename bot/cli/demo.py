"""`demo`: every digest of the sample file, sent into a folder, from the emulator."""

import tempfile
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from bot.app import App, default_app, into_folder
from bot.cli.shown import first_status, progress_shown, say, tell_ending
from bot.config import load, sample_text
from bot.engine import Wish, by_hand
from bot.ledger import SqlLedger
from bot.model import Digest, Progress, Source
from bot.pipeline import Ending, Parts, run_occurrence
from bot.settings import Settings


def demo(given: Namespace) -> int:
    """The whole river without credentials or network: emulator in, folder and index.html out."""
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="digestbot-demo-") as scratch, progress_shown() as progress:
        app = _app(out, Path(scratch))
        kept = Settings.from_environment().data_dir
        with app.sample_source(progress, kept) as source, app.open_ledger() as ledger:
            endings = tuple(_send(app, digest, out, source, ledger, progress) for digest in app.configuration.digests)
        index = _write_index(app, out, endings)
    for ending in endings:
        tell_ending(app.settings, ending)
    if not first_status(endings):
        say(f"open {index}")
    return first_status(endings)


def _app(out: Path, scratch: Path) -> App:
    """The sample file and a ledger of its own: a demo never touches the real one, nor any secret."""
    sample = out / "reports.yaml"
    sample.write_text(sample_text(), encoding="utf-8")
    return default_app(load(sample), Settings.from_environment({"BOT_DATA_DIR": str(scratch)}))
