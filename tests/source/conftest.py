"""One API, one status host and one download host per test, each with its own script."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest

from bot.lib.export_folder import ExportFolder
from bot.model import ApiSettings
from bot.source import ActivityApi, Endpoints, HttpLimits
from tests.source.loopback import TOKEN, Loopback, TurnedClock, Turnstile
from tests.source.stored_answers import StoredAnswers


@dataclass
class Hosts:
    """The three hosts, and the endpoints that name them."""

    api: Loopback
    status: Loopback
    files: Loopback
    progress: list[str] = field(default_factory=list)

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(f"{self.api.url}/v1", f"{self.status.url}/status", (f"{self.files.url}",))


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    scripted = Hosts(Loopback(), Loopback(), Loopback())
    servers = (scripted.api, scripted.status, scripted.files)
    yield scripted
    for server in servers:
        server.close()
    for server in servers:
        assert not server.surprises, "a request came that the test did not expect"
        assert not server.script, "a reply was never asked for"


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def limiter(clock: TurnedClock) -> Iterator[Turnstile]:
    turnstile = Turnstile(clock)
    yield turnstile
    assert not turnstile.flying, "the limiter was not told that a request had landed"


@pytest.fixture
def answers() -> StoredAnswers:
    return StoredAnswers()


LIMITS = {field.name for field in fields(HttpLimits)}
MakeApi = Callable[..., ActivityApi]


@pytest.fixture
def make_api(
    hosts: Hosts, clock: TurnedClock, limiter: Turnstile, answers: StoredAnswers, tmp_path: Path
) -> MakeApi:
    """Build a client for the three hosts; `random` is the middle of its range.

    A change is a parameter of the client, or a field of its limits.
    """

    def make(**changes: Any) -> ActivityApi:
        parts: dict[str, Any] = {
            "endpoints": hosts.endpoints,
            "token": TOKEN,
            "api": ApiSettings(),
            "clock": clock,
            "limiter": limiter,
            "answers": answers,
            "exports": ExportFolder(tmp_path / "exports"),
            "progress": hosts.progress.append,
        }
        limits = {name: changes.pop(name) for name in LIMITS & set(changes)}
        parts |= {"limits": HttpLimits(**{"random": lambda: 0.5, **limits})}
        return ActivityApi(**{**parts, **changes})

    return make


@pytest.fixture
def api(make_api: MakeApi) -> ActivityApi:
    return make_api()
