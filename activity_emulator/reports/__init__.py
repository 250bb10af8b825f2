"""The reports: one file for each type of the API document, and this table of them.

A new report type is one file with one query, and one line here.
"""

from collections.abc import Callable

from activity_emulator.log import Log
from activity_emulator.reports import (
    case_classifications,
    case_details,
    case_summary,
    case_volume,
    classifications,
    mention_sla_export,
    nps_submissions,
    nps_summary,
    nps_volume,
    response_volume,
    states_volume,
    summary,
    user_summary,
    user_volume,
)
from activity_emulator.reports.selection import Selection
from activity_emulator.reports.table import Table

REPORTS: dict[str, Callable[[Log, Selection], object]] = {
    "summary": summary.report,
    "states_volume": states_volume.report,
    "user_volume": user_volume.report,
    "classifications": classifications.report,
    "response_volume": response_volume.report,
    "user_summary": user_summary.report,
    "case_summary": case_summary.report,
    "case_volume": case_volume.report,
    "case_classifications": case_classifications.report,
    "nps_summary": nps_summary.report,
    "nps_volume": nps_volume.report,
}

EXPORTS: dict[str, Callable[[Log, Selection], Table]] = {
    "case_details": case_details.export,
    "nps_submissions": nps_submissions.export,
    "mention_sla_export": mention_sla_export.export,
}

__all__ = ["EXPORTS", "REPORTS", "Selection", "Table"]
