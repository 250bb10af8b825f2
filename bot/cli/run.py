"""`run`: the service, or one round of it for cron."""

import logging
import signal
import threading
from argparse import Namespace
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from types import FrameType

from bot.app import App
from bot.cli.output import first_status, load_app, log_to_stderr, print_result, progress_shown, say
from bot.config import load
from bot.config.watch import Seen, Watched
from bot.delivery.pipeline import RunResult
from bot.errors import SourceBusy, UsageError
from bot.ledger import SchedulerLock, SqlLedger, owner_is_running
from bot.model import Progress, Recipient
from bot.service import Loaded, OnResult, Ping, Service, WatchedFile, guarded
from bot.web.status import Guard, Lookout, StatusServer, guard_for

log = logging.getLogger("bot.run")


def run(given: Namespace) -> int:
    """Send every digest when it is due; one scheduler for each SQLite database."""
    if given.now and not given.once:
        raise UsageError("--now goes with --once.")
    if given.status and given.once:
        raise UsageError("--status is for the service: leave out --once.")
    seen = Watched((str(given.config),)).look()
    app = load_app(given)
    guard = guard_for(given.status, app.settings.status_token) if given.status else None
    app.require_secrets(_everybody(app))
    with app.open_ledger() as ledger, SchedulerLock(app.settings.database_url):
        taken_back = ledger.abandon_others(app.clock.now(), owner_is_running)
        if taken_back:
            say(f"took back {taken_back} steps of a process that is gone; history shows what is unknown")
        return _once(app, ledger, given) if given.once else _serve(app, ledger, seen, guard)


def _everybody(app: App) -> tuple[Recipient, ...]:
    recipients = tuple(r for digest in app.configuration.digests for r in digest.recipients)
    return recipients + app.configuration.operators


def _once(app: App, ledger: SqlLedger, given: Namespace) -> int:
    log_to_stderr(app.settings, logging.ERROR)
    with progress_shown() as progress:
        service = _service(
            app,
            load_parts(app, ledger, progress, background=False),
            lambda result: print_result(app.settings, result),
        )
        planned = service.plan_once()
        for line in planned:
            say(f"{line.digest}: {line.message}")
        results = service.deliver_once()
        if not given.now:  # of another present nothing may be forgotten
            guarded("prune", service.prune_once)()
        service.send_ping()
        if service.ping is not None:
            service.ping.wait()
    if not results and not planned:
        say("nothing is due")
    return first_status(results)


def _serve(app: App, ledger: SqlLedger, seen: Seen, guard: Guard | None) -> int:
    log_to_stderr(app.settings)
    service = _service(app, load_parts(app, ledger, log.info, background=True), _log_result)
    service.file = WatchedFile(app.configuration, lambda: read_again(app, ledger), app.clock, seen)

    def stop(number: int, frame: FrameType | None) -> None:
        # Not in the handler itself: it may have interrupted the very lock that stopping needs.
        threading.Thread(target=service.stop).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    log.info("%d digests from %s", len(app.configuration.digests), app.configuration.path)
    with _status(app, ledger, service, guard):
        service.run()
    log.info("stopped")
    return 0


def _status(
    app: App, ledger: SqlLedger, service: Service, guard: Guard | None
) -> AbstractContextManager[object]:
    """The status page while the service runs, where somebody wants one."""
    if guard is None:
        return nullcontext()
    lookout = Lookout(
        service,
        lambda configuration: replace(app, configuration=configuration).requests_used(ledger),
        app.settings.redact,
    )
    server = StatusServer(lookout, guard)
    log.info("status page at %s", server.url)
    if not guard.is_loopback:
        log.warning("the status page is not encrypted: put a proxy with TLS before it, or a private network")
    return server


def read_again(app: App, ledger: SqlLedger) -> Loaded:
    """The file as it is now, with the environment as it was when the service began."""
    again = replace(app, configuration=load(Path(app.configuration.path)))
    again.require_secrets(_everybody(again))
    return load_parts(again, ledger, log.info, background=True)


def load_parts(app: App, ledger: SqlLedger, progress: Progress, *, background: bool) -> Loaded:
    runtime = app.runtime(ledger, _everybody(app), progress, background=background)
    return Loaded(app.configuration, runtime, app.upkeep(ledger))


def _service(app: App, loaded: Loaded, ended: OnResult) -> Service:
    url = app.settings.heartbeat_url
    ping = Ping(url.reveal(), app.clock) if url is not None else None
    return Service(loaded.configuration, loaded.runtime, app.settings.data_dir, ended, loaded.upkeep, ping)


def _log_result(result: RunResult) -> None:
    for sent in result.sent:
        recipient = sent.delivery.recipient
        log.info(
            "sent %s to %s %s: %s",
            result.occurrence,
            recipient.channel,
            recipient.address,
            sent.receipt.provider_id,
        )
    if result.skipped:
        log.info("skipped %s: %s", result.occurrence, result.skipped)
    for error in result.errors:
        level = logging.INFO if isinstance(error, SourceBusy) else logging.ERROR
        log.log(level, "%s: %s", result.occurrence, error)
