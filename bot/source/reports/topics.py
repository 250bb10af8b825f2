"""What messages and cases are about: classifications, which are free text that people write."""

from bot.model import ApiSettings, Column, Table, Unit, Window
from bot.source.reports.wire import check_distinct, parse
from bot.source.reports.wire_reports import CASE_CLASSIFICATIONS, CLASSIFICATIONS

TOPIC = (Column("classification_id"), Column("classification"))
VOLUME = Column("volume", Unit.COUNT)


def read_classifications(answer: object, window: Window, api: ApiSettings) -> Table | None:
    """Messages by classification and state, all rows as sent, ids as text.

    The rows of `all_states` are in it beside those of single states: they must not be added up.
    Names repeat; the id tells classifications apart.
    """
    found = parse(CLASSIFICATIONS, answer, "classifications")
    check_distinct([(row.classification_id, row.state) for row in found], "row", "classifications")
    rows = tuple((row.classification_id, row.classification, row.state, row.volume) for row in found)
    return Table((*TOPIC, Column("state"), VOLUME), rows) if rows else None


def read_case_classifications(answer: object, window: Window, api: ApiSettings) -> Table | None:
    """Cases by classification, each counted once in it; ids as text."""
    found = parse(CASE_CLASSIFICATIONS, answer, "case_classifications")
    check_distinct([row.classification_id for row in found], "classification", "case_classifications")
    rows = tuple((row.classification_id, row.classification, row.volume) for row in found)
    return Table((*TOPIC, VOLUME), rows) if rows else None
