"""Walk an edition: its figures and all of its texts."""

import dataclasses
from collections.abc import Iterator, Mapping
from enum import Enum

from bot.model import Agents, Dataset, Edition, Figure, Headline, Note, Report, Slot
from tests.compose.data import dataset as week
from tests.compose.data import edition
from tests.compose.full_dataset import EVERYTHING, EVERYTHING_BEFORE, FORMS


def compose_reports(
    *reports: str,
    current: Mapping[str, Slot] | None = None,
    previous: Mapping[str, Slot] | None = None,
    compared: bool = True,
    shown: Agents = Agents.NAMES,
    targets: tuple[object, ...] = (),
) -> Edition:
    """Compose these report types, with some answers of the full dataset replaced."""
    data = everything(current or {}, previous or {}, compared=compared)
    wanted = tuple(Report(name) for name in reports)
    return edition(data, shown=shown, reports=wanted, targets=targets)


def everything(
    current: Mapping[str, Slot], previous: Mapping[str, Slot], *, compared: bool = True
) -> Dataset:
    """Return the dataset of all report types, with some answers replaced."""
    data = week({**EVERYTHING, **current}, {**EVERYTHING_BEFORE, **previous}, compared=compared)
    return dataclasses.replace(data, forms=FORMS)


def things(value: object) -> Iterator[object]:
    """Yield the value and all nested values."""
    yield value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from things(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from things(item)


def figures(shown: Edition) -> tuple[Figure, ...]:
    """Return every figure of an edition."""
    return tuple(thing for thing in things(shown) if isinstance(thing, Figure))


def texts(shown: Edition) -> tuple[str, ...]:
    """Return every text of an edition, without names of enum members."""
    return tuple(t for t in things(shown) if isinstance(t, str) and not isinstance(t, Enum))


def notes(shown: Edition) -> tuple[Note, ...]:
    return tuple(block for block in shown.blocks if isinstance(block, Note))


def headline(shown: Edition) -> tuple[str, ...]:
    blocks = [block for block in shown.blocks if isinstance(block, Headline)]
    return tuple(sentence.text for block in blocks for sentence in block.sentences)
