"""What a look at the outside found: one `Finding` for each thing that was looked at."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Fine; for a person to compare; not to be seen; the file or a secret is wrong; the other side failed."""

    FINE = "fine"
    SEEN = "seen"
    UNCLEAR = "unclear"
    WRONG = "wrong"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """What it is about, what was seen, and what to do about it ('' for nothing)."""

    state: State
    about: str
    seen: str
    todo: str = ""
