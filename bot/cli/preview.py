"""`preview`: the real renditions, sent nowhere; as files, or on a page of this machine (`--serve`)."""

from contextlib import suppress
from pathlib import Path

import click
from click import echo

from bot.actions import RunRequest, manual_run
from bot.app import App, default_app
from bot.channels import write_bundle
from bot.cli.options import FILE, config_option, find_digest, load_app, load_settings, occurrence_options
from bot.cli.output import show_progress, wait_for_signal
from bot.config import load
from bot.errors import ConfigError, UsageError
from bot.model import Agents
from bot.render import prepare
from bot.web.preview import Look, Page, PageClock, PageServer, compose_preview


@click.command()
@click.argument("digest", required=False, metavar="[DIGEST]")
@occurrence_options
@click.option("--out", type=FILE, metavar="DIR", help="default preview/DIGEST")
@click.option("--serve", is_flag=True, help="a page on this machine that keeps up with the file")
@click.option("--port", type=int, default=0, metavar="N", help="of --serve; default any free one")
@config_option
def preview(digest: str | None, out: Path | None, serve: bool, port: int, config: Path, **choice: str) -> int:
    """Write every form of DIGEST into a folder and send nothing; DIGEST may be left out with --serve.

    Without ACTIVITY_API_TOKEN the figures come from the emulator and are marked SAMPLE.
    """
    request = RunRequest(choice["at"], choice["window"], choice["group"], preview=True)
    if serve:
        if out is not None:
            raise UsageError("--out is for files; --serve writes none.")
        return _serve(config, digest, request, port)
    if digest is None:
        raise UsageError("Say which digest, or --serve for a page of all of them.")
    return _write(load_app(config), digest, request, out or Path("preview") / digest)


def _write(app: App, name: str, request: RunRequest, folder: Path) -> int:
    run = manual_run(find_digest(app.configuration, name), request, app.clock.now())
    prepare()
    with show_progress() as progress, app.preview_source(progress) as source:
        composed = compose_preview(app, source, run, progress)
        progress("rendering")
        bundle = app.renderer().bundle(composed.result.editions[Agents.NAMES])
        mail, now = app.configuration.mail, app.clock.now()
        files = write_bundle(folder, bundle, mail=mail, key=composed.occurrence.id, now=now)
    for note in composed.notes:
        echo(f"note: {note}")
    for file in files:
        echo(str(file))
    for warning in composed.warnings:
        echo(f"note: {warning}")
    if composed.sample:
        echo("SAMPLE: ACTIVITY_API_TOKEN is not set, so these figures are invented")
    return 0


def _serve(config: Path, digest: str | None, request: RunRequest, port: int) -> int:
    """Serve the page until interrupted. A broken file does not stop it: the page shows what is wrong."""
    settings, clock = load_settings(config), PageClock()

    def open_app(path: Path) -> App:
        return default_app(load(path), settings, clock)

    if digest is not None:
        with suppress(ConfigError):  # the page shows it
            find_digest(open_app(config).configuration, digest)
    prepare()
    first = Look(digest or "", at=request.at, window=request.window, group=request.group)
    server = PageServer(Page(config, open_app, App.preview_source, first), port=port)
    try:
        if settings.api_token is None:
            echo("SAMPLE: ACTIVITY_API_TOKEN is not set, so the figures are invented")
        echo(f"open {server.url} (stop with Ctrl-C)")
        wait_for_signal()
    finally:
        clock.stopping.set()
        server.close()
    return 0
