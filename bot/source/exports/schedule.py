"""When an export job is asked about, and when it is given up. Nothing here waits."""

from dataclasses import dataclass
from datetime import datetime

from bot.model import ExportJob

LONGEST_POLL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """Polls after `first`, twice, four times … as many seconds, then every minute, until `longest` seconds
    after the start.

    Each wait follows from the time of the last poll alone, so a process that goes on with another's job
    keeps to the same pace: after 5 s the job is 5 s old and waits 10, after 15 it waits 20. Times are UTC.
    """

    first: float
    longest: float

    def wait(self, job: ExportJob, now: datetime) -> float:
        """Seconds from `now` until the next poll is due; 0.0 when it is overdue."""
        last = job.polled_at or job.started_at
        age = max(0.0, (last - job.started_at).total_seconds())
        step = min(age + self.first, max(LONGEST_POLL_SECONDS, self.first))
        # A clock that stepped back must not make the wait longer than the step.
        return max(0.0, step - max(0.0, (now - last).total_seconds()))

    def seconds_left(self, job: ExportJob, now: datetime) -> float:
        """Until the job is given up; negative after that."""
        return self.longest - max(0.0, (now - job.started_at).total_seconds())

    def is_over(self, job: ExportJob, now: datetime, ahead: float = 0.0) -> bool:
        """Whether the job is given up by now, or in `ahead` seconds."""
        return self.seconds_left(job, now) - ahead <= 0.0
