"""`run`: the service, or one round of it for cron."""

import logging
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import click
from click import echo

from bot.app import App
from bot.cli.options import config_option, load_app, now_option
from bot.cli.output import (
    first_status,
    log_to_stderr,
    on_stop_signal,
    print_result,
    sent_line,
    show_progress,
    skipped_line,
)
from bot.config import load
from bot.config.watch import Seen, Watched
from bot.delivery.runtime import RunResult
from bot.errors import SourceBusy, UsageError
from bot.ledger import Ledger, SchedulerLock, is_sqlite
from bot.lib.log_context import DELIVERY, OCCURRENCE, about
from bot.model import Clock, Crew, ProcessKind, Progress, Recipient
from bot.service import CONCURRENCY, Loaded, OnResult, Ping, Service, WatchedFile, guarded
from bot.web.access import Guard, guard_for

log = logging.getLogger("bot.run")

MOST_THREADS = 64


status_option = click.option(
    "--status", default="", metavar="HOST:PORT", help="serve a page, /health and /metrics there"
)
concurrency_option = click.option(
    "--concurrency",
    type=click.IntRange(1, MOST_THREADS),
    default=CONCURRENCY,
    metavar="N",
    help=f"threads for composing, and for each channel; default {CONCURRENCY}",
)


@click.command()
@click.option("--once", is_flag=True, help="everything due and outstanding now, then exit")
@now_option
@concurrency_option
@status_option
@config_option
def run(once: bool, now: str, concurrency: int, status: str, config: Path) -> int:
    """Run the service: send every digest when it is due, until stopped.

    Of an SQLite database only one service runs; of a PostgreSQL database any number, on any number of
    machines. --now goes with --once. Beyond this machine --status needs STATUS_TOKEN.
    """
    if now and not once:
        raise UsageError("--now goes with --once.")
    if status and once:
        raise UsageError("--status is for the service: leave out --once.")
    seen = Watched((str(config),)).look()
    app = load_app(config, now)
    guard = guard_for(status, app.settings.status_token) if status else None
    app.require_secrets(_all_recipients(app))
    with app.open_ledger(ProcessKind.RUN) as ledger, SchedulerLock(app.settings.database_url):
        app = app if now else app.on_clock_of(ledger)
        rescued = ledger.reap(app.clock.now())
        if rescued:
            echo(f"took back {rescued} steps of a process that is gone; history shows what is unknown")
        if once:
            wait_until_sure(app.clock, ledger)
            return _run_once(app, ledger, is_present=not now)
        return _serve(app, ledger, app.crew(concurrency), seen, guard)


@click.command()
@concurrency_option
@status_option
@config_option
def worker(concurrency: int, status: str, config: Path) -> int:
    """Run what a `run` on any machine plans, until stopped. Plan nothing.

    Needs the same file, secrets and PostgreSQL database as `run`.
    """
    seen = Watched((str(config),)).look()
    app = load_app(config)
    if is_sqlite(app.settings.database_url):
        raise UsageError("worker needs PostgreSQL: with BOT_DATABASE_URL a file, `run` does all the work.")
    guard = guard_for(status, app.settings.status_token) if status else None
    app.require_secrets(_all_recipients(app))
    with app.open_ledger(ProcessKind.WORKER) as ledger:
        return _serve(app.on_clock_of(ledger), ledger, app.crew(concurrency), seen, guard, plans=False)


def read_again(app: App, ledger: Ledger) -> Loaded:
    """Return the file as it is now, wired with the environment as it was when the service began."""
    again = replace(app, configuration=load(Path(app.configuration.path)))
    again.require_secrets(_all_recipients(again))
    return load_parts(again, ledger, log.info, background=True)


def load_parts(app: App, ledger: Ledger, progress: Progress, *, background: bool) -> Loaded:
    """Return the configuration with the runtime that it needs."""
    runtime = app.runtime(ledger, _all_recipients(app), progress, background=background)
    return Loaded(app.configuration, runtime, app.upkeep(ledger))


def _all_recipients(app: App) -> tuple[Recipient, ...]:
    recipients = tuple(r for digest in app.configuration.digests for r in digest.recipients)
    return recipients + app.configuration.operators


def wait_until_sure(clock: Clock, ledger: Ledger) -> None:
    """Wait until this process may tell who is gone: with cron alone there is no other to do it."""
    seconds = ledger.unsure_seconds()
    if seconds:
        echo(f"another process is silent; in {seconds:.0f} seconds it is certain whether it is gone")
        clock.sleep(seconds + 1)


def _run_once(app: App, ledger: Ledger, *, is_present: bool) -> int:
    """Plan and deliver what is due now; delete expired data only when `now` is the machine's own."""
    log_to_stderr(app.settings, ledger.owner)
    with show_progress() as progress:
        loaded = load_parts(app, ledger, progress, background=False)
        service = _service(app, loaded, lambda result: print_result(app.settings, result))
        planned = service.plan_once()
        for line in planned:
            echo(f"{line.digest}: {line.message}")
        results = service.deliver_once()
        if is_present:
            guarded("prune", service.prune_once)()
        service.send_ping()
        if service.ping is not None:
            service.ping.wait()
    if not results and not planned:
        echo("nothing is due")
    blocked = any(line.wrong for line in planned)
    return UsageError.exit_status if blocked else first_status(results)


def _serve(
    app: App, ledger: Ledger, crew: Crew, seen: Seen, guard: Guard | None, *, plans: bool = True
) -> int:
    log_to_stderr(app.settings, ledger.owner, logging.INFO)
    service = _service(app, load_parts(app, ledger, log.info, background=True), _log_result)
    service.crew, service.plans = crew, plans
    service.file = WatchedFile(app.configuration, lambda: read_again(app, ledger), app.clock, seen)
    on_stop_signal(service.stop)
    log.info("%d digests from %s", len(app.configuration.digests), app.configuration.path)
    with _status_page(app, ledger, service, guard):
        service.run()
    log.info("stopped")
    return 0


def _status_page(
    app: App, ledger: Ledger, service: Service, guard: Guard | None
) -> AbstractContextManager[object]:
    """Serve the status page while the service runs, with `--status`."""
    if guard is None:
        return nullcontext()
    from bot.web.status import Collector, serve_status

    collector = Collector(
        service,
        lambda configuration: replace(app, configuration=configuration).requests_used(ledger),
        app.settings.redact,
    )
    server = serve_status(collector, guard)
    log.info("status page at %s", server.url)
    if not guard.is_loopback:
        log.warning("the status page is not encrypted: put a proxy with TLS before it, or a private network")
    return server


def _service(app: App, loaded: Loaded, ended: OnResult) -> Service:
    url = app.settings.heartbeat_url
    ping = Ping(url.reveal(), app.clock) if url is not None else None
    return Service(loaded.configuration, loaded.runtime, app.settings.data_dir, ended, loaded.upkeep, ping)


def _log_result(result: RunResult) -> None:
    with about(OCCURRENCE, result.occurrence):
        for change in result.changes:
            log.info("%s: %s", result.occurrence, change)
        for sent in result.sent:
            with about(DELIVERY, sent.delivery.key):
                log.info("%s", sent_line(sent))
        if result.skipped:
            log.info("%s", skipped_line(result))
        for error in result.errors:
            level = logging.INFO if isinstance(error, SourceBusy) else logging.ERROR
            log.log(level, "%s: %s", result.occurrence, error)
