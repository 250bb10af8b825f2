"""Call HEARTBEAT_URL while all is well: a monitor outside notices when the calls stop."""

import logging
import threading
from urllib.parse import urlsplit

from bot.errors import UsageError
from bot.lib.net import is_loopback_host
from bot.model import Clock

log = logging.getLogger("bot.service")

EVERY_SECONDS = 60.0
CALL_SECONDS = 10.0


class Ping:
    """Calls `url` at most once a minute, from a thread of its own, and never disturbs anything.

    The address is a secret and is never logged. Raises UsageError unless it is https, or http to this
    machine.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        _check(url)
        self._url, self._clock = url, clock
        self._called: float | None = None
        self._thread: threading.Thread | None = None

    def give(self) -> None:
        """Call, unless a call is on its way or was begun less than a minute ago."""
        now = self._clock.monotonic()
        recent = self._called is not None and now - self._called < EVERY_SECONDS
        if recent or (self._thread is not None and self._thread.is_alive()):
            return
        self._called = now
        self._thread = threading.Thread(target=self._call, name="life sign", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait for a call that is on its way, a little longer than one may take."""
        if self._thread is not None:
            self._thread.join(CALL_SECONDS + 2.0)

    def _call(self) -> None:
        import requests

        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.get(self._url, timeout=CALL_SECONDS, allow_redirects=False, stream=True)
                if answer.status_code >= 300:
                    log.warning("HEARTBEAT_URL answered with HTTP status %d", answer.status_code)
        except Exception as error:
            # The error's text is not logged: it contains the address.
            log.warning("HEARTBEAT_URL could not be called (%s)", type(error).__name__)


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    plain = parts.scheme == "http" and is_loopback_host(host)
    if not host or not (parts.scheme == "https" or plain):
        raise UsageError("HEARTBEAT_URL must begin with https://, or http:// for this machine alone.")
