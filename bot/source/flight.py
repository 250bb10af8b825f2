"""Keeps the sole right to ask a question alive while its answer is on the way, from a thread of its own."""

import logging
import threading
from types import TracebackType

from bot.errors import BotError
from bot.model import AnswerStore, Clock, KeptAnswer

log = logging.getLogger("bot.source.flight")

BEAT_SECONDS = 30.0
"""The right lasts some minutes: several beats may fail before it is lost."""


class Flight:
    """A context manager around asking, for whoever `AnswerStore.begin` gave the right to ask `key`.

    Every `beat_seconds` of real time the right is extended. Leaving without `keep` gives it up, so that
    the next one may ask at once; a right that was lost meanwhile is somebody else's and left alone.
    """

    def __init__(
        self, store: AnswerStore, key: str, clock: Clock, beat_seconds: float = BEAT_SECONDS
    ) -> None:
        self._store, self._key, self._clock = store, key, clock
        self._seconds = beat_seconds
        self._is_over = False
        self._landed = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="flight", daemon=True)

    def __enter__(self) -> "Flight":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        if not self._is_over:
            self._store.unlock(self._key)

    def keep(self, answer: KeptAnswer) -> None:
        """Keep the answer, which ends the right. Raises LedgerError."""
        self._stop()
        self._store.keep(self._key, answer)
        self._is_over = True

    def _stop(self) -> None:
        self._landed.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._landed.wait(self._seconds):
            try:
                if not self._store.extend(self._key, self._clock.now()):
                    # Both will ask now: that costs a request, and no answer is wrong by it.
                    self._is_over = True
                    return
            except BotError as error:
                log.warning("the right to ask could not be extended: %s", error)
