"""`classifications`: messages by topic and state (API document, Classifications)."""

from typing import Any

from activity_emulator.log import Log
from activity_emulator.reports.selection import Selection
from activity_emulator.reports.states import rank

ALL_STATES = "all_states"

QUERY = """
SELECT c.id AS classification_id, c.name AS classification, coalesce(s.state, $all_states) AS state,
       count(DISTINCT m.id) AS volume
FROM messages_between($since, $until, $agents::BIGINT[]) AS m
JOIN message_classifications AS mc ON mc.message_id = m.id
JOIN classifications AS c ON c.id = mc.classification_id
JOIN current_states AS s ON s.message_id = m.id
GROUP BY GROUPING SETS ((c.id, c.name, s.state), (c.id, c.name))
"""


def report(log: Log, selection: Selection) -> list[dict[str, Any]]:
    """Messages of the window for each classification and state, each after an `all_states` row of its own.

    A message counts under each of its classifications, so topics do not add up to messages; states without
    a message have no row.
    """
    found = log.rows(QUERY, {**selection.bound, "all_states": ALL_STATES})
    return sorted(found, key=_place)


def _place(row: dict[str, Any]) -> tuple[int, bool, tuple[int, str]]:
    return row["classification_id"], row["state"] != ALL_STATES, rank(row["state"])
