"""`user_volume`: each agent's messages by state (API document, Team Volume and Workflow States).

The document names this type twice, with an answer by agents and one by states. This is the one by agents.
"""

from typing import Any

from activity_emulator.log import STATES, Log
from activity_emulator.reports.selection import Selection
from activity_emulator.reports.states import CLOSED_STATES, rank

QUERY = """
SELECT u.id AS user_id, u.first_name, u.last_name, s.state, count(*) AS volume
FROM messages_between($since, $until, $agents::BIGINT[]) AS m
JOIN owners AS o ON o.message_id = m.id
JOIN current_states AS s ON s.message_id = m.id
JOIN users AS u ON u.id = o.user_id
WHERE $agents::BIGINT[] IS NULL OR list_contains($agents::BIGINT[], o.user_id)
GROUP BY ALL ORDER BY u.id
"""


def report(log: Log, selection: Selection) -> list[dict[str, Any]]:
    """Messages of the window by the agent they are assigned to now, and by the state they are in now.

    One row per agent with such a message, the busiest first. `user_id` is a number here. All states of the
    document are there, with 0 if need be.
    """
    agents: dict[int, dict[str, Any]] = {}
    for row in log.rows(QUERY, selection.bound):
        name = {"first_name": row["first_name"], "last_name": row["last_name"]}
        agent = agents.setdefault(row["user_id"], {"user_id": row["user_id"], **name, "states": {}})
        agent["states"][row["state"]] = row["volume"]
    rows = [{**agent, "states": _states(agent["states"])} for agent in agents.values()]
    return sorted(rows, key=lambda row: (-row["states"]["all_states"], row["user_id"]))


def _states(volumes: dict[str, int]) -> dict[str, int]:
    closed = sum(volumes.get(state, 0) for state in CLOSED_STATES)
    listed = sorted({*STATES, *volumes}, key=rank)
    totals = {"all_states": sum(volumes.values()), "all_closed_states": closed}
    return {**totals, **{state: volumes.get(state, 0) for state in listed}}
