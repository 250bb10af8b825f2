"""Reports about messages: `summary`, `states_volume`, `response_volume`, `classifications`."""

from datetime import timedelta
from typing import Any

from activity_emulator.log import Log
from activity_emulator.log.schema import state_rank
from activity_emulator.reports.periods import bound, date_range
from activity_emulator.reports.selection import SERVICE_LEVELS, Selection

# API document: hourly points "if your query range is less than 4 days" (states_volume) or "is 3 days or
# less" (response_volume).
STATES_DAILY_FROM = timedelta(days=4)
RESPONSES_HOURLY_TO = timedelta(days=3)

ALL_STATES = "all_states"

SUMMARY = """
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

STATES_VOLUME = """
SELECT s.state, period_start(m.published_at, $offset, $last_day::TIMESTAMP) AS starts_at, count(*) AS value
FROM messages_between($since, $until, $agents::BIGINT[]) AS m
JOIN current_states AS s ON s.message_id = m.id
GROUP BY s.state, starts_at ORDER BY s.state, starts_at
"""

RESPONSE_VOLUME = """
SELECT period_start(m.published_at, $offset, $last_day::TIMESTAMP) AS starts_at, avg(r.response_time) AS value
FROM messages_between($since, $until, $agents::BIGINT[]) AS m
JOIN first_responses AS r ON r.message_id = m.id
GROUP BY starts_at ORDER BY starts_at
"""

CLASSIFICATIONS = """
SELECT c.id AS classification_id, c.name AS classification, coalesce(s.state, $all_states) AS state,
       count(DISTINCT m.id) AS volume
FROM messages_between($since, $until, $agents::BIGINT[]) AS m
JOIN message_classifications AS mc ON mc.message_id = m.id
JOIN classifications AS c ON c.id = mc.classification_id
JOIN current_states AS s ON s.message_id = m.id
GROUP BY GROUPING SETS ((c.id, c.name, s.state), (c.id, c.name))
"""


def summary(log: Log, selection: Selection) -> dict[str, Any]:
    """Return the figures of the messages that customers published in the window.

    A message counts with its first response. Times in seconds, `*_min` in minutes; null without a response.
    """
    return log.rows(SUMMARY, {**selection.bound, **SERVICE_LEVELS})[0]


def states_volume(log: Log, selection: Selection) -> dict[str, list[dict[str, Any]]]:
    """Count, for each state, the messages of each day (or hour) that are in this state now.

    Points carry no zone: they are in `date_from`'s offset. Periods without a message have no point, states
    without a message are absent.
    """
    hourly = selection.query.span < STATES_DAILY_FROM
    rows = log.rows(STATES_VOLUME, {**selection.bound, **bound(selection.query, hourly=hourly)})
    series: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: state_rank(row["state"])):
        point = {"state": row["state"], "value": row["value"], "date_range": date_range(row["starts_at"])}
        series.setdefault(row["state"], []).append(point)
    return series


def response_volume(log: Log, selection: Selection) -> dict[str, list[dict[str, Any]]]:
    """Return the mean response time, in seconds, of the messages published in each day (or hour).

    The document's table says minutes; its sample is in seconds. Points are in `date_from`'s offset; periods
    without a response have no point.
    """
    hourly = selection.query.span <= RESPONSES_HOURLY_TO
    rows = log.rows(RESPONSE_VOLUME, {**selection.bound, **bound(selection.query, hourly=hourly)})
    points = [{"value": row["value"], "date_range": date_range(row["starts_at"])} for row in rows]
    return {"avg_response_time": points}


def classifications(log: Log, selection: Selection) -> list[dict[str, Any]]:
    """Count messages for each classification and state, with an `all_states` row before its states.

    A message counts under each of its classifications, so their counts do not add up to the number of
    messages; states without a message have no row.
    """
    rows = log.rows(CLASSIFICATIONS, {**selection.bound, "all_states": ALL_STATES})
    return sorted(rows, key=_position)


def _position(row: dict[str, Any]) -> tuple[int, bool, tuple[int, str]]:
    return row["classification_id"], row["state"] != ALL_STATES, state_rank(row["state"])
