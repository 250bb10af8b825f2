"""A channel that takes every delivery."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.model import Delivery, Receipt, Rendition


@dataclass
class FakeChannel:
    """Takes everything, or raises what the test put there."""

    fault: Exception | None = None
    took: list[Delivery] = field(default_factory=list)
    during: Callable[[], object] = lambda: None

    def send(self, delivery: Delivery, rendition: Rendition, now: datetime) -> Receipt:
        self.during()
        if self.fault is not None:
            raise self.fault
        self.took.append(delivery)
        return Receipt(f"id-{len(self.took)}")

    def find(self, delivery: Delivery, attempted_at: datetime) -> Receipt | None:
        return None

    def close(self) -> None: ...
