"""Hosts share what there is once: the API's limit, exports, one file in force."""

import hashlib
import os
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from tests.hosts.audit import Result, audit
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
COMMITS = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"


def limit(kept: Path, digests: int, span: float, turned: float, used: float) -> Result:
    """Want more requests at once than the API allows; the clocks of two hosts may differ from the third's.

    At least the share `used` of the usable ones is to be used in one span.
    """
    with installation(kept, limit=(LIMIT, span), faults=("delay=0-0.2",)) as here:
        for host, sign in zip(here.hosts, (0, 1, -1), strict=True):
            host.turn(wall=sign * turned)
        here.write(digests, window="last {days} days", reports=REPORTS)
        here.owe(1)
        here.start()
        here.settle()
        found = audit(here, digests)
        most, asked = here.emulator.requests.most_admitted(span), len(here.emulator.requests)
        refused = sum(record.status == 429 for record in here.emulator.requests)
    words = f"{asked} requests wanted at once: at most {most} in any {span:g} s, {refused} refused"
    fair = used * USABLE <= most <= LIMIT and not refused and asked == QUERIES * digests
    clocks = f"clocks {turned / 60:+.0f} and {-turned / 60:+.0f} min, " if turned else ""
    return found.result(clocks + words, not fair and words)


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
        other.start()
        here.settle()
        again = len(here.emulator.requests) - before
        found = audit(here, 2)
        same = [_hash(export)] == [_hash(file) for file in (here.folder / "outbox").rglob(f"{EXPORT}.csv")]
    words = f"{megabytes} MB: {again} further requests, same bytes: {same}"
    return found.result(words, (again or not same) and words, calm=False)


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def roll_out(kept: Path) -> Result:
    """Move a digest's time on two of three hosts; all of them live through both moments."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    old, new = midnight + timedelta(hours=9), midnight + timedelta(hours=9, minutes=5)
    with installation(kept, services=("run", "run", "run")) as here:
        here.write(1, at=f"{old:%H:%M}")
        _turn_to(here, old - timedelta(minutes=20))
        here.start()
        _wait_for_ticks(here, old - timedelta(minutes=20))
        here.write(1, at=f"{new:%H:%M}", hosts=here.hosts[1:])
        until(lambda: all("was read again" in host.log for host in here.hosts[1:]), "the new file")
        for moment in (old, new):
            _turn_to(here, moment + timedelta(minutes=1))
            _wait_for_ticks(here, moment + timedelta(minutes=1))
        until(lambda: here.count("SELECT count(*) FROM deliveries") > 0, "an edition")
        here.settle()
        dues = [due for (due,) in here.rows("SELECT due FROM occurrences ORDER BY due")]
        found = audit(here, 1)
    words = f"{len(dues)} edition, of the new file: {dues == [int(new.timestamp() * 1e6)]}"
    return found.result(words, dues != [int(new.timestamp() * 1e6)] and words)


def _turn_to(here: Installation, moment: datetime) -> None:
    for host in here.hosts:
        host.turn(wall=(moment - datetime.now(UTC)).total_seconds())


def _wait_for_ticks(here: Installation, since: datetime) -> None:
    """Wait until every host went through all its jobs since: that is by its second tick."""
    for host in here.hosts:
        until(partial(host.has_ticked_since, since + timedelta(seconds=1.5)), "ticks")


def idle(kept: Path, digests: int, seconds: float) -> Result:
    """Measure what hosts cost that have nothing to do."""
    with installation(kept, services=("run", "worker", "worker")) as here:
        here.write(digests)
        here.start()
        _wait_for_ticks(here, datetime.now(UTC) + timedelta(seconds=20))
        before, used = here.count(COMMITS), [_cpu_seconds(host) for host in here.hosts]
        began = time.monotonic()
        until(lambda: time.monotonic() - began > seconds, "the time of the measurement", 2 * seconds)
        rate = (here.count(COMMITS) - before) / seconds
        shares = [
            100 * (_cpu_seconds(host) - cpu) / seconds for host, cpu in zip(here.hosts, used, strict=True)
        ]
        sizes = [_megabytes(host) for host in here.hosts]
        found = audit(here, 0)
    words = f"run {shares[0]:.1f} % of a core, workers {shares[1]:.1f} % and {shares[2]:.1f} %"
    words += f", {max(sizes):.0f} MB, {rate:.0f} transactions/s together"
    good = shares[0] <= 1.5 and max(shares[1:]) <= 0.7 and max(sizes) <= 110 and rate <= 40
    return found.result(f"{digests} digests, {seconds:g} s: {words}", not good and words)


def _cpu_seconds(host: Host) -> float:
    """Return what its process used, and the children that it has waited for."""
    fields = Path(f"/proc/{host.running.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _megabytes(host: Host) -> float:
    pages = int(Path(f"/proc/{host.running.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
