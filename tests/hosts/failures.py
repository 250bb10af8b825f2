"""Hosts, the database and the network fail; one function for each scene, sizes as parameters."""

import random
import signal
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tests.hosts.audit import Audit, Result, audit, deaths, has_attempted
from tests.hosts.installation import FOLDER, MAIL, SENDING, SLACK, Host, Installation, installation, until

THINKS = 0.3
"""Seconds that the mail server thinks about a mail: on loopback a send would be too short to be hit."""

ENGINE_LOST = ("TRUNCATE digestbot_jobs.procrastinate_jobs CASCADE", "DROP SCHEMA digestbot_jobs CASCADE")


def random_kills(
    kept: Path, seed: int, deliveries: int, kills: int, restarts: int, rules: tuple[str, ...]
) -> Result:
    """Kill any host at random moments, and restart PostgreSQL in both ways; a part for each rule of mail."""
    found = Audit()
    for on_unknown in rules:
        chance = random.Random(f"{seed} {on_unknown}")
        what = ["kill"] * (kills // len(rules))
        what += [chance.choice(("fast", "immediate")) for _ in range(-(-restarts // len(rules)))]
        chance.shuffle(what)
        with installation(kept) as here:
            found += _disturbed(here, chance, what, deliveries // len(rules), on_unknown)
    return found.result(f"seed {seed}: {kills} kills, {restarts} database restarts", calm=False)


def restarts(kept: Path, seed: int, deliveries: int, restarts: int, within: float) -> Result:
    """Restart PostgreSQL; nobody is killed."""
    what = [("immediate", "fast")[number % 2] for number in range(restarts)]
    with installation(kept) as here:
        began = time.monotonic()
        found = _disturbed(here, random.Random(seed), what, deliveries)
        took = time.monotonic() - began
    words = f"all sent after {took:.0f} s"
    return found.result(f"seed {seed}: {restarts} database restarts, {words}", took > within and words)


def engine_lost(kept: Path, seed: int, deliveries: int) -> Result:
    """Truncate the engine's table of jobs in the middle of work, then drop its schema."""
    with installation(kept) as here:
        found = _disturbed(here, random.Random(seed), ENGINE_LOST, deliveries)
    return found.result(f"seed {seed}")


def clocks(kept: Path, deliveries: int, seconds: float) -> Result:
    """Turn the clock of one host ahead and of another behind."""
    with installation(kept) as here:
        for host, sign in zip(here.hosts, (0, 1, -1), strict=True):
            host.turn(wall=sign * seconds)
        found = _disturbed(here, random.Random(), (), deliveries)
    return found.result(f"{seconds / 60:+.0f} and {-seconds / 60:+.0f} min")


def _disturbed(
    here: Installation,
    chance: random.Random,
    what: tuple[str, ...] | list[str],
    deliveries: int,
    on_unknown: str = "resend",
) -> Audit:
    """Owe so many deliveries; do `what` spread over them, by progress: no busy machine makes it harmless."""
    days = 20 if deliveries > 200 else 4
    here.smtp.reply_seconds = THINKS
    here.write(-(-deliveries // days // 3), recipients=(SLACK, MAIL, FOLDER), on_unknown=on_unknown)
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
    elif event in ("fast", "immediate") and here.database is not None:
        here.database.restart(event)
    else:
        here.execute(event)


def beside(kept: Path, times: int) -> Result:
    """Start a host while another one sends."""
    dead = 0
    with installation(kept, ("a", "b")) as here:
        here.write(times)
        sender, other = here.hosts
        sender.start()
        for digest in here.digests:
            here.begin_sending(digest)
            began = datetime.now(UTC)
            other.start()
            until(partial(other.has_ticked_since, began), "a tick of the host that starts")
            dead += deaths(here)
            here.settle()
            other.end()
        found = audit(here, times)
    return found.result(f"{times} times, deaths {dead}", dead and f"{dead} deaths counted")


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
            until(partial(_is_free, here, claim), "the claim is taken back")
            taken.append(time.monotonic() - began)
            here.settle()
            sent.append(time.monotonic() - began - taken[-1])
            host.start()
        found = audit(here, 2 * times)
    words = f"taken back within {max(taken):.0f} s, sent within {max(sent):.0f} s of it"
    late = (max(taken) > taken_within or max(sent) > sent_within) and words
    return found.result(f"{times} sends and {times} fetches cut off: {words}", late, calm=False)


def _in_the_middle(here: Installation, digest: str, *, fetching: bool) -> tuple[str, Host]:
    """Return the claim as part of a query, and the host that has it."""
    if fetching:
        claim = "FROM occurrences WHERE state = 'planned' AND owner IS NOT NULL"
        here.emulator.faults.add("delay=600@summary*1")
        here.owe(1, [digest])
        until(lambda: not list(here.emulator.faults), "a request for a summary")
    else:
        claim = SENDING
        here.begin_sending(digest)
    ((owner,),) = here.rows(f"SELECT owner {claim}")
    return f"{claim} AND owner = '{owner}'", here.host_of(f"SELECT owner {claim}")


def _is_free(here: Installation, claim: str) -> bool:
    return here.count(f"SELECT count(*) {claim}") == 0


def cut_off(kept: Path, how: str, seconds: float, within: float) -> Result:
    """Pull the cable of a host that sends, or stop it, for a while: others go on, and it harms nothing afterwards."""
    with installation(kept) as here:
        here.write(12, recipients=(MAIL, SLACK))
        here.start()
        key = here.begin_sending(here.digests[0])
        host = here.host_of(f"SELECT owner {SENDING}")
        _set_cut_off(host, how, True)
        began = time.monotonic()
        here.owe(1, here.digests[1:])
        here.settle()
        went_on = time.monotonic() - began
        until(lambda: time.monotonic() - began > seconds, "the time that it is cut off")
        before = _all_of(here, key)
        _set_cut_off(host, how, False)
        until(partial(host.has_ticked_since, datetime.now(UTC)), "a tick of the host that is back")
        for other in here.hosts:
            if other is not host:
                other.end()
        here.owe(2, here.digests[:1])
        if host.service == "worker":
            here.hosts[0].start()
        here.settle()
        changed = _all_of(here, key) != before
        found = audit(here, 26)
    words = f"others had sent everything after {went_on:.0f} s"
    wrong = changed and "it wrote something for its lost claim"
    return found.result(f"for {seconds:.0f} s: {words}", wrong, went_on > within and words, calm=False)


def _set_cut_off(host: Host, how: str, is_cut_off: bool) -> None:
    if how == "stopped":
        host.running.send_signal(signal.SIGSTOP if is_cut_off else signal.SIGCONT)
    else:
        host.place.plug(not is_cut_off)


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
        took, dead = time.monotonic() - began, deaths(here)
        state = here.rows("SELECT state FROM deliveries WHERE key = :key", key=key)[0][0]
        here.smtp.reply_seconds = 0.0
        other.start()
        here.settle()
        found = audit(here, 6)
    words = f"exit {status} after {took:.0f} s, its mail {state}, deaths {dead}"
    return found.result(words, (status or dead or state != "sent" or took > within) and words)
