"""Whom the figures are about, in words, and what is known of whether the API kept to it."""

from bot.compose.figures.context import Context
from bot.compose.figures.people import shown_name, without_names
from bot.model import Agents, Dataset, FilterState, Note


def filter_text(dataset: Dataset, agents: Agents) -> str:
    """'group Social Customer Care; agent Jane Pear'; agents are shown as the recipient asked."""
    parts = []
    if dataset.groups:
        parts.append(("group " if len(dataset.groups) == 1 else "groups ") + ", ".join(dataset.groups))
    if dataset.users:
        parts.append(_agents(dataset.users, agents))
    return "; ".join(parts) or "all groups"


def _agents(users: tuple[str, ...], shown: Agents) -> str:
    noun = "agent" if len(users) == 1 else "agents"
    if shown is Agents.NONE:
        return f"{len(users)} {noun}"
    return f"{noun} {', '.join(shown_name(name, shown) or '(no initials)' for name in users)}"


def filter_notes(context: Context) -> tuple[Note, ...]:
    """What readers must know of the filter before they believe a figure."""
    filtering = context.dataset.filtering
    notes = [without_names(text, context) for text in filtering.notes if text]
    whom = filter_text(context.dataset, context.agents)
    if filtering.state is FilterState.UNVERIFIED:
        notes.append(f"Whether the API limited these figures to {whom} is not verified.")
    if filtering.state is FilterState.IGNORED:
        notes.append(f"The API did not limit these figures to {whom}.")
    return tuple(Note(text) for text in dict.fromkeys(notes))
