"""`check --online`: what the real Activity API says of the file; nothing is sent to anybody."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot import __version__
from bot.app import App
from bot.cli.shown import progress_shown, say
from bot.errors import BotError, SourceError, UsageError
from bot.source.probing import Finding, Recorder, State, probe

MARKS: Mapping[State, str] = {State.FINE: "ok", State.UNCLEAR: "??", State.WRONG: "!!", State.FAILED: "!!"}
STATUSES: Mapping[State, type[BotError]] = {State.WRONG: UsageError, State.FAILED: SourceError}
"""Which findings end the command with a status, and whose it is; the first one counts."""


def online(app: App, save_shapes: Path | None) -> int:
    """Ask the API, print one finding a line, and write the shapes of the answers to `save_shapes`.

    Raises UsageError without a token.
    """
    recorder, clock = Recorder(), app.clock
    with progress_shown() as progress, app.observed_source(progress, recorder.observe) as source:
        findings = tuple(
            probe(
                source,
                recorder,
                app.configuration,
                clock.now(),
                progress,
                every_report=save_shapes is not None,
            )
        )
    for line in table(findings):
        say(app.settings.redact(line))
    if save_shapes is not None:
        write_shapes(save_shapes, recorder.shapes())
        say(f"{save_shapes}: names and types of the fields that came, no values")
    failing = (STATUSES[finding.state] for finding in findings if finding.state in STATUSES)
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
