"""What is known of each report type: one row here, and the rooms look it up.

How a type is read, worded and queried stands in the table of that room: `REPORTS` in
`bot.source.reports`, `COUNTERS` in `bot.source.exports.insights`, `REPORTS` in `bot.compose`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ReportType:
    """A report type of reports.yaml. `summary` describes it in the JSON Schema.

    `api_type` is the API's name of the query ('' for the same name). `needs_form`: about one NPS survey.
    `has_key_figures`: its figures are shown as tiles. `has_agent_rows`: one row for each agent, with an id.
    `is_export`: answered as a CSV file; such a file may `name_agents` and hold customers' own words
    (`has_personal_data`).
    """

    name: str
    summary: str
    api_type: str = ""
    needs_form: bool = False
    has_key_figures: bool = False
    has_agent_rows: bool = False
    is_export: bool = False
    names_agents: bool = False
    has_personal_data: bool = False


_ROWS: Final = (
    ReportType("summary", "the key figures of the window", has_key_figures=True),
    ReportType("states_volume", "messages over time by workflow state"),
    ReportType("workflow_states", "assigned messages by workflow state", api_type="user_volume"),
    ReportType("classifications", "topics of messages"),
    ReportType("response_volume", "the average response time over time"),
    ReportType("user_summary", "the agents, one row each", has_agent_rows=True),
    ReportType("user_volume", "each agent's messages by workflow state", has_agent_rows=True),
    ReportType("case_summary", "the key figures of cases", has_key_figures=True),
    ReportType("case_volume", "open cases, day by day"),
    ReportType("case_classifications", "topics of cases"),
    ReportType("nps_summary", "the NPS and its answers", needs_form=True, has_key_figures=True),
    ReportType("nps_volume", "the NPS, day by day", needs_form=True),
    ReportType("case_details", "every case, as a CSV file", is_export=True, names_agents=True),
    ReportType(
        "nps_submissions",
        "every NPS answer, as a CSV file",
        needs_form=True,
        is_export=True,
        names_agents=True,
        has_personal_data=True,
    ),
    ReportType(
        "mention_sla_export",
        "every message with its waits, as a CSV file",
        is_export=True,
        names_agents=True,
        has_personal_data=True,
    ),
)

REPORT_TYPES: Final[Mapping[str, ReportType]] = {row.name: row for row in _ROWS}
"""Every report type by name, in the order of the JSON Schema."""


def _names(test: Callable[[ReportType], bool]) -> tuple[str, ...]:
    return tuple(row.name for row in _ROWS if test(row))


FORM_REPORTS: Final = _names(lambda row: row.needs_form)
KEY_FIGURE_REPORTS: Final = _names(lambda row: row.has_key_figures)
AGENT_REPORTS: Final = _names(lambda row: row.has_agent_rows)
EXPORTS: Final = _names(lambda row: row.is_export)
AGENT_EXPORTS: Final = _names(lambda row: row.names_agents)
PERSONAL_EXPORTS: Final = _names(lambda row: row.has_personal_data)


def api_type(report: str) -> str:
    """Return the API's name of the query behind a report type."""
    row = REPORT_TYPES.get(report)
    return (row.api_type if row else "") or report
