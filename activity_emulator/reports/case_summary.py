"""`case_summary`: one set of figures for the cases closed in the window (API document, Case Summary)."""

from typing import Any

from activity_emulator.log import Log
from activity_emulator.reports.selection import Selection

QUERY = """
WITH closed AS (
    SELECT date_diff('microsecond', opened_at, first_replied_at) / 1e6 AS first_reply_time,
           date_diff('microsecond', opened_at, last_replied_at) / 1e6 AS resolution_time,
           agent_interactions, agents_involved
    FROM cases_of($agents::BIGINT[]) WHERE closed_at >= $since AND closed_at < $until
)
SELECT count(*) AS total_cases,
       avg(first_reply_time) AS first_reply_time,
       avg(resolution_time) AS resolution_time,
       median(first_reply_time) AS median_first_reply_time,
       median(resolution_time) AS median_resolution_time,
       avg(agent_interactions) AS agent_interactions,
       avg(agents_involved) AS agents_involved
FROM closed
"""


def report(log: Log, selection: Selection) -> dict[str, Any]:
    """Figures of the whole case for cases closed in the window; with a filter, where an agent responded.

    Times in seconds from the customer's first message: to the first response, and to the last one. All but
    the count are null without a case.
    """
    return log.rows(QUERY, selection.bound)[0]
