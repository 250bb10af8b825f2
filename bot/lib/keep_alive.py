"""Renew a lease from a thread while a long step runs."""

import logging
import threading
from collections.abc import Callable

from bot.errors import BotError

log = logging.getLogger("bot.lib.keep_alive")

RENEW_SECONDS = 30.0
"""A lease lasts some minutes: several renewals may fail before it is lost."""


class KeepAlive:
    """A context manager that calls `renew` every `every` seconds of real time until it is left.

    An export may take hours and a mail server's last word ten minutes; the lease is shorter, so that a dead
    process is found soon. `renew` returns a false value when the lease is lost, which ends the renewals;
    a BotError is logged with the name `lease`, and the next renewal tries again.
    """

    def __init__(self, renew: Callable[[], object], lease: str, every: float = RENEW_SECONDS) -> None:
        self._renew, self._lease, self._every = renew, lease, every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keep-alive", daemon=True)
        self.is_lost = False

    def __enter__(self) -> "KeepAlive":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the renewals; return when none is on its way."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            try:
                if not self._renew():
                    self.is_lost = True
                    return
            except BotError as error:
                log.warning("%s could not be renewed: %s", self._lease, error)
