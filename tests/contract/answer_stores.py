"""Every implementation of the port `AnswerStore` that can run here, each as a maker of stores on one memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.ledger import MemoryAnswers, AnswerCache
from tests.contract.ledgers import ledgers_of

AnyStore = AnswerCache | MemoryAnswers
StoreMaker = Callable[[str], AnyStore]


@contextmanager
def stores_of(kind: str, folder: Path) -> Iterator[StoreMaker]:
    """A maker that gives each owner its own store and connections, all on one fresh memory."""
    if kind == "memory":
        yield MemoryAnswers(owner="first").beside
        return
    with ledgers_of(kind, folder) as maker:
        yield lambda owner: AnswerCache(maker(owner), owner=owner)
