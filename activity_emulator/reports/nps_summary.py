"""`nps_summary`: one set of figures for a survey (API document, NPS Summary)."""

from typing import Any

from activity_emulator.log import Log
from activity_emulator.reports.selection import Selection
from activity_emulator.reports.surveys import counted


def report(log: Log, selection: Selection) -> dict[str, Any]:
    """Surveys sent and answers received in the window; the score is -100 to 100, 0.0 without an answer."""
    query = selection.query
    return counted(log, selection, [(query.since, query.until)])[0]
