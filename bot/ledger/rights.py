"""Who may ask a question now: one thread of one process, until its lease is over or its process is dead."""

import secrets
import threading
from datetime import datetime

from bot.ledger.lock import owner_may_live


class Granted(threading.local):
    """The rights that this thread began, by key: each has a name of its own, new at every grant."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}


def new_name() -> str:
    """A name for a right that none had before."""
    return secrets.token_hex(16)


def may_take_over(owner: str, lease_until: datetime, taker: str, now: datetime) -> bool:
    """Whether a right of `owner` stands in nobody's way: its lease is over, or its process surely gone.

    Another owner with this process's own id had it in an earlier life (see `owner_is_running`), so
    there is one owner for one process.
    """
    return lease_until <= now or (owner != taker and not owner_may_live(owner))
