"""An Activity API that answers from a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.model import Empty, Form, Group, Present, Query, Scalars, Unit, User
from tests.compose.data import CURRENT


@dataclass
class FakeSource:
    """Answers from a table, or raises what the test put there.

    The API `honours` a filter: of the groups and of everybody there is more than of an agent.
    """

    answers: dict[str, object] = field(default_factory=lambda: dict(CURRENT))
    asked: list[str] = field(default_factory=list)
    how: list[tuple[datetime, bool]] = field(default_factory=list)
    named: tuple[Group, ...] = ()
    people: tuple[User, ...] = ()
    honours: bool = False
    during: Callable[[], object] = lambda: None

    def groups(self) -> tuple[Group, ...]:
        return self.named

    def users(self) -> tuple[User, ...]:
        return self.people

    def forms(self) -> tuple[Form, ...]:
        return ()

    def belonged(self, groups: Sequence[int]) -> frozenset[int]:
        return frozenset()

    def fetch(self, query: Query, due: datetime, *, anew: bool = False) -> Present | Empty:
        self.asked.append(query.type)
        self.how.append((due, anew))
        self.during()
        answer = self.answers[query.type]
        if isinstance(answer, Exception):
            raise answer
        return _of_more(answer, query) if self.honours else answer  # type: ignore[return-value]


def _of_more(answer: object, query: Query) -> object:
    """Return key figures that are three times as many for groups, and nine times for everybody."""
    if not isinstance(answer, Present) or not isinstance(answer.answer, Scalars) or query.users:
        return answer
    factor, units = 3 if query.groups else 9, answer.answer.units
    values = {
        name: value and value * (factor if units.get(name) is Unit.COUNT else 1)
        for name, value in answer.answer.values.items()
    }
    return replace(answer, answer=replace(answer.answer, values=values))
