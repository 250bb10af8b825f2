"""The reference weekly edition: twelve reports and an export, thirty agents, every kind of block."""

from collections.abc import Sequence
from dataclasses import replace

from bot.model import (
    Block,
    Callout,
    Cell,
    Chart,
    ChartSeries,
    CsvTable,
    Edition,
    Headline,
    Hint,
    Kpis,
    LookHere,
    Note,
    Reference,
    Sentence,
    TableBlock,
    TableColumn,
    Unit,
)
from tests.render.sample_edition import EDITION, KPIS, LINE, STATES, figure

DAYS = STATES.labels
BEFORE = "the week before"

HISTORIES = (
    (1302, 1344, 1298, 1310, 1312, 1469),
    (0.82, 0.84, 0.81, 0.83, 0.84, 0.87),
    (2700, 2580, 2880, 2760, 2580, 3120),
    (1500, 1440, 1500, None, 1500, 1260),
    (440, 432, 430, 428, 426, 426),
    (0.11, 0.09, 0.12, 0.10, 0.10, 0.14),
)

TILES = Kpis(
    tuple(
        replace(kpi, history=history, explanation=explanation)
        for kpi, history, explanation in zip(
            KPIS.items,
            HISTORIES,
            ("", "1,278 of 1,469", "", "", "", "179 of 1,278 replies"),
            strict=True,
        )
    )
)

NAMES = (
    *("Amara Okafor", "Åsa Öberg", "Barry Banana", "Chloé Dubois", "Daniel Kim", "Elif Yılmaz"),
    *("Fatima Al-Sayed", "Grace O’Connor", "Hiroshi Tanaka", "Ines Ferreira", "Jane Pear", "Jürgen Groß"),
    *("Katarzyna Wiśniewska", "Liam Murphy", "Maria-Teresa Fernández de la Vega", "Ngọc Trần"),
    *("Noor Haddad", "Olivia Brown", "Priya Raghunathan", "Quentin Dupont", "Rosa Marchetti"),
    *("Sofia Papadopoulou", "Tomás Novák", "Ümit Demir", "Viktor Petrov", "Wanjiru Kamau"),
    *("Xavier Lopez", "Yara Costa", "Zoë van Dijk", "李 明"),
)


def cells(report: str, subject: str, *texts: str, bad: int = -1) -> tuple[Cell, ...]:
    """Return a row: words first, then figures; the cell at `bad` is beyond a target."""
    others = []
    for n, text in enumerate(texts, start=1):
        digits = text.split("%")[0].replace(",", "").split()[0].strip("+−")
        value = float(digits) if digits.replace(".", "").isdigit() else None
        value_figure = figure(f"{report}.column_{n}", value, Unit.COUNT, text, subject)
        others.append(Cell(text, value_figure, "bad" if n == bad else "plain"))
    return (Cell(subject), *others)


def table(report: str, title: str, caption: str, heads: Sequence[str], rows: Sequence[tuple[Cell, ...]]):
    columns = tuple(TableColumn(head, n > 0) for n, head in enumerate(heads))
    return TableBlock(report, title, caption, columns, tuple(rows), len(rows))


def bars(
    report: str, title: str, caption: str, labels: Sequence[str], now, before, value_texts: Sequence[str]
) -> Chart:
    facts = "; ".join(f"{label}: {word}" for label, word in zip(labels, value_texts, strict=True))
    return Chart(
        report=report,
        shape="bars",
        title=title,
        caption=caption,
        alt=f"{title}: {facts}.",
        labels=tuple(labels),
        series=(
            ChartSeries("current", "This window", tuple(now)),
            ChartSeries("previous", BEFORE, tuple(before)),
        ),
        unit=Unit.COUNT,
        value_labels=tuple(value_texts),
    )


RESPONSE = replace(
    LINE,
    caption=f"Daily average; dashed: {BEFORE}.",
    alt="Customer wait by day: highest on Wednesday 18 November, 1 h 36 min, lowest on Friday, 37 min; no value for 1 of 7 days.",
    labels=DAYS,
    series=(LINE.series[0], replace(LINE.series[1], label=BEFORE)),
)

LOAD = Chart(
    report="mention_sla_export",
    shape="grid",
    title="When messages come in",
    caption="Messages by hour and weekday, Sydney time. The framed hour had the most over the SLA.",
    alt="Messages by hour and weekday: most on Wednesday at 11:00, 84; none before 06:00.",
    labels=tuple(f"{hour:02d}:00" for hour in range(24)),
    series=tuple(
        ChartSeries(
            day,
            day,
            tuple(
                None
                if hour < 6
                else max(0, round((19 - abs(13 - hour) * 2) * share))
                + (53 if (day, hour) == ("Wed", 11) else 0)
                for hour in range(24)
            ),
        )
        for day, share in zip(
            ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), (1.6, 1.5, 2, 1.4, 1.3, 0.5, 0.4), strict=True
        )
    ),
    unit=Unit.COUNT,
    callout=Callout(2 * 24 + 11, "Wed at 11:00: 84"),
)

STAND = table(
    "workflow_states",
    "Where messages stand",
    "Assigned messages, summed over agents: those without an agent are not among them.",
    ("State", "Messages", "Change"),
    [
        cells("workflow_states", "Assigned", "53", "+9, +20% more"),
        cells("workflow_states", "In progress", "80", "+12, +18% more"),
        cells("workflow_states", "Awaiting approval", "6", "no change"),
        cells("workflow_states", "Responded", "268", "+14, +6% more"),
        cells("workflow_states", "Closed", "1,052", "+121, +13% more"),
    ],
)

TOPICS = bars(
    "classifications",
    "What it was about",
    f"Topics chosen. Beside each number its change; the mark is {BEFORE}.",
    (
        *("delivery late", "customer service", "refund", "amusing", "app login"),
        *("voucher code does not work in the app", "store hours", "other (14 topics)"),
    ),
    (412, 301, 188, 120, 97, 61, 44, 351),
    (298, 295, 200, 120, None, 58, 60, 338),
    ("412, +38%", "301, +2%", "188, −6%", "120, 0%", "97, new", "61, +5%", "44, −27%", "351, +4%"),
)

SLA_TOPICS = table(
    "mention_sla_export",
    "Over SLA by topic",
    "Replies over the SLA among all replies. A message with several topics counts in each.",
    ("Topic", "Messages", "Replies", "Over SLA", "Customer wait"),
    [
        cells("mention_sla_export", "delivery late", "412", "371", "22 %", "1 h 12 min", bad=3),
        cells("mention_sla_export", "customer service", "301", "266", "9 %", "44 min"),
        cells("mention_sla_export", "refund", "188", "170", "8 %", "41 min"),
        cells("mention_sla_export", "app login", "97", "88", "11 %", "52 min", bad=3),
        cells("mention_sla_export", "store hours", "44", "12", "2 of 12", "30 min"),
    ],
)

CASES = table(
    "case_summary",
    "Cases",
    "All cases of the window.",
    ("Figure", "This window", "The week before", "Change"),
    [
        cells("case_summary", "Cases closed", "131", "118", "+13, +11% more"),
        cells("case_summary", "First reply", "1 h 10 min", "58 min", "+12 min, +21% worse"),
        cells("case_summary", "Resolution time", "2.1 days", "2.4 days", "−0.3 days, −13% better"),
        cells("case_summary", "Replies a case", "2.4", "2.6", "−0.2"),
    ],
)

CASE_DAYS = Chart(
    report="case_volume",
    shape="line",
    title="Cases opened",
    caption=f"By day; dashed: {BEFORE}.",
    alt="Cases opened by day: highest on Wednesday 18 November, 31, lowest on Sunday 22 November, 6.",
    labels=DAYS,
    series=(
        ChartSeries("current", "This window", (20, 22, 31, 24, 19, 9, 6)),
        ChartSeries("previous", BEFORE, (18, 19, 21, 22, 20, 10, 8)),
    ),
    unit=Unit.COUNT,
    shaded=(5, 6),
    callout=Callout(2, "Wed: 31"),
)

CASE_TOPICS = bars(
    "case_classifications",
    "What cases were about",
    f"Topics of cases. Beside each number its change; the mark is {BEFORE}.",
    ("delivery late", "refund", "damaged item", "account closed", "other (6 topics)"),
    (52, 31, 18, 9, 21),
    (33, 30, 22, 9, 24),
    ("52, +58%", "31, +3%", "18, −18%", "9, 0%", "21, −13%"),
)

VOLUMES = tuple(96 - 3 * n if n % 4 else 41 + n for n in range(len(NAMES)))

AGENT_BARS = bars(
    "user_summary",
    "Messages by agent",
    f"The 12 of 30 agents with most messages assigned, by name; the mark is {BEFORE}.",
    NAMES[:10] + NAMES[28:],
    VOLUMES[:10] + VOLUMES[28:],
    [n + 7 if n % 3 else n - 5 for n in VOLUMES[:12]],
    [str(n) for n in VOLUMES[:10] + VOLUMES[28:]],
)

AGENTS = table(
    "user_summary",
    "Agents",
    "By name. Agents do not add up to the team: a message can pass through several hands, or none.",
    ("Agent", "Messages", "Responded", "Customer wait", "Handling time", "Over SLA"),
    [
        cells(
            "user_summary",
            name,
            str(VOLUMES[n]),
            f"{82 + n % 14} %",
            f"{31 + n} min" if n % 7 else f"1 h {n:02d} min",
            f"{5 + n % 4}.{n % 10} min",
            "17 %" if n == 8 else "2 of 12" if n == 14 else f"{4 + n % 6} %",
            bad=5 if n == 8 else -1,
        )
        for n, name in enumerate(NAMES)
    ],
)

WORKLOAD = table(
    "user_volume",
    "Messages of agents by state",
    "Assigned messages by their state at the end of the window.",
    ("Agent", "All", "Assigned", "In progress", "Responded", "Closed", "Change of all"),
    [
        cells(
            "user_volume",
            name,
            str(VOLUMES[n]),
            str(n % 4),
            str(n % 5),
            str(8 + n % 9),
            str(VOLUMES[n] - 8 - n % 9 - n % 5 - n % 4),
            f"+{n}, +{n % 20 + 1}% more" if n % 3 else "no change",
        )
        for n, name in enumerate(NAMES)
    ],
)

SURVEY = table(
    "nps_summary",
    "Customer satisfaction (NPS)",
    "The score is promoters less detractors, in points; 36 answers to 48 questions.",
    ("Figure", "This window", "The week before", "Change"),
    [
        cells("nps_summary", "NPS (36 answers)", "+58", "+53", "+5 better"),
        cells("nps_summary", "Answer rate (36 of 48)", "75 %", "70 %", "+5 points better"),
        cells("nps_summary", "Promoters", "27", "25", "+2, +8% more"),
        cells("nps_summary", "Detractors", "6", "6", "no change"),
    ],
)

SURVEY_DAYS = Chart(
    report="nps_volume",
    shape="columns",
    title="Answers and score by day",
    caption="From 36 answers in all; a day without answers is empty.",
    alt="NPS by day: highest on Friday, +100 from 6 answers, lowest on Wednesday, −11 from 9; no answers on Thursday and Sunday.",
    labels=DAYS,
    series=(
        ChartSeries("detractors", "Detractors", (1, 1, 4, None, 0, 0, None)),
        ChartSeries("passives", "Passives", (1, 0, 2, None, 0, 0, None)),
        ChartSeries("promoters", "Promoters", (9, 5, 3, None, 6, 4, None)),
    ),
    unit=Unit.COUNT,
    overlay=ChartSeries("score", "Score", (73, 67, -11, None, 100, 100, None)),
    shaded=(5, 6),
    callout=Callout(2, "Wed: −11"),
    reference=Reference(50, "target +50"),
)

LOOK = LookHere(
    (
        Hint(
            "Wednesdays at 11:00 need one more person.",
            "84 messages came in that hour, 39 % of their replies were over the SLA.",
        ),
        Hint(
            "“delivery late” grew by 114 messages.",
            "412 now, 298 the week before; 22 % of its replies over the SLA.",
        ),
        Hint(
            "Six messages have waited for more than three days.",
            "They are assigned to nobody; see mention_sla_export.csv.",
        ),
    )
)

BLOCKS: tuple[Block, ...] = (
    Headline(
        (
            Sentence("14 % of replies were over the SLA; the target is 10 %.", "bad"),
            Sentence("Wednesday was the busiest day: 339 messages, and customers waited 1 h 36 min."),
            Sentence("87 % of messages were responded to, 3 points better than the week before.", "good"),
        )
    ),
    TILES,
    STATES,
    RESPONSE,
    TOPICS,
    LOAD,
    STAND,
    SLA_TOPICS,
    CASES,
    CASE_DAYS,
    CASE_TOPICS,
    AGENT_BARS,
    AGENTS,
    WORKLOAD,
    SURVEY,
    SURVEY_DAYS,
    Note(
        "131 cases were worked on, 12 of them are open; the longest took 9.3 days.",
        "info",
        "case_details",
        "Case details",
    ),
    LOOK,
)

FULL_WEEK: Edition = replace(
    EDITION,
    sample=False,
    blocks=BLOCKS,
    csvs=tuple(
        CsvTable(report, ("name", "messages"), (("a", 1),))
        for report in ("user_summary", "user_volume", "classifications", "states_volume")
    ),
)
