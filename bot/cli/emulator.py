"""`emulator`: the Activity API, locally, until interrupted."""

import json
from pathlib import Path
from typing import Any

import click
from click import echo

from bot.app import make_emulator
from bot.cli.options import FILE, config_option, now_option
from bot.cli.output import show_progress, wait_for_signal
from bot.errors import UsageError
from bot.service import SystemClock
from bot.settings import Settings
from bot.timetable.recurrence import parse_instant

MAX_DELAY_SECONDS = 86_400
LIMIT, FAULT = "100/300", "NAME[=VALUE][@TARGET][*COUNT]"


def read_limit(text: str) -> tuple[int, float] | None:
    """Return requests and seconds of '20/2', or None of 'none'. Raises click.BadParameter."""
    if text == "none":
        return None
    requests, _, seconds = text.partition("/")
    try:
        limit = int(requests), read_seconds(seconds)
    except (ValueError, click.BadParameter):
        limit = 0, 0.0
    if limit[0] < 1 or not limit[1]:
        raise click.BadParameter(f"{text!r} is not REQUESTS/SECONDS, such as 20/2, nor none")
    return limit


def read_seconds(text: str) -> float:
    """Return a number of seconds up to a day. Raises click.BadParameter."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= MAX_DELAY_SECONDS:
        raise click.BadParameter(f"{text!r} is not a number of seconds between 0 and {MAX_DELAY_SECONDS}")
    return seconds


@click.command()
@click.option("--host", default="127.0.0.1", metavar="H", help="default 127.0.0.1")
@click.option("--port", type=int, default=8080, metavar="N", help="the API; N+1 status, N+2 downloads")
@click.option("--token", default="demo", metavar="T", help="the token that it accepts, default demo")
@click.option("--seed", type=int, default=7, metavar="N", help="another seed, another past")
@now_option
@click.option(
    "--messages", type=FILE, metavar="CSV", help="replay a mention_sla_export file's messages instead"
)
@click.option(
    "--limit", type=read_limit, default=LIMIT, metavar="REQUESTS/SECONDS", help=f"or none; default {LIMIT}"
)
@click.option(
    "--export-delay", type=read_seconds, default="1", metavar="SECONDS", help="of an export, default 1"
)
@click.option(
    "--fault", "faults", multiple=True, metavar=FAULT, help="such as 500@summary*3; may be repeated"
)
@config_option
def emulator(now: str, port: int, messages: Path | None, config: Path, **settings: Any) -> int:
    """Serve the Activity API locally, with invented data, until interrupted.

    Listens on three ports and prints the lines to paste; --port 0 picks three and prints them as JSON.
    --limit counts for each token; --fault makes an answer go wrong.
    """
    present = parse_instant(now, "UTC") if now else None
    if present is None and messages is None:
        present = SystemClock().now()
    data_dir = Settings.from_environment().data_dir
    with show_progress() as progress:
        server = make_emulator(data_dir, present, progress, port=port, messages=messages, **settings)
        from activity_emulator import MessagesError, PortBusy

        try:
            server.start()
        except PortBusy as error:
            raise UsageError(f"{error}. Choose another with --port, or 0 for any.") from None
        except MessagesError as error:
            raise UsageError(f"{error}.") from None
    environment = {
        "ACTIVITY_API_URL": server.api_url,
        "ACTIVITY_STATUS_URL": server.status_url,
        "ACTIVITY_EXPORT_HOSTS": server.export_hosts,
        "ACTIVITY_API_TOKEN": server.token,
    }
    with server:
        if port == 0:
            ports = dict(zip(("api", "status", "downloads"), server.ports, strict=True))
            echo(json.dumps({**ports, "environment": environment}))
        else:
            exports = [f"export {name}={json.dumps(value)}" for name, value in environment.items()]
            echo("\n".join(["# paste these lines into another terminal; stop with Ctrl-C", *exports]))
        wait_for_signal()
    return 0
