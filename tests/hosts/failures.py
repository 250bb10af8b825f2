"""Hosts, the database and the network fail; one function for each scene, sizes as parameters."""

import random
import signal
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tests.hosts.audit import Audit, Result, audit, crashes, has_attempted
from tests.hosts.installation import FOLDER, MAIL, SENDING, SLACK, Host, Installation, installation, until

THINKS = 0.3
"""Seconds that the mail server thinks about a mail: on loopback a send would be too short to be hit."""

EVERYWHERE = (SLACK, MAIL, FOLDER)


def random_kills(kept: Path, seed: int, deliveries: int, kills: int, restarts: int) -> Result:
    """Kill any host at random moments, and restart PostgreSQL in both ways; each half with another rule for mail."""
    found = Audit()
    for on_unknown in ("resend", "hold"):
        chance = random.Random(f"{seed} {on_unknown}")
        what = ["kill"] * (kills // 2)
        what += [chance.choice(("fast", "immediate")) for _ in range(-(-restarts // 2))]
        chance.shuffle(what)
        with installation(kept) as here:
            found += _disturbed(here, chance, what, deliveries // 2, on_unknown)
    figures = f"seed {seed}: {kills} kills, {restarts} database restarts; {found.figures}"
    return Result(figures, found.problems + ["parked"] * found.parked)


def _disturbed(
    here: Installation, chance: random.Random, what: list[str], deliveries: int, on_unknown: str = "resend"
) -> Audit:
    """Owe so many deliveries; do `what` spread over them, by progress: no busy machine makes it harmless."""
    days = 20 if deliveries > 200 else 4
    here.smtp.reply_seconds = THINKS
    here.write(-(-deliveries // days // 3), recipients=EVERYWHERE, on_unknown=on_unknown)
    planned = 3 * here.owe(days)
    here.start()
    moments = sorted(chance.sample(range(1, planned * 9 // 10), len(what)))
    for moment, event in zip(moments, what, strict=True):
        until(partial(has_attempted, here, moment), f"{moment} of {planned} attempts")
        time.sleep(chance.uniform(0.0, THINKS))  # in the middle of something
        _disturb(here, chance.choice(here.hosts), event)
    here.settle()
    return audit(here, planned, on_unknown=on_unknown)


def _disturb(here: Installation, host: Host, event: str) -> None:
    if event == "kill":
        host.kill()
        host.start()
    elif here.database is not None:
        here.database.restart(event)


def restarts(kept: Path, seed: int, deliveries: int, restarts: int, within: float) -> Result:
    """Restart PostgreSQL, nobody is killed."""
    with installation(kept) as here:
        began = time.monotonic()
        what = ["immediate", "fast"] * restarts
        found = _disturbed(here, random.Random(seed), what[:restarts], deliveries)
        took = time.monotonic() - began
    problems = found.problems + [f"{found.unknown} attempts unknown"] * bool(found.unknown)
    problems += [f"all sent after {took:.0f} s"] * (took > within)
    return Result(
        f"seed {seed}: {restarts} database restarts; {found.figures}; all sent after {took:.0f} s", problems
    )


def beside(kept: Path, times: int) -> Result:
    """Start a host while another one sends."""
    deaths = 0
    with installation(kept, ("a", "b")) as here:
        here.write(times)
        sender, other = here.hosts
        sender.start()
        for digest in here.digests:
            here.begin_sending(digest)
            began = datetime.now(UTC)
            other.start()
            until(partial(other.has_ticked_since, began), "a tick of the host that starts")
            deaths += crashes(here)
            here.settle()
            other.end()
        found = audit(here, times)
    problems = found.problems + [f"{deaths} deaths counted"] * bool(deaths)
    problems += [f"{found.unknown} attempts unknown"] * bool(found.unknown)
    return Result(f"{times} times; {found.figures}, deaths {deaths}", problems)


def takeover(kept: Path, times: int, taken_within: float, sent_within: float) -> Result:
    """Kill a host for good in the middle of a send, or of a fetch."""
    taken, sent = [0.0], [0.0]
    with installation(kept) as here:
        here.write(2 * times, window="last {days} days")
        here.start()
        for number, digest in enumerate(here.digests):
            claim, host = _in_the_middle(here, digest, fetching=number % 2 == 1)
            host.kill()
            began = time.monotonic()
            here.smtp.holding = False
            until(lambda claim=claim: here.count(claim) == 0, "the claim is taken back")  # type: ignore[misc]
            taken.append(time.monotonic() - began)
            here.settle()
            sent.append(time.monotonic() - began - taken[-1])
            host.start()
        found = audit(here, 2 * times)
    problems = found.problems + [f"taken back after {s:.0f} s" for s in taken if s > taken_within]
    problems += [f"sent {s:.0f} s after that" for s in sent if s > sent_within]
    figures = f"taken back within {max(taken):.0f} s, sent within {max(sent):.0f} s of it"
    return Result(f"{times} sends and {times} fetches cut off; {figures}; {found.figures}", problems)


def _in_the_middle(here: Installation, digest: str, *, fetching: bool) -> tuple[str, Host]:
    """Return a query that counts the claim while its host has it, and the host."""
    if fetching:
        claim = "FROM occurrences WHERE state = 'planned' AND owner IS NOT NULL"
        here.emulator.faults.add("delay=600@summary*1")
        here.owe(1, [digest])
        until(lambda: not list(here.emulator.faults), "a request for a summary")
    else:
        claim = SENDING
        here.begin_sending(digest)
    ((owner,),) = here.rows(f"SELECT owner {claim}")
    return f"SELECT count(*) {claim} AND owner = '{owner}'", here.host_of(f"SELECT owner {claim}")


def cut_off(kept: Path, how: str, seconds: float, taken_within: float) -> Result:
    """Pull the cable of a host that sends, or stop it, for a while: others go on, and it harms nothing afterwards."""
    with installation(kept) as here:
        here.write(12, recipients=(MAIL, SLACK))
        here.start()
        key = here.begin_sending(here.digests[0])
        host = here.host_of(f"SELECT owner {SENDING}")
        _cut(host, how)
        began = time.monotonic()
        here.owe(1, here.digests[1:])
        here.settle()
        went_on = time.monotonic() - began
        until(lambda: time.monotonic() - began > seconds, "the time that it is cut off")
        before = _all_of(here, key)
        _heal(host, how)
        until(partial(host.has_ticked_since, datetime.now(UTC)), "a tick of the host that is back")
        for other in here.hosts:
            if other is not host:
                other.end()
        here.owe(2, here.digests[:1])
        here.settle()
        changed = _all_of(here, key) != before
        found = audit(here, 26)
    problems = found.problems + ["it wrote something for its lost claim"] * changed
    problems += [f"others were done only after {went_on:.0f} s"] * (went_on > taken_within + 60)
    return Result(
        f"{how} for {seconds:.0f} s: others had sent everything after {went_on:.0f} s; {found.figures}",
        problems,
    )


def _cut(host: Host, how: str) -> None:
    if how == "stopped":
        host.running.send_signal(signal.SIGSTOP)
    else:
        host.place.plug(False)


def _heal(host: Host, how: str) -> None:
    if how == "stopped":
        host.running.send_signal(signal.SIGCONT)
    else:
        host.place.plug(True)


def _all_of(here: Installation, key: str) -> list[object]:
    """Return everything that the ledger has of a delivery."""
    delivery = here.rows("SELECT * FROM deliveries WHERE key = :key", key=key)
    return [delivery, here.rows("SELECT * FROM attempts WHERE delivery = :key", key=key)]


def terminated(kept: Path, seconds: float, within: float) -> Result:
    """SIGTERM while a mail is under way, with more to send."""
    with installation(kept, ("a", "b")) as here:
        here.write(6)
        sender, other = here.hosts
        sender.start()
        here.smtp.reply_seconds = seconds
        key = here.begin_sending(here.digests[0])
        here.smtp.holding = False
        here.owe(1, here.digests[1:])
        began = time.monotonic()
        status = sender.end()
        took, deaths = time.monotonic() - began, crashes(here)
        state = here.rows("SELECT state FROM deliveries WHERE key = :key", key=key)[0][0]
        here.smtp.reply_seconds = 0.0
        other.start()
        here.settle()
        found = audit(here, 6)
    problems = (
        found.problems + [f"ended with {status}"] * bool(status) + [f"{state} after it"] * (state != "sent")
    )
    problems += [f"ended after {took:.0f} s"] * (took > within) + [f"{deaths} deaths"] * bool(deaths)
    return Result(
        f"exit {status} after {took:.0f} s, its mail {state}, deaths {deaths}; {found.figures}", problems
    )
