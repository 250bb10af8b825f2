"""The emulator: a message log served as the Activity API on three ports."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from types import TracebackType

from activity_emulator.app import Service, api_app, download_app, status_app
from activity_emulator.exports import Exports
from activity_emulator.faults import Faults
from activity_emulator.journal import Journal
from activity_emulator.log import Log
from activity_emulator.log.cache import cached_log
from activity_emulator.messages import imported_log
from activity_emulator.rate_limit import Limiter, NoLimit
from activity_emulator.server import Server, listen

STATUS_PATH = "/api/public/v1/activity/reports/status"


class Emulator:
    """The Activity API, computed from a message log; a context manager.

    `now` (aware) is the emulator's present, to the minute: windows must start before it, and the generated
    log ends at its full hour. `data_dir` caches generated logs. `port` is the API's, the next two are the
    status host's and the downloads'; 0 picks three free ones. `limit` is (requests, seconds) for each token,
    None for no limit. `log` serves a hand-made log instead, and does not close it; `messages` serves the log
    of a `mention_sla_export` file: without `now`, these two use their own. `clock` returns seconds and never
    runs backwards; `export_delay` and `url_lifetime` are in its seconds. `faults` are in force from the start
    (syntax in `activity_emulator/faults.py`; raises FaultSyntax); change them through the attribute `faults`.
    `export_files` are served as they are instead of the log's export of that type.
    """

    def __init__(  # noqa: PLR0913 (keyword-only settings, each with a default)
        self,
        *,
        data_dir: Path,
        now: datetime | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str = "demo",  # noqa: S107 (the data is invented)
        seed: int = 7,
        limit: tuple[int, float] | None = (100, 300.0),
        on_progress: Callable[[str], None] | None = None,
        log: Log | None = None,
        messages: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        export_delay: float = 1.0,
        url_lifetime: float = 300.0,
        faults: Iterable[str] = (),
        export_files: Mapping[str, Path] | None = None,
    ) -> None:
        if now is None and log is None and messages is None:
            raise ValueError("a generated log needs a now")
        if now is not None and now.tzinfo is None:
            raise ValueError("the emulator's now needs a zone")
        if not token:
            raise ValueError("the emulator needs a token")
        self.token = token
        self.requests = Journal()
        self.faults = Faults(*faults)
        self._now = now.astimezone(UTC).replace(second=0, microsecond=0) if now else None
        self._data_dir, self._seed = data_dir, seed
        self._host, self._port = host, port
        self._on_progress = on_progress or (lambda _: None)
        self._limiter = Limiter(*limit, clock) if limit else NoLimit(clock)
        self._exports = Exports(delay=export_delay, lifetime=url_lifetime, clock=clock)
        self._export_files = dict(export_files or {})
        self._given_log, self._messages = log, messages
        self._log: Log | None = None
        self._servers: list[Server] = []
        self._stopped = Event()

    def start(self) -> "Emulator":
        """Open or make the log, take the ports, serve. Starting twice is an error.

        Raises PortBusy, and MessagesError for a file of messages that cannot be used.
        """
        if self._servers:
            raise RuntimeError("the emulator is already started")
        listeners = listen(self._host, self._port, 3)
        try:
            self._log = self._given_log or self._own_log()
        except BaseException:
            for listener in listeners:
                listener.close()
            raise
        self._stopped.clear()
        service = self._service(self._log)
        apps = (api_app(service), status_app(service, lambda: self.ports[2]), download_app(service))
        self._servers = [Server(app, listener) for app, listener in zip(apps, listeners, strict=True)]
        return self

    def _own_log(self) -> Log:
        if self._messages is not None:
            return imported_log(self._messages, self._data_dir, self._now, self._on_progress)
        assert self._now is not None  # noqa: S101 (the constructor asks for it)
        return cached_log(self._data_dir, self._seed, self._now, self._on_progress)

    def _service(self, log: Log) -> Service:
        return Service(
            log,
            self._now or log.now,
            self.token,
            self._limiter,
            self._exports,
            self.requests,
            self.faults,
            self._export_files,
            self._stopped,
        )

    def close(self) -> None:
        """Stop serving and close the log that `start` opened; closing twice does nothing."""
        self._stopped.set()
        for server in self._servers:
            server.close()
        self._servers = []
        if self._log is not None and self._log is not self._given_log:
            self._log.close()
        self._log = None

    def __enter__(self) -> "Emulator":
        return self if self._servers else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def ports(self) -> tuple[int, int, int]:
        """The ports of the API, the status host and the downloads. Raises RuntimeError before `start`."""
        if not self._servers:
            raise RuntimeError("the emulator is not started")
        api, status, download = (server.port for server in self._servers)
        return api, status, download

    @property
    def api_url(self) -> str:
        """Base URL of the API, for `ACTIVITY_API_URL`."""
        return f"http://{self._reachable}:{self.ports[0]}/v1"

    @property
    def status_url(self) -> str:
        """URL of the export status, for `ACTIVITY_STATUS_URL`."""
        return f"http://{self._reachable}:{self.ports[1]}{STATUS_PATH}"

    @property
    def export_hosts(self) -> str:
        """The host of the downloads, for `ACTIVITY_EXPORT_HOSTS`."""
        return f"http://{self._reachable}:*"

    @property
    def _reachable(self) -> str:
        """The host for a client on this machine, also where the server listens on all interfaces."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104
        return f"[{host}]" if ":" in host else host
