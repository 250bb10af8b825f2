"""Ask for one cache key at a time, across processes: renew its lock from a thread while the request runs."""

from types import TracebackType

from bot.lib.keep_alive import RENEW_SECONDS, KeepAlive
from bot.model import AnswerStore, Clock, KeptAnswer


class SingleFlight:
    """A context manager for the holder of the lock that `AnswerStore.begin` gave for `key`.

    Leaving without `keep` releases the lock, so that the next one may ask at once. A lock that was lost
    meanwhile belongs to somebody else and stays: both ask then, which costs a request and harms no answer.
    """

    def __init__(self, store: AnswerStore, key: str, clock: Clock, every: float = RENEW_SECONDS) -> None:
        self._store, self._key = store, key
        self._is_kept = False
        self._keep_alive = KeepAlive(lambda: store.extend(key, clock.now()), "the lock of a cache key", every)

    def __enter__(self) -> "SingleFlight":
        self._keep_alive.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._keep_alive.stop()
        if not (self._is_kept or self._keep_alive.is_lost):
            self._store.unlock(self._key)

    def keep(self, answer: KeptAnswer) -> None:
        """Keep the answer, which releases the lock. Raises LedgerError."""
        self._keep_alive.stop()
        self._store.keep(self._key, answer)
        self._is_kept = True
