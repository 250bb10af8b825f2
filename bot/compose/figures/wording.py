"""Text of numbers, durations and dates, in the digest's locale and zone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, get_timezone_location
from babel.numbers import format_decimal, format_percent

from bot.model import NO_VALUE, Figure, Unit, Window

MINUS = "−"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
HUGE = 1e15
"""From here on digits mean nothing (and Babel fails at 1e28): write powers of ten."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Format values for one `locale` (Babel's 'en_AU') and one IANA `zone`."""

    locale: str
    zone: str

    def number(self, value: float, decimals: int = 0) -> str:
        """Return a number with grouping and at most `decimals` decimals."""
        if abs(value) >= HUGE:
            return f"{value:.1e}".replace("-", MINUS)
        pattern = "#,##0" + ("." + "#" * decimals if decimals else "")
        rounded = round(value, decimals) + 0.0
        return format_decimal(rounded, format=pattern, locale=self.locale).replace("-", MINUS)

    def value(self, value: float | None, unit: Unit) -> str:
        """Return a value with its unit; '–' for no value."""
        if value is None:
            return NO_VALUE
        formats = {Unit.SECONDS: self.duration, Unit.SHARE: self.share}
        formats |= {Unit.MEAN: self.mean, Unit.SCORE: self.score}
        return formats.get(unit, self.number)(value)

    def mean(self, value: float) -> str:
        """Return an average count with one decimal: '2.4', '1.0'."""
        if abs(value) >= HUGE:
            return self.number(value)
        text = str(format_decimal(round(value, 1) + 0.0, format="#,##0.0", locale=self.locale))
        return text.replace("-", MINUS)

    def score(self, value: float) -> str:
        """Return a score with its sign: '+58', '−12', '0'."""
        text = self.number(value)
        return f"+{text}" if round(value) > 0 else text

    def share(self, value: float) -> str:
        """Return 0.143 as '14%'; one decimal below ten per cent."""
        if abs(value) >= HUGE:
            return f"{self.number(value * 100)}%"
        pattern = "#,##0%" if abs(value) >= 0.0995 else "#,##0.#%"
        return str(format_percent(value, format=pattern, locale=self.locale)).replace("-", MINUS)

    def duration(self, seconds: float) -> str:
        """Return seconds as 45 s, 7.1 min, 52 min, 3 h 40 min or 2.1 days."""
        if seconds < 0:
            return MINUS + self.duration(-seconds)
        if seconds < 59.5:
            return f"{self.number(seconds)} s"
        if seconds < 9.95 * MINUTE:
            return f"{self.number(seconds / MINUTE, 1)} min"
        if seconds < 59.5 * MINUTE:
            return f"{self.number(seconds / MINUTE)} min"
        if seconds < 2 * DAY:
            hours, rest = divmod(round(seconds / MINUTE), 60)
            return f"{hours} h {rest} min" if rest else f"{hours} h"
        return f"{self.number(seconds / DAY, 1)} days"

    def difference(self, value: float, unit: Unit) -> str:
        """Return a signed difference: '+157', '−9 min', '+3 pts' (of percentages), '+4 points'."""
        size = abs(value)
        if unit is Unit.SHARE:
            text = _points(self.number(size * 100, 1 if size < 0.0995 else 0), "pt")
        elif unit is Unit.SCORE:
            text = _points(self.number(size), "point")
        else:
            text = self.value(size, unit)
        return (MINUS if value < 0 else "+") + text

    def relative(self, value: float) -> str:
        """Return a signed relative change: '+12%'."""
        if abs(value) >= HUGE:
            return f"{MINUS if value < 0 else '+'}{self.number(abs(value) * 100)}%"
        text = format_percent(abs(value), format="#,##0%", locale=self.locale)
        return (MINUS if value < 0 else "+") + str(text)

    @property
    def _names(self) -> str:
        """The locale of names of days and months: an English one, since sentences are English."""
        return self.locale if self.locale.split("_")[0] == "en" else "en"

    def day(self, day: date) -> str:
        """Return 'Wednesday'."""
        return str(format_date(day, "EEEE", locale=self._names))

    def short_day(self, day: date) -> str:
        """Return 'Wed'."""
        return str(format_date(day, "EEE", locale=self._names)).replace(".", "")

    def day_label(self, day: date) -> str:
        """Return 'Wed 18', for an axis."""
        return str(format_date(day, "EEE d", locale=self._names)).replace(".", "")

    def short_date(self, day: date) -> str:
        """Return '18 Nov', for an axis over months."""
        return str(format_date(day, "d MMM", locale=self._names)).replace(".", "")

    def dated(self, day: date) -> str:
        """Return 'Wed 18 November'."""
        return self._date(day, True, "d MMMM")

    def full_day(self, day: date) -> str:
        """Return '22 December 2026'."""
        return self._date(day, False, "d MMMM y")

    def local_moment(self, text: str) -> str:
        """Return '2026-11-18T09:30' as 'Wed 18 November 09:30'; other text stays as it is."""
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return text
        return f"{self.dated(at.date())} {at:%H:%M}"

    def local_day(self, text: str) -> str:
        """Return '2026-11-18' as 'Wed 18 Nov'; other text stays as it is."""
        day = iso_day(text)
        return f"{self.short_day(day)} {self.short_date(day)}" if day else text

    def counted(self, count: float, noun: str, several: str = "") -> str:
        """Return a count with its noun: '1 message', '1,278 messages'."""
        return f"{self.number(count)} {plural(count, noun, several)}"

    def span(self, window: Window, *, weekdays: bool = True, year: bool = True) -> str:
        """Return the window's days: 'Mon 16 – Sun 22 November 2026'."""
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
        """Return the window's days and zone, and its end time unless that is midnight."""
        text = self.span(window)
        if not window.is_whole_days:
            text += f" until {self.time(window.end)}"
        return f"{text}, {self.place()} time"

    def time(self, moment: datetime) -> str:
        """Return '09:00' in the zone."""
        local = self._local(moment)
        return _clock(local.hour, local.minute, self.locale)

    def moment(self, moment: datetime) -> str:
        """Return 'Mon 23 November 2026 at 09:00, Sydney time'."""
        local = self._local(moment)
        clock = _clock(local.hour, local.minute, self.locale)
        return f"{self._date(local.date(), True, 'd MMMM y')} at {clock}, {self.place()} time"

    def place(self) -> str:
        """Return the zone's place: 'Sydney'; 'UTC' stays 'UTC'."""
        return _place(self.zone)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)


# Ten thousand digests share a few days and zones; without a cache Babel parses the pattern each time.
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
    """Return scores and means rounded as published, so that two of them differ by the printed difference."""
    decimals = {Unit.SCORE: 0, Unit.MEAN: 1}.get(unit)
    return value if decimals is None else round(value, decimals)


def iso_day(text: str) -> date | None:
    """Return '2026-11-18' as a date; None for other text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def window_noun(window: Window) -> str:
    """Return 'day', 'week', 'month', 'quarter' or 'period'."""
    days = len(window.days)
    if not window.is_whole_days:
        return "period"
    if days == 1:
        return "day"
    if days == 7 and window.first_day.weekday() == 0:
        return "week"
    if window.first_day.day == 1 and (window.last_day + timedelta(days=1)).day == 1:
        months = (window.last_day.year - window.first_day.year) * 12
        months += window.last_day.month - window.first_day.month + 1
        return {1: "month", 3: "quarter"}.get(months, "period")
    return "period"


def compared_noun(window: Window, compared: Window) -> str:
    """Return 'the week before', or 'the same week last year'."""
    noun = window_noun(window)
    gap = (window.first_day - compared.first_day).days
    if gap > 300 and len(window.days) < 200:
        return f"the same {noun} last year"
    if window_noun(compared) != noun:
        # 1 to 30 April is a month; the thirty days before it are not.
        noun = f"{len(compared.days)} days"
    return f"the {noun} before"


def plural(count: float, noun: str, several: str = "") -> str:
    """Return the noun in singular or plural: 1 message, 2 messages."""
    return noun if count == 1 else (several or noun + "s")


def counted(figure: Figure, noun: str, several: str = "") -> str:
    """Return a figure with its noun: '12 answers'."""
    return f"{figure.text} {plural(figure.value or 0, noun, several)}"


def unsigned(figure: Figure) -> str:
    """Return the text of a change without its sign: '9 min'."""
    return figure.text.lstrip("+−")


def clipped(text: str, length: int) -> str:
    """Return the text, cut to `length` characters with an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
