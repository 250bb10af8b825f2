"""What the NPS reports share: surveys sent and answers received over spans of time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from activity_emulator.log import Log
from activity_emulator.reports.selection import Selection

Span = tuple[datetime, datetime]

# Scores 9 and 10 are promoters', 7 and 8 passives', less are detractors' (API document, NPS Summary).
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


def counted(log: Log, selection: Selection, spans: Sequence[Span]) -> list[dict[str, Any]]:
    """For each span (half-open, naive UTC): surveys sent and answers received in it, and their score.

    An answer counts when it was given, whenever its survey was sent. `nps_category` limits the answers, not
    the surveys sent. The score is 0.0 without an answer, as in the document's sample.
    """
    query = selection.query
    bound = {
        "begins": [since for since, _ in spans],
        "ends": [until for _, until in spans],
        "agents": selection.bound["agents"],
        "form": query.form,
        "nps_category": query.nps_category,
    }
    return log.rows(QUERY, bound)
