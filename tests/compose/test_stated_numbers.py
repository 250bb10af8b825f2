"""Every number in a sentence, hint or note of the opening belongs to a figure that it names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from bot.compose import REPORTS, compose
from bot.model import (
    Agents,
    Edition,
    Figure,
    Headline,
    Kpis,
    LookHere,
    Occurrence,
    Present,
    Report,
    Scalars,
    Target,
)
from tests.compose.data import NOW, SUMMARY, WEEK, digest, edition, summary
from tests.compose.edition_walk import compose_reports, everything, figures
from tests.compose.full_dataset import ALL, EVERYTHING, EVERYTHING_BEFORE, topics
from tests.compose.past_editions import desk, summary_edition, weeks
from tests.compose.test_figures import mixes

NUMBER = re.compile(r"\d[\d,.]*\d|\d")
NO_FIGURES = re.compile(
    r"\b\d{1,2}:\d\d\b"  # an hour
    r"|\b\d{1,2} (January|November|December)\b"  # a day
    r"|over 3 days|1 to 3 days"  # an age
    r"|“[^”]*”|\bcase c-9\b"  # a name
)


def numbers(text: str) -> list[str]:
    return NUMBER.findall(text)


def statements(shown: Edition) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each sentence and hint of the opening with its figures' ids."""
    for block in shown.blocks:
        if isinstance(block, Headline):
            yield from ((item.text, item.figures) for item in block.sentences)
        if isinstance(block, LookHere):
            yield from ((f"{item.text} {item.evidence}", item.figures) for item in block.items)


def check(shown: Edition) -> int:
    """Check each number in the statements against the figures named there; return their count."""
    known: Mapping[str, Figure] = {figure.id: figure for figure in figures(shown)}
    count = 0
    for text, ids in statements(shown):
        assert set(ids) <= set(known), text
        worded = [number for name in ids for number in numbers(known[name].text)]
        stated = numbers(NO_FIGURES.sub("", text))
        assert set(stated) <= set(worded), (text, sorted(set(stated) - set(worded)))
        count += len(stated)
    return count


TARGETS = (
    Target("broke_sla_share", 0.10),
    Target("avg_response_time", 2700.0),
    Target("responded_share", 0.95),
)


@pytest.mark.parametrize("reports", mixes(), ids=lambda names: "+".join(names)[:60])
@pytest.mark.parametrize(
    "targets", [(), TARGETS, TARGETS[1:], TARGETS[2:]], ids=["none", "all", "two", "one"]
)
def test_stated_numbers_are_figures(reports: tuple[str, ...], targets: tuple[Target, ...]) -> None:
    check(compose_reports(*reports, targets=targets))


def test_unknown_number_is_detected() -> None:
    shown = compose_reports("summary")
    opening = next(block for block in shown.blocks if isinstance(block, Headline))
    wrong = replace(opening.sentences[0], text="14% of replies were over SLA (180 of 1,278).")
    spoiled = replace(shown, blocks=(replace(opening, sentences=(wrong,)), *shown.blocks[1:]))
    with pytest.raises(AssertionError, match="180"):
        check(spoiled)


@pytest.mark.parametrize("messages", [380.0, 496.0, 560.0, 650.0])
@pytest.mark.parametrize("wait", [1500.0, 3000.0, 6000.0])
@pytest.mark.parametrize("kept", [0, 4, 8])
def test_ranges_and_changes_are_figures(messages: float, wait: float, kept: int) -> None:
    shown = summary_edition(desk(messages, wait=wait), past=weeks()[:kept], before=desk(496.0))
    assert check(shown) >= 1


def test_full_week_states_many_numbers() -> None:
    given = {"classifications": topics(612.0, 301.0), "summary": summary(SUMMARY | {"total_volume": 1900.0})}
    data = everything(given, {})
    wanted = digest(reports=ALL, targets=TARGETS)
    shown = compose(
        wanted, Occurrence(wanted.name, NOW, WEEK), data, agents=Agents.NONE, fetched_at=NOW, past=weeks()
    )
    assert check(shown) >= 12


def values_of(answers: Mapping[str, object], report: str) -> Mapping[str, float | None]:
    slot = answers[report]
    assert isinstance(slot, Present)
    assert isinstance(slot.answer, Scalars)
    return slot.answer.values


SHARES = {
    "summary.broke_sla_share": ("broke_sla", "total_responded_to"),
    "summary.responded_share": ("total_responded_to", "total_volume"),
    "nps_summary.response_rate": ("total_received", "total_sent"),
}


def test_tiles_match_answers() -> None:
    """Compute the figures again, from the answers."""
    shown = edition(everything({}, {}), reports=tuple(Report(name) for name in REPORTS), targets=TARGETS)
    tiles = [kpi for block in shown.blocks if isinstance(block, Kpis) for kpi in block.items]
    checked = 0
    for kpi in tiles:
        for figure in (kpi.figure, kpi.change.previous, *kpi.figures):
            if figure is None or figure.subject:
                continue
            report, _, name = figure.metric.partition(".")
            answers = EVERYTHING if figure.window == "current" else EVERYTHING_BEFORE
            values = values_of(answers, report)
            part, base = SHARES.get(figure.metric, (name, ""))
            expected = values[part]
            if base:
                expected = (values[part] or 0) / (values[base] or 1)
            assert figure.value == expected
            checked += 1
    assert checked >= 16
