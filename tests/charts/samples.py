"""Sample charts: ordinary ones and difficult ones."""

import math
from typing import Literal

from bot.model import Callout, Chart, ChartSeries, Reference, Unit

STATES = (
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


Shape = Literal["stacked", "line", "bars", "columns", "grid"]


def chart(shape: Shape, labels, series, unit: Unit = Unit.COUNT, **more) -> Chart:
    more.setdefault("alt", f"A {shape} chart.")
    return Chart(
        "sample", shape, "Title", "Caption", labels=tuple(labels), series=tuple(series), unit=unit, **more
    )


def wave(count: int, size: float, period: float) -> tuple[float, ...]:
    return tuple(max(0, round(size * (1 + 0.6 * math.sin(n / period)))) for n in range(count))


HOURLY = chart(
    "stacked",
    [f"{n % 24:02d}:00" for n in range(96)],
    [
        ChartSeries(state, state.replace("_", " ").capitalize(), wave(96, 20 + 3 * n, 5 + n))
        for n, state in enumerate(STATES)
    ],
    callout=Callout(60, "512"),
)
WEEK = chart(
    "stacked",
    ["Mon 16", "Tue 17", "Wed 18", "Thu 19", "Fri 20", "Sat 21", "Sun 22"],
    [
        ChartSeries("closed", "Closed", (180, 176, 241, 170, None, 66, 59)),
        ChartSeries("assigned", "Assigned", (8, 9, 16, 8, None, 3, 2)),
    ],
    shaded=(5, 6),
    callout=Callout(2, "257"),
)
ONE_DAY = chart(
    "stacked",
    ["Mon 16"],
    [ChartSeries("closed", "Closed", (1500,)), ChartSeries("assigned", "Assigned", (700,))],
    shaded=(0,),
)
WAIT = chart(
    "line",
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    [
        ChartSeries("current", "This week", (2400, 2700, 5760, 2500, 2200, None, 3000)),
        ChartSeries("previous", "The week before", (2100, 2300, 2500, 2300, 2000, 2600, 3100)),
    ],
    Unit.SECONDS,
    shaded=(5, 6),
    callout=Callout(2, "Wed: 1 h 36 min"),
    reference=Reference(7200, "target 2 h"),
)
NPS = chart(
    "line",
    ["Jan", "Feb", "Mar", "Apr"],
    [ChartSeries("current", "NPS", (-20, 0, None, 58))],
    reference=Reference(50, "target 50"),
)
AGENTS = chart(
    "bars",
    [
        "Bartholomäus Freiherr von und zu Hohenstaufen-Langenburg",
        "李 明",
        "نور حداد",
        "नेहा",
        "🎉 Team",
        "Zoë",
    ],
    [
        ChartSeries("current", "This week", (1200, 900, 0, None, 33, 1)),
        ChartSeries("previous", "The week before", (1300, 100, 5, 40, None, 2500)),
    ],
    value_labels=("1,200", "900", "0", "–", "33", "1"),
)
MANY_AGENTS = chart(
    "bars",
    [f"Agent {n}" for n in range(60)],
    [ChartSeries("current", "n", tuple(1000 - 16 * n for n in range(60)))],
    reference=Reference(500, "goal 500"),
)
NOTHING = chart("line", [], [ChartSeries("current", "This week", ())], alt="Nothing to draw.")

SURVEY_DAYS = chart(
    "columns",
    ["Mon 16", "Tue 17", "Wed 18", "Thu 19", "Fri 20", "Sat 21", "Sun 22"],
    [
        ChartSeries("detractors", "Detractors", (2, 1, 4, None, 0, 1, None)),
        ChartSeries("passives", "Passives", (1, 0, 2, None, 3, 0, None)),
        ChartSeries("promoters", "Promoters", (9, 5, 3, None, 8, 2, None)),
    ],
    overlay=ChartSeries("score", "Score", (58, 67, -11, None, 73, 33, None)),
    shaded=(5, 6),
    callout=Callout(2, "Wed: −11"),
    reference=Reference(50, "target +50"),
)
LOAD = chart(
    "grid",
    [f"{hour:02d}" for hour in range(24)],
    [
        ChartSeries(day, day, tuple(None if hour < 6 else (hour * 7 + n * 3) % 41 for hour in range(24)))
        for n, day in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
    ],
    callout=Callout(60, "Wed at 12:00"),
)

ALL = {
    "hourly": HOURLY,
    "week": WEEK,
    "one-day": ONE_DAY,
    "wait": WAIT,
    "nps": NPS,
    "agents": AGENTS,
    "many-agents": MANY_AGENTS,
    "nothing": NOTHING,
    "survey-days": SURVEY_DAYS,
    "load": LOAD,
}
