"""Agents are people: every way in which a name may reach a reader goes through here."""

import re
from collections.abc import Iterable, Mapping

from bot.compose.figures.context import Context
from bot.compose.figures.reading import Row, export_of, rows_of, table_rows, word
from bot.model import Agents, CsvTable, Table, Unit
from bot.model.report_types import AGENT_REPORTS

NAME_PARTS = ("first_name", "last_name")


def agent_name(row: Row, shown: Agents) -> str:
    """An agent as a recipient sees one: 'Jane Pear', 'J. P.'; without a name by number."""
    name = shown_name(" ".join(filter(None, (word(row, part) for part in NAME_PARTS))), shown)
    return name or f"Agent {word(row, 'user_id')}"


def shown_name(name: str, shown: Agents) -> str:
    """A whole name as a recipient sees it; '' for a recipient without agents.

    A name of one letter (李) has no initial: that would be the name. It is left out.
    """
    if shown is Agents.NONE:
        return ""
    parts = name.split()
    if shown is Agents.NAMES:
        return " ".join(parts)
    return " ".join(f"{part[0]}." for part in parts if len(part.rstrip(".")) > 1)


def without_names(text: str, context: Context) -> str:
    """A sentence in which every agent we know of is shown as the recipient asked."""
    if context.agents is Agents.NAMES:
        return text
    for name in sorted(_known(context), key=len, reverse=True):
        pattern = rf"(?<!\w){re.escape(name)}(?!\w)"
        text = re.sub(pattern, (shown_name(name, context.agents) or "an agent").replace("\\", r"\\"), text)
    return text


def _known(context: Context) -> set[str]:
    """The whole name of everybody in the answers and the filter."""
    slots = [slot for report in AGENT_REPORTS for slot in (context.current(report), context.previous(report))]
    rows = [row for slot in slots for row in rows_of(slot)]
    names = [" ".join(filter(None, (word(row, part) for part in NAME_PARTS))) for row in rows]
    return {name for name in (*names, *context.dataset.users, *_waiting(context)) if name.strip()}


def _waiting(context: Context) -> Iterable[str]:
    export = export_of(context.current("mention_sla_export"))
    table = export.insight("longest_waits") if export else None
    return (word(row, "agent") for row in table_rows(table))


def agents_csv(report: str, table: Table, shown: Agents, suffixes: Mapping[Unit | None, str]) -> CsvTable:
    """All rows. With initials, whatever names a person (id, first and last name) is left out."""
    kept = [i for i, column in enumerate(table.columns) if shown is Agents.NAMES or column.unit is not None]
    header = tuple(f"{table.columns[i].name}{suffixes.get(table.columns[i].unit, '')}" for i in kept)
    rows = [tuple(row[i] if i < len(row) else None for i in kept) for row in table.rows]
    if shown is Agents.NAMES:
        return CsvTable(report, header, tuple(rows))
    initials = [agent_name(row, shown) for row in table_rows(table)]
    labelled = tuple((name, *row) for name, row in zip(initials, rows, strict=True))
    return CsvTable(report, ("agent", *header), labelled)


def is_about_people(column: str) -> bool:
    """Whether a column of an export holds agents' names, by its heading ('Agent', 'Last Agent')."""
    return bool(re.search(r"\b(agents?|users?|assignee|owner)\b", column.replace("_", " "), re.IGNORECASE))
