"""What log lines are about: set round a step, read by the JSON log in the same thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

OCCURRENCE = ContextVar("occurrence", default="")
DELIVERY = ContextVar("delivery", default="")


@contextmanager
def about(subject: ContextVar[str], id: str) -> Iterator[None]:
    """Name what this thread works on until the end of the block: an occurrence's id or a delivery's key."""
    before = subject.set(id)
    try:
        yield
    finally:
        subject.reset(before)
