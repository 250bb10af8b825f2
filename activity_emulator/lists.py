"""The three lists: users, groups and forms (API document, Users, Groups, Forms)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from activity_emulator.log import Log

USERS = """
SELECT u.*, list(m.group_id ORDER BY m.group_id) FILTER (m.group_id IS NOT NULL) AS groups
FROM users AS u LEFT JOIN memberships AS m ON m.user_id = u.id
GROUP BY ALL ORDER BY u.id
"""

GROUPS = "SELECT id, name, comment FROM groups ORDER BY id"

FORMS = """
SELECT f.id, f.name, f.title, f.archived, f.created_at,
       list(g.group_id ORDER BY g.group_id) FILTER (g.group_id IS NOT NULL) AS groups, f.nps, f.form_url
FROM forms AS f LEFT JOIN form_groups AS g ON g.form_id = f.id
GROUP BY ALL ORDER BY f.id
"""


def users(log: Log) -> list[dict[str, Any]]:
    """Return all users, archived ones too; `gmtoffset` in hours, standard time."""
    return [_entry(row) for row in log.rows(USERS)]


def groups(log: Log) -> list[dict[str, Any]]:
    """Return all groups."""
    return log.rows(GROUPS)


def forms(log: Log) -> list[dict[str, Any]]:
    """Return all forms: archived ones, and ones that are no NPS surveys, too."""
    return [_entry(row) for row in log.rows(FORMS)]


LISTS: dict[str, Callable[[Log], list[dict[str, Any]]]] = {"users": users, "groups": groups, "forms": forms}


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    entry = {name: _instant(value) for name, value in row.items()}
    return {**entry, "groups": row["groups"] or []}


def _instant(value: object) -> object:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
