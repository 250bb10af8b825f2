"""A lease is renewed from a thread until it is lost or the step is over."""

import logging
import threading

import pytest

from bot.errors import LedgerError
from bot.lib.keep_alive import KeepAlive

OFTEN = 0.001


class Lease:
    """Counts renewals; fails where `answers` has an error, is lost where it has False."""

    def __init__(self, *answers: bool | LedgerError) -> None:
        self._answers = iter(answers)
        self.renewals = 0
        self.all_given = threading.Event()

    def renew(self) -> bool:
        self.renewals += 1
        answer = next(self._answers, None)
        if answer is None:
            self.all_given.set()
        if isinstance(answer, LedgerError):
            raise answer
        return answer is not False


def test_lease_is_renewed_until_exit() -> None:
    lease = Lease(True, True)
    with KeepAlive(lease.renew, "the lease", OFTEN) as keep_alive:
        assert lease.all_given.wait(10)
    renewals = lease.renewals
    assert not keep_alive.is_lost
    assert not any(thread.name == "keep-alive" for thread in threading.enumerate())
    assert lease.renewals == renewals


def test_failed_renewal_is_logged_and_retried(caplog: pytest.LogCaptureFixture) -> None:
    lease = Lease(LedgerError("the database is busy"), True)
    with caplog.at_level(logging.WARNING), KeepAlive(lease.renew, "the lease", OFTEN) as keep_alive:
        assert lease.all_given.wait(10)
    assert not keep_alive.is_lost
    assert caplog.messages == ["the lease could not be renewed: the database is busy"]


def test_lost_lease_ends_the_renewals() -> None:
    lost = threading.Event()

    def renew() -> bool:
        assert not lost.is_set(), "renewed after it was lost"
        lost.set()
        return False

    with KeepAlive(renew, "the lease", OFTEN) as keep_alive:
        assert lost.wait(10)
        keep_alive.stop()
        assert keep_alive.is_lost


def test_short_step_renews_nothing() -> None:
    lease = Lease()
    with KeepAlive(lease.renew, "the lease"):
        pass
    assert lease.renewals == 0
