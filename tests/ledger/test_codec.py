"""What is kept comes back exactly: types, counts and clock changes included."""

import dataclasses
import typing
from datetime import date, datetime, time, timedelta
from enum import Enum
from types import UnionType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.errors import LedgerError
from bot.ledger.codec import content_hash, freeze, freeze_window, thaw, thaw_window
from bot.model import CsvTable, Digest, Edition, Window
from tests.ledger.factories import digest, edition, gap_window, occurrence

NUMBERS = st.one_of(st.floats(allow_nan=False), st.integers(-(10**18), 10**18))
WORDS = st.text(st.characters(), max_size=6)  # lone surrogates and NUL included
SIMPLE = {
    str: WORDS,
    float: NUMBERS,
    int: st.integers(),
    bool: st.booleans(),
    type(None): st.none(),
    date: st.dates(),
    time: st.times().map(lambda moment: moment.replace(fold=0)),
}


def anything(hint: typing.Any) -> st.SearchStrategy[typing.Any]:
    """Every value that a type hint of the model allows, defaults not spared."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, UnionType):
        return st.one_of([anything(member) for member in arguments])
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(anything(arguments[0]), max_size=2).map(tuple)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return st.builds(hint, **{name: anything(h) for name, h in typing.get_type_hints(hint).items()})
    return st.sampled_from(hint) if issubclass(hint, Enum) else SIMPLE[hint]


@pytest.mark.long
@pytest.mark.parametrize("kind", [Edition, Digest])
def test_round_trip_is_exact(kind: type) -> None:
    @settings(max_examples=80, deadline=None)
    @given(anything(kind))
    def round_trip(thing: typing.Any) -> None:
        text = freeze(thing)
        again: typing.Any = thaw(kind, text)
        assert again == thing
        assert repr(again) == repr(thing)  # 5 is not 5.0, a tuple is not a list
        assert freeze(again) == text
        assert text.isascii()

    round_trip()


def test_counts_stay_counts_where_a_validator_makes_them_floats() -> None:
    table = CsvTable("summary", ("volume",), ((5,),))
    validator = TypeAdapter(CsvTable)
    assert repr(validator.validate_python(dataclasses.asdict(table)).rows) == "((5.0,),)"
    assert repr(thaw(CsvTable, freeze(table)).rows) == "((5,),)"


def test_older_and_newer_rows_are_read() -> None:
    text = freeze(digest())
    older = text.replace(',"until":null', "")
    newer = text.replace('"title"', '"invented_later":[1],"title"')
    assert older != text
    assert thaw(Digest, older) == thaw(Digest, newer) == digest()


@pytest.mark.parametrize(
    "damage",
    ["", "[]", "null", '{"name":"x"}', '{"blocks":[{"kind":"unheard of"}]}', "[" * 100_000],
    ids=["empty", "list", "null", "missing fields", "unknown block", "deep"],
)
def test_damage_is_a_sentence(damage: str) -> None:
    with pytest.raises(LedgerError, match="damaged Edition; restore it from a backup"):
        thaw(Edition, damage)


@pytest.mark.parametrize(
    ("found", "instead"), [('"A4"', '"A0"'), ('"en_AU"', "5"), ('"blocks":[', '"blocks":[5,')]
)
def test_wrong_values_are_damage(found: str, instead: str) -> None:
    text = freeze(edition(occurrence()))
    assert found in text
    with pytest.raises(LedgerError, match="damaged"):
        thaw(Edition, text.replace(found, instead))


def test_hash_tells_contents_apart() -> None:
    one, other = (freeze(edition(occurrence(), text)) for text in ("a", "b"))
    assert content_hash(one) == content_hash(one) != content_hash(other)


@given(
    st.sampled_from(["Australia/Sydney", "America/Sao_Paulo", "Africa/Cairo", "Europe/Dublin", "UTC"]),
    st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)),
    st.integers(0, 1),
    st.timedeltas(timedelta(days=1), timedelta(days=400)),
)
def test_windows_come_back_with_their_wall_clocks(
    name: str, start: datetime, fold: int, span: timedelta
) -> None:
    zone = ZoneInfo(name)
    window = Window(start.replace(tzinfo=zone, fold=fold), (start + span).replace(tzinfo=zone), name)
    again = thaw_window(freeze_window(window))
    assert (str(again), again.start.fold, again.zone) == (str(window), fold, name)
    assert again == window


def test_nonexistent_midnight_is_no_instant() -> None:
    window = gap_window()
    instant = datetime.fromtimestamp(window.start.timestamp(), ZoneInfo(window.zone))
    assert instant.hour == 1, "the way over the instant loses the midnight"
    assert thaw_window(freeze_window(window)).is_whole_days


@pytest.mark.parametrize("damage", ["", "{}", '{"start":"x"}', "[1]"])
def test_damaged_window_is_a_sentence(damage: str) -> None:
    with pytest.raises(LedgerError, match="damaged window"):
        thaw_window(damage)
