"""An Activity API that answers from a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.model import Empty, Form, Group, Present, Query, User
from tests.compose.data import CURRENT


@dataclass
class FakeSource:
    """Answers from a table, or raises what the test put there."""

    answers: dict[str, object] = field(default_factory=lambda: dict(CURRENT))
    asked: list[str] = field(default_factory=list)
    how: list[tuple[datetime, bool]] = field(default_factory=list)
    named: tuple[Group, ...] = ()
    people: tuple[User, ...] = ()
    verified: bool = False
    during: Callable[[], object] = lambda: None

    def groups(self) -> tuple[Group, ...]:
        return self.named

    def users(self) -> tuple[User, ...]:
        return self.people

    def forms(self) -> tuple[Form, ...]:
        return ()

    def belonged(self, groups: Sequence[int]) -> frozenset[int]:
        return frozenset()

    def is_filter_verified(self, query: Query) -> bool:
        return self.verified

    def note_filter_verified(self, query: Query) -> None: ...

    def fetch(self, query: Query, due: datetime, *, anew: bool = False) -> Present | Empty:
        self.asked.append(query.type)
        self.how.append((due, anew))
        self.during()
        answer = self.answers[query.type]
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]
