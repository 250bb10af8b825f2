"""What messages were about (API document, Classifications).

A classification comes with a row for each state and one for `all_states`. Only the latter is counted here:
added to the single states it would count twice. A message may carry several classifications, so their sum
is mentions of topics, never messages.
"""

from collections.abc import Iterable

from bot.compose.figures.context import Context, Section, answer_of, empty, previous_missing
from bot.compose.figures.metrics import TOPIC_MENTIONS
from bot.compose.figures.reading import Row, rows_of, table_rows, word
from bot.compose.figures.states import ALL
from bot.compose.figures.topics import Ranking, gone_since, ranked, topics
from bot.model import CsvTable, Table

REPORT = "classifications"
TITLE = "What it was about"
NOTHING = "No topics in this window."
RANKING = Ranking(
    REPORT,
    TITLE,
    "Topic mentions: a message may have several topics or none, so they do not add up to messages.",
    TOPIC_MENTIONS,
)
HEADER = ("classification_id", "classification", "state", "topic_mentions")


def compose_classifications(context: Context) -> Section:
    """Ranked bars with the change, and the full CSV with every row as it came."""
    found = answer_of(context, REPORT, TITLE, Table, NOTHING)
    if isinstance(found, Section):
        return found
    csv = CsvTable(REPORT, HEADER, tuple(_csv_row(row) for row in table_rows(found)))
    missing = previous_missing(REPORT, TITLE, context)
    before = all_states(rows_of(context.previous(REPORT))) if context.is_compared(REPORT) else None
    chosen = topics(all_states(table_rows(found)), before)
    if not chosen:
        return Section(empty(REPORT, TITLE, NOTHING).blocks, (csv,), incomplete=missing)
    chart = ranked(chosen, gone_since(chosen, before), RANKING, context)
    return Section((chart,), (csv,), incomplete=missing)


def all_states(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows that count a topic over all states: the only ones that are ever added up."""
    return tuple(row for row in rows if word(row, "state") == ALL)


def _csv_row(row: Row) -> tuple[str | float | None, ...]:
    return (word(row, HEADER[0]), word(row, HEADER[1]), word(row, HEADER[2]), row.get("volume"))
