"""`case_details`: one CSV row per case that the team actioned (API document, Case CSV Export)."""

from activity_emulator.log import Log
from activity_emulator.reports.selection import Selection
from activity_emulator.reports.table import Table, cells

QUERY = """
SELECT s.case_id AS "Case Id", a.name AS "Account", n.name AS "Network",
       s.opened_at AS "Date Opened (UTC)", s.closed_at AS "Date Closed (UTC)",
       concat_ws(' ', u.first_name, u.last_name) AS "Last Agent",
       date_diff('microsecond', s.opened_at, s.first_replied_at) / 1e6 AS "First Reply Time (s)",
       date_diff('microsecond', s.opened_at, s.last_replied_at) / 1e6 AS "Resolution Time (s)",
       s.agents_involved AS "Agents Involved", s.agent_interactions AS "Agent Interactions",
       CASE WHEN s.case_id IN (SELECT case_id FROM surveys) THEN 'Yes' ELSE 'No' END AS "Sent Survey"
FROM case_spans AS s
JOIN cases_actioned($since, $until, $agents::BIGINT[]) USING (case_id)
JOIN cases AS c ON c.id = s.case_id
JOIN accounts AS a ON a.id = c.account_id
JOIN networks AS n ON n.id = a.network_id
JOIN users AS u ON u.id = s.last_user_id
ORDER BY s.opened_at, s.case_id
"""

HEADER = (
    "Case Id",
    "Account",
    "Network",
    "Date Opened (UTC)",
    "Date Closed (UTC)",
    "Last Agent",
    "First Reply Time (s)",
    "Resolution Time (s)",
    "Agents Involved",
    "Agent Interactions",
    "Sent Survey",
)


def export(log: Log, selection: Selection) -> Table:
    """Cases with an agent response in the window, by the oldest first; figures are of the whole case.

    Instants are UTC to the second, times in seconds; a case that is not closed has an empty closing date.
    """
    return Table(HEADER, cells(log.rows(QUERY, selection.bound), HEADER))
