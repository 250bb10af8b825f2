"""A service with a real database and a status page over loopback; its ticker and worker are the test."""

import http.client
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.app import App
from bot.cli.run import load_parts, read_again
from bot.config import load
from bot.ledger import Ledger
from bot.model import ProcessKind
from bot.service import Service, WatchedFile
from bot.settings import Secret, Settings
from bot.web.access import Guard
from bot.web.server import LocalServer
from bot.web.status import Collector, serve_status
from tests.ledger.factories import TurnedClock

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
CANARY = "canary-api-token-91"
FILE = """\
timezone: Australia/Sydney
locale: en_AU
email: {from: a@example.com, allowed_domains: [example.com]}
on_failure:
  - folder: alerts
digests:
  care-daily:
    title: Social care <daily> & more
    schedule: every day at 20:00
    window: yesterday
    reports: [summary]
    recipients:
      - folder: outbox
      - email: dana@example.com
  care-weekly:
    title: Social care, weekly
    schedule: every monday at 09:00
    window: last week
    reports: [summary]
    recipients:
      - folder: outbox
"""
Answer = tuple[http.client.HTTPResponse, str]


@dataclass
class Here:
    """What a test turns and looks at."""

    file: Path
    app: App
    ledger: Ledger
    clock: TurnedClock
    service: Service
    collector: Collector
    serve: Callable[..., LocalServer]

    def get(
        self,
        path: str = "/",
        method: str = "GET",
        server: LocalServer | None = None,
        seconds: float = 20.0,
        **headers: str,
    ) -> Answer:
        """One request; a header's name has _ for -."""
        address = urlsplit((server or self.serve()).url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=seconds)
        try:
            named = {name.replace("_", "-"): text for name, text in headers.items()}
            connection.request(method, path, headers=named)
            answer = connection.getresponse()
            return answer, answer.read().decode()
        finally:
            connection.close()

    def later(self, seconds: float) -> None:
        """Turn the clock, so that the next reader sees fresh data."""
        self.clock.sleep(max(seconds, 3.0))

    def look_at_file(self, times: int = 4) -> None:
        for _ in range(times):
            self.clock.sleep(1.0)
            self.service.look_at_file()
            assert self.service.file is not None
            self.service.file.wait()
        self.later(3)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    monkeypatch.chdir(tmp_path)
    file = Path("reports.yaml")
    file.write_text(FILE, encoding="utf-8")
    clock = TurnedClock(MONDAY)
    settings = Settings.from_environment(
        {
            "ACTIVITY_API_TOKEN": CANARY,
            "BOT_DATA_DIR": str(tmp_path / "var"),
            "SMTP_URL": "smtp://127.0.0.1:9",
        }
    )
    app = App(settings, load(file), clock)
    with ExitStack() as stack:
        ledger = stack.enter_context(app.open_ledger(ProcessKind.RUN))
        loaded = load_parts(app, ledger, lambda text: None, background=True)
        service = Service(
            loaded.configuration, loaded.runtime, settings.data_dir, lambda result: None, loaded.upkeep
        )
        service.file = WatchedFile(app.configuration, lambda: read_again(app, ledger), clock)
        collector = Collector(service, lambda configuration: app.requests_used(ledger), settings.redact)
        made: dict[Any, LocalServer] = {}

        def serve(token: str = "", **more: Any) -> LocalServer:
            key = (token, *more.items())
            if key not in made:
                guard = Guard("127.0.0.1", 0, not token, Secret(token) if token else None)
                made[key] = stack.enter_context(serve_status(collector, guard, **more))
            return made[key]

        yield Here(file, app, ledger, clock, service, collector, serve)
