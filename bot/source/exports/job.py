"""Export jobs: started, polled until complete, downloaded, measured (API document, CSV exports).

The job that the API makes is remembered as soon as it is known, so that the next caller (a process started
again, a worker that comes back after SourceBusy) goes on with it and starts no second one.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field

from bot.errors import SourceBusy, SourceError, SourceUnavailable, SourceUnclear
from bot.model import AnswerStore, Clock, ExportFile, ExportJob, Progress, Window
from bot.source.cache.waits import WaitBudget
from bot.source.exports.download import Downloader, Expired, check_export_url
from bot.source.exports.insights import measure
from bot.source.http.endpoints import Endpoints
from bot.source.http.request import ApiRequest, ApiRequester, HttpLimits, NotFound
from bot.source.reports.wire import Wire, parse

MAX_STARTS = 2
MAX_EXPIRED = 3
MAX_WITHOUT_URL = 3
LEAST_DOWNLOAD_SECONDS = 600.0
"""A file that is complete late still has this long to come."""

LONGEST_POLL_SECONDS = 60.0


class ExportJobWire(Wire):
    """The start of an export, and each answer about its status. `url` is a secret."""

    status: Annotated[str, Field(max_length=100)]
    url: str | None = None
    token: Annotated[str, Field(pattern=r"^[!-~]{1,512}$")] | None = None


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """When to poll: after `first`, twice, four times … as many seconds, then each minute, until `longest`.

    Each wait follows from the time of the last poll alone, so a process that goes on with another's job
    keeps to the same pace: after 5 s the job is 5 s old and waits 10, after 15 it waits 20. Times are UTC.
    """

    first: float
    longest: float

    def wait(self, job: ExportJob, now: datetime) -> float:
        """Return the seconds from `now` until the next poll is due; 0.0 when it is overdue."""
        last = job.polled_at or job.started_at
        age = max(0.0, (last - job.started_at).total_seconds())
        step = min(age + self.first, max(LONGEST_POLL_SECONDS, self.first))
        # A clock that stepped back must not make the wait longer than the step.
        return max(0.0, step - max(0.0, (now - last).total_seconds()))

    def seconds_left(self, job: ExportJob, now: datetime) -> float:
        """Return the seconds until the job is given up; negative after that."""
        return self.longest - max(0.0, (now - job.started_at).total_seconds())

    def is_over(self, job: ExportJob, now: datetime, ahead: float = 0.0) -> bool:
        """Return whether the job is given up by now, or in `ahead` seconds."""
        return self.seconds_left(job, now) - ahead <= 0.0


class _JobFailed(SourceError):
    """This export job failed; a new one may succeed."""


@dataclass(frozen=True, slots=True)
class Export:
    """One export to get, for an occurrence due at `due` (UTC). `anew`: do not use a job from before."""

    key: str
    what: str
    start: ApiRequest
    window: Window
    due: datetime
    anew: bool = False


@dataclass(frozen=True, slots=True)
class _Polled:
    """A job, and what the API last answered about it."""

    job: ExportJob
    answer: ExportJobWire

    @property
    def status(self) -> str:
        return self.answer.status.strip().lower()


@dataclass(frozen=True)
class Exporter:
    """Runs export jobs to their end, one caller at a time for each key."""

    requester: ApiRequester
    downloader: Downloader
    store: AnswerStore
    endpoints: Endpoints
    clock: Clock
    progress: Progress
    limits: HttpLimits

    @property
    def _schedule(self) -> PollSchedule:
        return PollSchedule(self.limits.first_poll, self.limits.export)

    def fetch(self, export: Export) -> tuple[ExportFile, datetime]:
        """Return the measured file, and when its job was started (UTC). Restart a failed job once.

        Raises SourceBusy (come back, the job is remembered), SourceRefused, SourceUnavailable (failed
        twice, or not complete in time), SourceUnclear.
        """
        polled = self._resume(export) or self._start(export, 1)
        while True:
            try:
                return self._finish(export, polled), polled.job.started_at
            except (_JobFailed, Expired, NotFound) as error:
                reason = str(error)
            self.progress(f"{export.what}: the export came to nothing")
            if polled.job.starts >= MAX_STARTS:
                self.store.forget_job(export.key)
                raise SourceUnavailable(
                    f"The export {export.what} came to nothing {MAX_STARTS} times: {reason}"
                )
            # Not forgotten before the next one is known: how often it was started has to stay known too.
            polled = self._start(export, polled.job.starts + 1)

    def _resume(self, export: Export) -> _Polled | None:
        """Return the remembered job, also when its time is over; None for one left behind before `due`."""
        job = self.store.job(export.key)
        if job is None or (export.anew and job.started_at < export.due):
            return None
        if self._schedule.is_over(job, self.clock.now()):
            self.store.forget_job(export.key)
            if job.started_at < export.due:
                return None
        self.progress(f"{export.what}: going on with the export that was started before")
        return _Polled(job, ExportJobWire(status="pending", token=job.token))

    def _start(self, export: Export, starts: int) -> _Polled:
        self.progress(f"{export.what}: starting the export")
        answer = self._send(export.start)
        job = ExportJob(answer.token or "", self.clock.now(), starts)
        if job.token:
            self.store.keep_job(export.key, job)
        return _Polled(job, answer)

    def _finish(self, export: Export, polled: _Polled) -> ExportFile:
        """Poll until complete, then download; ask again for an address that has expired."""
        for _ in range(MAX_EXPIRED):
            polled = self._complete(export, polled)
            try:
                return self._download(export, polled)
            except Expired:
                polled = self._poll(export, polled.job, self.limits.first_poll)
        return self._download(export, self._complete(export, polled))

    def _complete(self, export: Export, polled: _Polled) -> _Polled:
        """Poll until the job has its address. Any status but `complete` and `failed` means waiting."""
        without_url = 0
        while not (polled.status == "complete" and polled.answer.url):
            if polled.status == "failed":
                raise _JobFailed("the API says that it failed.")
            without_url += polled.status == "complete"
            if without_url > MAX_WITHOUT_URL:
                self.store.forget_job(export.key)
                raise SourceUnclear(
                    f"The export {export.what} is complete, but the API gives no address for it."
                )
            scheduled = self._schedule.wait(polled.job, self.clock.now())
            polled = self._poll(export, polled.job, self.limits.first_poll if without_url else scheduled)
        return polled

    def _poll(self, export: Export, job: ExportJob, wait: float) -> _Polled:
        """Wait, ask for the status, and remember when."""
        what = export.what
        if not job.token:
            raise SourceUnclear(f"The API started the export {what}, but gave nothing to ask for it by.")
        self._wait(export, job, wait)
        url, params = self.endpoints.status_url, {"token": job.token}
        answer = self._send(ApiRequest(what, "GET", url, params, may_be_missing=True))
        if answer.token not in (None, job.token):
            raise SourceUnclear(f"The API answered about another export than {what}, which was asked about.")
        job = replace(job, polled_at=self.clock.now())
        self.store.keep_job(export.key, job)
        return _Polled(job, answer)

    def _wait(self, export: Export, job: ExportJob, seconds: float) -> None:
        """Raise SourceUnavailable at the export's end, and SourceBusy for more than the wait budget."""
        what = export.what
        if not seconds:
            return
        if self._schedule.is_over(job, self.clock.now(), seconds):
            self.store.forget_job(export.key)
            raise SourceUnavailable(f"The export {what} was not complete in time.")
        budget = WaitBudget(self.clock, self.progress, self.limits.wait, float("inf"))
        if not budget.allows(seconds):
            raise SourceBusy(f"The API is still making the export {what}.", retry_after=seconds)
        budget.wait(seconds, f"{what}: waiting for the export")

    def _send(self, request: ApiRequest) -> ExportJobWire:
        answer = self.requester.send(request, self.clock.monotonic() + self.limits.deadline)
        return parse(ExportJobWire, answer.value, request.what)

    def _download(self, export: Export, polled: _Polled) -> ExportFile:
        address = check_export_url(polled.answer.url or "", self.endpoints)
        self.progress(f"{export.what}: downloading the export")
        left = self._schedule.seconds_left(polled.job, self.clock.now())
        deadline = self.clock.monotonic() + max(left, LEAST_DOWNLOAD_SECONDS)
        path = self.downloader.download(address, export.what, f"{export.what}-{export.key[:12]}", deadline)
        return self._measure(export, path)

    def _measure(self, export: Export, path: Path) -> ExportFile:
        """Measure the file. Delete one that cannot be used and forget its job: the next may be whole."""
        try:
            return measure(export.what, path, export.window, self.clock.now())
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, SourceUnclear):
                self.store.forget_job(export.key)
            raise
