"""What cases were about (API document, Case Classifications): each topic once a case."""

from bot.compose.figures.context import Context, Section, answer_of, empty, previous_missing
from bot.compose.figures.metrics import TOPIC_CASES
from bot.compose.figures.reading import Row, rows_of, table_rows, word
from bot.compose.figures.topics import Ranking, gone_since, ranked, topics
from bot.model import CsvTable, Table

REPORT = "case_classifications"
TITLE = "What cases were about"
NOTHING = "No case had a topic in this window."
RANKING = Ranking(
    REPORT,
    TITLE,
    "Cases with each topic, counted once a case: a case may have several topics or none.",
    TOPIC_CASES,
)
HEADER = ("classification_id", "classification", "cases")


def compose_case_classifications(context: Context) -> Section:
    """Ranked bars with the change, and the full CSV."""
    found = answer_of(context, REPORT, TITLE, Table, NOTHING)
    if isinstance(found, Section):
        return found
    rows = table_rows(found)
    csv = CsvTable(REPORT, HEADER, tuple(_csv_row(row) for row in rows))
    missing = previous_missing(REPORT, TITLE, context)
    before = rows_of(context.previous(REPORT)) if context.is_compared(REPORT) else None
    chosen = topics(rows, before)
    if not chosen:
        return Section(empty(REPORT, TITLE, NOTHING).blocks, (csv,), incomplete=missing)
    chart = ranked(chosen, gone_since(chosen, before), RANKING, context)
    return Section((chart,), (csv,), incomplete=missing)


def _csv_row(row: Row) -> tuple[str | float | None, ...]:
    return (word(row, HEADER[0]), word(row, HEADER[1]), row.get("volume"))
