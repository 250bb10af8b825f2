"""Composition never raises, whatever the answers hold."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.compose import REPORTS
from bot.model import (
    Agents,
    Column,
    Dataset,
    Empty,
    ExportFile,
    Filtering,
    FilterState,
    Insight,
    PastEdition,
    Point,
    Present,
    Report,
    Scalars,
    Series,
    Slot,
    Table,
    Target,
    Unavailable,
    Unit,
    Window,
)
from tests.compose.data import NOW, edition
from tests.compose.edition_walk import figures
from tests.compose.full_dataset import EVERYTHING, FORMS
from tests.compose.past_editions import desk, sentences, summary_edition, tile, weeks
from tests.compose.test_figures import WORDS

ZONES = ("Australia/Sydney", "UTC", "America/New_York", "Asia/Kathmandu")
NUMBERS = (
    st.none() | st.floats() | st.integers(-(10**20), 10**20).map(float) | st.sampled_from([0.0, -1.0, 1e300])
)
WORDS_OF_ANY_KIND = (
    st.none() | st.text(max_size=8) | st.sampled_from(["all_states", "2026-11-18", "0", "9", "Jane"])
)
NAMES = st.sampled_from(
    sorted(
        {
            name
            for slot in EVERYTHING.values()
            if isinstance(slot, Present)
            for name in ("state", "volume", "user_id")
        }
        | {
            "total_received",
            "nps_score",
            "total_volume",
            "avg_response_time",
            "open",
            "messages",
            "over_sla",
            "day",
        }
    )
) | st.text(max_size=6)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    zone = draw(st.sampled_from(ZONES))
    first = draw(st.dates(date(2024, 1, 1), date(2026, 12, 1)))
    if draw(st.booleans()):
        return Window.of_dates(first, first + timedelta(days=draw(st.integers(0, 40))), zone)
    start = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone))
    end = (start.astimezone(UTC) + timedelta(hours=draw(st.integers(1, 90)))).astimezone(ZoneInfo(zone))
    return Window(start, end, zone)


@st.composite
def series(draw: st.DrawFn, window: Window) -> Series:
    bucket = draw(st.sampled_from([3600, 86_400]))
    steps = st.lists(st.integers(-3, 60), max_size=12)

    def at(step: int) -> datetime:
        return (window.start.astimezone(UTC) + timedelta(seconds=step * bucket)).astimezone(
            window.start.tzinfo
        )

    names = draw(st.lists(NAMES, max_size=4, unique=True))
    points = {name: tuple(Point(at(n), draw(NUMBERS)) for n in draw(steps)) for name in names}
    return Series(points, bucket, draw(st.sampled_from(Unit)))


@st.composite
def like(draw: st.DrawFn, table: Table) -> Table:
    """Draw a table with some of these columns and arbitrary cells."""
    columns = tuple(draw(st.lists(st.sampled_from(table.columns), min_size=1, unique=True))) or table.columns
    cells = [NUMBERS if column.unit else WORDS_OF_ANY_KIND for column in columns]
    rows = draw(st.lists(st.tuples(*cells), max_size=25))
    return Table(tuple(Column(c.name, c.unit) for c in columns), tuple(rows))


@st.composite
def slots(draw: st.DrawFn, report: str, window: Window) -> Slot:
    kind = draw(st.sampled_from(["like it", "like it", "like it", "empty", "unavailable", "another form"]))
    if kind == "empty":
        return Empty(NOW)
    if kind == "unavailable":
        return Unavailable(draw(st.text(max_size=20)))
    sample = EVERYTHING[report if kind == "like it" else draw(st.sampled_from(sorted(EVERYTHING)))]
    assert isinstance(sample, Present)
    answer = sample.answer
    if isinstance(answer, Scalars):
        return Present(Scalars({name: draw(NUMBERS) for name in answer.values}, {}), NOW)
    if isinstance(answer, Series):
        answer_series = draw(series(window))
        known = dict(zip(answer.points, answer_series.points.values(), strict=False))
        return Present(dataclasses.replace(answer_series, points={**answer_series.points, **known}), NOW)
    if isinstance(answer, Table):
        return Present(draw(like(answer)), NOW)
    insights = tuple(
        Insight(item.name, draw(like(item.table))) for item in answer.insights if draw(st.booleans())
    )
    return Present(ExportFile("x.csv", draw(st.integers(0, 10**6)), 1, (), insights), NOW)


@st.composite
def datasets(draw: st.DrawFn) -> tuple[Dataset, tuple[Report, ...]]:
    names = draw(st.lists(st.sampled_from(sorted(REPORTS)), min_size=1, max_size=6, unique=True))
    window, before = draw(windows()), draw(st.none() | windows())
    current = {name: draw(slots(name, window)) for name in names if draw(st.integers(0, 9))}
    previous = {name: draw(slots(name, before)) for name in names if draw(st.booleans())} if before else {}
    filtering = Filtering(
        draw(st.sampled_from(FilterState)), notes=tuple(draw(st.lists(st.text(max_size=9), max_size=2)))
    )
    users = tuple(draw(st.lists(st.text(max_size=6), max_size=2)))
    data = Dataset(
        window, current, before, previous, (), users, FORMS if draw(st.booleans()) else {}, filtering
    )
    return data, tuple(Report(name) for name in names)


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(datasets(), st.sampled_from(Agents), st.sampled_from(["en_AU", "de_DE", "fr_FR", "hi_IN"]))
def test_compose_never_raises(
    given_data: tuple[Dataset, tuple[Report, ...]], agents: Agents, locale: str
) -> None:
    data, reports = given_data
    targets = (Target("broke_sla_share", 0.1), Target("avg_response_time", 0.0))
    shown = edition(data, shown=agents, reports=reports, locale=locale, targets=targets)
    assert 1 <= len(next(b for b in shown.blocks if b.kind == "headline").sentences) <= 3  # type: ignore[union-attr]
    assert len(shown.summary_text) <= 200
    for block in shown.blocks:
        if block.kind == "chart":
            assert {len(item.values) for item in block.series} <= {len(block.labels)}
        if block.kind == "table":
            assert {len(row) for row in block.rows} <= {len(block.columns)}
        if block.kind == "kpis":
            assert len(block.items) <= 6
    known = {figure.id for figure in figures(shown)}
    opening = next(block for block in shown.blocks if block.kind == "headline")
    assert {name for sentence in opening.sentences for name in sentence.figures} <= known  # type: ignore[union-attr]
    for csv in shown.csvs:
        assert {len(row) for row in csv.rows} <= {len(csv.header)}


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(Unit))
def test_any_number_has_text(value: float, unit: Unit) -> None:
    assert WORDS.value(value, unit)
    assert WORDS.difference(value, unit)[0] in "+−"
    assert WORDS.relative(value)


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(
    st.lists(NUMBERS, min_size=5, max_size=8),
    st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    st.sampled_from(["total_volume", "broke_sla", "avg_response_time", "total_responded_to"]),
)
def test_any_past_is_accepted(earlier: list[float | None], now: tuple[float | None, ...], name: str) -> None:
    past = weeks()
    values = dict(
        zip(("total_volume", "total_responded_to", "broke_sla", "avg_response_time"), now, strict=True)
    )
    odd = tuple(
        PastEdition(item.window, summary_edition({**desk(500.0), name: value}, item.window))
        for item, value in zip(past, earlier, strict=False)
    )
    shown = summary_edition({**desk(500.0), **values}, past=odd, before=desk(400.0))
    assert 1 <= len(sentences(shown)) <= 3
    assert len(shown.summary_text) <= 200
    assert len(tile(shown).history) <= 8
