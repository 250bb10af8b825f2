"""The workflow states: their order and how they are called (API document, States Volume)."""

STACK = (
    "closed",
    "no_response_required",
    "irrelevant",
    "duplicate",
    "redirected",
    "responded",
    "awaiting_approval",
    "in_progress",
    "new",
    "assigned",
)
"""From the quiet and finished to what needs someone; states that the document does not know come last."""

ALL, ALL_CLOSED = "all_states", "all_closed_states"
"""What the API sends beside the single states; never to be added to them."""


def stack_order(state: str) -> tuple[int, str]:
    """A state's place from the bottom of a stack to its top."""
    return (STACK.index(state) if state in STACK else len(STACK), state)


def state_label(state: str) -> str:
    """A workflow state as people read it: 'in_progress' is 'In progress'."""
    return state.replace("_", " ").capitalize()
