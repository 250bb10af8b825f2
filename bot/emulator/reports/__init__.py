"""The reports: one file for each type of the API document, and this table of them.

A new report type is one file with one query, and one line here.
"""

from collections.abc import Callable

from bot.emulator.log import Log
from bot.emulator.reports import case_details, states_volume, summary, user_summary
from bot.emulator.reports.selection import Selection
from bot.emulator.reports.table import Table

REPORTS: dict[str, Callable[[Log, Selection], object]] = {
    "summary": summary.report,
    "states_volume": states_volume.report,
    "user_summary": user_summary.report,
}

EXPORTS: dict[str, Callable[[Log, Selection], Table]] = {
    "case_details": case_details.export,
}

__all__ = ["EXPORTS", "REPORTS", "Selection", "Table"]
