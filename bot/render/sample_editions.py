"""Two invented editions for the template check: one with everything a template may meet, one nearly empty.

Sample data seldom has a late edition, a missing report or a figure beyond its target. Without these, a fault
in the lines for such days would show only when they matter.
"""

from dataclasses import replace

from bot.model import (
    Agents,
    Brand,
    Callout,
    Cell,
    Change,
    Chart,
    ChartSeries,
    Edition,
    Figure,
    Headline,
    Hint,
    Kpi,
    Kpis,
    LookHere,
    Note,
    Reference,
    Sentence,
    TableBlock,
    TableColumn,
    TargetResult,
    Unit,
)

_FIGURE = Figure("summary.total_volume", "", "current", 1469.0, Unit.COUNT, "1,469")
_BEFORE = Figure("summary.total_volume", "", "previous", 1312.0, Unit.COUNT, "1,312")
_CHANGE = Figure("summary.total_volume", "", "change", 157.0, Unit.COUNT, "+157, +12 %")
_DAYS = ("Mon 16", "Tue 17", "Wed 18", "Thu 19", "Fri 20", "Sat 21", "Sun 22")


def _kpi(direction: str, verdict: str, target: TargetResult | None = None) -> Kpi:
    change = Change(direction, verdict, "+157, +12 %", verdict, _CHANGE, _BEFORE)  # type: ignore[arg-type]
    return Kpi("Messages", _FIGURE, change, target, "58 of 395 replies", (1400.0, None, 1312.0, 1469.0))


def _chart(shape: str, *names: str) -> Chart:
    values = (180.0, 176.0, 241.0, None, 160.0, 66.0, 59.0)
    return Chart(
        report="states_volume",
        shape=shape,  # type: ignore[arg-type]
        title="Messages a day",
        caption="By state now. Weekend shaded.",
        alt="Messages a day by state: most on Wednesday, 241.",
        labels=_DAYS,
        series=tuple(ChartSeries(name, name.capitalize(), values) for name in names),
        unit=Unit.COUNT,
        shaded=(5, 6),
        value_labels=("180", "176", "241", "–", "160", "66", "59") if shape == "bars" else (),
        callout=Callout(2, "241") if shape == "line" else None,
        reference=Reference(200.0, "target 200") if shape == "line" else None,
    )


_TABLE = TableBlock(
    report="user_summary",
    title="Agents",
    caption="By name.",
    columns=(TableColumn("Agent"), TableColumn("Messages", True), TableColumn("Over SLA", True)),
    rows=tuple(
        (Cell(f"Agent {number}"), Cell("212", _FIGURE), Cell("14 %", tone="bad" if number == 3 else "plain"))
        for number in range(30)
    ),
    total=45,
)

BARE = Edition(
    occurrence="trial@2026-11-22T22:00:00Z",
    digest="trial",
    title="Trial",
    subject="Trial",
    brand=Brand(),
    locale="en",
    paper="A4",
    window_text="16 to 22 November 2026",
    filter_text="",
    compared_text="",
    fetched_text="",
    schedule_text="",
    summary_text="Nothing happened.",
    agents=Agents.NONE,
    blocks=(Headline((Sentence("Nothing happened."),)),),
)
"""No figures, no brand, nothing optional."""

FULL = replace(
    BARE,
    brand=Brand("Acme Care"),
    paper="Letter",
    filter_text="group Social Customer Care",
    compared_text="compared with 9 to 15 November",
    fetched_text="Fetched Mon 23 November 2026 at 09:00, Sydney time",
    schedule_text="every Monday at 09:00",
    blocks=(
        Headline((Sentence("Customers waited longer.", "bad"), Sentence("More replies.", "good"))),
        LookHere((Hint("Staff Wednesday at 14:00.", "52 of 241 messages waited more than 2 h."),)),
        Kpis(
            (
                _kpi("up", "worse", TargetResult("missed", "target 10 % missed")),
                _kpi("down", "better", TargetResult("met", "target 2 h met")),
                _kpi("flat", "same", TargetResult("unknown", "target 2 h")),
                Kpi("NPS", replace(_FIGURE, value=None, text="–"), Change("none", "unknown", "no answers")),
            )
        ),
        _chart("stacked", "closed", "assigned"),
        _chart("line", "current", "previous"),
        _chart("bars", "current", "previous"),
        replace(_chart("columns", "promoters", "detractors"), overlay=ChartSeries("nps", "NPS", (5.0,) * 7)),
        _chart("grid", "Monday", "Tuesday"),
        _TABLE,
        Note("No cases in this window.", "empty", "case_summary", "Cases"),
        Note("Topics could not be loaded: it took too long.", "unavailable", "classifications", "Topics"),
        Note("Figures of last week have moved since."),
    ),
    sample=True,
    late_text="Late: it was due Mon 23 November 2026 at 09:00.",
    incomplete=("Topics could not be loaded: it took too long.",),
    unverified=True,
)
"""Every kind of block, every tone and verdict, every notice."""
