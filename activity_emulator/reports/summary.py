"""`summary`: one set of figures for all messages of the window (API document, Summary Metrics)."""

from typing import Any

from activity_emulator.log import Log
from activity_emulator.reports.selection import Selection
from activity_emulator.reports.service_levels import AGENT_SLA, CUSTOMER_SLA

QUERY = """
SELECT count(*) AS total_volume,
       avg(response_time) AS avg_response_time,
       avg(action_response_time) AS avg_action_response_time,
       count(response_time) AS total_responded_to,
       count(*) FILTER (response_time > $customer_sla) AS broke_sla,
       count(*) FILTER (action_response_time > $agent_sla) AS broke_action_sla,
       min(response_time) AS min_response_time,
       median(response_time) AS median_response_time,
       max(response_time) AS max_response_time,
       min(action_response_time) AS min_action_response_time,
       median(action_response_time) AS median_action_response_time,
       max(action_response_time) AS max_action_response_time,
       avg(action_response_time) / 60 AS avg_action_response_time_min,
       avg(response_time) / 60 AS avg_response_time_min,
       median(action_response_time) / 60 AS median_action_response_time_min,
       median(response_time) / 60 AS median_response_time_min
FROM messages_between($since, $until, $agents::BIGINT[]) AS m
LEFT JOIN first_responses AS r ON r.message_id = m.id
"""


def report(log: Log, selection: Selection) -> dict[str, Any]:
    """Figures of the messages that customers published in the window; each by its first response.

    Times in seconds, `*_min` in minutes, null where nothing was responded to.
    """
    slas = {"customer_sla": CUSTOMER_SLA, "agent_sla": AGENT_SLA}
    return log.rows(QUERY, {**selection.bound, **slas})[0]
