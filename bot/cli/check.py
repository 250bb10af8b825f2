"""`check`: everything that can be known before anything is sent; `--online` also asks the services."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click
from click import echo

from bot import __version__
from bot.actions import RunRequest, manual_run, upcoming
from bot.actions.channel_check import check_channels
from bot.app import App
from bot.cli.options import FILE, config_option, load_app, now_option
from bot.cli.output import counted, first_failure, print_error, show_progress
from bot.cli.plan import paused_digests
from bot.compose.figures.wording import Wording
from bot.delivery.editions import CompositionRequest, compose_occurrence
from bot.delivery.fan_out import fan_out
from bot.errors import DeliveryError, LedgerError, SourceError, TemplateFailed, UsageError
from bot.ledger import is_sqlite
from bot.model import Agents, Digest, Finding, Progress, Source, State, utc_text
from bot.model.channel_types import CHANNEL_TYPES, FOLDER
from bot.model.report_types import AGENT_EXPORTS
from bot.render import Renderer, prepare
from bot.render.template_check import TemplateCheck
from bot.source.names import with_sample_forms
from bot.source.probe import Recorder, probe

MAX_SAMPLE_CHILDREN = 10_000
"""More groups and agents than any sample has."""

NOBODY = (
    "warning: nobody is told when a digest fails, is late or is held: on_failure is missing. "
    'Write, for example: on_failure: [{slack: "#ops"}]'
)

MARKS: Mapping[State, str] = {
    State.FINE: "ok",
    State.SEEN: "--",
    State.UNCLEAR: "??",
    State.WRONG: "!!",
    State.FAILED: "!!",
}
API_STATUSES = {State.WRONG: UsageError.exit_status, State.FAILED: SourceError.exit_status}
CHANNEL_STATUSES = {State.WRONG: UsageError.exit_status, State.FAILED: DeliveryError.exit_status}
"""The exit status that a finding gives the command; the first one counts."""


@click.command()
@click.option("--no-render", is_flag=True, help="do not render")
@click.option("--online", is_flag=True, help="also ask the Activity API, with few requests; sends nothing")
@now_option
@click.option("--save-shapes", type=FILE, metavar="FILE", help="with --online: the answers' fields and types")
@config_option
def check(no_render: bool, online: bool, now: str, save_shapes: Path | None, config: Path) -> int:
    """Validate reports.yaml, render every digest with sample data and show when each fires next.

    --save-shapes writes names and types of the answers' fields, no values, for a bug report.
    """
    if save_shapes is not None and not online:
        raise UsageError("--save-shapes writes what --online sees: give both.")
    app = load_app(config, now)
    if not no_render and (faults := _render_all(app)):
        for fault in faults:
            print_error(app.settings, fault)
        return faults[0].exit_status
    for digest in app.configuration.digests:
        echo(_describe(digest, app))
    for note in _notes(app):
        echo(f"note: {note}")
    if not app.configuration.operators:
        echo(NOBODY)
    echo(f"{config}: {counted(len(app.configuration.digests), 'digest')}, no errors")
    return check_online(app, save_shapes) if online else 0


def _render_all(app: App) -> tuple[TemplateFailed, ...]:
    """Render every template, then every digest in every form from the emulator. Return each fault once."""
    prepare()
    templates, renderer = TemplateCheck(app.configuration.templates, app.configuration.mail), app.renderer()
    templates.run()
    for sentence in templates.unused():
        echo(f"note: {sentence}")
    with show_progress() as progress:
        try:
            with app.sample_source(progress) as source:
                for digest in app.configuration.digests:
                    progress(f"rendering {digest.name}")
                    _render(app, templates, renderer, source, digest, progress)
        except UsageError as error:
            echo(f"note: no digest was rendered. {error}")
    return templates.faults


def _render(
    app: App, templates: TemplateCheck, renderer: Renderer, source: Source, digest: Digest, progress: Progress
) -> None:
    # The sample knows neither your groups nor your agents: it shows everybody.
    definition = with_sample_forms(source, replace(digest, groups=(), users=(), paused=False))
    occurrence = manual_run(definition, RunRequest(), app.clock.now()).occurrence
    if digest.for_each:
        # One child of the sample represents all children, however many yours are.
        child = fan_out(replace(definition, at_most=MAX_SAMPLE_CHILDREN), occurrence, source).children[0]
        definition, occurrence = child.definition, child.occurrence
    levels = {recipient.agents for recipient in digest.recipients} | {Agents.NONE}
    request = CompositionRequest(definition, occurrence, levels, sample=True)
    composed = compose_occurrence(source, request, app.clock, progress)
    for edition in composed.editions.values():
        templates.render(edition)
        if not templates.faults:
            try:
                renderer.bundle(edition)  # all forms as they are sent, with pictures and PDF
            except TemplateFailed as fault:
                templates.add(fault)


def _describe(digest: Digest, app: App) -> str:
    wording = Wording(digest.locale, digest.zone)
    firings = [
        f"    {wording.moment(firing.due)}: {wording.window(window)}"
        for firing, window in upcoming(digest, app.clock.now(), 3)
    ]
    never = "    never fires" + (" (paused)" if digest.paused else "")
    return "\n".join([f"{digest.name}: {digest.title}, {digest.schedule.phrase}", *(firings or [never])])


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
    try:
        if FOLDER.name in used and not is_sqlite(settings.database_url):
            yield "BOT_DATABASE_URL is PostgreSQL: every host needs the delivery folders, on a shared volume"
        for name, since in paused_digests(app).items():
            yield f"{name} is paused since {utc_text(since)} and fires again after: digestbot resume {name}"
    except LedgerError as error:
        yield f"whether a digest is paused is not known: {error}"
    yield from _exports_that_name_agents(app)
    for host in settings.plaintext:
        yield f"BOT_ALLOW_PLAINTEXT lets connections to {host} go unencrypted"


def _exports_that_name_agents(app: App) -> Iterator[str]:
    """Yield a note for each export with agents' names: `agents:` cannot take them out of a file."""
    for digest in app.configuration.digests:
        reports = sorted({report.type for report in digest.reports} & set(AGENT_EXPORTS))
        for recipient in digest.recipients:
            picked = recipient.attach.csvs
            files = [f"{report}.csv" for report in reports if picked is None or report in picked]
            if recipient.attach.csv and files and recipient.agents is not Agents.NAMES:
                whom = f"{recipient.channel} {recipient.address}"
                yield f"{digest.name}: {', '.join(files)} names agents, and {whom} gets it as it came"


def check_online(app: App, save_shapes: Path | None) -> int:
    """Ask the API, Slack and the mail server, print one finding a line, and return the exit status.

    Writes the shapes of the API's answers to `save_shapes`. Raises UsageError without a token of the API.
    """
    recorder, full = Recorder(), save_shapes is not None
    with show_progress() as progress:
        with app.observed_source(progress, recorder.observe) as source:
            now = app.clock.now()
            findings = tuple(probe(source, recorder, app.configuration, now, progress, every_report=full))
        with app.open_ledger() as ledger:
            made = app.channels(ledger, progress)
            secrets = app.settings.channel_secrets
            asked = check_channels(app.configuration, secrets, lambda: app.source(ledger, progress), made)
            channels = tuple(asked)
    for line in table((*findings, *channels)):
        echo(app.settings.redact(line))
    if save_shapes is not None:
        write_shapes(save_shapes, recorder.shapes())
        echo(f"{save_shapes}: names and types of the fields that came, no values")
    statuses = [API_STATUSES.get(finding.state, 0) for finding in findings]
    return first_failure([*statuses, *(CHANNEL_STATUSES.get(finding.state, 0) for finding in channels)])


def table(findings: Sequence[Finding]) -> list[str]:
    """Return a line for each finding, and one below it for what to do."""
    width = max((len(finding.about) for finding in findings), default=0)
    lines = []
    for finding in findings:
        lines.append(f"{MARKS[finding.state]}  {finding.about:<{width}}  {finding.seen}")
        lines += [f"{'':{width + 6}}{finding.todo}"] if finding.todo else []
    return lines


def write_shapes(path: Path, shapes: Mapping[str, object]) -> None:
    """Write JSON that only its owner may read, whoever could read the file before. Raises OSError."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.truncate()
        json.dump({"version": __version__, "answers": shapes}, file, indent=2, ensure_ascii=False)
        file.write("\n")
