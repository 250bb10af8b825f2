"""The tables of the message log, and the SQL that several reports share.

All instants are UTC. The log holds events and the people in them; every figure of a report is computed from
these tables. Nothing in the log is later than its `now` (table `meta`).
"""

from collections.abc import Sequence

# A table's name, and the cells of one row in its column order.
Row = tuple[str, Sequence[object]]

TABLES: dict[str, dict[str, str]] = {
    "meta": {"version": "INTEGER", "seed": "BIGINT", "now": "TIMESTAMP"},
    "networks": {"id": "BIGINT", "name": "VARCHAR"},
    "accounts": {"id": "BIGINT", "network_id": "BIGINT", "name": "VARCHAR"},
    "customers": {
        "id": "BIGINT",
        "username": "VARCHAR",
        "full_name": "VARCHAR",
        "email": "VARCHAR",
        "note": "VARCHAR",
    },
    "groups": {"id": "BIGINT", "name": "VARCHAR", "comment": "VARCHAR"},
    "users": {
        "id": "BIGINT",
        "email": "VARCHAR",
        "first_name": "VARCHAR",
        "last_name": "VARCHAR",
        "timezone": "VARCHAR",
        "gmtoffset": "INTEGER",
        "sign_in_count": "INTEGER",
        "last_sign_in_at": "TIMESTAMP",
        "archived": "BOOLEAN",
    },
    "memberships": {"user_id": "BIGINT", "group_id": "BIGINT"},
    "forms": {
        "id": "BIGINT",
        "name": "VARCHAR",
        "title": "VARCHAR",
        "archived": "BOOLEAN",
        "created_at": "TIMESTAMP",
        "nps": "BOOLEAN",
        "form_url": "VARCHAR",
    },
    "form_groups": {"form_id": "BIGINT", "group_id": "BIGINT"},
    "classifications": {"id": "BIGINT", "name": "VARCHAR"},
    "cases": {"id": "BIGINT", "account_id": "BIGINT", "customer_id": "BIGINT"},
    "messages": {
        "id": "BIGINT",
        "account_id": "BIGINT",
        "customer_id": "BIGINT",
        "case_id": "BIGINT",
        "published_at": "TIMESTAMP",
        "private": "BOOLEAN",
        "body": "VARCHAR",
    },
    "states": {"message_id": "BIGINT", "step": "INTEGER", "state": "VARCHAR", "entered_at": "TIMESTAMP"},
    "assignments": {"message_id": "BIGINT", "user_id": "BIGINT", "assigned_at": "TIMESTAMP"},
    "responses": {
        "id": "BIGINT",
        "message_id": "BIGINT",
        "user_id": "BIGINT",
        "responded_at": "TIMESTAMP",
        "body": "VARCHAR",
        "agent_note": "VARCHAR",
    },
    "message_classifications": {"message_id": "BIGINT", "classification_id": "BIGINT"},
    "surveys": {
        "id": "BIGINT",
        "form_id": "BIGINT",
        "case_id": "BIGINT",
        "user_id": "BIGINT",
        "sent_at": "TIMESTAMP",
    },
    "survey_answers": {
        "survey_id": "BIGINT",
        "answered_at": "TIMESTAMP",
        "score": "INTEGER",
        "comment": "VARCHAR",
    },
}

# Raise it with every change of this file or of the generator: a cached log of an older version is ignored.
VERSION = 2

STATES = (
    "new",
    "assigned",
    "in_progress",
    "responded",
    "awaiting_approval",
    "redirected",
    "irrelevant",
    "duplicate",
    "closed",
    "no_response_required",
)

CLOSED_STATES = ("redirected", "irrelevant", "duplicate", "closed", "no_response_required")

# Computed from the tables above when a log is made, so that a report takes milliseconds.
DERIVED = (
    """
    -- The state of each message at the log's now: its last step.
    CREATE TABLE current_states AS
    SELECT message_id, arg_max(state, step) AS state, arg_max(entered_at, step) AS entered_at
    FROM states GROUP BY message_id
    """,
    """
    -- One row per message and agent it was ever assigned to; times in seconds, NULL without a response.
    -- An agent's action runs from the last assignment that was not after their first response.
    CREATE TABLE handlings AS
    WITH answered AS (
        SELECT message_id, user_id, min(responded_at) AS responded_at
        FROM responses GROUP BY message_id, user_id
    )
    SELECT a.message_id, a.user_id, r.responded_at,
           date_diff('microsecond', m.published_at, r.responded_at) / 1e6 AS response_time,
           date_diff('microsecond', max(a.assigned_at) FILTER (a.assigned_at <= r.responded_at),
                     r.responded_at) / 1e6 AS action_response_time
    FROM assignments a
    JOIN messages m ON m.id = a.message_id
    LEFT JOIN answered r ON r.message_id = a.message_id AND r.user_id = a.user_id
    GROUP BY a.message_id, a.user_id, r.responded_at, m.published_at
    """,
    """
    -- One row per answered message: its first response, and that agent's action time.
    CREATE TABLE first_responses AS
    WITH earliest AS (
        SELECT DISTINCT ON (message_id) message_id, user_id, responded_at
        FROM responses ORDER BY message_id, responded_at, id
    )
    SELECT e.message_id, e.user_id, e.responded_at,
           date_diff('microsecond', m.published_at, e.responded_at) / 1e6 AS response_time,
           h.action_response_time
    FROM earliest e
    JOIN messages m ON m.id = e.message_id
    LEFT JOIN handlings h ON h.message_id = e.message_id AND h.user_id = e.user_id
    """,
    """
    -- One row per case: from the customer's first message to the last agent response.
    -- Closed after 24 quiet hours, once every message of it is in a closed state.
    CREATE TABLE case_spans AS
    WITH conversations AS (
        SELECT m.case_id, min(m.published_at) AS opened_at, max(m.published_at) AS last_at,
               bool_and(s.state IN ('redirected', 'irrelevant', 'duplicate', 'closed',
                                    'no_response_required')) AS settled,
               max(s.entered_at) AS settled_at
        FROM messages m JOIN current_states s ON s.message_id = m.id
        WHERE m.case_id IS NOT NULL GROUP BY m.case_id
    ), answered AS (
        SELECT m.case_id, min(r.responded_at) AS first_replied_at, max(r.responded_at) AS last_replied_at,
               last(r.user_id ORDER BY r.responded_at, r.id) AS last_user_id,
               count(*) AS agent_interactions, count(DISTINCT r.user_id) AS agents_involved
        FROM responses r JOIN messages m ON m.id = r.message_id
        WHERE m.case_id IS NOT NULL GROUP BY m.case_id
    ), quiet AS (
        SELECT *, greatest(last_at, last_replied_at) + INTERVAL 24 HOUR AS quiet_at
        FROM conversations JOIN answered USING (case_id)
    )
    SELECT case_id, opened_at, first_replied_at, last_replied_at, last_user_id,
           agent_interactions, agents_involved,
           CASE WHEN settled AND greatest(quiet_at, settled_at) <= (SELECT now FROM meta)
                THEN greatest(quiet_at, settled_at) END AS closed_at
    FROM quiet
    """,
    """
    -- Who each message is assigned to now: its last assignment.
    CREATE TABLE owners AS
    SELECT message_id, last(user_id ORDER BY assigned_at, user_id) AS user_id, max(assigned_at) AS assigned_at
    FROM assignments GROUP BY message_id
    """,
    """
    -- Messages published in [since, until); with `agents`, only those ever assigned to one of them.
    CREATE MACRO messages_between(since, until, agents) AS TABLE
    SELECT * FROM messages
    WHERE published_at >= since AND published_at < until
      AND (agents IS NULL OR id IN (SELECT message_id FROM assignments WHERE list_contains(agents, user_id)))
    """,
    """
    -- Cases with a response in [since, until); with `agents`, one by them.
    CREATE MACRO cases_actioned(since, until, agents) AS TABLE
    SELECT DISTINCT m.case_id
    FROM responses AS r JOIN messages AS m ON m.id = r.message_id
    WHERE r.responded_at >= since AND r.responded_at < until AND m.case_id IS NOT NULL
      AND (agents IS NULL OR list_contains(agents, r.user_id))
    """,
    """
    -- Cases at any time; with `agents`, those that one of them ever responded in.
    CREATE MACRO cases_of(agents) AS TABLE
    SELECT * FROM case_spans
    WHERE agents IS NULL OR case_id IN (
        SELECT m.case_id FROM responses AS r JOIN messages AS m ON m.id = r.message_id
        WHERE list_contains(agents, r.user_id))
    """,
    """
    -- Surveys sent with a form; with `agents`, those of their cases.
    CREATE MACRO surveys_of(form, agents) AS TABLE
    SELECT * FROM surveys
    WHERE form_id = form AND (agents IS NULL OR list_contains(agents, user_id))
    """,
    """
    -- Their answers of one category, or of 'all'.
    CREATE MACRO answers_of(form, agents, kind) AS TABLE
    SELECT * FROM (
        SELECT a.*, CASE WHEN a.score >= 9 THEN 'promoters' WHEN a.score >= 7 THEN 'passives'
                         ELSE 'detractors' END AS category
        FROM survey_answers AS a JOIN surveys_of(form, agents) AS s ON s.id = a.survey_id
    ) WHERE kind IN ('all', category)
    """,
    """
    -- Start of the hour (without a last day) or day that an instant is counted in, on the wall clock `shift`
    -- seconds ahead of UTC. The last day takes what that clock would put after it.
    CREATE MACRO period_start(happened_at, shift, last_day) AS
    CASE WHEN last_day IS NULL THEN date_trunc('hour', happened_at + to_seconds(shift))
         ELSE least(date_trunc('day', happened_at + to_seconds(shift)), last_day) END
    """,
)


def create_table(name: str) -> str:
    """Return the statement that creates one of `TABLES`."""
    columns = ", ".join(f'"{column}" {kind}' for column, kind in TABLES[name].items())
    return f'CREATE TABLE "{name}" ({columns})'


def state_rank(state: str) -> tuple[int, str]:
    """Return a sort key: the document's states in its order, then any other state of a log by name."""
    return (STATES.index(state), state) if state in STATES else (len(STATES), state)
