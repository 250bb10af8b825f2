"""Messages over time by workflow state (API document, States Volume)."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from bot.compose.context import Context, Section, empty, figure, unavailable
from bot.compose.wording import Wording, plural
from bot.model import (
    Callout,
    Chart,
    ChartSeries,
    CsvTable,
    Empty,
    Figure,
    Present,
    Series,
    Unavailable,
    Unit,
)

REPORT = "states_volume"
TITLE = "Messages over time"
HOURLY = 3600

STACK = (
    "closed",
    "no_response_required",
    "irrelevant",
    "duplicate",
    "redirected",
    "responded",
    "awaiting_approval",
    "in_progress",
    "new",
    "assigned",
)
"""From the quiet and finished at the bottom to what needs someone on top; others come last."""


def compose_states_volume(context: Context) -> Section:
    """One stacked chart and the full CSV; points are days, or hours in a window under four days."""
    slot = context.current(REPORT)
    if isinstance(slot, Unavailable):
        return unavailable(REPORT, TITLE, slot)
    if isinstance(slot, Empty) or not isinstance(slot.answer, Series):
        return empty(REPORT, TITLE, "No messages in this window.")
    series = slot.answer
    return Section((_chart(series, context),), (_csv(series),))


def busiest(context: Context) -> tuple[datetime, Figure] | None:
    """The bucket with the most messages and its figure; None without at least two filled buckets."""
    slot = context.current(REPORT)
    if not isinstance(slot, Present) or not isinstance(slot.answer, Series):
        return None
    totals = {at: value for at, value in _totals(slot.answer).items() if value is not None}
    if len(totals) < 2 or not max(totals.values()):
        return None
    at = max(totals, key=lambda moment: totals[moment])
    subject = at.strftime("%Y-%m-%dT%H:%M")
    return at, figure(f"{REPORT}.total", totals[at], Unit.COUNT, context.words, subject=subject)


def is_hourly(context: Context) -> bool:
    """Whether the answer came by hours: the API changes granularity by itself."""
    slot = context.current(REPORT)
    hourly = isinstance(slot, Present) and isinstance(slot.answer, Series)
    return hourly and slot.answer.bucket_seconds == HOURLY  # type: ignore[union-attr]


def _buckets(series: Series) -> tuple[datetime, ...]:
    return tuple(sorted({point.at for points in series.points.values() for point in points}))


def _by_state(series: Series) -> dict[str, dict[datetime, float | None]]:
    return {state: {p.at: p.value for p in points} for state, points in series.points.items()}


def _totals(series: Series) -> dict[datetime, float | None]:
    """Messages a bucket over all states; None where no state has a value."""
    states = _by_state(series).values()
    return {at: _sum([values.get(at) for values in states]) for at in _buckets(series)}


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _chart(series: Series, context: Context) -> Chart:
    hourly = series.bucket_seconds == HOURLY
    timeline = _timeline(series, context)
    totals = _totals(series)
    peak = max(timeline, key=lambda at: totals.get(at) or 0)
    return Chart(
        report=REPORT,
        shape="stacked",
        title="Messages an hour" if hourly else "Messages a day",
        caption=_caption(timeline, hourly),
        alt=_alt(timeline, totals, hourly, context.words),
        labels=tuple(_label(at, hourly, context.words) for at in timeline),
        series=tuple(_bands(series, timeline)),
        unit=Unit.COUNT,
        shaded=() if hourly else tuple(i for i, at in enumerate(timeline) if at.weekday() >= 5),
        callout=Callout(timeline.index(peak), context.words.number(totals.get(peak) or 0)),
    )


def _timeline(series: Series, context: Context) -> tuple[datetime, ...]:
    """Every bucket of the window, so that a day or hour without a point is a visible gap."""
    window = context.dataset.window
    if series.bucket_seconds == HOURLY:
        # In UTC: an hour that a clock change repeats is two hours.
        start, hours = window.start.astimezone(UTC), math.ceil(window.seconds / HOURLY)
        known = {at.astimezone(UTC): at for at in _buckets(series)}
        moments = (start + timedelta(hours=hour) for hour in range(hours))
        return tuple(known.get(at, at.astimezone(window.start.tzinfo)) for at in moments)
    present = {at.date(): at for at in _buckets(series)}
    midnight, tz = time.min, window.start.tzinfo
    return tuple(present.get(day, datetime.combine(day, midnight, tz)) for day in window.days)


def _bands(series: Series, timeline: Sequence[datetime]) -> list[ChartSeries]:
    totals = _totals(series)
    by_state = _by_state(series)
    bands = []
    for state in sorted(by_state, key=_stack_order):
        # A state without a point on a day that has messages had none of them: that is a zero.
        values = tuple(None if totals.get(at) is None else (by_state[state].get(at) or 0) for at in timeline)
        if any(values):
            bands.append(ChartSeries(state, state_label(state), values))
    return bands


def _stack_order(state: str) -> tuple[int, str]:
    return (STACK.index(state) if state in STACK else len(STACK), state)


def state_label(state: str) -> str:
    """A workflow state as people read it: 'in_progress' is 'In progress'."""
    return state.replace("_", " ").capitalize()


def _label(at: datetime, hourly: bool, words: Wording) -> str:
    return words.time(at) if hourly else words.day_label(at.date())


def _caption(timeline: Sequence[datetime], hourly: bool) -> str:
    if hourly:
        return "By the hour in which the customer wrote, coloured by state now."
    shaded = " Weekend shaded." if any(at.weekday() >= 5 for at in timeline) else ""
    return f"By the day on which the customer wrote, coloured by state now.{shaded}"


def _alt(
    timeline: Sequence[datetime], totals: Mapping[datetime, float | None], hourly: bool, words: Wording
) -> str:
    known = {at: total for at in timeline if (total := totals.get(at)) is not None}
    if not known:
        return "No numbers of messages in this window."
    high, low = max(known, key=lambda at: known[at]), min(known, key=lambda at: known[at])
    total = sum(known.values())
    fewest = (
        f"; fewest {_when(low, hourly, words)}, {words.number(known[low])}"
        if len(known) == len(timeline)
        else ""
    )
    return (
        f"Messages by {'hour' if hourly else 'day'} and state, "
        f"{words.number(total)} {plural(total, 'message')} in all: "
        f"most {_when(high, hourly, words)}, {words.number(known[high])}{fewest}."
    )


def _when(at: datetime, hourly: bool, words: Wording) -> str:
    return f"at {words.time(at)}" if hourly else f"on {words.dated(at.date())}"


def _csv(series: Series) -> CsvTable:
    hourly = series.bucket_seconds == HOURLY
    pattern = "%Y-%m-%d %H:%M" if hourly else "%Y-%m-%d"
    by_state = _by_state(series)
    rows = [
        (at.strftime(pattern), state, by_state[state].get(at))
        for at in _buckets(series)
        for state in sorted(by_state, key=_stack_order)
        if at in by_state[state]
    ]
    return CsvTable(REPORT, ("hour" if hourly else "day", "state", "messages"), tuple(rows))
