"""The locks between threads of one process; those between processes are in `test_answer_cache.py`."""

from bot.source.cache.waits import KeyLocks


def test_key_locks_are_independent_and_vanish_when_unused() -> None:
    locks = KeyLocks()
    with locks.hold("a", 0.0) as first, locks.hold("b", 0.0) as second, locks.hold("a", 0.0) as third:
        assert (first, second, third) == (True, True, False)
    with locks.hold("a", float("inf")) as again:
        assert again
    assert len(locks._locks) == 0
