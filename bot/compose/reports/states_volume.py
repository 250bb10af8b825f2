"""Messages over time by workflow state (API document, States Volume)."""

from bot.compose.figures.context import Context, Section, SectionComposer
from bot.compose.figures.metrics import STATES_VOLUME, stack_order, state_label
from bot.compose.figures.timeline import HOURLY, Curve, Timeline, buckets, by_moment, instant, stamp
from bot.compose.opening.peaks import busiest, totals
from bot.model import Callout, Chart, ChartSeries, CsvTable, Note, Series, Unit

NO_MESSAGES = "No messages in this window."


def _compose(series: Series, context: Context) -> Section:
    timeline = Timeline.of(series, context.dataset.window)
    curve = totals(series, timeline)
    block = _chart(series, timeline, curve, context) if any(curve) else _no_messages(curve)
    return Section((block,), (_csv(series),))


def _no_messages(curve: Curve) -> Note:
    """Tell zeros, which are no messages, from missing numbers."""
    known = any(total is not None for total in curve)
    text = NO_MESSAGES if known else "The API gave no numbers of messages for this window."
    return Note(text, "empty", STATES_VOLUME, MESSAGES_OVER_TIME.title)


def _chart(series: Series, timeline: Timeline, curve: Curve, context: Context) -> Chart:
    peak = max(range(len(curve)), key=lambda n: curve[n] or 0)
    most, bucket = busiest(context), "hour in" if timeline.hourly else "day on"
    caption = f"By the {bucket} which the customer wrote, coloured by state now."
    return Chart(
        report=STATES_VOLUME,
        shape="stacked",
        title="Messages an hour" if timeline.hourly else "Messages a day",
        caption=f"{caption}{timeline.shading_text(context)}",
        alt=_alt(timeline, curve, context),
        labels=timeline.labels(context.wording),
        series=tuple(_bands(series, timeline, curve)),
        unit=Unit.COUNT,
        shaded=timeline.quiet(context),
        callout=Callout(peak, context.wording.number(curve[peak] or 0)),
        figures=most.figures if most else (),
    )


def _bands(series: Series, timeline: Timeline, curve: Curve) -> list[ChartSeries]:
    bands = []
    for state in sorted(series.points, key=stack_order):
        pairs = zip(timeline.values(series, state), curve, strict=True)
        # A state without a point in a bucket that has messages had none of them: that is a zero.
        values = tuple(None if total is None else value or 0 for value, total in pairs)
        if any(values):
            bands.append(ChartSeries(state, state_label(state), values))
    return bands


def _alt(timeline: Timeline, curve: Curve, context: Context) -> str:
    wording = context.wording
    known = {at: total for at, total in zip(timeline.moments, curve, strict=True) if total is not None}
    high, low = max(known, key=lambda at: known[at]), min(known, key=lambda at: known[at])
    fewest = f"; fewest {timeline.when(low, wording)}, {wording.number(known[low])}"
    return (
        f"Messages by {timeline.bucket} and state, {wording.counted(sum(known.values()), 'message')} in all: "
        f"most {timeline.when(high, wording)}, {wording.number(known[high])}"
        f"{fewest if len(known) == len(curve) else ''}."
    )


def _csv(series: Series) -> CsvTable:
    hourly = series.bucket_seconds == HOURLY
    by_state = {state: by_moment(points) for state, points in series.points.items()}
    rows = [
        (stamp(at, hourly), state, by_state[state][instant(at)])
        for at in buckets(series)
        for state in sorted(by_state, key=stack_order)
        if instant(at) in by_state[state]
    ]
    return CsvTable(STATES_VOLUME, ("hour" if hourly else "day", "state", "messages"), tuple(rows))


MESSAGES_OVER_TIME = SectionComposer(STATES_VOLUME, "Messages over time", Series, NO_MESSAGES, _compose)
