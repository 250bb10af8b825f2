"""One machine on SQLite: its clock is set, it is paused, a second container has the same name."""

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from tests.hosts.audit import Result, audit, deaths
from tests.hosts.installation import Host, Installation, installation, until


def clock_set(kept: Path, seconds: float) -> Result:
    """Set the clock while a mail is under way."""
    return _disturbed(kept, ("box",), f"{seconds:+g} s", lambda here, _: here.hosts[0].turn(wall=seconds))


def paused(kept: Path, seconds: float, real: bool) -> Result:
    """Stop the process while a mail is under way; `real` waits for it, else its clocks say so afterwards."""

    def pause(here: Installation, occurrence: str) -> None:
        (host,) = here.hosts
        host.running.send_signal(signal.SIGSTOP)
        _act(here, host, "resend", occurrence)
        if real:
            time.sleep(seconds)
        else:
            host.turn(wall=seconds, monotonic=seconds)
        host.running.send_signal(signal.SIGCONT)

    return _disturbed(kept, ("box",), f"stopped for {seconds:g} s", pause)


def containers(kept: Path) -> Result:
    """Start a second container of the same host name on the same data folder while a mail is under way."""
    return _disturbed(kept, ("box", "box"), "two containers", lambda here, occurrence: None)


def _disturbed(
    kept: Path, hosts: tuple[str, ...], what: str, disturb: Callable[[Installation, str], None]
) -> Result:
    """Do something to a host that sends, then let commands act beside it; its mail must arrive once."""
    with installation(kept, hosts, on_postgres=False) as here:
        host, beside = here.hosts[0], here.hosts[-1]
        here.write(1)
        here.owe(1)
        host.start()
        key = here.begin_sending(here.digests[0])
        ((occurrence,),) = here.rows("SELECT occurrence FROM deliveries WHERE key = :key", key=key)
        before = datetime.now(UTC)
        disturb(here, occurrence)
        wall = float((host.folder / "clock").read_text().split()[0])
        until(partial(host.has_ticked_since, before + timedelta(seconds=wall + 1.5)), "ticks after it")
        for command in (("resend", occurrence), ("run", "--once")):
            _act(here, beside, *command)
        dead = deaths(here)
        here.settle()
        found = audit(here, 1)
    return found.result(f"{what}, deaths {dead}", dead and f"{dead} deaths counted")


def _act(here: Installation, host: Host, *command: str) -> None:
    """Run a command beside the service until it ended, or is sending too, which it must not."""
    here.smtp.got_content.clear()
    process = host.begin(*command)
    until(lambda: process.poll() is not None or here.smtp.got_content.is_set(), f"the end of {command}")
