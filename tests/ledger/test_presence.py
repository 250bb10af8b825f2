"""Who lives and who is gone: by the kernel's locks on SQLite, by heartbeats on PostgreSQL; never by a guess."""

import signal
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.errors import LedgerError
from bot.ledger import Ledger, open_ledger
from bot.ledger.codec import from_micros
from bot.ledger.database import shared_now
from bot.ledger.presence import GAP, GONE_AFTER
from bot.model import DeliveryState, Outcome, ProcessKind, Receipt
from tests.doubles.ledger import address, kill, silence
from tests.ledger.databases import LedgerMaker, ledgers_of, on_postgres
from tests.ledger.factories import NOW, claimed, deliveries_of, digest, later, occurrence, said
from tests.ledger.processes import end, start, tell, told

JOIN = "import os, signal, sys; from bot.ledger import open_ledger; ledger = open_ledger(sys.argv[1], owner=sys.argv[2])\n"
LIVE = JOIN + "print('joined', flush=True); sys.stdin.readline(); ledger.close()"
FORK = JOIN + "if os.fork(): signal.pause()\nprint('forked', flush=True); sys.stdin.readline(); os._exit(0)"
SEND = JOIN + (
    "from tests.ledger.factories import NOW, deliveries_of, occurrence\n"
    "ledger.start_work(occurrence().id)\n"
    "print(ledger.claim_delivery(deliveries_of(occurrence())[0], NOW) is not None, flush=True)\n"
    "sys.stdin.readline()"
)
INHERIT = FORK.replace(
    "if os.fork()", "from bot.ledger import file_lock; file_lock._held.clear()\nif os.fork()"
)


def alive(ledger: Ledger) -> dict[str, bool]:
    return {process.owner: process.is_alive for process in ledger.processes()}


class TestJoining:
    def test_is_known_until_it_leaves(self, make: LedgerMaker, ledger: Ledger) -> None:
        with open_ledger(address(ledger), owner="host:7:x", kind=ProcessKind.RUN):
            mine, its = ledger.processes()
        assert (mine.owner, mine.kind, mine.is_alive) == ("here:1:a", "command", True)
        assert (its.kind, its.host, its.file, its.is_alive) == ("run", "host", "", True)
        assert its.silent_seconds < 5
        assert alive(ledger) == {"here:1:a": True}

    def test_who_only_reads_does_not(self, ledger: Ledger) -> None:
        with open_ledger(address(ledger), owner="here:9:z", kind=None) as reader:
            assert alive(reader) == {"here:1:a": True}

    def test_many_in_one_process(self, make: LedgerMaker) -> None:
        several = [make(f"here:{number}:x") for number in range(4)]
        kill(several[1])
        assert [alive(several[0])[ledger.owner] for ledger in several] == [True, False, True, True]


def test_clock_that_all_share(ledger: Ledger) -> None:
    def database_clock() -> datetime:
        with ledger.engine.connect() as connection:
            return from_micros(shared_now(connection))

    if ledger.engine.dialect.name == "sqlite":
        assert ledger.now() is None
        return
    with open_ledger(address(ledger), owner="host:7:x") as other:
        before, [_, its] = database_clock(), ledger.processes()
        told_here, told_there, after = ledger.now(), other.now(), database_clock()
        assert told_here
        assert told_there
        assert its.joined_at <= told_there <= after
        assert ledger.processes()[0].joined_at <= told_here <= after
        other.heartbeat()
        again = other.now()
        assert again
        assert before <= again <= database_clock()


ADDRESSES = ("ann@example.com", "bob@example.com")
SENT = Outcome(DeliveryState.SENT, Receipt("1"))


def rendered(ledger: Ledger, *addresses: str) -> str:
    of = occurrence()
    ledger.plan(of, digest(), deliveries_of(of, *addresses), NOW, late=False)
    assert ledger.save_snapshot(claimed(ledger.claim_occurrence(of.id, NOW)), said(of), NOW)
    return of.id


class TestTakingBack:
    @pytest.mark.long
    def test_send_of_a_killed_process(self, ledger: Ledger) -> None:
        of = rendered(ledger)
        process = start(SEND, address(ledger), "there:1:b")
        assert told(process) == "True"
        assert ledger.reap(later(days=99)) == 0
        process.kill()
        process.communicate(timeout=30)
        if ledger.engine.dialect.name == "postgresql":
            assert ledger.reap(later(days=99)) == 0, "heard a moment ago"
            silence(ledger, "there:1:b")
        assert ledger.reap(later(days=-99)) == 1
        assert [one.state.value for one in ledger.deliveries(of)] == ["unknown"]
        assert ledger.suspects() == {of}
        assert alive(ledger) == {"here:1:a": True}

    def test_not_of_the_other_container_with_its_host_name_and_number(
        self, make: LedgerMaker, ledger: Ledger
    ) -> None:
        rendered(ledger, *ADDRESSES)
        first, second = make("box:1:aaaa"), make("box:1:bbbb")
        ann, bob = deliveries_of(occurrence(), *ADDRESSES)
        lost, kept = claimed(first.claim_delivery(ann, NOW)), claimed(second.claim_delivery(bob, NOW))
        kill(first)
        assert ledger.reap(NOW) == 1
        assert not first.finish_attempt(lost, SENT, NOW)
        assert second.finish_attempt(kept, SENT, NOW)

    def test_of_a_process_that_nobody_knows(self, ledger: Ledger, other: Ledger) -> None:
        of = rendered(ledger)
        claimed(ledger.claim_delivery(deliveries_of(occurrence())[0], NOW))
        with other.engine.begin() as connection:
            connection.execute(text("DELETE FROM processes WHERE owner = :owner"), {"owner": ledger.owner})
        assert other.gone() == {"here:1:a": None}
        assert other.reap(NOW) == 1
        assert [one.state.value for one in other.deliveries(of)] == ["unknown"]

    def test_composing_of_ones_own_only_when_no_thread_is_at_it(self, ledger: Ledger) -> None:
        of = occurrence()
        ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
        ledger.start_work(of.id)
        claim = claimed(ledger.claim_occurrence(of.id, NOW))
        ledger.start_work(of.id)
        ledger.end_work(of.id)
        assert ledger.reap(NOW) == 0, "the other of its two threads is"
        ledger.end_work(of.id)
        assert ledger.reap(NOW) == 1, "its end could not be written"
        assert ledger.save_snapshot(claim, said(of), NOW) is None
        assert ledger.claim_occurrence(of.id, NOW) is not None


class TestOnSqlite:
    @pytest.fixture
    def ledger(self, tmp_path: Path) -> Iterator[Ledger]:
        with ledgers_of("sqlite", tmp_path) as maker:
            yield maker("here:1:a")

    @pytest.mark.long
    @pytest.mark.parametrize("owner", ["here:1:b", "elsewhere/container:1:c"])
    def test_killed_one_is_gone_at_once_whatever_its_name_and_number(
        self, ledger: Ledger, owner: str
    ) -> None:
        process = start(LIVE, address(ledger), owner)
        assert told(process) == "joined"
        ledger.reap(later(days=99))
        assert alive(ledger)[owner]
        process.kill()
        process.communicate(timeout=30)
        assert not alive(ledger)[owner]
        ledger.reap(later(days=-99))
        assert alive(ledger) == {"here:1:a": True}
        assert lock_files(ledger) == ["here:1:a"]

    @pytest.mark.long
    def test_stopped_one_is_alive(self, ledger: Ledger) -> None:
        process = start(LIVE, address(ledger), "here:2:b")
        told(process)
        process.send_signal(signal.SIGSTOP)
        ledger.reap(later(days=99))
        assert alive(ledger)["here:2:b"]
        process.send_signal(signal.SIGCONT)
        tell(process)
        end(process)
        assert alive(ledger) == {"here:1:a": True}

    @pytest.mark.long
    @pytest.mark.parametrize(("code", "gone"), [(FORK, True), (INHERIT, False)])
    def test_forked_child_does_not_keep_it_alive(self, ledger: Ledger, code: str, gone: bool) -> None:
        """With the lock's handle in a PDF worker its dead parent would look alive."""
        process = start(code, address(ledger), "here:2:b")
        assert told(process) == "forked"
        process.kill()
        process.wait(timeout=30)
        looked = not alive(ledger)["here:2:b"]
        tell(process)  # the child reads on and ends
        process.communicate(timeout=30)
        assert looked is gone

    def test_lock_files_are_private_and_go_with_their_process(self, ledger: Ledger) -> None:
        folder = locks_of(ledger)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "here:1:a").stat().st_mode) == 0o600
        ledger.close()
        assert lock_files(ledger) == []

    @pytest.mark.parametrize("plant", ["symlink_to", "hardlink_to"])
    def test_planted_link_is_refused_and_its_target_untouched(
        self, ledger: Ledger, tmp_path: Path, plant: str
    ) -> None:
        """Without the guard it destroys its target: see `test_scheduler_lock.py`."""
        victim = tmp_path / "victim"
        victim.write_text("precious")
        getattr(locks_of(ledger) / "here:2:b", plant)(victim)
        with pytest.raises(LedgerError, match="lock file"):
            open_ledger(address(ledger), owner="here:2:b")
        assert victim.read_text() == "precious"

    def test_it_always_has_the_turn(self, ledger: Ledger) -> None:
        assert ledger.take_turn()


@pytest.mark.parametrize("url", on_postgres())
class TestOnPostgres:
    @pytest.fixture
    def make(self, url: str, tmp_path: Path) -> Iterator[LedgerMaker]:
        with ledgers_of("postgresql", tmp_path) as maker:
            yield maker

    def test_silent_one_is_gone_for_who_was_heard_regularly(self, ledger: Ledger, other: Ledger) -> None:
        age(ledger, beat=GONE_AFTER)
        assert other.gone() == {}, "it joined a moment ago"
        age(other, steady=GONE_AFTER)
        assert list(other.gone()) == ["here:1:a"]
        age(other, beat=GAP)
        assert other.gone() == {}, "it was silent itself"
        other.heartbeat()
        assert other.gone() == {}, "and has to be heard for a while again"

    def test_without_that_guard_all_who_were_silent_would_be_gone(
        self, ledger: Ledger, other: Ledger
    ) -> None:
        """The database was away: whoever comes back first would bury the others."""
        age(ledger, beat=GONE_AFTER)
        age(other, beat=GONE_AFTER)
        other.heartbeat()
        assert [process.owner for process in other.processes() if not process.is_alive] == ["here:1:a"]
        assert other.gone() == {}

    def test_one_that_was_heard_meanwhile_is_not_buried(self, ledger: Ledger, other: Ledger) -> None:
        age(ledger, beat=GONE_AFTER)
        age(other, steady=GONE_AFTER)
        [(owner, last)] = other.gone().items()
        ledger.heartbeat()
        with other.engine.begin() as connection:
            assert not other.bury(connection, owner, last)
        assert alive(other)["here:1:a"]

    def test_buried_one_joins_anew(self, ledger: Ledger, other: Ledger) -> None:
        ledger.note_file("f1")
        kill(ledger)
        other.reap(NOW)
        assert alive(other) == {"here:2:b": True}
        ledger.heartbeat()
        [process] = [process for process in other.processes() if process.owner == "here:1:a"]
        assert (process.is_alive, process.file) == (True, "f1")

    def test_lost_claim_of_one_that_joins_anew_stays_lost(self, ledger: Ledger, other: Ledger) -> None:
        of = rendered(other)
        claim = claimed(ledger.claim_delivery(deliveries_of(occurrence())[0], NOW))
        kill(ledger)
        assert other.reap(NOW) == 1
        ledger.heartbeat()
        assert not ledger.finish_attempt(claim, SENT, NOW)
        assert [one.state.value for one in other.deliveries(of)] == ["unknown"]

    def test_one_plans_until_it_leaves_or_is_silent(
        self, make: LedgerMaker, ledger: Ledger, other: Ledger
    ) -> None:
        assert [ledger.take_turn(), other.take_turn(), ledger.take_turn()] == [True, False, True]
        assert [process.has_turn for process in ledger.processes()] == [True, False]
        with ledger.engine.begin() as connection:
            connection.execute(text("UPDATE turns SET until = until - 15000000"))
        assert [other.take_turn(), ledger.take_turn()] == [True, False]
        other.close()
        assert ledger.take_turn()


def age(ledger: Ledger, *, beat: int = 0, steady: int = 0) -> None:
    statement = "UPDATE processes SET beat_at = beat_at - :beat, steady_since = steady_since - :steady WHERE owner = :owner"
    with ledger.engine.begin() as connection:
        connection.execute(text(statement), {"beat": beat, "steady": steady, "owner": ledger.owner})


def locks_of(ledger: Ledger) -> Path:
    return Path(f"{ledger.engine.url.database}.processes")


def lock_files(ledger: Ledger) -> list[str]:
    return sorted(path.name for path in locks_of(ledger).iterdir())


class TestFileInForce:
    @pytest.fixture
    def run(self, make: LedgerMaker, ledger: Ledger) -> Iterator[Any]:
        opened: list[Ledger] = []

        def run(owner: str, content: str) -> Ledger:
            opened.append(open_ledger(address(ledger), owner=owner, kind=ProcessKind.RUN))
            opened[-1].note_file(content)
            return opened[-1]

        yield run
        for one in opened:
            one.close()

    def test_is_the_youngest_of_the_living(self, run: Any) -> None:
        old = run("here:1:run", "old")
        assert old.is_file_in_force()
        beside = run("here:2:run", "old")
        backdate(old)
        new = run("here:3:run", "new")
        assert [one.is_file_in_force() for one in (old, beside, new)] == [False, False, True]
        beside.note_file("new")
        assert beside.is_file_in_force()
        old.close()
        assert new.is_file_in_force()

    def test_a_rolled_back_one_is_the_old_one_again(self, run: Any) -> None:
        run("here:1:run", "old")
        old = run("here:2:run", "old")
        backdate(old)
        new = run("here:3:run", "new")
        assert not old.is_file_in_force()
        new.note_file("old")
        assert old.is_file_in_force()
        assert new.is_file_in_force()

    def test_that_of_a_dead_process_is_not(self, run: Any) -> None:
        old = run("here:1:run", "old")
        backdate(old)
        kill(run("here:2:run", "new"))
        assert old.is_file_in_force()


def backdate(ledger: Ledger) -> None:
    """Make what was loaded so far older than what is loaded next."""
    with ledger.engine.begin() as connection:
        connection.execute(text("UPDATE files SET first_loaded = first_loaded - 60000000"))
