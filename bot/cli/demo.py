"""`demo`: every digest of the sample file, sent into a folder, from the emulator."""

import tempfile
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from bot.actions import RunRequest, manual_run
from bot.app import App, default_app, into_folder
from bot.cli.output import first_status, print_result, progress_shown, say
from bot.config import load, sample_text
from bot.delivery.pipeline import RunResult, Runtime, run_occurrence
from bot.ledger import SqlLedger
from bot.model import Agents, Digest, Progress, Source
from bot.model.channel_types import FOLDER
from bot.render import Renderer, prepare
from bot.render.index_page import IndexEntry, index_html
from bot.settings import Settings


def demo(given: Namespace) -> int:
    """The whole river without credentials or network: emulator in, folder and index.html out."""
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="digestbot-demo-") as scratch, progress_shown() as progress:
        app = _app(out, Path(scratch))
        prepare()
        renderer = app.renderer(forgiving=True)
        kept = Settings.from_environment().data_dir
        with app.sample_source(progress, kept) as source, app.open_ledger() as ledger:
            digests = app.configuration.digests
            results = tuple(_send(app, digest, out, source, ledger, renderer, progress) for digest in digests)
            index = _write_index(renderer, out, ledger, results)
    for result in results:
        print_result(app.settings, result)
    if not first_status(results):
        say(f"open {index}")
    return first_status(results)


def _app(out: Path, scratch: Path) -> App:
    """The sample file and a ledger of its own: a demo never touches the real one, nor any secret."""
    sample = out / "reports.yaml"
    sample.write_text(sample_text(), encoding="utf-8")
    return default_app(load(sample), Settings.from_environment({"BOT_DATA_DIR": str(scratch)}))


def _send(
    app: App,
    digest: Digest,
    out: Path,
    source: Source,
    ledger: SqlLedger,
    renderer: Renderer,
    progress: Progress,
) -> RunResult:
    asked = manual_run(into_folder(replace(digest, paused=False), "."), RunRequest(), app.clock.now(), ledger)
    ledger.plan(asked.occurrence, asked.digest, asked.deliveries, app.clock.now(), late=False)
    record = ledger.occurrence(asked.occurrence.id)
    assert record is not None  # noqa: S101 - planned above
    runtime = Runtime(
        source, ledger, {FOLDER.name: app.folder_channel(out)}, renderer, app.clock, progress, sample=True
    )
    return run_occurrence(runtime, record)


def _write_index(renderer: Renderer, out: Path, ledger: SqlLedger, results: tuple[RunResult, ...]) -> Path:
    entries = tuple(_entry(renderer, out, ledger, result) for result in results if result.sent)
    index = out / "index.html"
    index.write_text(index_html(entries), encoding="utf-8")
    return index


def _entry(renderer: Renderer, out: Path, ledger: SqlLedger, result: RunResult) -> IndexEntry:
    edition = ledger.editions(result.occurrence)[Agents.NAMES]
    folder = Path(result.sent[0].receipt.provider_id)
    return IndexEntry(
        title=edition.title,
        folder=folder.resolve().relative_to(out.resolve()).as_posix(),
        slack=renderer.bundle(edition).slack,
        window_text=edition.window_text,
        files=tuple(sorted(file.name for file in folder.iterdir())),
        schedule_text=edition.schedule_text,
    )
