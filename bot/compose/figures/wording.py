"""How numbers, durations and dates read, in the digest's locale and zone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, get_timezone_location
from babel.numbers import format_decimal, format_percent

from bot.model import NO_VALUE, Unit, Window

MINUS = "−"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
HUGE = 1e15
"""From here on digits stop meaning anything (and Babel gives up at 1e28): written as powers of ten."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Formats values for one `locale` (Babel's 'en_AU') and one IANA `zone`."""

    locale: str
    zone: str

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with grouping and at most `decimals` decimals."""
        if abs(value) >= HUGE:
            return f"{value:.1e}".replace("-", MINUS)
        pattern = "#,##0" + ("." + "#" * decimals if decimals else "")
        rounded = round(value, decimals) + 0.0
        return format_decimal(rounded, format=pattern, locale=self.locale).replace("-", MINUS)

    def value(self, value: float | None, unit: Unit) -> str:
        """A value with its unit; '–' for no value."""
        if value is None:
            return NO_VALUE
        say = {
            Unit.SECONDS: self.duration,
            Unit.SHARE: self.share,
            Unit.MEAN: self.mean,
            Unit.SCORE: self.score,
        }.get(unit, self.number)
        return say(value)

    def mean(self, value: float) -> str:
        """A count on average, with one decimal: '2.4', '1.0'."""
        if abs(value) >= HUGE:
            return self.number(value)
        text = str(format_decimal(round(value, 1) + 0.0, format="#,##0.0", locale=self.locale))
        return text.replace("-", MINUS)

    def score(self, value: float) -> str:
        """A score with its sign: '+58', '−12', '0'."""
        text = self.number(value)
        return f"+{text}" if round(value) > 0 else text

    def share(self, value: float) -> str:
        """0.143 as '14%'; one decimal below ten per cent."""
        if abs(value) >= HUGE:
            return f"{self.number(value * 100)}%"
        pattern = "#,##0%" if abs(value) >= 0.0995 else "#,##0.#%"
        return str(format_percent(value, format=pattern, locale=self.locale)).replace("-", MINUS)

    def duration(self, seconds: float) -> str:
        """Seconds as people say them: 45 s, 7.1 min, 52 min, 3 h 40 min, 2.1 days."""
        if seconds < 0:
            return MINUS + self.duration(-seconds)
        if seconds < 59.5:
            return f"{self.number(seconds)} s"
        if seconds < 9.95 * MINUTE:
            return f"{self.number(seconds / MINUTE, 1)} min"
        if seconds < 59.5 * MINUTE:
            return f"{self.number(seconds / MINUTE)} min"
        if seconds < 2 * DAY:
            return self._hours(round(seconds / MINUTE))
        return f"{self.number(seconds / DAY, 1)} days"

    def _hours(self, minutes: int) -> str:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"

    def difference(self, value: float, unit: Unit) -> str:
        """A signed difference: '+157', '−9 min', '+3 pts' (percentages move in points), '+4 points'."""
        size = abs(value)
        if unit is Unit.SHARE:
            text = _points(self.number(size * 100, 1 if size < 0.0995 else 0), "pt")
        elif unit is Unit.SCORE:
            text = _points(self.number(size), "point")
        else:
            text = self.value(size, unit)
        return (MINUS if value < 0 else "+") + text

    def relative(self, value: float) -> str:
        """A signed relative change: '+12%'."""
        if abs(value) >= HUGE:
            return f"{MINUS if value < 0 else '+'}{self.number(abs(value) * 100)}%"
        text = format_percent(abs(value), format="#,##0%", locale=self.locale)
        return (MINUS if value < 0 else "+") + str(text)

    @property
    def _names(self) -> str:
        """The locale of days' and months' names: they stand in English sentences."""
        return self.locale if self.locale.split("_")[0] == "en" else "en"

    def day(self, day: date) -> str:
        """'Wednesday'."""
        return str(format_date(day, "EEEE", locale=self._names))

    def short_day(self, day: date) -> str:
        """'Wed'."""
        return str(format_date(day, "EEE", locale=self._names)).replace(".", "")

    def day_label(self, day: date) -> str:
        """'Wed 18', for an axis."""
        return str(format_date(day, "EEE d", locale=self._names)).replace(".", "")

    def short_date(self, day: date) -> str:
        """'18 Nov', for an axis over months."""
        return str(format_date(day, "d MMM", locale=self._names)).replace(".", "")

    def dated(self, day: date) -> str:
        """'Wed 18 November', naming one day."""
        return self._date(day, True, "d MMMM")

    def dated_briefly(self, day: date) -> str:
        """'Wed 18 Nov', for a table."""
        return f"{self.short_day(day)} {self.short_date(day)}"

    def full_day(self, day: date) -> str:
        """'22 December 2026'."""
        return self._date(day, False, "d MMMM y")

    def span(self, window: Window, *, weekdays: bool = True, year: bool = True) -> str:
        """The window's days in words: 'Mon 16 – Sun 22 November 2026'."""
        first, last = window.first_day, window.last_day
        end = self._date(last, weekdays, "d MMMM y" if year else "d MMMM")
        if first == last:
            return end
        if first.year != last.year and year:
            start = self._date(first, weekdays, "d MMMM y")
        else:
            start = self._date(first, weekdays, "d" if first.month == last.month else "d MMMM")
        return f"{start} – {end}"

    def _date(self, day: date, weekday: bool, pattern: str) -> str:
        text = _written(day, pattern, self._names)
        return f"{_written(day, 'EEE', self._names)} {text}" if weekday else text

    def window(self, window: Window) -> str:
        """The window in words with its zone, and its hours where it does not end at midnight."""
        text = self.span(window)
        if not window.is_whole_days:
            text += f" until {self.time(window.end)}"
        return f"{text}, {self.place()} time"

    def time(self, moment: datetime) -> str:
        """'09:00' in the zone."""
        local = self._local(moment)
        return _clock(local.hour, local.minute, self.locale)

    def moment(self, moment: datetime) -> str:
        """'Mon 23 November 2026 at 09:00, Sydney time'."""
        local = self._local(moment)
        clock = _clock(local.hour, local.minute, self.locale)
        return f"{self._date(local.date(), True, 'd MMMM y')} at {clock}, {self.place()} time"

    def place(self) -> str:
        """The zone's place: 'Sydney'; 'UTC' stays 'UTC'."""
        return _place(self.zone)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)


# Ten thousand digests share a few days and zones; Babel reads its pattern anew for each.
@lru_cache(maxsize=2048)
def _written(day: date, pattern: str, locale: str) -> str:
    return str(format_date(day, pattern, locale=locale))


@lru_cache(maxsize=2048)
def _clock(hour: int, minute: int, locale: str) -> str:
    return str(format_datetime(datetime(2000, 1, 1, hour, minute), "HH:mm", locale=locale))


@lru_cache(maxsize=1024)
def _place(zone: str) -> str:
    if zone.upper() in {"UTC", "ETC/UTC"}:
        return "UTC"
    if "/" not in zone:
        return zone
    return str(get_timezone_location(ZoneInfo(zone), locale=Locale.parse("en"), return_city=True))


def _points(number: str, noun: str) -> str:
    return f"{number} {noun}" if number == "1" else f"{number} {noun}s"


def as_shown(value: float, unit: Unit) -> float:
    """Scores and means as they are published: a reader who subtracts two of them gets the difference."""
    decimals = {Unit.SCORE: 0, Unit.MEAN: 1}.get(unit)
    return value if decimals is None else round(value, decimals)


def window_noun(window: Window) -> str:
    """What a window of this length is called: 'day', 'week', 'month', 'quarter' or 'period'."""
    days = len(window.days)
    if not window.is_whole_days:
        return "period"
    if days == 1:
        return "day"
    if days == 7 and window.first_day.weekday() == 0:
        return "week"
    if _is_whole_months(window):
        months = (window.last_day.year - window.first_day.year) * 12
        months += window.last_day.month - window.first_day.month + 1
        return {1: "month", 3: "quarter"}.get(months, "period")
    return "period"


def _is_whole_months(window: Window) -> bool:
    return window.first_day.day == 1 and (window.last_day + timedelta(days=1)).day == 1


def compared_noun(window: Window, compared: Window) -> str:
    """'the week before', or 'the same week last year'."""
    noun = window_noun(window)
    gap = (window.first_day - compared.first_day).days
    if gap > 300 and len(window.days) < 200:
        return f"the same {noun} last year"
    if window_noun(compared) != noun:
        # 1 to 30 April is a month, the thirty days before it are not.
        noun = f"{len(compared.days)} days"
    return f"the {noun} before"


def plural(count: float, noun: str, several: str = "") -> str:
    """The noun that fits the count: 1 message, 2 messages."""
    return noun if count == 1 else (several or noun + "s")
