"""Exports: started, asked about until complete, downloaded, checked (API document, Case CSV Export)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

from bot.errors import SourceError, SourceUnavailable, SourceUnclear
from bot.model import Clock, ExportFile, Progress
from bot.source.asking import Asker, Missing, Question
from bot.source.csv_check import CsvShape, check_csv
from bot.source.download import Downloader, Expired
from bot.source.endpoints import Endpoints
from bot.source.export_url import check_export_url
from bot.source.wire import EXPORT_JOB, ExportJobWire, parse

EXPORTS: Mapping[str, Callable[[Path, str], CsvShape]] = {
    "case_details": check_csv,
    "nps_submissions": check_csv,
    "mention_sla_export": check_csv,
}
"""Report types answered by a file, and how each file is checked. Another one is one line here."""

FIRST_POLLS = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0)
LATER_POLLS = 60.0
MAX_STARTS = 2
MAX_EXPIRED = 3
MAX_WITHOUT_URL = 3


class _Lost(SourceError):
    """This export job came to nothing; a fresh one may not."""


@dataclass(frozen=True)
class Exporter:
    """Runs export jobs to their end. `ask_seconds` bounds each single question on the way."""

    asker: Asker
    downloader: Downloader
    endpoints: Endpoints
    clock: Clock
    progress: Progress
    ask_seconds: float

    def fetch(self, what: str, start: Question, stem: str, deadline: float) -> ExportFile:
        """The file, by `deadline` (monotonic seconds). A job that fails is started afresh once.

        Raises SourceRefused, SourceUnavailable (failed twice, or not complete in time), SourceUnclear.
        """
        reason = ""
        for _ in range(MAX_STARTS):
            try:
                path = self._run(what, start, stem, deadline)
            except (_Lost, Expired, Missing) as lost:
                reason = str(lost)
                self.progress(f"{what}: the export came to nothing")
            else:
                return self._measured(path, what)
        raise SourceUnavailable(f"The export {what} came to nothing {MAX_STARTS} times: {reason}")

    def _run(self, what: str, start: Question, stem: str, deadline: float) -> Path:
        self.progress(f"{what}: starting the export")
        job = parse(EXPORT_JOB, self._ask(start, deadline), what)
        token, waits = job.token, chain(FIRST_POLLS, repeat(LATER_POLLS))
        for expired in range(MAX_EXPIRED + 1):
            url = self._wait_for_url(what, job, waits, deadline)
            address = check_export_url(url, self.endpoints)
            self.progress(f"{what}: downloading the export")
            try:
                return self.downloader.download(address, what, stem, deadline)
            except Expired:
                if expired == MAX_EXPIRED:
                    raise
            job = ExportJobWire(status="pending", token=token)
        raise AssertionError("unreachable: the last download returns or raises")

    def _wait_for_url(self, what: str, job: ExportJobWire, waits: Iterator[float], deadline: float) -> str:
        """The download URL of a job, however often it must be asked for. Other statuses than
        `complete` and `failed` mean waiting, also those that we do not know."""
        without_url, token = 0, job.token
        while True:
            status = job.status.strip().lower()
            if status == "complete" and job.url:
                return job.url
            if status == "failed":
                raise _Lost("the API says that it failed.")
            without_url += status == "complete"
            if without_url > MAX_WITHOUT_URL:
                raise SourceUnclear(f"The export {what} is complete, but the API gives no address for it.")
            if token is None:
                raise SourceUnclear(f"The API started the export {what}, but gave nothing to ask for it by.")
            job = self._poll(what, token, next(waits), deadline)

    def _poll(self, what: str, token: str, wait: float, deadline: float) -> ExportJobWire:
        if self.clock.monotonic() + wait >= deadline:
            raise SourceUnavailable(f"The export {what} was not complete in time.")
        self.progress(f"{what}: waiting for the export ({wait:.0f} s)")
        self.clock.sleep(wait)
        question = Question(what, "GET", self.endpoints.status_url, {"token": token}, may_be_missing=True)
        job = parse(EXPORT_JOB, self._ask(question, deadline), what)
        if job.token not in (None, token):
            raise SourceUnclear(f"The API answered about another export than {what}, which was asked about.")
        return job

    def _ask(self, question: Question, deadline: float) -> object:
        return self.asker.ask(question, min(deadline, self.clock.monotonic() + self.ask_seconds))

    def _measured(self, path: Path, what: str) -> ExportFile:
        """Check the file; one that cannot be used is deleted."""
        whole = False
        try:
            shape = EXPORTS[what](path, what)
            whole = True
        finally:
            if not whole:
                path.unlink(missing_ok=True)
        return ExportFile(str(path), shape.rows, path.stat().st_size, shape.header)
