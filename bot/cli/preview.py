"""`preview`: the real renditions, sent nowhere; as files, or on a page of this machine (`--serve`)."""

from argparse import Namespace
from pathlib import Path

from bot.actions import RunRequest, manual_run
from bot.app import App, default_app
from bot.channels import write_bundle
from bot.cli.output import find_digest, load_app, progress_shown, say, wait_for_signal
from bot.config import load
from bot.delivery.editions import compose_occurrence
from bot.delivery.fan_out import first_slice
from bot.errors import ConfigError, UsageError
from bot.model import Agents
from bot.render import prepare
from bot.settings import Settings
from bot.web.preview import Look, OpenApp, Page, PageClock, PageServer, known_to_sample


def preview(given: Namespace) -> int:
    """Write every form into a folder; without a token from the emulator, marked SAMPLE."""
    if given.serve:
        return _serve(given)
    if given.digest is None:
        raise UsageError("Say which digest, or --serve for a page of all of them.")
    app = load_app(given)
    digest = find_digest(app.configuration, given.digest)
    asked = manual_run(digest, RunRequest(given.at, given.window, given.group, preview=True), app.clock.now())
    prepare()
    folder: Path = given.out or Path("preview") / digest.name
    with progress_shown() as progress, app.preview_source(progress) as (source, sample):
        digest, notes = known_to_sample(source, asked.digest) if sample else (asked.digest, ())
        digest, occurrence, more = first_slice(digest, asked.occurrence, source)
        said = compose_occurrence(source, digest, occurrence, {Agents.NAMES}, app.clock, progress, sample)
        progress("rendering")
        bundle = app.renderer().bundle(said.editions[Agents.NAMES])
        files = write_bundle(
            folder, bundle, mail=app.configuration.mail, key=occurrence.id, now=app.clock.now()
        )
    for note in (*more, *notes):
        say(f"note: {note}")
    for file in files:
        say(str(file))
    if said.held:
        say(f"note: send would hold this. {said.held}")
    if said.kept_back:
        say(f"note: run would skip this: {said.kept_back}")
    if sample:
        say("SAMPLE: ACTIVITY_API_TOKEN is not set, so these figures are invented")
    return 0


def _serve(given: Namespace) -> int:
    """The page, until interrupted. A file that is wrong is no reason not to: the page says what is."""
    if given.out is not None:
        raise UsageError("--out is for files; --serve writes none.")
    settings, clock = Settings.from_environment(), PageClock()

    def open_app(path: Path) -> App:
        return default_app(load(path), settings, clock)

    _require_digest(given, open_app)
    prepare()
    first = Look(given.digest or "", at=given.at, window=given.window, group=given.group)
    page = Page(given.config, open_app, lambda app, progress: app.preview_source(progress), first)
    server = PageServer(page, port=given.port)
    try:
        if settings.api_token is None:
            say("SAMPLE: ACTIVITY_API_TOKEN is not set, so the figures are invented")
        say(f"open {server.url} (stop with Ctrl-C)")
        wait_for_signal()
    finally:
        clock.stopping.set()
        server.close()
    return 0


def _require_digest(given: Namespace, open_app: OpenApp) -> None:
    """Raises UsageError for a digest that a readable file does not have."""
    if given.digest is None:
        return
    try:
        find_digest(open_app(given.config).configuration, given.digest)
    except ConfigError:
        return
