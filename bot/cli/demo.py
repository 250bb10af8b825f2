"""`demo`: every digest of the sample file, sent into a folder, from the emulator."""

import tempfile
from dataclasses import replace
from pathlib import Path

import click
from click import echo

from bot.actions import RunRequest, manual_run
from bot.app import App, default_app, into_folder
from bot.cli.options import FILE, config_option
from bot.cli.output import first_status, print_result, show_progress
from bot.config import load, sample_text
from bot.delivery.pipeline import run_occurrence
from bot.delivery.runtime import RunResult, Runtime
from bot.model import Agents, Digest
from bot.model.channel_types import FOLDER
from bot.render import prepare
from bot.render.index_page import IndexEntry, index_html
from bot.settings import Settings


@click.command()
@click.option("--out", type=FILE, default=Path("demo"), metavar="DIR", help="default demo")
@config_option
def demo(out: Path, config: Path) -> int:
    """Send every digest of the sample file into a folder; needs no credentials and no network.

    Starts the emulator, writes an index.html beside the digests and prints what to open.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="digestbot-demo-") as scratch, show_progress() as progress:
        app = _app(out, Path(scratch))
        prepare()
        renderer, folder = app.renderer(forgiving=True), app.folder_channel(out)
        kept = Settings.from_environment().data_dir
        with app.sample_source(progress, kept) as source, app.open_ledger() as ledger:
            runtime = Runtime(
                lambda: source, ledger, {FOLDER.name: folder}, renderer, app.clock, progress, sample=True
            )
            results = tuple(_send(runtime, digest) for digest in app.configuration.digests)
            index = out / "index.html"
            entries = tuple(_entry(runtime, out, result) for result in results if result.sent)
            index.write_text(index_html(entries), encoding="utf-8")
    for result in results:
        print_result(app.settings, result)
    if not first_status(results):
        echo(f"open {index}")
    return first_status(results)


def _app(out: Path, scratch: Path) -> App:
    """Return the app of the sample file, with a ledger of its own and without secrets."""
    sample = out / "reports.yaml"
    sample.write_text(sample_text(), encoding="utf-8")
    return default_app(load(sample), Settings.from_environment({"BOT_DATA_DIR": str(scratch)}))


def _send(runtime: Runtime, digest: Digest) -> RunResult:
    now, ledger = runtime.clock.now(), runtime.ledger
    run = manual_run(into_folder(replace(digest, paused=False), "."), RunRequest(), now, ledger)
    ledger.plan(run.occurrence, run.digest, run.deliveries, now, late=False)
    record = ledger.occurrence(run.occurrence.id)
    assert record is not None  # noqa: S101 - planned above
    return run_occurrence(runtime, record)


def _entry(runtime: Runtime, out: Path, result: RunResult) -> IndexEntry:
    edition = runtime.ledger.editions(result.occurrence)[Agents.NAMES]
    folder = Path(result.sent[0].receipt.provider_id)
    return IndexEntry(
        title=edition.title,
        folder=folder.resolve().relative_to(out.resolve()).as_posix(),
        slack=runtime.renderer.bundle(edition).slack,
        window_text=edition.window_text,
        files=tuple(sorted(file.name for file in folder.iterdir())),
        schedule_text=edition.schedule_text,
    )
