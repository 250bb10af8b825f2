"""Reports about surveys: `nps_summary`, `nps_volume`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from activity_emulator.log import Log
from activity_emulator.reports.periods import Day, days
from activity_emulator.reports.selection import Selection

Span = tuple[datetime, datetime]

# Promoters score 9 or 10, passives 7 or 8, detractors less (API document, NPS Summary).
QUERY = """
WITH spans AS (
    SELECT unnest(generate_series(1, len($begins::TIMESTAMP[]))) AS place,
           unnest($begins::TIMESTAMP[]) AS since, unnest($ends::TIMESTAMP[]) AS until
), events AS (
    SELECT 'sent' AS kind, sent_at AS happened_at FROM surveys_of($form, $agents::BIGINT[])
    UNION ALL
    SELECT category, answered_at FROM answers_of($form, $agents::BIGINT[], $nps_category)
), counts AS (
    SELECT place, count(*) FILTER (kind = 'sent') AS total_sent,
           count(*) FILTER (kind IN ('promoters', 'passives', 'detractors')) AS total_received,
           count(*) FILTER (kind = 'promoters') AS total_promoters,
           count(*) FILTER (kind = 'passives') AS total_passives,
           count(*) FILTER (kind = 'detractors') AS total_detractors
    FROM spans LEFT JOIN events ON happened_at >= since AND happened_at < until
    GROUP BY place
)
SELECT total_sent, total_received, total_promoters, total_passives, total_detractors,
       coalesce(100 * (total_promoters - total_detractors) / nullif(total_received, 0), 0.0) AS nps_score
FROM counts ORDER BY place
"""


def nps_summary(log: Log, selection: Selection) -> dict[str, Any]:
    """Count surveys sent and answers received in the window.

    The score is -100 to 100, and 0.0 without an answer.
    """
    query = selection.query
    return _figures(log, selection, [(query.since, query.until)])[0]


def nps_volume(log: Log, selection: Selection) -> list[dict[str, Any]]:
    """Return the figures of every local day of the window; zeros and a score of 0.0 for an empty day.

    `date` and `timestamp` (epoch seconds) are the day's start, midnight at `date_from`'s offset, in UTC.
    """
    window = days(selection.query)
    figures = _figures(log, selection, [(day.since, day.until) for day in window])
    shift = timedelta(seconds=selection.query.offset_seconds)
    return [_point(day, shift, data) for day, data in zip(window, figures, strict=True)]


def _figures(log: Log, selection: Selection, spans: Sequence[Span]) -> list[dict[str, Any]]:
    """Return the figures of each span (half-open, naive UTC).

    An answer counts when it was given, whenever its survey was sent. `nps_category` limits the answers, not
    the surveys sent.
    """
    query = selection.query
    parameters = {
        "begins": [since for since, _ in spans],
        "ends": [until for _, until in spans],
        "agents": selection.bound["agents"],
        "form": query.form,
        "nps_category": query.nps_category,
    }
    return log.rows(QUERY, parameters)


def _point(day: Day, shift: timedelta, data: dict[str, Any]) -> dict[str, Any]:
    starts_at = (day.midnight - shift).replace(tzinfo=UTC)
    return {"date": starts_at.isoformat(), "timestamp": int(starts_at.timestamp()), "data": data}
