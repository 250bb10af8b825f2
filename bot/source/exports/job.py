"""Exports: started, asked about until complete, downloaded, measured (API document, CSV exports).

The job that the API makes is remembered as soon as it is known, so that whoever comes next (a process
started again, a worker that comes back after SourceBusy) goes on with it and starts no second one.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.errors import SourceBusy, SourceError, SourceUnavailable, SourceUnclear
from bot.model import AnswerStore, Clock, ExportFile, ExportJob, Progress, Window
from bot.source.cache.wait_budget import Patience
from bot.source.exports.download import Downloader, Expired
from bot.source.exports.insights import measure
from bot.source.exports.schedule import Schedule
from bot.source.exports.url import check_export_url
from bot.source.http.endpoints import Endpoints
from bot.source.http.request import Asker, Missing, Question
from bot.source.reports.wire import EXPORT_JOB, ExportJobWire, parse

"""Report types answered by a file, and what counts each file's rows. Another one is one line there."""

MAX_STARTS = 2
MAX_EXPIRED = 3
MAX_WITHOUT_URL = 3
LEAST_DOWNLOAD_SECONDS = 600.0
"""A file that is complete late still has this long to come."""


class _Lost(SourceError):
    """This export job came to nothing; a fresh one may not."""


@dataclass(frozen=True, slots=True)
class Export:
    """One export to be had: its key in the store, its type, the question that starts it, its window, and
    when (UTC) the occurrence that needs it was due. `anew`: no job from before will do."""

    key: str
    what: str
    start: Question
    window: Window
    due: datetime
    anew: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """A job, and what the API last said of it."""

    job: ExportJob
    said: ExportJobWire

    @property
    def status(self) -> str:
        return self.said.status.strip().lower()


@dataclass(frozen=True)
class Exporter:
    """Runs export jobs to their end, one caller at a time for each key.

    `ask_seconds` bounds each single question on the way, `export_seconds` a job from its start until it is
    complete. A wait between polls that is longer than `patience_seconds` is SourceBusy.
    """

    asker: Asker
    downloader: Downloader
    store: AnswerStore
    endpoints: Endpoints
    clock: Clock
    progress: Progress
    ask_seconds: float
    export_seconds: float
    patience_seconds: float
    first_poll_seconds: float

    @property
    def _schedule(self) -> Schedule:
        return Schedule(self.first_poll_seconds, self.export_seconds)

    def fetch(self, export: Export) -> tuple[ExportFile, datetime]:
        """The measured file, and when its job was started (UTC). A job that fails is started afresh once.

        Raises SourceBusy (come back, the job is remembered), SourceRefused, SourceUnavailable (failed
        twice, or not complete in time), SourceUnclear.
        """
        seen = self._resumed(export) or self._started(export, 1)
        while True:
            try:
                return self._followed(export, seen), seen.job.started_at
            except (_Lost, Expired, Missing) as lost:
                reason = str(lost)
            self.progress(f"{export.what}: the export came to nothing")
            if seen.job.starts >= MAX_STARTS:
                self.store.forget_job(export.key)
                raise SourceUnavailable(
                    f"The export {export.what} came to nothing {MAX_STARTS} times: {reason}"
                )
            # Not forgotten before the next one is known: how often it was started has to stay known too.
            seen = self._started(export, seen.job.starts + 1)

    def _resumed(self, export: Export) -> _Seen | None:
        """The remembered job. One whose time is over is asked about once more, unless it is too old to
        answer this occurrence: then it was left behind, and a fresh one is needed."""
        job = self.store.job(export.key)
        if job is None or (export.anew and job.started_at < export.due):
            return None
        if self._schedule.is_over(job, self.clock.now()):
            self.store.forget_job(export.key)
            if job.started_at < export.due:
                return None
        self.progress(f"{export.what}: going on with the export that was started before")
        return _Seen(job, ExportJobWire(status="pending", token=job.token))

    def _started(self, export: Export, starts: int) -> _Seen:
        self.progress(f"{export.what}: starting the export")
        said = parse(EXPORT_JOB, self._ask(export.start), export.what)
        job = ExportJob(said.token or "", self.clock.now(), starts)
        if job.token:
            self.store.keep_job(export.key, job)
        return _Seen(job, said)

    def _followed(self, export: Export, seen: _Seen) -> ExportFile:
        """Ask until complete, then download; an address that has expired is asked for again."""
        for _ in range(MAX_EXPIRED):
            seen = self._completed(export, seen)
            try:
                return self._downloaded(export, seen)
            except Expired:
                seen = self._polled(export, seen.job, self.first_poll_seconds)
        return self._downloaded(export, self._completed(export, seen))

    def _completed(self, export: Export, seen: _Seen) -> _Seen:
        """A job with its address, however often it must be asked for. Other statuses than `complete` and
        `failed` mean waiting, also those that we do not know."""
        without_url = 0
        while not (seen.status == "complete" and seen.said.url):
            if seen.status == "failed":
                raise _Lost("the API says that it failed.")
            without_url += seen.status == "complete"
            if without_url > MAX_WITHOUT_URL:
                self.store.forget_job(export.key)
                raise SourceUnclear(
                    f"The export {export.what} is complete, but the API gives no address for it."
                )
            wait = self.first_poll_seconds if without_url else self._schedule.wait(seen.job, self.clock.now())
            seen = self._polled(export, seen.job, wait)
        return seen

    def _polled(self, export: Export, job: ExportJob, wait: float) -> _Seen:
        """Wait, ask for the status, and remember when."""
        what = export.what
        if not job.token:
            raise SourceUnclear(f"The API started the export {what}, but gave nothing to ask for it by.")
        self._wait(export, job, wait)
        params = {"token": job.token}
        question = Question(what, "GET", self.endpoints.status_url, params, may_be_missing=True)
        said = parse(EXPORT_JOB, self._ask(question), what)
        if said.token not in (None, job.token):
            raise SourceUnclear(f"The API answered about another export than {what}, which was asked about.")
        job = replace(job, polled_at=self.clock.now())
        self.store.keep_job(export.key, job)
        return _Seen(job, said)

    def _wait(self, export: Export, job: ExportJob, seconds: float) -> None:
        """Raises SourceUnavailable at the export's end, and SourceBusy for more than our patience."""
        what = export.what
        if not seconds:
            return
        if self._schedule.is_over(job, self.clock.now(), seconds):
            self.store.forget_job(export.key)
            raise SourceUnavailable(f"The export {what} was not complete in time.")
        patience = Patience(self.clock, self.progress, self.patience_seconds, float("inf"))
        if not patience.allows(seconds):
            raise SourceBusy(f"The API is still making the export {what}.", retry_after=seconds)
        patience.wait(seconds, f"{what}: waiting for the export")

    def _ask(self, question: Question) -> object:
        return self.asker.ask(question, self.clock.monotonic() + self.ask_seconds).value

    def _downloaded(self, export: Export, seen: _Seen) -> ExportFile:
        address = check_export_url(seen.said.url or "", self.endpoints)
        self.progress(f"{export.what}: downloading the export")
        left = self._schedule.seconds_left(seen.job, self.clock.now())
        deadline = self.clock.monotonic() + max(left, LEAST_DOWNLOAD_SECONDS)
        path = self.downloader.download(address, export.what, f"{export.what}-{export.key[:12]}", deadline)
        return self._measured(export, path)

    def _measured(self, export: Export, path: Path) -> ExportFile:
        """Measure the file. One that cannot be used is deleted, its job forgotten: the next may be whole."""
        try:
            measured = measure(export.what, path, export.window, self.clock.now())
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, SourceUnclear):
                self.store.forget_job(export.key)
            raise
        shape = measured.shape
        return ExportFile(str(path), shape.rows, path.stat().st_size, shape.header, measured.insights)
