"""Keeps a claim alive while a long step runs, from a thread of its own."""

import logging
import threading
from datetime import datetime
from types import TracebackType
from typing import Protocol

from bot.errors import BotError
from bot.model import Claim, Clock

log = logging.getLogger("bot.lib.keep_alive")

BEAT_SECONDS = 30.0
"""A lease lasts some minutes: several beats may fail before it is lost."""


class Leases(Protocol):
    """The part of the ledger that renews claims."""

    def renew(self, claim: Claim, now: datetime) -> Claim | None:
        """Return a claim with a longer lease; None when it was lost."""


class Heartbeat:
    """A context manager that renews `claim` every `beat_seconds` of real time until it is left.

    An export may take hours and a mail server's last word ten minutes; the lease is shorter, so
    that a dead process is found soon. A lost claim shows when its result is written.
    """

    def __init__(
        self, ledger: Leases, claim: Claim, clock: Clock, beat_seconds: float = BEAT_SECONDS
    ) -> None:
        self._ledger, self._claim, self._clock = ledger, claim, clock
        self._seconds = beat_seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(self._seconds):
            try:
                self._ledger.renew(self._claim, self._clock.now())
            except BotError as error:
                log.warning("the claim on %s could not be renewed: %s", self._claim.key, error)
