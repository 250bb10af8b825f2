"""`states_volume`: messages of each state over time (API document, States Volume)."""

from datetime import timedelta
from typing import Any

from bot.emulator.log import STATES, Log
from bot.emulator.reports.selection import Selection

# "If your query range is less than 4 days the time intervals will be reduced from days to hours."
DAILY_FROM = timedelta(days=4)

# The last day takes what the first day's offset would put after it, when the clock changes in the window.
DAILY = """
SELECT s.state, least(date_trunc('day', m.published_at + to_seconds($offset)), $last_day) AS starts_at,
       count(*) AS value
FROM messages_between($since, $until, $agents::BIGINT[]) AS m
JOIN current_states AS s ON s.message_id = m.id
GROUP BY s.state, starts_at ORDER BY s.state, starts_at
"""

HOURLY = """
SELECT s.state, date_trunc('hour', m.published_at + to_seconds($offset)) AS starts_at,
       count(*) AS value
FROM messages_between($since, $until, $agents::BIGINT[]) AS m
JOIN current_states AS s ON s.message_id = m.id
GROUP BY s.state, starts_at ORDER BY s.state, starts_at
"""


def report(log: Log, selection: Selection) -> dict[str, list[dict[str, Any]]]:
    """For each state, the messages published in each day (or hour) that are in this state now.

    Points carry no zone: they are in `date_from`'s offset. Periods without a message have no point, states
    without a message are absent.
    """
    query = selection.query
    bound = {**selection.bound, "offset": query.offset_seconds}
    if query.span < DAILY_FROM:
        found = log.rows(HOURLY, bound)
    else:
        found = log.rows(DAILY, {**bound, "last_day": query.last_day})
    series: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(found, key=lambda row: STATES.index(row["state"])):
        series.setdefault(row["state"], []).append(_point(row))
    return series


def _point(row: dict[str, Any]) -> dict[str, Any]:
    starts_at = row["starts_at"].strftime("%Y-%m-%d %H:%M")
    return {"state": row["state"], "value": row["value"], "date_range": {"date_from": starts_at}}
