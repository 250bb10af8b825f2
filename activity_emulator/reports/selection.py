"""The part of the log that a report covers: its window and its agents."""

from dataclasses import dataclass
from datetime import datetime

from activity_emulator.errors import Reason, Refused
from activity_emulator.log import Log
from activity_emulator.query import ReportQuery

AGENTS = """
SELECT id FROM users
WHERE ($users::BIGINT[] IS NULL OR list_contains($users::BIGINT[], id))
  AND ($groups::BIGINT[] IS NULL OR id IN (
      SELECT user_id FROM memberships WHERE list_contains($groups::BIGINT[], group_id)))
ORDER BY id
"""

# Seconds; a response breaks a service level when it takes strictly longer.
SERVICE_LEVELS = {"customer_sla": 2 * 3600.0, "agent_sla": 30 * 60.0}

SURVEY = "SELECT 1 FROM forms WHERE id = $form AND nps"


@dataclass(frozen=True)
class Selection:
    """A query, and the ids of the agents it is limited to (None: all agents, and unassigned messages too)."""

    query: ReportQuery
    agents: tuple[int, ...] | None

    @classmethod
    def of(cls, query: ReportQuery, log: Log) -> "Selection":
        """Select the agents who are in any of the query's groups and among its users.

        Raises Refused (not found) when the query names a form that is no NPS survey.
        """
        if query.form is not None and not log.rows(SURVEY, {"form": query.form}):
            raise Refused(Reason.NOT_FOUND)
        if query.groups is None and query.users is None:
            return cls(query, None)
        filters = {"groups": _list(query.groups), "users": _list(query.users)}
        return cls(query, tuple(row["id"] for row in log.rows(AGENTS, filters)))

    @property
    def bound(self) -> dict[str, datetime | list[int] | None]:
        """The parameters `$since`, `$until` (half-open, naive UTC) and `$agents` for a report's SQL."""
        return {"since": self.query.since, "until": self.query.until, "agents": _list(self.agents)}


def _list(ids: tuple[int, ...] | None) -> list[int] | None:
    return None if ids is None else list(ids)
