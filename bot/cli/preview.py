"""`preview`: the real renditions, sent nowhere."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from bot.channels import write_bundle
from bot.cli.shown import find_digest, load_app, progress_shown, say
from bot.engine import Wish, by_hand
from bot.errors import UsageError
from bot.model import Agents, Digest, Occurrence, Source
from bot.render import prepare
from bot.saying import compose_editions
from bot.slices import fan_out
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
        if digest.for_each:
            digest, occurrence = _one_of_many(source, digest, asked.occurrence)
        else:
            occurrence = asked.occurrence
        said = compose_editions(source, digest, occurrence, {Agents.NAMES}, app.clock, progress, sample)
        progress("rendering")
        bundle = app.renderer().bundle(said.editions[Agents.NAMES])
        files = write_bundle(
            folder, bundle, mail=app.configuration.mail, key=occurrence.id, now=app.clock.now()
        )
    for file in files:
        say(str(file))
    if said.held:
        say(f"note: send would hold this. {said.held}")
    if said.kept_back:
        say(f"note: run would skip this: {said.kept_back}")
    if sample:
        say("SAMPLE: ACTIVITY_API_TOKEN is not set, so these figures are invented")
    return 0


def _one_of_many(source: Source, digest: Digest, occurrence: Occurrence) -> tuple[Digest, Occurrence]:
    """The first slice of a `for_each` digest. Raises UsageError where there is none."""
    fan = fan_out(digest, occurrence, source)
    if not fan.slices:
        raise UsageError(f"{digest.name}: the API's list has no {digest.for_each} for it.")
    first = fan.slices[0]
    another = "--group NAME shows another" if digest.for_each == "group" else "--group NAME narrows it"
    say(f"{occurrence.id}: {fan.words}")
    say(f"this is {first.occurrence.slice}; {another}")
    return first.definition, first.occurrence


def _known_to(source: Source, digest: Digest) -> Digest:
    """The digest without groups, agents and forms that the sample does not know: it shows everybody's."""
    try:
        resolve_groups(digest.groups, source.groups())
        resolve_users(digest.users, source.users())
    except UsageError:
        say("note: the sample data does not know your groups or agents; it shows everybody")
        digest = replace(digest, groups=(), users=())
    return with_sample_forms(source, digest)
