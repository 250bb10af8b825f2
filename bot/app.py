"""The composition root: settings and configuration become wired parts. The only place that chooses."""

import hashlib
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.alerts import alert_editions
from bot.channels import (
    AccessTokens,
    Channels,
    EmailChannel,
    FolderChannel,
    SlackChannel,
    oauth_app,
)
from bot.delivery.recipients import Audience
from bot.delivery.runtime import Runtime
from bot.errors import UsageError
from bot.ledger import (
    AddressBook,
    AnswerCache,
    ExportParts,
    Ledger,
    Moved,
    RateLimiter,
    SchedulerLock,
    is_sqlite,
    move_ledger,
    open_ledger,
)
from bot.lib.export_folder import ExportFolder
from bot.model import (
    ALERTS,
    COMPOSE,
    Channel,
    Clock,
    Configuration,
    Crew,
    Digest,
    Limiter,
    ProcessKind,
    Progress,
    Recipient,
    Source,
)
from bot.model.channel_types import CHANNEL_TYPES, EMAIL, FOLDER
from bot.render import Renderer, has_pdf, prepare
from bot.render.pdf.process import MakePdf, pdf_in_child
from bot.service import SharedClock, SystemClock, ThreadCrew, Upkeep
from bot.settings import Secret, Settings
from bot.source import ActivityApi, ApiToken, Endpoints, HttpLimits, check_endpoints
from bot.source.cache.memory import MemoryAnswers, NoLimit

if TYPE_CHECKING:
    from activity_emulator import Emulator

Observe = Callable[[str, object], None]
EXPORTS_FOLDER = "exports"
BACKGROUND_WAIT, PERSONS_WAIT = 10.0, 7200.0
"""Seconds that one wait for the limit or an export may take: the service does other work meanwhile, a
person who typed a command waits."""

SLACK_PACE = 1.1
"""Seconds between two messages in one Slack channel."""

SAMPLE_POLL = 1.0
SAMPLE_TOKEN = "sample"  # noqa: S105 - the emulator's data is nobody's


@dataclass(frozen=True, slots=True)
class App:
    """Settings, a validated reports.yaml and a clock: enough to make every part."""

    settings: Settings
    configuration: Configuration
    clock: Clock

    def require_secrets(self, recipients: tuple[Recipient, ...]) -> None:
        """Check that the environment has every secret that these recipients need. Raise UsageError."""
        check_endpoints(self._endpoints())
        self.settings.required("ACTIVITY_API_TOKEN")
        used = {recipient.channel for recipient in recipients}
        for channel_type in CHANNEL_TYPES.values():
            if channel_type.secret and channel_type.name in used:
                self.settings.required(channel_type.secret)

    def open_ledger(self, kind: ProcessKind | None = ProcessKind.COMMAND) -> Ledger:
        """Open the ledger of BOT_DATABASE_URL as such a process; None only reads. Raise LedgerError."""
        return open_ledger(self.settings.database_url, owner=owner_text(), kind=kind)

    def on_clock_of(self, ledger: Ledger) -> "App":
        """Return the app on the clock that every process with this ledger shares; on SQLite the machine's."""
        return replace(self, clock=SharedClock(self.clock, ledger.now))

    def source(self, ledger: Ledger, progress: Progress, *, background: bool = False) -> ActivityApi:
        """Return the real Activity API, its answers and its limit shared by every process with this ledger.

        In the `background` nobody waits: reserved requests are left alone, and long waits are not slept.
        Raises UsageError without a token or with an unsafe address.
        """
        token = self.settings.required("ACTIVITY_API_TOKEN").reveal()
        wait = BACKGROUND_WAIT if background else PERSONS_WAIT
        return self._api(
            self._endpoints(),
            token,
            self.limiter(ledger),
            ledger,
            progress,
            HttpLimits(wait=wait, urgent=not background),
        )

    def spare_source(self, ledger: Ledger, progress: Progress) -> ActivityApi:
        """Return the real Activity API for what can wait: it leaves at least half of the requests.

        A wait for its turn is slept, for a person watches. Raises UsageError as `source`.
        """
        token = self.settings.required("ACTIVITY_API_TOKEN").reveal()
        api = self.configuration.api
        limiter = self.limiter(ledger, left_alone=max(api.reserved_requests, api.usable_requests // 2))
        return self._api(self._endpoints(), token, limiter, ledger, progress)

    def crew(self, concurrency: int) -> Crew:
        """Return the crew of this process alone on SQLite, and of every machine on PostgreSQL.

        Raise UsageError when the packages for it are not installed.
        """
        url = self.settings.database_url
        if is_sqlite(url):
            return ThreadCrew(concurrency)
        try:
            from bot.workers import ProcrastinateCrew
        except ModuleNotFoundError as error:
            raise UsageError(
                f"A service on PostgreSQL needs the package {error.name}: pip install 'digestbot[workers]'"
            ) from None
        return ProcrastinateCrew(url, (COMPOSE, ALERTS, *CHANNEL_TYPES), concurrency)

    def upkeep(self, ledger: Ledger) -> Upkeep:
        """Return everything that `prune` goes through."""
        answers = AnswerCache(ledger)
        return Upkeep(ledger, answers, self._exports(ledger), self.configuration.retention)

    def limiter(self, ledger: Ledger, *, left_alone: int | None = None) -> RateLimiter:
        """Return the request log that every process with this ledger shares.

        `left_alone` requests are for the urgent; by default as many as reports.yaml reserves.
        """
        api = self.configuration.api
        return RateLimiter(
            ledger,
            requests=api.limit_requests,
            seconds=api.limit_seconds,
            usable=api.usable_requests,
            reserved=api.reserved_requests if left_alone is None else left_alone,
            clock=self.clock,
        )

    def requests_used(self, ledger: Ledger) -> tuple[int, int]:
        """Return how many requests count now, and how many may be sent in a span. Raise LedgerError."""
        token = self.settings.required("ACTIVITY_API_TOKEN").reveal()
        key = ApiToken(token, self._endpoints()).key
        return self.limiter(ledger).used(key), self.configuration.api.usable_requests

    def renderer(
        self, ledger: Ledger | None = None, *, forgiving: bool = False, make_pdf: MakePdf = pdf_in_child
    ) -> Renderer:
        """Return a renderer of our templates, with the folder that reports.yaml puts before them.

        It attaches exports of this host, with a `ledger` those of every host that shares it. `forgiving`:
        where no PDF can be made, send the edition without it and note that.
        """
        return Renderer(
            overrides=self.configuration.templates,
            exports=self._exports(ledger),
            mail=self.configuration.mail,
            forgiving=forgiving,
            make_pdf=make_pdf,
        )

    def runtime(
        self,
        ledger: Ledger,
        recipients: tuple[Recipient, ...],
        progress: Progress,
        *,
        background: bool = False,
    ) -> Runtime:
        """Return everything that delivering to these recipients needs. Raises UsageError without a token."""
        self.settings.required("ACTIVITY_API_TOKEN")
        if any(has_pdf(recipient) for recipient in recipients):
            prepare()
        audience = self.audience(ledger, progress, background=background)
        return Runtime(
            source=audience.source,
            ledger=ledger,
            channels=self._used(ledger, recipients, progress),
            renderer=self.renderer(ledger, forgiving=True),
            clock=self.clock,
            progress=progress,
            compose_alert=alert_editions,
            retention=self.configuration.retention,
            credentials=self._credentials(),
            audience=audience,
        )

    def audience(self, ledger: Ledger, progress: Progress, *, background: bool = False) -> Audience:
        """Return who is a recipient now: by this configuration, and the lists of the one source."""
        source = cache(partial(self.source, ledger, progress, background=background))
        return Audience(self.configuration, source, self.clock)

    def _credentials(self) -> dict[str, str]:
        """Return a hash of each channel's secret: it tells whether the secret is still the refused one."""
        given = self.settings.channel_secrets
        return {
            name: _hash(*(given[one] for one in (row.secret, *row.more_secrets) if one in given))
            for name, row in CHANNEL_TYPES.items()
            if row.secret in given
        }

    def channels(self, ledger: Ledger, progress: Progress) -> Channels:
        """Return every channel, created when first used: an old delivery may need one that the file lost."""
        return Channels({name: partial(make, self, ledger, progress) for name, make in CHANNELS.items()})

    def _used(self, ledger: Ledger, recipients: tuple[Recipient, ...], progress: Progress) -> Channels:
        """Return the channels; make those of these recipients now, so that a wrong setting shows at once."""
        channels = self.channels(ledger, progress)
        for kind in {recipient.channel for recipient in recipients}:
            _ = channels[kind]
        return channels

    def folder_channel(self, root: Path) -> FolderChannel:
        """Return the channel that writes files below `root`."""
        return FolderChannel(root=root, mail=self.configuration.mail)

    @contextmanager
    def sample_source(self, progress: Progress, data_dir: Path | None = None) -> "Iterator[Source]":
        """Yield the emulator behind the real client, for SAMPLE editions. Raise UsageError without it."""
        emulator = make_emulator(data_dir or self.settings.data_dir, self.clock.now(), progress)
        with emulator:
            endpoints = Endpoints(emulator.api_url, emulator.status_url, (emulator.export_hosts,))
            yield self._api(
                endpoints,
                SAMPLE_TOKEN,
                NoLimit(),
                None,
                progress,
                HttpLimits(wait=PERSONS_WAIT, first_poll=SAMPLE_POLL),
            )

    @contextmanager
    def preview_source(self, progress: Progress) -> "Iterator[tuple[Source, bool]]":
        """Yield the real API if there is a token, else the emulator; and whether it is a sample."""
        if self.settings.api_token is None:
            with self.sample_source(progress) as source:
                yield source, True
            return
        with self.open_ledger() as ledger:
            yield self.source(ledger, progress), False

    @contextmanager
    def observed_source(self, progress: Progress, observe: Observe) -> "Iterator[Source]":
        """Yield the real API with an empty cache, for a person who waits; `observe` gets each answer."""
        token = self.settings.required("ACTIVITY_API_TOKEN").reveal()
        with self.open_ledger() as ledger:
            yield self._api(
                self._endpoints(),
                token,
                self.limiter(ledger),
                None,
                progress,
                HttpLimits(wait=PERSONS_WAIT, urgent=True),
                observe,
            )

    def _api(
        self,
        endpoints: Endpoints,
        token: str,
        limiter: Limiter,
        ledger: Ledger | None,
        progress: Progress,
        limits: HttpLimits = HttpLimits(wait=PERSONS_WAIT),  # noqa: B008 - it is frozen
        observe: Observe | None = None,
    ) -> ActivityApi:
        """Return a client whose answers are shared through `ledger`; None: it remembers nothing."""
        return ActivityApi(
            endpoints=endpoints,
            token=token,
            api=self.configuration.api,
            clock=self.clock,
            limiter=limiter,
            answers=MemoryAnswers() if ledger is None else AnswerCache(ledger),
            exports=self._exports(ledger),
            progress=progress,
            limits=limits,
            observe=observe,
        )

    def _endpoints(self) -> Endpoints:
        settings = self.settings
        return Endpoints(settings.api_url, settings.status_url, settings.export_hosts, settings.plaintext)

    def _exports(self, ledger: Ledger | None) -> ExportFolder:
        """Return this host's exports. Through a ledger on PostgreSQL hosts share theirs."""
        shared = None if ledger is None or is_sqlite(self.settings.database_url) else ExportParts(ledger)
        return _export_folder(self.settings, shared)


def _export_folder(settings: Settings, shared: ExportParts | None = None) -> ExportFolder:
    return ExportFolder(settings.data_dir.resolve() / EXPORTS_FOLDER, shared, settings.shared_export_bytes)


def _slack(app: App, ledger: Ledger, progress: Progress) -> SlackChannel:
    return SlackChannel(
        token=app.settings.required("SLACK_BOT_TOKEN").reveal(),
        api_url=app.settings.slack_api_url,
        address_book=AddressBook(ledger.engine, _workspace(app.settings)),
        clock=app.clock,
        progress=progress,
        plaintext=app.settings.plaintext,
        pace=RateLimiter(ledger, requests=1, seconds=SLACK_PACE, usable=1, flight=0.0, clock=app.clock),
    )


def _email(app: App, ledger: Ledger, progress: Progress) -> EmailChannel:
    return EmailChannel(
        smtp_url=app.settings.required("SMTP_URL").reveal(),
        mail=app.configuration.mail,
        plaintext=app.settings.plaintext,
        progress=progress,
        tokens=_access_tokens(app),
    )


def _access_tokens(app: App) -> AccessTokens | None:
    settings = app.settings
    secret, refresh = (
        settings.channel_secrets[name].reveal() if name in settings.channel_secrets else ""
        for name in EMAIL.more_secrets
    )
    oauth = oauth_app(settings.smtp_oauth, settings.smtp_oauth_client_id, secret, refresh)
    return AccessTokens(oauth, app.clock) if oauth else None


def _folder(app: App, ledger: Ledger, progress: Progress) -> FolderChannel:
    return app.folder_channel(Path(app.configuration.path).parent)


CHANNELS: Mapping[str, Callable[[App, Ledger, Progress], Channel]] = {
    "slack": _slack,
    "email": _email,
    "folder": _folder,
}
"""The factory of each channel type. Raises UsageError for a missing secret or an unsafe address."""


def make_emulator(  # noqa: PLR0913 (the settings that the command offers)
    data_dir: Path,
    now: datetime | None,
    progress: Progress,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str = SAMPLE_TOKEN,
    seed: int = 7,
    limit: tuple[int, float] | None = None,
    export_delay: float = 1.0,
    messages: Path | None = None,
    faults: Sequence[str] = (),
) -> "Emulator":
    """Return the emulator, not started. `now` may be None with `messages`, a file that says when it ends.

    Raises UsageError when its packages are not installed, or for a fault that cannot be understood.
    """
    try:
        from activity_emulator import Emulator, FaultSyntax
    except ModuleNotFoundError as error:
        raise UsageError(
            f"Sample data needs the package {error.name}: pip install 'digestbot[demo]'"
        ) from None
    if not token:
        raise UsageError("--token is empty; the emulator needs one to ask for.")
    try:
        return Emulator(
            data_dir=data_dir,
            now=now,
            host=host,
            port=port,
            token=token,
            seed=seed,
            limit=limit,
            export_delay=export_delay,
            messages=messages,
            faults=faults,
            on_progress=progress,
        )
    except FaultSyntax as error:
        raise UsageError(f"--fault: {error}.") from None


def move_to(settings: Settings, url: str) -> Moved:
    """Move the ledger of BOT_DATABASE_URL and this host's exports to PostgreSQL at `url`.

    Raise UsageError for the wrong kind of database, LedgerError while the ledger is in use.
    """
    here = settings.database_url
    if not is_sqlite(here):
        raise UsageError("BOT_DATABASE_URL is PostgreSQL already; move takes a ledger from SQLite to there.")
    if is_sqlite(url):
        raise UsageError("--to: expected a PostgreSQL database, such as postgresql+psycopg://user@host/name.")
    exports, owner = _export_folder(settings), owner_text()
    with SchedulerLock(here), open_ledger(here, owner=owner, kind=None) as source:
        source.reap(SystemClock().now())
        with open_ledger(url, owner=owner, kind=None) as target:
            return move_ledger(source, target, exports)


def owner_text() -> str:
    """Name this process for the ledger's claims: host, process id and a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def _workspace(settings: Settings) -> str:
    """Name the Slack workspace: another token may mean another workspace with other ids."""
    return "slack-" + _hash(settings.required("SLACK_BOT_TOKEN"))


def _hash(*secrets: Secret) -> str:
    return hashlib.sha256("\0".join(secret.reveal() for secret in secrets).encode()).hexdigest()[:16]


def into_folder(digest: Digest, folder: str) -> Digest:
    """Return the digest with a folder as its only recipient, for demo and check."""
    from bot.model import Agents

    return replace(digest, recipients=(Recipient(FOLDER.name, folder, agents=Agents.NAMES),))


def default_app(configuration: Configuration, settings: Settings, clock: Clock | None = None) -> App:
    """Return the app on the given clock, by default the machine's."""
    return App(settings, configuration, clock or SystemClock())
