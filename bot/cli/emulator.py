"""`emulator`: the Activity API, locally, until interrupted."""

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from bot.cli.output import progress_shown, say, wait_for_signal
from bot.errors import UsageError
from bot.settings import Settings

if TYPE_CHECKING:
    from activity_emulator import Emulator


def emulator(given: Namespace) -> int:
    """Serve on three ports and print the lines to paste; `--port 0` prints JSON instead."""
    from bot.actions import parse_instant
    from bot.app import make_emulator
    from bot.service import SystemClock

    now = parse_instant(given.now, "UTC") if given.now else None
    if now is None and given.messages is None:
        now = SystemClock().now()
    data_dir = Settings.from_environment().data_dir
    with progress_shown() as progress:
        served = make_emulator(
            data_dir,
            now,
            progress,
            host=given.host,
            port=given.port,
            token=given.token,
            seed=given.seed,
            limit=given.limit,
            export_delay=given.export_delay,
            messages=given.messages,
            faults=given.fault,
        )
        _start(served)
    with served:
        say(_as_json(served) if given.port == 0 else _as_exports(served))
        wait_for_signal()
    return 0


def _start(served: "Emulator") -> None:
    from activity_emulator import MessagesError, PortBusy

    try:
        served.start()
    except PortBusy as error:
        raise UsageError(f"{error}. Choose another with --port, or 0 for any.") from None
    except MessagesError as error:
        raise UsageError(f"{error}.") from None


def _as_exports(served: "Emulator") -> str:
    lines = [f"export {name}={json.dumps(value)}" for name, value in _environment(served).items()]
    return "\n".join(["# paste these lines into another terminal; stop with Ctrl-C", *lines])


def _as_json(served: "Emulator") -> str:
    api, status, downloads = served.ports
    ports = {"api": api, "status": status, "downloads": downloads}
    return json.dumps({**ports, "environment": _environment(served)})


def _environment(served: "Emulator") -> dict[str, str]:
    return {
        "ACTIVITY_API_URL": served.api_url,
        "ACTIVITY_STATUS_URL": served.status_url,
        "ACTIVITY_EXPORT_HOSTS": served.export_hosts,
        "ACTIVITY_API_TOKEN": served.token,
    }
