"""Which part of the log a report is about: its window and its agents."""

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

SURVEY = "SELECT 1 FROM forms WHERE id = $form AND nps"


@dataclass(frozen=True)
class Selection:
    """A query, and the ids of the agents it is limited to (None: everybody, and unassigned messages too)."""

    query: ReportQuery
    agents: tuple[int, ...] | None

    @classmethod
    def of(cls, query: ReportQuery, log: Log) -> "Selection":
        """The selection of a query: agents who are in any of its groups and among its users.

        Raises Refused (not found) when the query names a form that is no NPS survey.
        """
        if query.form is not None and not log.rows(SURVEY, {"form": query.form}):
            raise Refused(Reason.NOT_FOUND)
        if query.groups is None and query.users is None:
            return cls(query, None)
        named = {"groups": _list(query.groups), "users": _list(query.users)}
        return cls(query, tuple(row["id"] for row in log.rows(AGENTS, named)))

    @property
    def bound(self) -> dict[str, datetime | list[int] | None]:
        """Parameters `$since`, `$until` (half-open, naive UTC) and `$agents` for a report's SQL."""
        return {"since": self.query.since, "until": self.query.until, "agents": _list(self.agents)}


def _list(ids: tuple[int, ...] | None) -> list[int] | None:
    return None if ids is None else list(ids)
