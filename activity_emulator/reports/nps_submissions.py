"""`nps_submissions`: one CSV row per answer to a survey (API document, NPS CSV Export)."""

from activity_emulator.log import Log
from activity_emulator.reports.selection import Selection
from activity_emulator.reports.table import Table, cells

QUERY = """
SELECT s.id AS "Submission Id", f.name AS "Form", a.answered_at AS "Submitted At (UTC)", a.score AS "Score",
       CASE a.category WHEN 'promoters' THEN 'Promoter' WHEN 'passives' THEN 'Passive'
                       ELSE 'Detractor' END AS "Category",
       a.comment AS "Comment", concat_ws(' ', u.first_name, u.last_name) AS "Agent", n.name AS "Network",
       (SELECT string_agg(g.name, ', ' ORDER BY g.id) FROM memberships AS ms JOIN groups AS g
        ON g.id = ms.group_id WHERE ms.user_id = s.user_id) AS "Group"
FROM answers_of($form, $agents::BIGINT[], $nps_category) AS a
JOIN surveys AS s ON s.id = a.survey_id
JOIN forms AS f ON f.id = s.form_id
LEFT JOIN users AS u ON u.id = s.user_id
LEFT JOIN cases AS c ON c.id = s.case_id
LEFT JOIN accounts AS ac ON ac.id = c.account_id
LEFT JOIN networks AS n ON n.id = ac.network_id
WHERE a.answered_at >= $since AND a.answered_at < $until
ORDER BY a.answered_at, s.id
"""

HEADER = (
    "Submission Id",
    "Form",
    "Submitted At (UTC)",
    "Score",
    "Category",
    "Comment",
    "Agent",
    "Network",
    "Group",
)


def export(log: Log, selection: Selection) -> Table:
    """Answers given in the window (those that `nps_summary` counts), the oldest first.

    Instants are UTC to the second. The group is that of the survey's agent, several with ", " between.
    """
    asked = {"form": selection.query.form, "nps_category": selection.query.nps_category}
    return Table(HEADER, cells(log.rows(QUERY, {**selection.bound, **asked}), HEADER))
