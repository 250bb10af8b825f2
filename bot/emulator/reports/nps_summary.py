"""`nps_summary`: one set of figures for a survey (API document, NPS Summary)."""

from typing import Any

from bot.emulator.log import Log
from bot.emulator.reports.selection import Selection
from bot.emulator.reports.surveys import counted


def report(log: Log, selection: Selection) -> dict[str, Any]:
    """Surveys sent and answers received in the window; the score is -100 to 100, 0.0 without an answer."""
    query = selection.query
    return counted(log, selection, [(query.since, query.until)])[0]
