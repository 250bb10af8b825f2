"""What an edition is about: a half-open span of local calendar time."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open span `[start, end)`; both ends are aware datetimes in the IANA zone `zone`.

    Ends are calendar instants: a week over a clock change has 167 or 169 hours.
    Raises ValueError when an end is naive, not in `zone`, or the span is empty.
    """

    start: datetime
    end: datetime
    zone: str

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            if not isinstance(moment.tzinfo, ZoneInfo) or moment.tzinfo.key != self.zone:
                raise ValueError(f"{moment.isoformat()} is not in {self.zone}")
        if self.start.astimezone(UTC) >= self.end.astimezone(UTC):
            raise ValueError(f"empty window: {self.start.isoformat()} to {self.end.isoformat()}")

    @classmethod
    def of_dates(cls, first: date, last: date, zone: str) -> "Window":
        """Return the window of whole local days from `first` to `last`, both included."""
        tz = ZoneInfo(zone)
        return cls(
            datetime(first.year, first.month, first.day, tzinfo=tz),
            datetime.combine(last + timedelta(days=1), datetime.min.time(), tz),
            zone,
        )

    @property
    def seconds(self) -> float:
        """Real elapsed seconds, clock changes counted."""
        return (self.end.astimezone(UTC) - self.start.astimezone(UTC)).total_seconds()

    @property
    def first_day(self) -> date:
        """First local calendar day that the window touches."""
        return self.start.date()

    @property
    def last_day(self) -> date:
        """Last local calendar day that the window touches."""
        return (self.end - timedelta(microseconds=1)).date()

    @property
    def days(self) -> tuple[date, ...]:
        """Every local calendar day that the window touches, in order."""
        count = (self.last_day - self.first_day).days + 1
        return tuple(self.first_day + timedelta(days=n) for n in range(count))

    @property
    def is_whole_days(self) -> bool:
        """Whether both ends are local midnights (not so for `week to date`)."""
        midnight = datetime.min.time()
        return self.start.time() == midnight and self.end.time() == midnight

    def __str__(self) -> str:
        return f"{self.start.isoformat()}/{self.end.isoformat()}"
