"""`preview`: the real renditions, sent nowhere."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from bot.channels import write_bundle
from bot.cli.shown import find_digest, load_app, progress_shown, say
from bot.engine import Wish, by_hand
from bot.errors import UsageError
from bot.model import Agents, Digest, Source
from bot.render import prepare
from bot.saying import compose_editions
from bot.source.resolving import resolve_groups, resolve_users, with_sample_forms


def preview(given: Namespace) -> int:
    """Write every form into a folder; without a token from the emulator, marked SAMPLE."""
    app = load_app(given)
    digest = find_digest(app.configuration, given.digest)
    asked = by_hand(digest, Wish(given.at, given.window, given.group, preview=True), app.clock.now())
    prepare()
    folder: Path = given.out or Path("preview") / digest.name
    with progress_shown() as progress, app.preview_source(progress) as (source, sample):
        digest = _known_to(source, asked.digest) if sample else asked.digest
        said = compose_editions(source, digest, asked.occurrence, {Agents.NAMES}, app.clock, progress, sample)
        progress("rendering")
        bundle = app.renderer().bundle(said.editions[Agents.NAMES])
        files = write_bundle(
            folder, bundle, mail=app.configuration.mail, key=asked.occurrence.id, now=app.clock.now()
        )
    for file in files:
        say(str(file))
    if said.held:
        say(f"note: send would hold this. {said.held}")
    if sample:
        say("SAMPLE: ACTIVITY_API_TOKEN is not set, so these figures are invented")
    return 0


def _known_to(source: Source, digest: Digest) -> Digest:
    """The digest without groups, agents and forms that the sample does not know: it shows everybody's."""
    try:
        resolve_groups(digest.groups, source.groups())
        resolve_users(digest.users, source.users())
    except UsageError:
        say("note: the sample data does not know your groups or agents; it shows everybody")
        digest = replace(digest, groups=(), users=())
    return with_sample_forms(source, digest)
