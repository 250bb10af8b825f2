"""`check`: everything that can be known before anything is sent."""

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace

from bot.actions import RunRequest, manual_run, upcoming
from bot.app import App
from bot.cli.online import online
from bot.cli.output import complain, load_app, paused_digests, progress_shown, say
from bot.compose.figures.wording import Wording
from bot.delivery.editions import compose_occurrence
from bot.delivery.fan_out import fan_out
from bot.errors import LedgerError, TemplateFailed, UsageError
from bot.model import Agents, Digest, Edition, Progress, Source, utc_text
from bot.model.channel_types import CHANNEL_TYPES
from bot.model.report_types import AGENT_EXPORTS
from bot.render import Renderer, prepare
from bot.render.template_check import Trial
from bot.source.names import with_sample_forms

SAMPLES = 10_000
"""More groups and agents than any sample has."""


def check(given: Namespace) -> int:
    """Validate the file, render every digest with sample data, say when each fires next; then ask the API."""
    if given.save_shapes is not None and not given.online:
        raise UsageError("--save-shapes writes what --online sees: give both.")
    app = load_app(given)
    if not given.no_render and (faults := _render_all(app)):
        return _told(app, faults)
    for digest in app.configuration.digests:
        say(_describe(digest, app))
    for note in _notes(app):
        say(f"note: {note}")
    count = len(app.configuration.digests)
    say(f"{given.config}: {count} {'digest' if count == 1 else 'digests'}, no errors")
    return online(app, given.save_shapes) if given.online else 0


def _told(app: App, faults: tuple[TemplateFailed, ...]) -> int:
    for fault in faults:
        complain(app.settings, fault)
    return faults[0].exit_status


def _render_all(app: App) -> tuple[TemplateFailed, ...]:
    """Every template, then every digest in every form from the emulator; what failed, each fault once."""
    prepare()
    trial, renderer = Trial(app.configuration.templates, app.configuration.mail), app.renderer()
    trial.begin()
    for sentence in trial.idle():
        say(f"note: {sentence}")
    with progress_shown() as progress:
        try:
            with app.sample_source(progress) as source:
                for digest in app.configuration.digests:
                    progress(f"rendering {digest.name}")
                    _render(app, trial, renderer, source, digest, progress)
        except UsageError as error:
            say(f"note: no digest was rendered. {error}")
    return trial.faults


def _render(
    app: App, trial: Trial, renderer: Renderer, source: Source, digest: Digest, progress: Progress
) -> None:
    # The sample knows neither your groups nor your agents: it shows everybody.
    everybody = with_sample_forms(source, replace(digest, groups=(), users=(), paused=False))
    asked = manual_run(everybody, RunRequest(), app.clock.now())
    occurrence = asked.occurrence
    if digest.for_each:
        # One of the sample's stands for all of them, however many yours are.
        first = fan_out(replace(everybody, at_most=SAMPLES), occurrence, source).slices[0]
        everybody, occurrence = first.definition, first.occurrence
    wanted = {recipient.agents for recipient in digest.recipients} | {Agents.NONE}
    said = compose_occurrence(source, everybody, occurrence, wanted, app.clock, progress, sample=True)
    for edition in said.editions.values():
        trial.try_out(edition)
        if not trial.faults:
            _whole(trial, renderer, edition)


def _whole(trial: Trial, renderer: Renderer, edition: Edition) -> None:
    """All forms as they are sent, pictures and PDF drawn."""
    try:
        renderer.bundle(edition)
    except TemplateFailed as fault:
        trial.add(fault)


def _describe(digest: Digest, app: App) -> str:
    words = Wording(digest.locale, digest.zone)
    lines = [f"{digest.name}: {digest.title}, {digest.schedule.phrase}"]
    lines += [
        f"    {words.moment(firing.due)}: {words.window(window)}"
        for firing, window in upcoming(digest, app.clock.now(), 3)
    ]
    return "\n".join(
        lines if len(lines) > 1 else [*lines, "    never fires" + (" (paused)" if digest.paused else "")]
    )


def _notes(app: App) -> Iterator[str]:
    settings = app.settings
    used = {r.channel for digest in app.configuration.digests for r in digest.recipients}
    if settings.api_token is None:
        yield "ACTIVITY_API_TOKEN is not set: send and run need it"
    for row in CHANNEL_TYPES.values():
        if row.name in used and row.secret and row.secret not in settings.channel_secrets:
            yield f"{row.secret} is not set: send and run need it"
    for path in settings.exposed_files():
        yield f"{path} holds a secret and can be read by everybody here: chmod 600 {path}"
    yield from _pauses(app)
    yield from _exports_that_name_agents(app)
    for host in settings.plaintext:
        yield f"BOT_ALLOW_PLAINTEXT lets connections to {host} go unencrypted"


def _pauses(app: App) -> Iterator[str]:
    try:
        for name, since in paused_digests(app).items():
            yield f"{name} is paused since {utc_text(since)} and fires again after: digestbot resume {name}"
    except LedgerError as error:
        yield f"whether a digest is paused is not known: {error}"


def _exports_that_name_agents(app: App) -> Iterator[str]:
    """Exports go as the API gives them: `agents:` cannot take the names out of a file."""
    for digest in app.configuration.digests:
        named = sorted({report.type for report in digest.reports} & set(AGENT_EXPORTS))
        for recipient in digest.recipients:
            wanted = recipient.attach.csvs
            files = [
                f"{name}.csv" for name in named if recipient.attach.csv and (wanted is None or name in wanted)
            ]
            if files and recipient.agents is not Agents.NAMES:
                whom = f"{recipient.channel} {recipient.address}"
                yield f"{digest.name}: {', '.join(files)} names agents, and {whom} gets it as it came"
