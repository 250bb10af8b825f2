"""`preview`: the real renditions, sent nowhere."""

from argparse import Namespace
from pathlib import Path

from bot.channels import write_bundle
from bot.cli.shown import find_digest, load_app, progress_shown, say
from bot.engine import Wish, by_hand
from bot.model import Agents
from bot.pipeline import compose_editions


def preview(given: Namespace) -> int:
    """Write every form into a folder; without a token from the emulator, marked SAMPLE."""
    app = load_app(given)
    digest = find_digest(app.configuration, given.digest)
    asked = by_hand(digest, Wish(given.at, given.window, given.group), app.clock.now())
    folder: Path = given.out or Path("preview") / digest.name
    with progress_shown() as progress, app.preview_source(progress) as (source, sample):
        editions = compose_editions(
            source, asked.digest, asked.occurrence, {Agents.NAMES}, app.clock, progress, sample
        )
        progress("rendering")
        bundle = app.renderer().bundle(editions[Agents.NAMES])
        files = write_bundle(
            folder, bundle, mail=app.configuration.mail, key=asked.occurrence.id, now=app.clock.now()
        )
    for file in files:
        say(str(file))
    if sample:
        say("SAMPLE: ACTIVITY_API_TOKEN is not set, so these figures are invented")
    return 0
