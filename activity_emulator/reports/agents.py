"""Reports about agents: `user_summary`, `user_volume`."""

from typing import Any

from activity_emulator.log import STATES, Log
from activity_emulator.log.schema import CLOSED_STATES, state_rank
from activity_emulator.reports.selection import SERVICE_LEVELS, Selection

# The base of a share is the answered messages, as in the document's samples (6 / 9), not as in its table.
USER_SUMMARY = """
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

USER_VOLUME = """
SELECT u.id AS user_id, u.first_name, u.last_name, s.state, count(*) AS volume
FROM messages_between($since, $until, $agents::BIGINT[]) AS m
JOIN owners AS o ON o.message_id = m.id
JOIN current_states AS s ON s.message_id = m.id
JOIN users AS u ON u.id = o.user_id
WHERE $agents::BIGINT[] IS NULL OR list_contains($agents::BIGINT[], o.user_id)
GROUP BY ALL ORDER BY u.id
"""


def user_summary(log: Log, selection: Selection) -> list[dict[str, Any]]:
    """Return one row for each agent with a message of the window assigned to them, the busiest first.

    Times in seconds from the agent's own first response, `*_min` in minutes; `user_id` is text. Averages and
    shares are null where the agent responded to nothing.
    """
    return log.rows(USER_SUMMARY, {**selection.bound, **SERVICE_LEVELS})


def user_volume(log: Log, selection: Selection) -> list[dict[str, Any]]:
    """Count the messages of the window by the agent that they are assigned to now and by their state now.

    One row for each agent with such a message, the busiest first. `user_id` is a number here. All states of
    the document are present, with 0 where necessary. The document names this type twice, with an answer by
    agents and one by states; this is the one by agents.
    """
    agents: dict[int, dict[str, Any]] = {}
    for row in log.rows(USER_VOLUME, selection.bound):
        name = {"first_name": row["first_name"], "last_name": row["last_name"]}
        agent = agents.setdefault(row["user_id"], {"user_id": row["user_id"], **name, "states": {}})
        agent["states"][row["state"]] = row["volume"]
    rows = [{**agent, "states": _states(agent["states"])} for agent in agents.values()]
    return sorted(rows, key=lambda row: (-row["states"]["all_states"], row["user_id"]))


def _states(volumes: dict[str, int]) -> dict[str, int]:
    closed = sum(volumes.get(state, 0) for state in CLOSED_STATES)
    totals = {"all_states": sum(volumes.values()), "all_closed_states": closed}
    states = sorted({*STATES, *volumes}, key=state_rank)
    return {**totals, **{state: volumes.get(state, 0) for state in states}}
