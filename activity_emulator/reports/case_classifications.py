"""`case_classifications`: topics of cases, once per case (API document, Case Classifications)."""

from typing import Any

from activity_emulator.log import Log
from activity_emulator.reports.selection import Selection

QUERY = """
SELECT c.id AS classification_id, c.name AS classification, count(DISTINCT m.case_id) AS volume
FROM cases_actioned($since, $until, $agents::BIGINT[])
JOIN messages AS m USING (case_id)
JOIN message_classifications AS mc ON mc.message_id = m.id
JOIN classifications AS c ON c.id = mc.classification_id
GROUP BY ALL ORDER BY classification_id
"""


def report(log: Log, selection: Selection) -> list[dict[str, Any]]:
    """Cases with a response in the window (those of `case_details`) for each classification.

    A classification counts once for a case, whichever and however many of its messages carry it.
    """
    return log.rows(QUERY, selection.bound)
