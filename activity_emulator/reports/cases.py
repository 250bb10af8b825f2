"""Reports about cases: `case_summary`, `case_volume`, `case_classifications`."""

from typing import Any

from activity_emulator.log import Log
from activity_emulator.reports.periods import date_range, days
from activity_emulator.reports.selection import Selection

CASE_SUMMARY = """
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

CASE_VOLUME = """
WITH days AS (
    SELECT unnest($midnights::TIMESTAMP[]) AS midnight,
           unnest($begins::TIMESTAMP[]) AS since, unnest($ends::TIMESTAMP[]) AS until
)
SELECT d.midnight, count(c.case_id) AS value
FROM days AS d LEFT JOIN cases_of($agents::BIGINT[]) AS c
  ON c.opened_at < d.until AND (c.closed_at IS NULL OR c.closed_at > d.since) AND d.since < d.until
GROUP BY d.midnight ORDER BY d.midnight
"""

CASE_CLASSIFICATIONS = """
SELECT c.id AS classification_id, c.name AS classification, count(DISTINCT m.case_id) AS volume
FROM cases_actioned($since, $until, $agents::BIGINT[])
JOIN messages AS m USING (case_id)
JOIN message_classifications AS mc ON mc.message_id = m.id
JOIN classifications AS c ON c.id = mc.classification_id
GROUP BY ALL ORDER BY classification_id
"""


def case_summary(log: Log, selection: Selection) -> dict[str, Any]:
    """Return the figures of the cases closed in the window; with a filter, of those an agent responded in.

    Each case counts as a whole. Times in seconds from the customer's first message: to the first response,
    and to the last one. All but the count are null without a case.
    """
    return log.rows(CASE_SUMMARY, selection.bound)[0]


def case_volume(log: Log, selection: Selection) -> dict[str, list[dict[str, Any]]]:
    """Count the cases open on each local day: from the customer's first message until the case closes.

    Every day of the window has a point, in `date_from`'s offset. A case that closes at midnight is not open
    on the day that begins then.
    """
    window = days(selection.query)
    parameters = {
        "midnights": [day.midnight for day in window],
        "begins": [day.since for day in window],
        "ends": [day.until for day in window],
        "agents": selection.bound["agents"],
    }
    rows = log.rows(CASE_VOLUME, parameters)
    return {"open": [{"value": row["value"], "date_range": date_range(row["midnight"])} for row in rows]}


def case_classifications(log: Log, selection: Selection) -> list[dict[str, Any]]:
    """Count, for each classification, the cases with a response in the window (those of `case_details`).

    A classification counts once for a case, whichever and however many of its messages carry it.
    """
    return log.rows(CASE_CLASSIFICATIONS, selection.bound)
