"""Exports as CSV tables: `mention_sla_export`, `case_details`, `nps_submissions`."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activity_emulator.log import Log
from activity_emulator.reports.selection import SERVICE_LEVELS, Selection

# The agent is the first to respond, or else the assignee. The time before they had the message is the queue:
# the queue and their own time add up to the customer's wait.
MESSAGES = """
WITH selected AS (
    SELECT * FROM messages_between($since, $until, $agents::BIGINT[])
), replies AS (
    SELECT message_id, string_agg(agent_note, '; ' ORDER BY responded_at, id) AS notes,
           max(responded_at) AS last_at, first(body ORDER BY responded_at, id) AS reply
    FROM responses WHERE message_id IN (SELECT id FROM selected) GROUP BY message_id
), topics AS (
    SELECT mc.message_id, string_agg(DISTINCT c.name, ', ' ORDER BY c.name) AS names
    FROM message_classifications AS mc JOIN classifications AS c ON c.id = mc.classification_id
    WHERE mc.message_id IN (SELECT id FROM selected) GROUP BY mc.message_id
)
SELECT ac.name AS "Account Name", n.name AS "Source Type",
       u.first_name AS "Agent First Name", u.last_name AS "Agent Last Name",
       greatest(s.entered_at, o.assigned_at, t.last_at) AS "Last Action Date (UTC)",
       r.response_time / 60 AS "Customer Wait Time (min)",
       CASE WHEN r.message_id IS NULL THEN date_diff('microsecond', m.published_at, o.assigned_at) / 60e6
            ELSE (r.response_time - r.action_response_time) / 60 END AS "In Queue (min)",
       r.action_response_time / 60 AS "Agent Response Time (min)",
       CASE WHEN r.response_time > $customer_sla THEN 'No'
            WHEN r.response_time IS NOT NULL THEN 'Yes' END AS "Within Customer SLA",
       CASE WHEN r.action_response_time > $agent_sla THEN 'No'
            WHEN r.action_response_time IS NOT NULL THEN 'Yes' END AS "Within Agent SLA",
       s.state AS "State", m.published_at AS "Customer Publish Date (UTC)",
       cu.username AS "Customer Username", cu.full_name AS "Customer Fullname", m.body AS "Customer Message",
       r.responded_at AS "Agent Reponse Date (UTC)", t.reply AS "Agent Response",
       topics.names AS "Classifications", t.notes AS "Agent Notes", cu.note AS "Customer Note"
FROM selected AS m
LEFT JOIN current_states AS s ON s.message_id = m.id
LEFT JOIN first_responses AS r ON r.message_id = m.id
LEFT JOIN owners AS o ON o.message_id = m.id
LEFT JOIN replies AS t ON t.message_id = m.id
LEFT JOIN topics ON topics.message_id = m.id
LEFT JOIN users AS u ON u.id = coalesce(r.user_id, o.user_id)
LEFT JOIN customers AS cu ON cu.id = m.customer_id
LEFT JOIN accounts AS ac ON ac.id = m.account_id
LEFT JOIN networks AS n ON n.id = ac.network_id
ORDER BY m.published_at, m.id
"""

CASES = """
SELECT s.case_id AS "Case Id", a.name AS "Account", n.name AS "Network",
       s.opened_at AS "Date Opened (UTC)", s.closed_at AS "Date Closed (UTC)",
       concat_ws(' ', u.first_name, u.last_name) AS "Last Agent",
       date_diff('microsecond', s.opened_at, s.first_replied_at) / 1e6 AS "First Reply Time (s)",
       date_diff('microsecond', s.opened_at, s.last_replied_at) / 1e6 AS "Resolution Time (s)",
       s.agents_involved AS "Agents Involved", s.agent_interactions AS "Agent Interactions",
       CASE WHEN s.case_id IN (SELECT case_id FROM surveys) THEN 'Yes' ELSE 'No' END AS "Sent Survey"
FROM case_spans AS s
JOIN cases_actioned($since, $until, $agents::BIGINT[]) USING (case_id)
JOIN cases AS c ON c.id = s.case_id
JOIN accounts AS a ON a.id = c.account_id
JOIN networks AS n ON n.id = a.network_id
JOIN users AS u ON u.id = s.last_user_id
ORDER BY s.opened_at, s.case_id
"""

ANSWERS = """
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

# The vendor's spelling, "Reponse" too.
MESSAGE_HEADER = (
    "Account Name",
    "Source Type",
    "Agent First Name",
    "Agent Last Name",
    "Last Action Date (UTC)",
    "Customer Wait Time (min)",
    "In Queue (min)",
    "Agent Response Time (min)",
    "Within Customer SLA",
    "Within Agent SLA",
    "State",
    "Customer Publish Date (UTC)",
    "Customer Username",
    "Customer Fullname",
    "Customer Message",
    "Agent Reponse Date (UTC)",
    "Agent Response",
    "Classifications",
    "Agent Notes",
    "Customer Note",
)

CASE_HEADER = (
    "Case Id",
    "Account",
    "Network",
    "Date Opened (UTC)",
    "Date Closed (UTC)",
    "Last Agent",
    "First Reply Time (s)",
    "Resolution Time (s)",
    "Agents Involved",
    "Agent Interactions",
    "Sent Survey",
)

ANSWER_HEADER = (
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


@dataclass(frozen=True)
class Table:
    """A header and rows of cells; None is an empty cell."""

    header: Sequence[str]
    rows: Sequence[Sequence[object]]

    def csv(self) -> bytes:
        """Return the table as CSV: UTF-8 without a BOM, comma, CRLF line ends."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return text.getvalue().encode()


def mention_sla_export(log: Log, selection: Selection) -> Table:
    """Return the messages that `summary` counts, the oldest first, each with its first response.

    Waits are minutes with decimals, instants UTC to the second; a missing value is empty. Several
    classifications have ", " between them, several notes "; ".
    """
    return _table(MESSAGE_HEADER, log.rows(MESSAGES, {**selection.bound, **SERVICE_LEVELS}))


def case_details(log: Log, selection: Selection) -> Table:
    """Return the cases with an agent response in the window, the oldest first; figures are of the whole case.

    Instants are UTC to the second, times in seconds; an open case has an empty closing date.
    """
    return _table(CASE_HEADER, log.rows(CASES, selection.bound))


def nps_submissions(log: Log, selection: Selection) -> Table:
    """Return the answers given in the window (those that `nps_summary` counts), the oldest first.

    Instants are UTC to the second. The group is that of the survey's agent, several with ", " between.
    """
    survey = {"form": selection.query.form, "nps_category": selection.query.nps_category}
    return _table(ANSWER_HEADER, log.rows(ANSWERS, {**selection.bound, **survey}))


def _table(header: Sequence[str], rows: Sequence[Mapping[str, object]]) -> Table:
    return Table(header, [[_cell(row[column]) for column in header] for row in rows])


def _cell(value: object) -> object:
    return value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else value
