"""Hosts share what there is once: the API's limit, exports, one file in force, the engine's tables."""

import hashlib
import os
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from tests.hosts.audit import Result, audit, has_attempted
from tests.hosts.failures import EVERYWHERE, THINKS
from tests.hosts.installation import FOLDER, MAIL, Host, Installation, installation, until
from tests.slow.large_csv import large_csv

LIMIT, USABLE = 100, 95
REPORTS = (
    "summary, states_volume, workflow_states, classifications, response_volume, user_summary, user_volume, "
    "case_summary, case_volume, case_classifications"
)
QUERIES = 9
"""Of these reports: workflow states and the agents' are one question."""

EXPORT = "mention_sla_export"


def limit(kept: Path, digests: int, span: float, turned: float) -> Result:
    """Want more requests at once than the API allows; the clocks of two hosts may differ from the third's."""
    with installation(kept, limit=(LIMIT, span), faults=("delay=0-0.2",)) as here:
        for host, seconds in zip(here.hosts, (0.0, turned, -turned), strict=True):
            host.turn(wall=seconds)
        here.write(digests, window="last {days} days", reports=REPORTS)
        here.owe(1)
        here.start()
        here.settle()
        found = audit(here, digests)
        most = here.emulator.requests.most_admitted(span)
        asked = len(here.emulator.requests)
        refused = sum(record.status == 429 for record in here.emulator.requests)
    problems = found.problems + [f"{found.unknown} attempts unknown"] * bool(found.unknown)
    problems += [f"{most} requests in {span:g} s"] * (most > LIMIT) + [f"{refused} refused"] * bool(refused)
    problems += [f"only {most} of {USABLE} used"] * (most < 0.9 * USABLE)
    problems += [f"{asked} requests for {QUERIES * digests} answers"] * (asked > QUERIES * digests + 3 * 3)
    clocks = f"clocks {turned / 60:+.0f} and {-turned / 60:+.0f} min; " if turned else ""
    figures = f"{clocks}{asked} requests wanted at once: at most {most} in any {span:g} s, {refused} refused"
    return Result(f"{figures}; {found.figures}", problems)


def clocks(kept: Path, deliveries: int, turned: float) -> Result:
    """Two hosts' clocks are wrong, one ahead and one behind."""
    with installation(kept) as here:
        for host, seconds in zip(here.hosts, (0.0, turned, -turned), strict=True):
            host.turn(wall=seconds)
        here.smtp.reply_seconds = THINKS
        here.write(-(-deliveries // 12), recipients=EVERYWHERE)
        planned = 3 * here.owe(4)
        here.start()
        here.settle()
        found = audit(here, planned)
    problems = found.problems + [f"{found.unknown} attempts unknown"] * bool(found.unknown)
    return Result(f"{turned / 60:+.0f} and {-turned / 60:+.0f} min; {found.figures}", problems)


def export_of_the_gone(kept: Path, megabytes: int) -> Result:
    """Kill the host that fetched an export before it could deliver it."""
    export = large_csv(kept / f"mentions-{megabytes}.csv", megabytes)
    with installation(kept, ("a", "b"), export_files={EXPORT: export}) as here:
        here.write(1, recipients=(MAIL, FOLDER), reports=f"summary, {EXPORT}")
        fetched, other = here.hosts
        fetched.start()
        here.begin_sending(here.digests[0])
        before = len(here.emulator.requests)
        fetched.kill()
        here.smtp.holding = False
        other.start()
        here.settle()
        again = len(here.emulator.requests) - before
        found = audit(here, 2)
        same = [_hash(export)] == [_hash(file) for file in (here.folder / "outbox").rglob(f"{EXPORT}.csv")]
    problems = found.problems + [f"{again} further requests"] * bool(again) + ["other bytes"] * (not same)
    return Result(f"{megabytes} MB: {again} further requests, same bytes: {same}; {found.figures}", problems)


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def roll_out(kept: Path) -> Result:
    """Move a digest's time on two of three hosts; all of them live through both moments."""
    yesterday = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    with installation(kept, services=("run", "run", "run")) as here:
        here.write(1, at="09:00")
        _turn_to(here, yesterday + timedelta(hours=8, minutes=50))
        here.start()
        _wait_for_ticks(here, yesterday + timedelta(hours=8, minutes=50))
        here.write(1, at="09:05", hosts=here.hosts[1:])
        for host in here.hosts[1:]:
            until(lambda host=host: "was read again" in host.log, "the new file")  # type: ignore[misc]
        for minutes in (1, 6):
            _turn_to(here, yesterday + timedelta(hours=9, minutes=minutes))
            _wait_for_ticks(here, yesterday + timedelta(hours=9, minutes=minutes))
        until(lambda: here.count("SELECT count(*) FROM deliveries") > 0, "an edition")
        here.settle()
        dues = [due for (due,) in here.rows("SELECT due FROM occurrences ORDER BY due")]
        found = audit(here, 1)
    wanted = int((yesterday + timedelta(hours=9, minutes=5)).timestamp() * 1e6)
    problems = found.problems + [f"due {dues} instead of {wanted}"] * (dues != [wanted])
    return Result(f"{len(dues)} edition, of the new file: {dues == [wanted]}; {found.figures}", problems)


def _turn_to(here: Installation, moment: datetime) -> None:
    for host in here.hosts:
        host.turn(wall=(moment - datetime.now(UTC)).total_seconds())


def _wait_for_ticks(here: Installation, since: datetime) -> None:
    """Wait until every host went through its jobs since, from the first to the last: that is by its second tick."""
    for host in here.hosts:
        until(partial(host.has_ticked_since, since + timedelta(seconds=1.5)), "ticks")


def engine_lost(kept: Path, deliveries: int) -> Result:
    """Truncate the engine's table of jobs in the middle of work, then drop its schema."""
    with installation(kept) as here:
        here.smtp.reply_seconds = THINKS
        here.write(-(-deliveries // 12), recipients=EVERYWHERE)
        planned = 3 * here.owe(4)
        here.start()
        for part, statement in ((3, "TRUNCATE {}.procrastinate_jobs CASCADE"), (2, "DROP SCHEMA {} CASCADE")):
            until(partial(has_attempted, here, planned // part), f"{planned // part} attempts")
            here.execute(statement.format("digestbot_jobs"))
        here.settle()
        found = audit(here, planned)
    problems = found.problems + [f"{found.unknown} attempts unknown"] * bool(found.unknown)
    return Result(found.figures, problems)


def idle(kept: Path, digests: int, seconds: float) -> Result:
    """Measure what hosts cost that have nothing to do."""
    commits = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    with installation(kept, services=("run", "worker", "worker")) as here:
        here.write(digests)
        here.start()
        _wait_for_ticks(here, datetime.now(UTC) + timedelta(seconds=20))
        before, used, began = (
            here.count(commits),
            [_cpu_seconds(host) for host in here.hosts],
            time.monotonic(),
        )
        until(lambda: time.monotonic() - began > seconds, "the time of the measurement", 2 * seconds)
        rate = (here.count(commits) - before) / seconds
        shares = [100 * (_cpu_seconds(h) - cpu) / seconds for h, cpu in zip(here.hosts, used, strict=True)]
        sizes = [_megabytes(host) for host in here.hosts]
    problems = [f"{rate:.0f} transactions/s"] * (rate > 40) + [
        f"{size:.0f} MB" for size in sizes if size > 110
    ]
    most = [1.5 if host.service == "run" else 0.7 for host in here.hosts]
    problems += [f"{share:.1f} % of a core" for share, top in zip(shares, most, strict=True) if share > top]
    each = ", ".join(
        f"{host.service} {share:.1f} % {size:.0f} MB"
        for host, share, size in zip(here.hosts, shares, sizes, strict=True)
    )
    return Result(f"{digests} digests, {seconds:g} s: {each}; {rate:.0f} transactions/s", problems)


def _cpu_seconds(host: Host) -> float:
    """Of its process and the children that it has waited for."""
    fields = Path(f"/proc/{host.running.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _megabytes(host: Host) -> float:
    pages = int(Path(f"/proc/{host.running.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
