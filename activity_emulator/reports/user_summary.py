"""`user_summary`: the performance of each agent (API document, Team Summary)."""

from typing import Any

from activity_emulator.log import Log
from activity_emulator.reports.selection import Selection
from activity_emulator.reports.service_levels import AGENT_SLA, CUSTOMER_SLA

# A share's base is what was responded to, as in the document's samples (6 / 9), not as in its table.
QUERY = """
WITH agents AS (
    SELECT h.user_id,
           count(*) AS mentions_assigned,
           count(h.responded_at) AS responded_to,
           count(h.responded_at) FILTER (m.private) AS responded_to_in_private,
           avg(h.response_time) AS avg_response_time,
           min(h.response_time) AS min_response_time,
           max(h.response_time) AS max_response_time,
           avg(h.action_response_time) AS avg_action_response_time,
           min(h.action_response_time) AS min_action_response_time,
           max(h.action_response_time) AS max_action_response_time,
           count(*) FILTER (h.response_time > $customer_sla) AS broke_sla,
           count(*) FILTER (h.action_response_time > $agent_sla) AS broke_action_sla
    FROM messages_between($since, $until, $agents::BIGINT[]) AS m
    JOIN handlings AS h ON h.message_id = m.id
    WHERE $agents::BIGINT[] IS NULL OR list_contains($agents::BIGINT[], h.user_id)
    GROUP BY h.user_id
)
SELECT u.first_name, u.last_name, a.mentions_assigned, a.user_id::VARCHAR AS user_id,
       a.responded_to, a.responded_to_in_private,
       a.avg_response_time, a.min_response_time, a.max_response_time,
       a.avg_action_response_time, a.min_action_response_time, a.max_action_response_time,
       a.responded_to AS total_responded_to, a.broke_sla, a.broke_action_sla,
       a.avg_response_time / 60 AS avg_response_time_min,
       a.avg_action_response_time / 60 AS avg_action_response_time_min,
       a.responded_to / a.mentions_assigned AS fraction_responded_to,
       a.responded_to_in_private / nullif(a.responded_to, 0) AS fraction_responded_to_in_private,
       a.broke_sla / nullif(a.responded_to, 0) AS fraction_broke_sla,
       a.broke_action_sla / nullif(a.responded_to, 0) AS fraction_broke_action_sla
FROM agents AS a JOIN users AS u ON u.id = a.user_id
ORDER BY a.mentions_assigned DESC, a.user_id
"""


def report(log: Log, selection: Selection) -> list[dict[str, Any]]:
    """One row per agent with a message of the window assigned to them, the busiest first.

    Times in seconds from the agent's own first response, `*_min` in minutes; `user_id` is text. Averages and
    shares are null where the agent responded to nothing.
    """
    slas = {"customer_sla": CUSTOMER_SLA, "agent_sla": AGENT_SLA}
    return log.rows(QUERY, {**selection.bound, **slas})
