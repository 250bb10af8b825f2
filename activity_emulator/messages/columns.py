"""The columns of `mention_sla_export`, in the vendor's spelling, and what the log takes from each."""

# Without these a row says neither when nor what became of it.
PUBLISHED, STATE = "Customer Publish Date (UTC)", "State"
REQUIRED = (PUBLISHED, STATE)

ACCOUNT, NETWORK = "Account Name", "Source Type"
FIRST_NAME, LAST_NAME = "Agent First Name", "Agent Last Name"
LAST_ACTION = "Last Action Date (UTC)"
WAIT, IN_QUEUE, ACTION = "Customer Wait Time (min)", "In Queue (min)", "Agent Response Time (min)"
USERNAME, FULL_NAME, CUSTOMER_NOTE = "Customer Username", "Customer Fullname", "Customer Note"
BODY, REPLY, AGENT_NOTE = "Customer Message", "Agent Response", "Agent Notes"
RESPONDED = "Agent Reponse Date (UTC)"
CLASSIFICATIONS = "Classifications"

READ = (
    *(*REQUIRED, ACCOUNT, NETWORK, FIRST_NAME, LAST_NAME, LAST_ACTION, WAIT, IN_QUEUE, ACTION),
    *(USERNAME, FULL_NAME, CUSTOMER_NOTE, BODY, REPLY, AGENT_NOTE, RESPONDED, CLASSIFICATIONS),
)

DELIMITERS = ",;\t"


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


# The day that the vendor mends the spelling, files have the other one.
_KNOWN = {**{_plain(name): name for name in READ}, "agent response date (utc)": RESPONDED}


def columns_of(header: list[str]) -> dict[str, int]:
    """Place of each column of `READ` that a header has; further columns may stand anywhere."""
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        known = _KNOWN.get(_plain(name))
        if known is not None:
            places.setdefault(known, place)
    return places
