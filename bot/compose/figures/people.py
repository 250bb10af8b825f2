"""Names of agents. Every name that may reach a reader passes through here, in the recipient's visibility."""

import re
from collections.abc import Mapping

from bot.compose.figures.answers import Row, export_of, insight_rows, rows_of, string, table_rows
from bot.compose.figures.context import Context
from bot.compose.figures.metrics import SLA_EXPORT
from bot.model import Agents, CsvTable, Dataset, Table, Unit
from bot.model.report_types import AGENT_REPORTS

NAME_PARTS = ("first_name", "last_name")


def agent_name(row: Row, shown: Agents) -> str:
    """Return an agent as a recipient sees one: 'Jane Pear', 'J. P.'; without a name its number."""
    return shown_name(_whole_name(row), shown) or f"Agent {string(row, 'user_id')}"


def shown_name(name: str, shown: Agents) -> str:
    """Return a whole name as a recipient sees it; '' for a recipient without agents.

    A name of one letter (李) is left out of initials: its initial is the whole name.
    """
    if shown is Agents.NONE:
        return ""
    parts = name.split()
    if shown is Agents.NAMES:
        return " ".join(parts)
    return " ".join(f"{part[0]}." for part in parts if len(part.rstrip(".")) > 1)


def name_or_agent(name: str, shown: Agents) -> str:
    """Return a whole name as a recipient sees it, else 'an agent'."""
    return shown_name(name, shown) or "an agent"


def without_names(text: str, context: Context) -> str:
    """Return a sentence with every known agent replaced by what the recipient may see."""
    if context.agents is Agents.NAMES:
        return text
    for name in sorted(_known_names(context), key=len, reverse=True):
        replacement = name_or_agent(name, context.agents).replace("\\", r"\\")
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", replacement, text)
    return text


def _known_names(context: Context) -> set[str]:
    slots = [slot for report in AGENT_REPORTS for slot in (context.current(report), context.previous(report))]
    waits = insight_rows(export_of(context.current(SLA_EXPORT)), "longest_waits")
    names = [_whole_name(row) for slot in slots for row in rows_of(slot)]
    names += [*context.dataset.users, *(string(row, "agent") for row in waits)]
    return {name for name in names if name.strip()}


def _whole_name(row: Row) -> str:
    return " ".join(filter(None, (string(row, part) for part in NAME_PARTS)))


def agents_csv(report: str, table: Table, shown: Agents, suffixes: Mapping[Unit | None, str]) -> CsvTable:
    """Return all rows. With initials, the columns that name a person (id, names) are left out."""
    kept = [i for i, column in enumerate(table.columns) if shown is Agents.NAMES or column.unit is not None]
    header = tuple(f"{table.columns[i].name}{suffixes.get(table.columns[i].unit, '')}" for i in kept)
    rows = [tuple(row[i] if i < len(row) else None for i in kept) for row in table.rows]
    if shown is Agents.NAMES:
        return CsvTable(report, header, tuple(rows))
    initials = [agent_name(row, shown) for row in table_rows(table)]
    labelled = tuple((name, *row) for name, row in zip(initials, rows, strict=True))
    return CsvTable(report, ("agent", *header), labelled)


def is_about_people(column: str) -> bool:
    """Return whether a column of an export holds agents' names, by its heading ('Agent', 'Last Agent')."""
    return bool(re.search(r"\b(agents?|users?|assignee|owner)\b", column.replace("_", " "), re.IGNORECASE))


def filter_text(dataset: Dataset, shown: Agents) -> str:
    """Return the filter in words: 'group Social Customer Care; agent Jane Pear'."""
    groups, users, parts = dataset.groups, dataset.users, []
    if groups:
        parts.append(f"{'group' if len(groups) == 1 else 'groups'} {', '.join(groups)}")
    if users:
        noun = "agent" if len(users) == 1 else "agents"
        names = ", ".join(shown_name(name, shown) or "(no initials)" for name in users)
        parts.append(f"{len(users)} {noun}" if shown is Agents.NONE else f"{noun} {names}")
    return "; ".join(parts) or "all groups"
