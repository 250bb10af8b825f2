"""Questions to the Activity API and their typed answers."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model.window import Window


class Unit(StrEnum):
    """What a number counts: a share is 0..1 of its base, a mean a count on average, a score an NPS."""

    COUNT = "count"
    SECONDS = "seconds"
    SHARE = "share"
    MEAN = "mean"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class Query:
    """A question answered at once. `groups` and `users` are ids; empty means no filter.

    `type` is the API's word for it. `form` (an id) and `nps_category` belong to NPS questions alone.
    `report` is the report type that reads the answer ('' means `type`): two may read one question's.
    """

    type: str
    window: Window
    groups: tuple[int, ...] = ()
    users: tuple[int, ...] = ()
    form: int | None = None
    nps_category: str = ""
    report: str = field(default="", compare=False)

    @property
    def fingerprint(self) -> str:
        """Hash that is equal exactly for equal questions, whatever `report` reads the answer."""
        asked = (self.type, str(self.window), self.groups, self.users, self.form, self.nps_category)
        text = repr((type(self).__name__, *asked))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ExportQuery(Query):
    """A question answered by a CSV file, made asynchronously."""


@dataclass(frozen=True, slots=True)
class Scalars:
    """Named single values; None where the API gave none. Units: see `units`, one per name."""

    values: Mapping[str, float | None]
    units: Mapping[str, Unit]


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series; `at` is the aware local start of its bucket."""

    at: datetime
    value: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time by name; `bucket_seconds`: 3600, or 86400 for local days. No point is a gap, not 0."""

    points: Mapping[str, tuple[Point, ...]]
    bucket_seconds: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: wire name and the unit of its numbers (None: words)."""

    name: str
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words and numbers, each row as long as `columns`; None is 'no value'."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | float | None, ...], ...]

    def column(self, name: str) -> tuple[str | float | None, ...]:
        """All values of one column. Raises KeyError for an unknown name."""
        for index, column in enumerate(self.columns):
            if column.name == name:
                return tuple(row[index] for row in self.rows)
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Insight:
    """What was counted in an export while it was checked, as a small table called `name`."""

    name: str
    table: Table


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A CSV export: its name in the folder of exports, rows without the header, bytes, what was counted."""

    name: str
    rows: int
    size: int
    header: tuple[str, ...]
    insights: tuple[Insight, ...] = ()

    def insight(self, name: str) -> Table | None:
        """Return the small table of that name, or None if the export lacked the columns for it."""
        return next((one.table for one in self.insights if one.name == name), None)


Answer = Scalars | Series | Table | ExportFile


@dataclass(frozen=True, slots=True)
class Present:
    """The API answered, with figures; `fetched_at` is UTC."""

    answer: Answer
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Empty:
    """The API answered that there is nothing in the window."""

    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The answer could not be loaded; `reason` is a sentence for people."""

    reason: str


Slot = Present | Empty | Unavailable


@dataclass(frozen=True, slots=True)
class Group:
    """A group of agents, from the API's list."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """A user of the account (an agent), from the API's list."""

    id: int
    email: str
    first_name: str
    last_name: str
    archived: bool
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A form or survey of the account, from the API's list; `groups` are the ids of those with access."""

    id: int
    name: str
    title: str
    url: str
    nps: bool
    archived: bool
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NamedId:
    """A name in the file, as 'group Care', and the id that it meant."""

    name: str
    id: int


class FilterState(StrEnum):
    """What is known of the filter by group or agent.

    None was asked for, the API honoured it, that is not yet known, or figures of others came.
    """

    NONE = "none"
    HONOURED = "honoured"
    UNVERIFIED = "unverified"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Filtering:
    """Whether the answers are about those asked for: a state, its reason, and notes for readers."""

    state: FilterState = FilterState.NONE
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Peers:
    """What an agent's figures stand beside: the medians over `agents` of these groups, by column.

    No medians: they are too few, or it could not be loaded for that `reason`. No agent's own row is in it.
    """

    groups: tuple[str, ...]
    agents: int = 0
    medians: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """All answers of one occurrence, by report type, for its window and the one compared with.

    `groups` are the names of the groups it is filtered by (empty: everybody); `users` likewise.
    `forms` has the form of each NPS report; `peers` what stands beside an agent's own figures. `ids` are
    behind the names in the file.
    """

    window: Window
    current: Mapping[str, Slot]
    previous_window: Window | None
    previous: Mapping[str, Slot]
    groups: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    forms: Mapping[str, Form] = field(default_factory=dict)
    filtering: Filtering = Filtering()
    peers: Peers | None = None
    ids: tuple[NamedId, ...] = ()
