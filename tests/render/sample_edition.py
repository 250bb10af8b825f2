"""A hand-written edition of a plausible week, without fetching or composing."""

from dataclasses import replace

from bot.model import (
    Agents,
    Brand,
    Callout,
    Cell,
    Change,
    Chart,
    ChartSeries,
    CsvTable,
    Edition,
    Figure,
    Headline,
    Kpi,
    Kpis,
    Note,
    Reference,
    Sentence,
    TableBlock,
    TableColumn,
    TargetResult,
    Unit,
)


def figure(metric: str, value: float | None, unit: Unit, text: str, subject: str = "") -> Figure:
    return Figure(metric, subject, "current", value, unit, text)


def change(direction: str, verdict: str, text: str, word: str) -> Change:
    return Change(direction, verdict, text, word)  # type: ignore[arg-type]


KPIS = Kpis(
    (
        Kpi(
            "Messages",
            figure("summary.total_volume", 1469, Unit.COUNT, "1,469"),
            change("up", "neutral", "+157, +12 %", "more"),
        ),
        Kpi(
            "Responded",
            figure("summary.responded_share", 0.87, Unit.SHARE, "87 %"),
            change("up", "better", "+3 pts", "better"),
        ),
        Kpi(
            "Customer wait",
            figure("summary.avg_response_time", 3120, Unit.SECONDS, "52 min"),
            change("up", "worse", "+9 min, +21 %", "worse"),
            TargetResult("met", "target 2 h met"),
        ),
        Kpi(
            "Median wait",
            figure("summary.median_response_time", 1260, Unit.SECONDS, "21 min"),
            change("down", "better", "−4 min, −16 %", "better"),
        ),
        Kpi(
            "Handling time",
            figure("summary.avg_action_response_time", 426, Unit.SECONDS, "7.1 min"),
            change("flat", "same", "no change", ""),
        ),
        Kpi(
            "Over SLA",
            figure("summary.broke_sla_share", 0.14, Unit.SHARE, "14 %"),
            change("up", "worse", "+4 pts", "worse"),
            TargetResult("missed", "target 10 % missed"),
        ),
    )
)

STATES = Chart(
    report="states_volume",
    shape="stacked",
    title="Messages a day",
    caption="By state now. Weekend shaded.",
    alt="Messages a day by state, Monday 16 to Sunday 22 November: most on Wednesday, 339; fewest on Sunday, 79.",
    labels=("Mon 16", "Tue 17", "Wed 18", "Thu 19", "Fri 20", "Sat 21", "Sun 22"),
    series=(
        ChartSeries("closed", "Closed", (180, 176, 241, 170, 160, 66, 59)),
        ChartSeries("responded", "Responded", (44, 48, 60, 44, 40, 18, 14)),
        ChartSeries("in_progress", "In progress", (12, 14, 22, 13, 10, 5, 4)),
        ChartSeries("assigned", "Assigned", (8, 9, 16, 8, 7, 3, 2)),
    ),
    unit=Unit.COUNT,
    shaded=(5, 6),
    callout=Callout(2, "339"),
)

AGENTS_CHART = Chart(
    report="user_summary",
    shape="bars",
    title="Messages by agent",
    caption="Messages assigned in the window; the tick is the week before.",
    alt="Messages assigned by agent: Jane Pear 212, Barry Banana 187, Åsa Öberg 176, 李 明 164, Noor Haddad 158.",
    labels=("Jane Pear", "Barry Banana", "Åsa Öberg", "李 明", "نور حداد"),
    series=(
        ChartSeries("current", "This week", (212, 187, 176, 164, 158)),
        ChartSeries("previous", "The week before", (190, 191, None, 150, 160)),
    ),
    unit=Unit.COUNT,
    value_labels=("212", "187", "176", "164", "158"),
)

LINE = Chart(
    report="response_volume",
    shape="line",
    title="Customer wait",
    caption="Daily average; dashed grey: the week before",
    alt="Average customer wait a day: highest on Wednesday, 1 h 36 min.",
    labels=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    series=(
        ChartSeries("current", "This week", (2400, 2700, 5760, 2500, 2200, None, 3000)),
        ChartSeries("previous", "The week before", (2100, 2300, 2500, 2300, 2000, 2600, 3100)),
    ),
    unit=Unit.SECONDS,
    shaded=(5, 6),
    callout=Callout(2, "Wed: 1 h 36 min"),
    reference=Reference(7200, "target 2 h"),
)


def agent_row(
    name: str, messages: str, responded: str, wait: str, over: str, bad: bool = False
) -> tuple[Cell, ...]:
    return (
        Cell(name),
        Cell(messages),
        Cell(responded),
        Cell(wait),
        Cell(over, tone="bad" if bad else "plain"),
    )


AGENTS_TABLE = TableBlock(
    report="user_summary",
    title="Agents",
    caption="By name. Agents do not add up to the team: some messages pass through several hands, some through none.",
    columns=(
        TableColumn("Agent"),
        TableColumn("Messages", True),
        TableColumn("Responded", True),
        TableColumn("Customer wait", True),
        TableColumn("Over SLA", True),
    ),
    rows=(
        agent_row("Jane Pear", "212", "91 %", "44 min", "9 %"),
        agent_row("Barry Banana", "187", "88 %", "51 min", "12 %"),
        agent_row("Åsa Öberg", "176", "90 %", "47 min", "11 %"),
        agent_row("李 明", "164", "85 %", "58 min", "17 %", bad=True),
        agent_row("نور حداد", "158", "–", "–", "–"),
        agent_row("<script>alert(1)</script> {{ 7*7 }} <!channel>", "1", "0 %", "–", "–"),
    ),
    total=14,
)

EDITION = Edition(
    occurrence="care-weekly@2026-11-22T22:00:00Z",
    digest="care-weekly",
    title="Social care, weekly",
    subject="Social care, weekly: 16 – 22 November 2026",
    brand=Brand("Acme Care", "#0f6f6b", ""),
    locale="en_AU",
    paper="A4",
    window_text="Mon 16 – Sun 22 November 2026, Sydney time",
    filter_text="group Social Customer Care",
    compared_text="compared with 9 – 15 November",
    fetched_text="Fetched Mon 23 November 2026 at 09:00, Sydney time",
    schedule_text="every monday at 09:00",
    summary_text="14 % of replies were over the SLA (target 10 % missed). 1,469 messages, 157 more; customers waited 52 min, 9 min longer.",
    agents=Agents.NAMES,
    blocks=(
        Headline(
            (
                Sentence(
                    "14 % of replies were over the SLA; the target is 10 %.",
                    "bad",
                    ("summary.broke_sla_share//current",),
                ),
                Sentence("The busiest day was Wednesday with 339 messages.", "plain"),
                Sentence("87 % of messages were responded to, 3 points better than the week before.", "good"),
            )
        ),
        KPIS,
        STATES,
        LINE,
        AGENTS_CHART,
        AGENTS_TABLE,
        Note("case_details.csv: 131 cases, attached where asked for.", "info", "case_details", "Cases"),
    ),
    csvs=(
        CsvTable(
            "user_summary",
            ("user_id", "first_name", "last_name", "mentions_assigned", "avg_response_time_seconds"),
            (("123", "Jane", "Pear", 212, 2640.5), ("9", "=cmd()", "Öberg", 3, None)),
        ),
        CsvTable("states_volume", ("day", "state", "messages"), (("2026-11-16", "closed", 180),)),
    ),
    sample=True,
)

EMPTY = replace(
    EDITION,
    summary_text="No messages in this window.",
    blocks=(
        Headline((Sentence("No messages in this window."),)),
        Note("No messages in this window.", "empty", "summary", "Key figures"),
    ),
    csvs=(),
)

INCOMPLETE = replace(
    EDITION,
    incomplete=("Agents could not be loaded: the API answered 500 three times; the rest is complete.",),
    blocks=(
        EDITION.blocks[0],
        KPIS,
        STATES,
        Note(
            "Agents could not be loaded: the API answered 500 three times; the rest is complete.",
            "unavailable",
            "user_summary",
            "Agents",
        ),
    ),
)
