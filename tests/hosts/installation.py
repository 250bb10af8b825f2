"""One installation: hosts that share a database, and the servers that they talk to."""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from activity_emulator import Emulator
from bot.ledger import open_ledger
from tests.doubles.slack_server import SlackServer
from tests.doubles.slack_workspace import SlackChannelRoom, Workspace
from tests.doubles.smtp_server import SmtpServer
from tests.hosts.network import Place, bridge, place
from tests.hosts.postgres import Postgres, postgres
from tests.journeys.world import API_TOKEN, ROOT, SLACK_TOKEN

T = TypeVar("T")

NAMES = ("a", "b", "c")
ROOMS = 60
PATIENCE = 300.0
"""Seconds until a condition is given up: no figure, and long enough for any machine."""

PAGE = (
    "<html lang='en'><head><title>{{ edition.title }}</title></head><body>{{ edition.title }}</body></html>"
)
HEAD = """\
timezone: UTC
templates: {folder}/my-templates
activity_api: {{rate_limit: {{requests: {requests}, per: {seconds:g}s}}}}
email:
  from: "Care reports <reports@example.com>"
  allowed_domains: [example.com]
  on_unknown: {on_unknown}
digests:
"""
ENTRY = """\
  {name}:
    title: {name}
    schedule: every day at {at}
    window: {window}
    compare: none
    catch_up: all
    grace: 31d
    reports: [{reports}]
    recipients: [{recipients}]
"""
SLACK, MAIL = '{{slack: "#{name}"}}', "{{email: {name}@example.com}}"
FOLDER = "{{folder: {folder}/outbox/{name}}}"
DIGEST = {"at": "00:01", "window": "yesterday", "reports": "summary", "recipients": (MAIL,)}

LONGEST_PLANNING = 15.0
OUTSTANDING = """\
SELECT count(*) FROM occurrences WHERE state = 'planned' OR id IN (
    SELECT occurrence FROM deliveries
    WHERE state IN ('ready', 'sending') OR (state = 'unknown' AND coalesce(not_before, 0) < :soon)
)"""

SENDING = "FROM deliveries WHERE state = 'sending' AND channel = 'email'"


def until(condition: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """Return the condition's value once it is true. Raise AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)
    return value


@dataclass
class Host:
    """A machine: its place, its own folder as seen from outside, and the process that it runs."""

    place: Place
    folder: Path
    environment: dict[str, str]
    service: str
    process: "subprocess.Popen[bytes] | None" = None
    begun: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def start(self) -> None:
        """Start its service."""
        self.process = self.begin(self.service)

    def begin(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start a process with this command of the bot."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [*self.place.enter, sys.executable, "-m", "tests.hosts.launcher", *command],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.begun.append(process)
        return process

    @property
    def running(self) -> "subprocess.Popen[bytes]":
        assert self.process is not None, f"{self.place.name} was never started"
        return self.process

    def kill(self) -> None:
        self.running.kill()
        self.running.wait()

    def end(self, seconds: float = PATIENCE) -> int:
        """SIGTERM, and the exit status; it must end within so many seconds."""
        self.running.terminate()
        return self.running.wait(seconds)

    def turn(self, wall: float = 0.0, monotonic: float = 0.0) -> None:
        """Set by how many seconds its clocks differ from the machine's."""
        (self.folder / "clock.new").write_text(f"{wall} {monotonic}", encoding="utf-8")
        (self.folder / "clock.new").rename(self.folder / "clock")

    def has_ticked_since(self, moment: datetime) -> bool:
        """Return whether, by its own clock, it went through its jobs after this moment (and before the next hour)."""
        try:
            ticked = datetime.fromisoformat((self.folder / "var/last_tick").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return moment < ticked < moment + timedelta(minutes=10)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")


@dataclass
class Installation:
    """Hosts on one database."""

    folder: Path
    url: str
    engine: Engine
    emulator: Emulator
    slack: SlackServer
    smtp: SmtpServer
    hosts: tuple[Host, ...]
    database: Postgres | None
    limit: tuple[int, float]
    digests: list[str] = field(default_factory=list)
    owed: set[tuple[str, int]] = field(default_factory=set)
    _set_back_at: float = 0.0

    def write(
        self, count: int, *, on_unknown: str = "resend", hosts: Sequence[Host] = (), **entry: Any
    ) -> None:
        """Write a reports.yaml with so many digests to these hosts, by default all of them.

        `entry` says more of each; {days} in its `window` is another number of days for each.
        """
        requests, seconds = self.limit
        self.digests = [f"digest-{number}" for number in range(count)]
        file = HEAD.format(folder=self.folder, requests=requests, seconds=seconds, on_unknown=on_unknown)
        for number, name in enumerate(self.digests):
            said = DIGEST | entry
            to = [one.format(name=name, folder=self.folder) for one in said["recipients"]]
            said |= {"recipients": ", ".join(to), "window": said["window"].format(days=number + 2)}
            file += ENTRY.format(name=name, **said)
        for host in hosts or self.hosts:
            (host.folder / "reports.yaml").write_text(file, encoding="utf-8")

    def owe(self, days: int, digests: Sequence[str] = ()) -> int:
        """Let these digests (by default all) have missed so many days; return how many occurrences that makes."""
        names = digests or self.digests
        self.owed |= {(name, day) for name in names for day in range(days)}
        self._set_back(names)
        return days * len(names)

    def _set_back(self, names: Iterable[str]) -> None:
        """Let the ledger forget what of these digests is planned."""
        days, now = Counter(name for name, _ in self.owed), datetime.now(UTC)
        then = {name: now - timedelta(days=days[name]) for name in names}
        with open_ledger(self.url, owner="onlooker") as ledger:
            for name, moment in then.items():
                ledger.register_digest(name, moment)
        rows = [{"name": name, "then": int(moment.timestamp() * 1e6)} for name, moment in then.items()]
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE digests SET planned_through = :then WHERE name = :name"), rows)
        self._set_back_at = time.monotonic()

    def is_planned(self) -> bool:
        """Return whether all that is owed is planned. A host that was planning meanwhile may have passed over it."""
        is_planned = self.count("SELECT count(*) FROM occurrences") >= len(self.owed)
        if not is_planned and time.monotonic() - self._set_back_at > LONGEST_PLANNING:
            self._set_back({name for name, _ in self.owed})
        return is_planned

    def rows(self, query: str, **values: Any) -> Sequence[Any]:
        """Return what the database says; while it is away, wait for it."""
        (found,) = until(lambda: self._rows(query, values), f"an answer of the database to {query}")
        return found

    def _rows(self, query: str, values: dict[str, Any]) -> tuple[Sequence[Any], ...]:
        try:
            with self.engine.connect() as connection:
                return ([*connection.execute(text(query), values)],)
        except DBAPIError:
            return ()

    def count(self, query: str, **values: Any) -> int:
        return int(self.rows(f"SELECT coalesce(({query}), 0)", **values)[0][0])

    def start(self) -> None:
        for host in self.hosts:
            host.start()

    def begin_sending(self, digest: str) -> str:
        """Owe a digest whose mail the server holds; return the key of the delivery in the middle of it."""
        self.smtp.holding = True
        self.smtp.got_content.clear()
        self.owe(1, [digest])
        until(lambda: self.is_planned() and self.smtp.got_content.is_set(), f"a mail of {digest}")
        return str(self.rows(f"SELECT key {SENDING}")[0][0])

    def host_of(self, claim: str) -> Host:
        """Return the host whose process has a claim; `claim` is a query for its owner (host:pid:random)."""
        ((owner,),) = self.rows(claim)
        return next(host for host in self.hosts if host.running.pid == int(owner.split(":")[1]))

    def execute(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    def settle(self, seconds: float = 600.0) -> None:
        """Let the mail server answer, and wait until what is owed is planned, and nothing more goes on by itself.

        At most so long: the audit says what is missing then.
        """
        self.smtp.holding = False
        soon = int((time.time() + 86_400) * 1e6)
        with suppress(AssertionError):
            until(self.is_planned, "everything planned", seconds)
            until(lambda: self.count(OUTSTANDING, soon=soon) == 0, "everything sent", seconds)


@contextmanager
def installation(
    kept: Path,
    hosts: Sequence[str] = NAMES,
    *,
    services: Sequence[str] = ("run", "run", "worker"),
    on_postgres: bool = True,
    limit: tuple[int, float] | None = None,
    **manners: Any,
) -> Iterator[Installation]:
    """Provide an empty one. `kept` caches the emulator's log; `limit` is the API's; `manners` its other ones.

    Hosts of the same name are containers: with one host name, one data folder, and process ids of their own.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hosts-")))
        folder.chmod(0o755)
        address = stack.enter_context(bridge())
        page = folder / "my-templates/pdf/report.html.j2"
        page.parent.mkdir(parents=True)
        page.write_text(PAGE, encoding="utf-8")
        database = stack.enter_context(postgres(folder / "postgres", address)) if on_postgres else None
        emulator = Emulator(
            data_dir=kept,
            now=datetime.now(UTC),
            token=API_TOKEN,
            host=address,
            limit=limit,
            **{"export_delay": 0.0, **manners},
        )
        rooms = [SlackChannelRoom(f"C0ROOM{number:04}", f"digest-{number}") for number in range(ROOMS)]
        workspace = Workspace(polls_until_ready=0, page_size=200, clock=time.time, channels=rooms)
        stack.enter_context(emulator)
        slack = stack.enter_context(SlackServer(SLACK_TOKEN, workspace, address))
        smtp = stack.enter_context(SmtpServer(host=address))
        environment = _environment(emulator, slack, smtp, address)
        if database is not None:
            environment["BOT_DATABASE_URL"] = database.url
        places = [stack.enter_context(_place(folder, number, hosts)) for number in range(len(hosts))]
        made = tuple(
            _host(at, folder, environment, service) for at, service in zip(places, services, strict=False)
        )
        url = database.url if database else f"sqlite:///{folder}/{hosts[0]}/var/bot.db"
        engine = create_engine(url, pool_pre_ping=True)
        stack.callback(engine.dispose)
        here = Installation(
            folder, url, engine, emulator, slack, smtp, made, database, limit or (10_000, 300.0)
        )
        stack.callback(_end, here)
        try:
            yield here
        except AssertionError:
            for host in made:
                print(f"--- {host.place.name}", *host.log.splitlines()[-20:], sep="\n", file=sys.stderr)
            raise


def _place(folder: Path, number: int, hosts: Sequence[str]) -> AbstractContextManager[Place]:
    (folder / hosts[number]).mkdir(exist_ok=True)
    return place(number, hosts[number], folder, as_container=len(set(hosts)) < len(hosts))


def _host(at: Place, folder: Path, environment: dict[str, str], service: str) -> Host:
    own = {"HOME": str(at.inside), "TMPDIR": str(at.inside), "HOSTS_CLOCK": str(at.inside / "clock")}
    host = Host(at, folder / at.name, environment | own, service)
    host.turn()
    return host


def _environment(emulator: Emulator, slack: SlackServer, smtp: SmtpServer, address: str) -> dict[str, str]:
    ports = [*emulator.ports, slack.port, smtp.port]
    return {
        "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
        "PYTHONPATH": str(ROOT),
        "BOT_ALLOW_PLAINTEXT": ",".join(f"{address}:{port}" for port in ports),
        "ACTIVITY_API_TOKEN": API_TOKEN,
        "ACTIVITY_API_URL": emulator.api_url,
        "ACTIVITY_STATUS_URL": emulator.status_url,
        "ACTIVITY_EXPORT_HOSTS": f"http://{address}:{emulator.ports[2]}",
        "SLACK_BOT_TOKEN": SLACK_TOKEN,
        "SLACK_API_URL": slack.url,
        "SMTP_URL": smtp.url(),
    }


def _end(here: Installation) -> None:
    for process in (process for host in here.hosts for process in host.begun):
        process.kill()
        process.wait()
