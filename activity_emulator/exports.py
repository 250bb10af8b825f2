"""Export jobs: pending, then complete, then a download behind a signed URL that expires."""

import hashlib
import hmac
import secrets
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from activity_emulator.faults import Fault

# Bounds the memory of a long-running emulator.
CAPACITY = 200


@dataclass(frozen=True)
class Job:
    """One export. `ready_at` is on the exports' clock; `file` names its download.

    `content`: the CSV, or the file that holds it. `faults`: those that stick to this job.
    """

    token: str
    file: str
    report_type: str
    content: bytes | Path
    ready_at: float
    faults: tuple[Fault, ...] = ()


class Exports:
    """The jobs of one emulator.

    A job is complete `delay` seconds after its request; each status answer then signs a new download that is
    valid for `lifetime` seconds. `clock` returns seconds from any fixed start.
    """

    def __init__(self, *, delay: float, lifetime: float, clock: Callable[[], float]) -> None:
        self._delay = delay
        self._lifetime = lifetime
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._signed: Counter[str] = Counter()

    def start(self, report_type: str, content: bytes | Path, faults: tuple[Fault, ...] = ()) -> Job:
        """Start a job with the CSV that it will answer."""
        token, file = secrets.token_urlsafe(24), secrets.token_hex(16)
        job = Job(token, file, report_type, content, self._clock() + self._delay, faults)
        with self._lock:
            self._jobs[token] = job
            while len(self._jobs) > CAPACITY:
                forgotten, _ = self._jobs.popitem(last=False)
                del self._signed[forgotten]
        return job

    def find(self, token: str) -> Job | None:
        """Return the job with this report token, or None."""
        with self._lock:
            return self._jobs.get(token)

    def is_complete(self, job: Job) -> bool:
        """Tell whether the job is complete."""
        return self._clock() >= job.ready_at

    def sign(self, job: Job, *, expired: int = 0) -> str:
        """Sign a download; return its path and query.

        The first `expired` URLs of a job have expired already when they are used.
        """
        with self._lock:
            self._signed[job.token] += 1
            is_valid = self._signed[job.token] > expired
        expires = int(self._clock() + (self._lifetime if is_valid else 0))
        return (
            f"/{job.file}/{job.report_type}.csv?expires={expires}&signature={self._signature(job, expires)}"
        )

    def download(self, file: str, expires: str, signature: str) -> Job | None:
        """Return the job of a download, or None if the URL is unknown, expired or not signed here."""
        with self._lock:
            job = next((job for job in self._jobs.values() if job.file == file), None)
        if job is None or not (expires.isascii() and expires.isdigit() and len(expires) < 16):
            return None
        expected = self._signature(job, int(expires))
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            return None
        return job if self._clock() < int(expires) else None

    def _signature(self, job: Job, expires: int) -> str:
        signed = f"{job.file} {job.report_type} {expires}".encode()
        return hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
