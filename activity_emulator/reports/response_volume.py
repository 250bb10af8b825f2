"""`response_volume`: response times over time (API document, Response Time)."""

from datetime import timedelta
from typing import Any

from activity_emulator.log import Log
from activity_emulator.reports.periods import bound, date_range
from activity_emulator.reports.selection import Selection

# "If your query range is 3 days or less, the intervals will be reduced to hourly."
LONGEST_HOURLY = timedelta(days=3)

QUERY = """
SELECT period_start(m.published_at, $offset, $last_day::TIMESTAMP) AS starts_at, avg(r.response_time) AS value
FROM messages_between($since, $until, $agents::BIGINT[]) AS m
JOIN first_responses AS r ON r.message_id = m.id
GROUP BY starts_at ORDER BY starts_at
"""


def report(log: Log, selection: Selection) -> dict[str, list[dict[str, Any]]]:
    """The mean response time of the messages published in each day (or hour), in seconds.

    The document's table says minutes; its sample is in seconds. Points are in `date_from`'s offset; periods
    without a response have no point.
    """
    hourly = selection.query.span <= LONGEST_HOURLY
    found = log.rows(QUERY, {**selection.bound, **bound(selection.query, hourly=hourly)})
    points = [{"value": row["value"], "date_range": date_range(row["starts_at"])} for row in found]
    return {"avg_response_time": points}
