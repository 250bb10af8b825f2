"""The reports and exports of the API document, by type.

A new report type is one function with one query, and one line here.
"""

from collections.abc import Callable

from activity_emulator.log import Log
from activity_emulator.reports import agents, cases, messages, surveys, tables
from activity_emulator.reports.selection import Selection
from activity_emulator.reports.tables import Table

REPORTS: dict[str, Callable[[Log, Selection], object]] = {
    "summary": messages.summary,
    "states_volume": messages.states_volume,
    "user_volume": agents.user_volume,
    "classifications": messages.classifications,
    "response_volume": messages.response_volume,
    "user_summary": agents.user_summary,
    "case_summary": cases.case_summary,
    "case_volume": cases.case_volume,
    "case_classifications": cases.case_classifications,
    "nps_summary": surveys.nps_summary,
    "nps_volume": surveys.nps_volume,
}

EXPORTS: dict[str, Callable[[Log, Selection], Table]] = {
    "case_details": tables.case_details,
    "nps_submissions": tables.nps_submissions,
    "mention_sla_export": tables.mention_sla_export,
}

__all__ = ["EXPORTS", "REPORTS", "Selection", "Table"]
