"""The state of the service, as one value that another thread may read."""

from dataclasses import dataclass

from bot.service.config_reload import FileStatus


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """Ages in seconds since the last tick, the last plan that ended and the last round of deliveries.

    None before the first. `delivered_well`: whether that round had no unexpected error. `file` is
    None where no file is watched. `plan_faults`: what that plan found wrong, one text for each digest.
    A worker does not plan. `claims_taken_back` counts claims of processes that were gone.
    """

    tick_age_seconds: float | None
    plan_age_seconds: float | None
    round_age_seconds: float | None
    delivered_well: bool | None
    file: FileStatus | None
    plan_faults: tuple[str, ...] = ()
    plans: bool = True
    claims_taken_back: int = 0
