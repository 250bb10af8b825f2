"""One scheduler per database: the second is refused, a killed one holds nothing."""

import os
import stat
from pathlib import Path

import pytest

from bot.errors import LedgerError
from bot.ledger import SchedulerLock
from tests.ledger.processes import start, tell, told

HOLD = (
    "import sys; from bot.ledger import SchedulerLock\n"
    "with SchedulerLock(sys.argv[1]): print('held', flush=True); sys.stdin.readline()"
)

THEN_FORK = """
if os.fork() == 0:
    print("forked", flush=True)
    sys.stdin.readline()
    os._exit(0)
signal.pause()
"""
HOLD_AND_FORK = (
    "import os, signal, sys; from bot.ledger import SchedulerLock\n"
    "lock = SchedulerLock(sys.argv[1]); lock.__enter__()\n" + THEN_FORK
)
HOLD_AND_FORK_UNGUARDED = (
    "import fcntl, os, signal, sys\n"
    "lock = open(sys.argv[1].removeprefix('sqlite:///') + '.lock', 'w')\n"
    "fcntl.flock(lock, fcntl.LOCK_EX)\n" + THEN_FORK
)


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder}/var/bot.db"


@pytest.mark.long
def test_second_process_is_refused_by_the_holders_number(tmp_path: Path) -> None:
    holder = start(HOLD, url_of(tmp_path))
    assert told(holder) == "held"
    with (
        pytest.raises(LedgerError, match=rf"process {holder.pid}\) already works"),
        SchedulerLock(url_of(tmp_path)),
    ):
        pass
    tell(holder)
    holder.communicate(timeout=30)
    with SchedulerLock(url_of(tmp_path)):
        pass


def test_killed_holder_frees_it(tmp_path: Path) -> None:
    holder = start(HOLD, url_of(tmp_path))
    assert told(holder) == "held"
    holder.kill()
    holder.communicate(timeout=30)
    with SchedulerLock(url_of(tmp_path)):
        assert (tmp_path / "var/bot.db.lock").read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize(("code", "free"), [(HOLD_AND_FORK, True), (HOLD_AND_FORK_UNGUARDED, False)])
def test_forked_worker_does_not_keep_it(tmp_path: Path, code: str, free: bool) -> None:
    """A PDF worker is a fork: with the lock's handle in it, a dead scheduler would stay in the way."""
    (tmp_path / "var").mkdir()
    holder = start(code, url_of(tmp_path))
    assert told(holder) == "forked"
    holder.kill()
    holder.wait(timeout=30)
    got = got_it(url_of(tmp_path))
    tell(holder)  # the worker reads on and ends
    holder.communicate(timeout=30)
    assert got is free


def got_it(url: str) -> bool:
    try:
        with SchedulerLock(url):
            return True
    except LedgerError:
        return False


def test_twice_in_one_process_is_refused(tmp_path: Path) -> None:
    with SchedulerLock(url_of(tmp_path)), pytest.raises(LedgerError), SchedulerLock(url_of(tmp_path)):
        pass


def test_file_is_private(tmp_path: Path) -> None:
    with SchedulerLock(url_of(tmp_path)):
        assert stat.S_IMODE((tmp_path / "var/bot.db.lock").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


@pytest.mark.parametrize("plant", ["symlink_to", "hardlink_to"])
def test_planted_link_is_refused_and_its_target_untouched(tmp_path: Path, plant: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "var").mkdir()
    getattr(tmp_path / "var" / "bot.db.lock", plant)(victim)
    with pytest.raises(LedgerError, match="lock file"), SchedulerLock(url_of(tmp_path)):
        pass
    assert victim.read_text() == "precious"


def test_without_the_guard_a_planted_link_destroys_its_target(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "lock").symlink_to(victim)
    handle = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    os.ftruncate(handle, 0)
    os.close(handle)
    assert victim.read_text() == ""


def test_postgresql_is_shared() -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1/none"
    with SchedulerLock(url), SchedulerLock(url):
        pass
