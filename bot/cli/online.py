"""`check --online`: what the API, Slack and the mail server say of the file; nothing is sent to anybody."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot import __version__
from bot.app import App
from bot.cli.output import progress_shown, say
from bot.errors import BotError, DeliveryError, SourceError, UsageError
from bot.model import Finding, State
from bot.source.probe import Recorder, probe

MARKS: Mapping[State, str] = {
    State.FINE: "ok",
    State.SEEN: "--",
    State.UNCLEAR: "??",
    State.WRONG: "!!",
    State.FAILED: "!!",
}
OF_API: Mapping[State, type[BotError]] = {State.WRONG: UsageError, State.FAILED: SourceError}
OF_CHANNELS: Mapping[State, type[BotError]] = {State.WRONG: UsageError, State.FAILED: DeliveryError}
"""Which findings end the command with a status, and whose it is; the first one counts."""


def online(app: App, save_shapes: Path | None) -> int:
    """Ask, print one finding a line, and write the shapes of the API's answers to `save_shapes`.

    Raises UsageError without a token of the API.
    """
    recorder, clock = Recorder(), app.clock
    with progress_shown() as progress:
        with app.observed_source(progress, recorder.observe) as source:
            found = tuple(
                probe(
                    source,
                    recorder,
                    app.configuration,
                    clock.now(),
                    progress,
                    every_report=save_shapes is not None,
                )
            )
        channels = tuple(app.channel_findings(progress))
    for line in table((*found, *channels)):
        say(app.settings.redact(line))
    if save_shapes is not None:
        write_shapes(save_shapes, recorder.shapes())
        say(f"{save_shapes}: names and types of the fields that came, no values")
    failing = [OF_API[finding.state] for finding in found if finding.state in OF_API]
    failing += [OF_CHANNELS[finding.state] for finding in channels if finding.state in OF_CHANNELS]
    return next((error.exit_status for error in failing), 0)


def table(findings: Sequence[Finding]) -> list[str]:
    """A line for each finding, and one below it for what to do."""
    width = max((len(finding.about) for finding in findings), default=0)
    lines = []
    for finding in findings:
        lines.append(f"{MARKS[finding.state]}  {finding.about:<{width}}  {finding.seen}")
        lines += [f"{'':{width + 6}}{finding.todo}"] if finding.todo else []
    return lines


def write_shapes(path: Path, shapes: Mapping[str, object]) -> None:
    """JSON that only its owner may read, whoever could read the file before. Raises OSError."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.truncate()
        json.dump({"version": __version__, "answers": shapes}, file, indent=2, ensure_ascii=False)
        file.write("\n")
