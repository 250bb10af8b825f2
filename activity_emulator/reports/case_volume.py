"""`case_volume`: cases open on each day (API document, Case Volume)."""

from typing import Any

from activity_emulator.log import Log
from activity_emulator.reports.periods import date_range, days
from activity_emulator.reports.selection import Selection

QUERY = """
WITH days AS (
    SELECT unnest($midnights::TIMESTAMP[]) AS midnight,
           unnest($begins::TIMESTAMP[]) AS since, unnest($ends::TIMESTAMP[]) AS until
)
SELECT d.midnight, count(c.case_id) AS value
FROM days AS d LEFT JOIN cases_of($agents::BIGINT[]) AS c
  ON c.opened_at < d.until AND (c.closed_at IS NULL OR c.closed_at > d.since) AND d.since < d.until
GROUP BY d.midnight ORDER BY d.midnight
"""


def report(log: Log, selection: Selection) -> dict[str, list[dict[str, Any]]]:
    """Cases open at some moment of each local day: from the customer's first message until the case closes.

    Every day of the window has a point, in `date_from`'s offset. A case that closes at midnight is not open
    on the day that begins then.
    """
    window = days(selection.query)
    bound = {
        "midnights": [day.midnight for day in window],
        "begins": [day.since for day in window],
        "ends": [day.until for day in window],
        "agents": selection.bound["agents"],
    }
    found = log.rows(QUERY, bound)
    return {"open": [{"value": row["value"], "date_range": date_range(row["midnight"])} for row in found]}
