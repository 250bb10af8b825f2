"""What may be typed. Importing this, and `--help`, loads nothing heavy."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("bot.cli.demo", "demo"),
    "init": ("bot.cli.init", "init"),
    "check": ("bot.cli.check", "check"),
    "schema": ("bot.cli.init", "schema"),
    "version": ("bot.cli.init", "version"),
    "plan": ("bot.cli.plan", "plan"),
    "diff": ("bot.cli.diff", "diff"),
    "preview": ("bot.cli.preview", "preview"),
    "send": ("bot.cli.send", "send"),
    "run": ("bot.cli.run", "run"),
    "history": ("bot.cli.history", "history"),
    "explain": ("bot.cli.explain", "explain"),
    "resend": ("bot.cli.resend", "resend"),
    "release": ("bot.cli.release", "release"),
    "discard": ("bot.cli.release", "discard"),
    "backfill": ("bot.cli.backfill", "backfill"),
    "pause": ("bot.cli.pause", "pause"),
    "resume": ("bot.cli.pause", "resume"),
    "prune": ("bot.cli.prune", "prune"),
    "emulator": ("bot.cli.emulator", "emulator"),
}
"""Every command, and the module and function that carry it out."""


def make_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="digestbot",
        description="Recurring digests of your care team's figures, delivered to Slack, mail and PDF.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _demo(commands)
    _command(commands, "init", "write a commented reports.yaml to start from")
    _check(commands)
    _command(commands, "schema", "print the JSON Schema of reports.yaml")
    _command(commands, "version", "print the version")
    _plan(commands)
    _diff(commands)
    _preview(commands)
    _send(commands)
    _run(commands)
    _history(commands)
    _resend(commands)
    _held(commands)
    _backfill(commands)
    _pausing(commands)
    _command(commands, "prune", "forget what is older than the retention in reports.yaml")
    _emulator(commands)
    return parser


def _command(commands: "Commands", name: str, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text.capitalize() + "."
    )
    command.add_argument(
        "--config", type=Path, default=Path("reports.yaml"), metavar="PATH", help="default reports.yaml"
    )
    return command


def _demo(commands: "Commands") -> None:
    demo = _command(
        commands, "demo", "send sample digests into a folder; needs no credentials and no network"
    )
    demo.add_argument("--out", type=Path, default=Path("demo"), metavar="DIR", help="default demo")


def _check(commands: "Commands") -> None:
    check = _command(commands, "check", "validate reports.yaml and render every digest with sample data")
    check.add_argument("--no-render", action="store_true", help="do not render")
    check.add_argument(
        "--online", action="store_true", help="also ask the Activity API, with few requests; sends nothing"
    )
    check.add_argument("--now", default="", metavar="ISO", help="take this moment as the present")
    check.add_argument(
        "--save-shapes",
        type=Path,
        default=None,
        metavar="FILE",
        help="with --online: write names and types of the answers' fields, no values, for a bug report",
    )


def _plan(commands: "Commands") -> None:
    plan = _command(commands, "plan", "show who gets what, when, from which window, at what request cost")
    plan.add_argument(
        "--days", type=_up_to(400, "days"), default=7, metavar="N", help="how far to look ahead, default 7"
    )
    plan.add_argument("--now", default="", metavar="ISO", help="take this moment as the present")
    plan.add_argument("--json", action="store_true", help="one JSON array")


def _diff(commands: "Commands") -> None:
    text = "say what changes for whom between two files"
    diff = commands.add_parser("diff", help=text, description=text.capitalize() + ".")
    diff.add_argument("old", type=Path, metavar="OLD", help="the reports.yaml that counts now")
    diff.add_argument("new", type=Path, metavar="NEW", help="the one that shall take its place")
    diff.add_argument("--now", default="", metavar="ISO", help="take this moment as the present")


def _preview(commands: "Commands") -> None:
    preview = _command(commands, "preview", "make the real renditions and send them nowhere")
    preview.add_argument(
        "digest", nargs="?", default=None, metavar="DIGEST", help="may be left out with --serve"
    )
    _occurrence_options(preview)
    preview.add_argument("--out", type=Path, default=None, metavar="DIR", help="default preview/DIGEST")
    preview.add_argument(
        "--serve", action="store_true", help="a page on this machine that keeps up with the file"
    )
    preview.add_argument("--port", type=int, default=0, metavar="N", help="of --serve; default any free one")


def _send(commands: "Commands") -> None:
    send = _command(commands, "send", "send one occurrence now")
    send.add_argument("digest", metavar="DIGEST")
    _occurrence_options(send)
    send.add_argument(
        "--to",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="send a TEST there instead; may be repeated",
    )
    send.add_argument("--dry-run", action="store_true", help="fetch and render, send nothing")


def _occurrence_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--at", default="", metavar="ISO", help="the scheduled instant, in the digest's zone"
    )
    command.add_argument(
        "--window", default="", metavar="PHRASE", help="another window, such as 'last 7 days'"
    )
    command.add_argument("--group", default="", metavar="NAME", help="another group, by name or id")


def _run(commands: "Commands") -> None:
    run = _command(commands, "run", "the service: send every digest when it is due")
    run.add_argument("--once", action="store_true", help="everything due and outstanding now, then exit")
    run.add_argument("--now", default="", metavar="ISO", help="with --once: take this moment as the present")
    run.add_argument(
        "--status",
        default="",
        metavar="HOST:PORT",
        help="a page, /health and /metrics there; beyond this machine with STATUS_TOKEN",
    )


def _history(commands: "Commands") -> None:
    history = _command(commands, "history", "what was sent, to whom, and what was not")
    history.add_argument("digest", nargs="?", default=None, metavar="DIGEST")
    history.add_argument("--json", action="store_true", help="one JSON array")


def _resend(commands: "Commands") -> None:
    explain = _command(commands, "explain", "what happened to an occurrence, step by step, and what helps")
    explain.add_argument("occurrence", metavar="OCCURRENCE", help="as history names it")
    resend = _command(commands, "resend", "send again to those not served: same window, same figures")
    resend.add_argument("occurrence", nargs="?", default="", metavar="OCCURRENCE", help="as history names it")
    resend.add_argument(
        "--refetch",
        action="store_true",
        help="a correction for everybody: fetched anew, marked, with a list of what changed",
    )
    resend.add_argument("--failed", action="store_true", help="everything that failed or is unknown")
    resend.add_argument("--since", default="", metavar="ISO", help="with --failed: due then or later, UTC")


def _backfill(commands: "Commands") -> None:
    backfill = _command(commands, "backfill", "fetch past windows so that trends have a past; sends nothing")
    backfill.add_argument("digest", metavar="DIGEST")
    backfill.add_argument(
        "--windows",
        type=_up_to(60, "windows"),
        required=True,
        metavar="N",
        help="how many before the latest",
    )
    backfill.add_argument("--now", default="", metavar="ISO", help="take this moment as the present")


def _pausing(commands: "Commands") -> None:
    for name, text in (("pause", "skip a digest's firings until resume"), ("resume", "let it fire again")):
        command = _command(commands, name, text)
        command.add_argument("digest", metavar="DIGEST")
        command.add_argument("--now", default="", metavar="ISO", help="take this moment as the present")


def _held(commands: "Commands") -> None:
    release = _command(commands, "release", "send an occurrence that is held")
    discard = _command(commands, "discard", "drop an occurrence that is held")
    for command in (release, discard):
        command.add_argument("occurrence", metavar="OCCURRENCE", help="as history and the alert name it")


def _emulator(commands: "Commands") -> None:
    emulator = _command(commands, "emulator", "serve the Activity API locally, with invented data")
    emulator.add_argument("--host", default="127.0.0.1", metavar="H", help="default 127.0.0.1")
    emulator.add_argument(
        "--port", type=int, default=8080, metavar="N", help="the API; N+1 status, N+2 downloads"
    )
    emulator.add_argument(
        "--token", default="demo", metavar="T", help="the token that it accepts, default demo"
    )
    emulator.add_argument("--seed", type=int, default=7, metavar="N", help="another seed, another past")
    emulator.add_argument("--now", default="", metavar="ISO", help="take this moment as the present")
    emulator.add_argument(
        "--messages",
        type=Path,
        default=None,
        metavar="CSV",
        help="replay the messages of a mention_sla_export file instead of invented ones",
    )
    _emulator_manners(emulator)


def _emulator_manners(emulator: argparse.ArgumentParser) -> None:
    emulator.add_argument(
        "--limit",
        type=_limit,
        default=(100, 300.0),
        metavar="REQUESTS/SECONDS",
        help="for each token, or none; default 100/300",
    )
    emulator.add_argument(
        "--export-delay",
        type=_seconds,
        default=1.0,
        metavar="SECONDS",
        help="how long an export is pending, default 1",
    )
    emulator.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[=VALUE][@TARGET][*COUNT]",
        help="what to get wrong, such as 500@summary*3; may be repeated",
    )


def _limit(text: str) -> tuple[int, float] | None:
    if text == "none":
        return None
    requests, _, seconds = text.partition("/")
    try:
        limit = int(requests), _seconds(seconds)
    except (ValueError, argparse.ArgumentTypeError):
        limit = 0, 0.0
    if limit[0] < 1 or not limit[1]:
        raise argparse.ArgumentTypeError(f"{text!r} is not REQUESTS/SECONDS, such as 20/2, nor none")
    return limit


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds between 0 and 86400")
    return seconds


def _up_to(most: int, nouns: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number of {nouns} between 1 and {most}")
        return int(text)

    return read
