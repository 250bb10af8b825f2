"""The workflow states of the API document: their order, and which of them are closed."""

from activity_emulator.log import STATES

CLOSED_STATES = ("redirected", "irrelevant", "duplicate", "closed", "no_response_required")


def rank(state: str) -> tuple[int, str]:
    """Sorts states as the document lists them; a log may hold others, which come after."""
    return (STATES.index(state), state) if state in STATES else (len(STATES), state)
