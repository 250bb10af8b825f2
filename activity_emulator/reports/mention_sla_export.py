"""`mention_sla_export`: one CSV row per message (API document, Responses CSV Export)."""

from activity_emulator.log import Log
from activity_emulator.reports.selection import Selection
from activity_emulator.reports.service_levels import AGENT_SLA, CUSTOMER_SLA
from activity_emulator.reports.table import Table, cells

# The agent is who responded first, or else who the message is assigned to. What they did before they had it
# is the queue: together with their own time it is the customer's wait.
QUERY = """
WITH asked AS (
    SELECT * FROM messages_between($since, $until, $agents::BIGINT[])
), told AS (
    SELECT message_id, string_agg(agent_note, '; ' ORDER BY responded_at, id) AS notes,
           max(responded_at) AS last_at, first(body ORDER BY responded_at, id) AS reply
    FROM responses WHERE message_id IN (SELECT id FROM asked) GROUP BY message_id
), topics AS (
    SELECT mc.message_id, string_agg(DISTINCT c.name, ', ' ORDER BY c.name) AS names
    FROM message_classifications AS mc JOIN classifications AS c ON c.id = mc.classification_id
    WHERE mc.message_id IN (SELECT id FROM asked) GROUP BY mc.message_id
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
FROM asked AS m
LEFT JOIN current_states AS s ON s.message_id = m.id
LEFT JOIN first_responses AS r ON r.message_id = m.id
LEFT JOIN owners AS o ON o.message_id = m.id
LEFT JOIN told AS t ON t.message_id = m.id
LEFT JOIN topics ON topics.message_id = m.id
LEFT JOIN users AS u ON u.id = coalesce(r.user_id, o.user_id)
LEFT JOIN customers AS cu ON cu.id = m.customer_id
LEFT JOIN accounts AS ac ON ac.id = m.account_id
LEFT JOIN networks AS n ON n.id = ac.network_id
ORDER BY m.published_at, m.id
"""

# The vendor's spelling, "Reponse" too.
HEADER = (
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


def export(log: Log, selection: Selection) -> Table:
    """The messages that `summary` counts, the oldest first, each with its first response.

    Waits are minutes with decimals, instants UTC to the second; what did not happen is empty. Several
    classifications have ", " between them, several notes "; ".
    """
    slas = {"customer_sla": CUSTOMER_SLA, "agent_sla": AGENT_SLA}
    return Table(HEADER, cells(log.rows(QUERY, {**selection.bound, **slas}), HEADER))
