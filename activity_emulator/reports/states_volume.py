"""`states_volume`: messages of each state over time (API document, States Volume)."""

from datetime import timedelta
from typing import Any

from activity_emulator.log import Log
from activity_emulator.reports.periods import bound, date_range
from activity_emulator.reports.selection import Selection
from activity_emulator.reports.states import rank

# "If your query range is less than 4 days the time intervals will be reduced from days to hours."
DAILY_FROM = timedelta(days=4)

QUERY = """
SELECT s.state, period_start(m.published_at, $offset, $last_day::TIMESTAMP) AS starts_at, count(*) AS value
FROM messages_between($since, $until, $agents::BIGINT[]) AS m
JOIN current_states AS s ON s.message_id = m.id
GROUP BY s.state, starts_at ORDER BY s.state, starts_at
"""


def report(log: Log, selection: Selection) -> dict[str, list[dict[str, Any]]]:
    """For each state, the messages published in each day (or hour) that are in this state now.

    Points carry no zone: they are in `date_from`'s offset. Periods without a message have no point, states
    without a message are absent.
    """
    hourly = selection.query.span < DAILY_FROM
    found = log.rows(QUERY, {**selection.bound, **bound(selection.query, hourly=hourly)})
    series: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(found, key=lambda row: rank(row["state"])):
        series.setdefault(row["state"], []).append(_point(row))
    return series


def _point(row: dict[str, Any]) -> dict[str, Any]:
    return {"state": row["state"], "value": row["value"], "date_range": date_range(row["starts_at"])}
