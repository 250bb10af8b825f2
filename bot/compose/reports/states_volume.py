"""Messages over time by workflow state (API document, States Volume)."""

from collections.abc import Sequence

from bot.compose.figures.context import Context, Section, answer_of, previous_missing
from bot.compose.figures.states import stack_order, state_label
from bot.compose.figures.timeline import (
    Timeline,
    along,
    buckets,
    by_moment,
    instant,
    quiet,
    shaded_words,
    stamp,
    timeline_of,
)
from bot.compose.figures.wording import plural
from bot.compose.opening.busiest import busiest, totals_along
from bot.model import Callout, Chart, ChartSeries, CsvTable, Note, Series, Unit

REPORT = "states_volume"
TITLE = "Messages over time"
NOTHING = "No messages in this window."


def compose_states_volume(context: Context) -> Section:
    """One stacked chart and the full CSV; points are days, or hours in a window under four days."""
    found = answer_of(context, REPORT, TITLE, Series, NOTHING)
    if isinstance(found, Section):
        return found
    missing = previous_missing(REPORT, TITLE, context)
    totals = totals_along(found, timeline_of(found, context.dataset.window))
    block = _chart(found, context) if any(totals) else _nothing(totals)
    return Section((block,), (_csv(found),), incomplete=missing)


def _nothing(totals: Sequence[float | None]) -> Note:
    """Zeros are no messages; without a single number nobody knows."""
    known = any(total is not None for total in totals)
    text = NOTHING if known else "The API gave no numbers of messages for this window."
    return Note(text, "empty", REPORT, TITLE)


def _chart(series: Series, context: Context) -> Chart:
    shown = timeline_of(series, context.dataset.window)
    totals = totals_along(series, shown)
    peak = max(range(len(totals)), key=lambda n: totals[n] or 0)
    most = busiest(context)
    return Chart(
        report=REPORT,
        shape="stacked",
        title="Messages an hour" if shown.hourly else "Messages a day",
        caption=_caption(shown, context),
        alt=_alt(shown, totals, context),
        labels=shown.labels(context.words),
        series=tuple(_bands(series, shown, totals)),
        unit=Unit.COUNT,
        shaded=quiet(shown, context),
        callout=Callout(peak, context.words.number(totals[peak] or 0)),
        figures=most.figures if most else (),
    )


def _bands(series: Series, shown: Timeline, totals: Sequence[float | None]) -> list[ChartSeries]:
    bands = []
    for state in sorted(series.points, key=stack_order):
        values = along(shown, by_moment(series.points[state]))
        # A state without a point on a day that has messages had none of them: that is a zero.
        filled = tuple(
            None if total is None else value or 0 for value, total in zip(values, totals, strict=True)
        )
        if any(filled):
            bands.append(ChartSeries(state, state_label(state), filled))
    return bands


def _caption(shown: Timeline, context: Context) -> str:
    bucket = "hour in" if shown.hourly else "day on"
    return f"By the {bucket} which the customer wrote, coloured by state now.{shaded_words(shown, context)}"


def _alt(shown: Timeline, totals: Sequence[float | None], context: Context) -> str:
    words = context.words
    known = {at: total for at, total in zip(shown.moments, totals, strict=True) if total is not None}
    if not known:
        return "No numbers of messages in this window."
    high, low = max(known, key=lambda at: known[at]), min(known, key=lambda at: known[at])
    total = sum(known.values())
    fewest = f"; fewest {shown.when(low, words)}, {words.number(known[low])}"
    return (
        f"Messages by {shown.bucket} and state, {words.number(total)} {plural(total, 'message')} in all: "
        f"most {shown.when(high, words)}, {words.number(known[high])}"
        f"{fewest if len(known) == len(totals) else ''}."
    )


def _csv(series: Series) -> CsvTable:
    hourly = series.bucket_seconds == 3600
    by_state = {state: by_moment(points) for state, points in series.points.items()}
    rows = [
        (stamp(at, hourly), state, by_state[state][instant(at)])
        for at in buckets(series)
        for state in sorted(by_state, key=stack_order)
        if instant(at) in by_state[state]
    ]
    return CsvTable(REPORT, ("hour" if hourly else "day", "state", "messages"), tuple(rows))
