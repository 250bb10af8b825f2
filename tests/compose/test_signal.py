"""Signal and noise (docs/signal.md); tests/slow/test_signal.py measures false alarms over many years."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.compose.figures.metrics import HANDLING, MEDIAN_WAIT, MESSAGES, NPS, OVER_SLA, WAIT
from bot.compose.stats.chance import chance, deviations, threshold, usual_range
from bot.model import Dataset, Empty, Holidays, Kpi, PastEdition, Report, Target, Unavailable, Unit
from tests.compose.data import NOW, WEEK, digest, edition
from tests.compose.edition_walk import compose_reports
from tests.compose.past_editions import MONDAY, days, desk, elsewhere, sentences, summary_edition, tile, weeks

DAILY = digest(reports=(Report("summary"),), targets=())


def test_ordinary_week_names_usual_range() -> None:
    assert sentences(summary_edition(desk(496.0), past=weeks())) == [
        "An ordinary week: 496 messages, within the usual range of 435 to 560."
    ]


def test_above_usual_range_leads() -> None:
    shown = summary_edition(desk(650.0), past=weeks(), before=desk(496.0))
    assert sentences(shown)[0] == (
        "650 messages came in, 154 more than the week before and above the usual 435 to 560."
    )
    assert (tile(shown).change.text, tile(shown).change.word) == ("+154, +31%", "unusual")


def test_below_usual_range_is_news() -> None:
    assert sentences(summary_edition(desk(380.0), past=weeks(), before=desk(496.0)))[0] == (
        "380 messages came in, 116 fewer than the week before and below the usual 435 to 560."
    )


def test_week_after_outlier_is_usual() -> None:
    odd = (700.0, 505.0, 480.0, 520.0, 470.0, 510.0, 490.0, 500.0)
    shown = summary_edition(desk(500.0), past=weeks(odd), before=desk(700.0))
    assert sentences(shown)[0].startswith("An ordinary week: 500 messages, within the usual range of ")
    assert (tile(shown).change.text, tile(shown).change.word) == ("−200, −29%", "usual")


def test_second_outlier_is_still_high() -> None:
    high = (700.0, 505.0, 480.0, 520.0, 470.0, 510.0, 490.0, 500.0)
    shown = summary_edition(desk(660.0), past=weeks(high), before=desk(700.0))
    assert sentences(shown)[0].startswith(
        "660 messages came in, 40 fewer than the week before and above the usual "
    )
    assert tile(shown).change.word == "still high"


def test_verdict_only_outside_usual_range() -> None:
    worse = tile(summary_edition(desk(500.0, wait=5000.0), past=weeks(), before=desk(496.0)), "Customer wait")
    calm = tile(summary_edition(desk(500.0, wait=3300.0), past=weeks(), before=desk(496.0)), "Customer wait")
    assert (worse.change.verdict, worse.change.word) == ("worse", "worse")
    assert (calm.change.verdict, calm.change.word) == ("neutral", "usual")


def test_usual_range_is_evidence_of_tile() -> None:
    ends = [
        item
        for item in tile(summary_edition(desk(496.0), past=weeks())).figures
        if item.subject.startswith("usual")
    ]
    assert [(item.id, item.text) for item in ends] == [
        ("summary.total_volume/usual:low/current", "435"),
        ("summary.total_volume/usual:high/current", "560"),
    ]


def test_four_weeks_make_no_range() -> None:
    four = weeks()[:4]
    assert sentences(summary_edition(desk(520.0), past=four, before=desk(496.0)))[0] == (
        "An ordinary week: 520 messages, 24 more than the week before."
    )
    assert sentences(summary_edition(desk(560.0), past=four, before=desk(496.0)))[0] == (
        "An ordinary week: 560 messages, 64 more than the week before, which could be chance."
    )
    assert tile(summary_edition(desk(560.0), past=four, before=desk(496.0))).change.word == "could be chance"
    assert sentences(summary_edition(desk(650.0), past=four, before=desk(496.0)))[0] == (
        "650 messages came in, 154 more than the week before."
    )


def of_another_group() -> tuple[PastEdition, ...]:
    return elsewhere(weeks())


def of_invented_data() -> tuple[PastEdition, ...]:
    return tuple(replace(item, edition=replace(item.edition, sample=True)) for item in weeks())


def of_other_windows() -> tuple[PastEdition, ...]:
    return tuple(
        PastEdition(days(MONDAY - timedelta(days=5 * n), 5), p.edition) for n, p in enumerate(weeks(), 1)
    )


def of_later_weeks() -> tuple[PastEdition, ...]:
    return tuple(PastEdition(days(MONDAY + timedelta(weeks=n)), p.edition) for n, p in enumerate(weeks(), 1))


@pytest.mark.parametrize("past", [of_another_group, of_invented_data, of_other_windows, of_later_weeks])
def test_range_needs_comparable_past(past: object) -> None:
    shown = summary_edition(desk(650.0), past=past())  # type: ignore[operator]
    assert sentences(shown) == ["650 messages came in."]
    assert tile(shown).history == ()
    assert tile(summary_edition(desk(650.0), past=weeks())).history  # the guard lets a like past through


def test_history_order() -> None:
    assert tile(summary_edition(desk(650.0), past=weeks())).history == (
        *(490.0, 510.0, 470.0, 520.0, 480.0, 505.0, 496.0, 650.0),
    )
    assert tile(summary_edition(desk(650.0), past=weeks()[:1])).history == (496.0, 650.0)
    assert tile(summary_edition(desk(650.0))).history == ()


def test_missing_past_figure_is_gap() -> None:
    first, second, *_ = weeks()
    bare = replace(second, edition=replace(second.edition, blocks=second.edition.blocks[:1]))
    oldest = PastEdition(days(MONDAY - timedelta(weeks=3)), first.edition)
    assert tile(summary_edition(desk(650.0), past=(first, bare, oldest))).history == (
        496.0,
        None,
        496.0,
        650.0,
    )


def daily(day: date, messages: float, past: tuple[PastEdition, ...], before: float) -> Kpi:
    compared = days(day - timedelta(days=1), 1)
    wanted = replace(DAILY, holidays=Holidays(dates=(date(2026, 11, 18),)))
    window = days(day, 1)
    return tile(
        summary_edition(
            desk(messages), window, past=past, before=desk(before), compared=compared, wanted=wanted
        )
    )


def working_days(*volumes: float) -> tuple[PastEdition, ...]:
    """Friday 13 November and earlier working days, each as a window of its own."""
    result = [
        date(2026, 11, 13),
        date(2026, 11, 12),
        date(2026, 11, 11),
        date(2026, 11, 10),
        date(2026, 11, 9),
    ]
    return tuple(
        PastEdition(days(day, 1), summary_edition(desk(n), days(day, 1)))
        for day, n in zip(result, volumes, strict=True)
    )


def test_monday_is_not_compared_with_sunday() -> None:
    assert daily(MONDAY, 100.0, (), 40.0).change.word == ""  # told, and not called news
    assert daily(MONDAY, 100.0, (), 40.0).change.verdict == "neutral"
    assert summary_edition(
        desk(100.0), days(MONDAY, 1), before=desk(40.0), compared=days(MONDAY - timedelta(1), 1)
    )
    past = working_days(98.0, 101.0, 95.0, 104.0, 100.0)
    assert daily(MONDAY, 100.0, past, 40.0).change.word == "usual"


def test_holiday_is_no_working_day() -> None:
    past = working_days(98.0, 101.0, 95.0, 104.0, 100.0)
    assert daily(date(2026, 11, 17), 30.0, past, 100.0).change.word == "unusual"
    assert daily(date(2026, 11, 17), 30.0, past, 100.0).history
    assert not daily(date(2026, 11, 18), 30.0, past, 100.0).history  # only against other quiet days


def test_months_are_compared_per_day() -> None:
    months = [
        days(date(2026, month, 1), length) for month, length in ((9, 30), (8, 31), (7, 31), (6, 30), (5, 31))
    ]
    past = tuple(PastEdition(item, summary_edition(desk(100.0 * len(item.days)), item)) for item in months)
    february = days(date(2027, 2, 1), 28)
    low, high = (
        f for f in tile(summary_edition(desk(2800.0), february, past=past)).figures if "usual" in f.subject
    )
    assert (low.value or 0) + (high.value or 0) == pytest.approx(5600.0, rel=0.01)


def test_few_replies_are_no_news() -> None:
    shown = summary_edition(
        desk(12.0, wait=9000.0), past=weeks((12.0, 13.0, 11.0, 12.0, 14.0)), before=desk(12.0)
    )
    assert sentences(shown)[0].startswith("An ordinary week: 12 messages")
    wait = tile(shown, "Customer wait")
    assert (wait.explanation, wait.change.verdict, wait.change.word) == (
        "only 10 replies",
        "neutral",
        "",
    )


def test_usual_missed_target_leads() -> None:
    wanted = digest(reports=(Report("summary"),), targets=(Target("avg_response_time", 2700.0),))
    usual = summary_edition(desk(496.0), past=weeks(), wanted=wanted)
    assert sentences(usual)[0].startswith(
        "Customers waited 50 min on average, beyond the target of 45 min but within the usual "
    )
    assert "ordinary" not in " ".join(sentences(usual))
    odd = summary_edition(desk(496.0, wait=6000.0), past=weeks(), wanted=wanted)
    assert sentences(odd)[0].startswith(
        "Customers waited 1 h 40 min on average, beyond the target of 45 min and above the usual "
    )


def test_good_news_follows_bad() -> None:
    wanted = digest(
        reports=(Report("summary"),),
        targets=(Target("broke_sla_share", 0.10), Target("avg_response_time", 7200.0)),
    )
    shown = summary_edition(
        desk(2000.0, over_sla=0.14, wait=1500.0), past=weeks((2000.0,) * 8), wanted=wanted
    )
    assert [item.split(",")[0] for item in sentences(shown)] == [
        "14% of replies were over SLA (244 of 1",
        "2",
        "The median wait was 12 min",
    ]


@pytest.mark.parametrize("slot", [Unavailable("it timed out"), Empty(NOW)])
def test_incomplete_week_is_not_ordinary(slot: object) -> None:
    shown = compose_reports("summary", "nps_summary", current={"summary": slot})  # type: ignore[dict-item]
    assert "rdinary" not in repr(shown)


def test_republished_window_is_one_point() -> None:
    newest, *rest = weeks()
    again = PastEdition(newest.window, summary_edition(desk(600.0), newest.window))
    assert tile(summary_edition(desk(500.0), past=(again, newest, *rest[:2]))).history == (
        480.0,
        505.0,
        600.0,
        500.0,
    )


def test_outlier_does_not_move_range() -> None:
    calm = usual_range([496, 505, 480, 520, 470, 510, 490, 500], 22.0)
    odd = usual_range([496, 505, 480, 520, 470, 510, 490, 900], 22.0)
    assert odd[1] - calm[1] < 15
    assert usual_range([100.0] * 8, 10.0)[1] > 125  # eight equal weeks are luck: the floor holds


def test_fewer_windows_widen_range() -> None:
    assert usual_range([100.0] * 5, 10.0)[1] > usual_range([100.0] * 8, 10.0)[1]


def test_threshold_grows_with_tests() -> None:
    assert threshold(1) == pytest.approx(1.96, abs=0.01)
    assert threshold(6) == pytest.approx(2.63, abs=0.01)


@pytest.mark.parametrize(
    ("metric", "value", "values", "expected"),
    [
        (MESSAGES, 400.0, {}, 20.0),
        (OVER_SLA, 0.5, {"total_responded_to": 100.0}, 0.05),
        (OVER_SLA, 0.5, {"total_responded_to": 19.0}, None),
        (OVER_SLA, 0.5, {}, None),
        (OVER_SLA, 1.4, {"total_responded_to": 100.0}, None),
        (HANDLING, 600.0, {"total_responded_to": 100.0}, 120.0),
        (
            WAIT,
            600.0,
            {"total_responded_to": 100.0, "avg_response_time": 600.0, "median_response_time": 600.0},
            60.0,
        ),
        (
            WAIT,
            600.0,
            {"total_responded_to": 100.0, "avg_response_time": 600.0, "median_response_time": 1.0},
            180.0,
        ),
        (NPS, 0.0, {"total_received": 100.0, "total_promoters": 50.0, "total_detractors": 50.0}, 10.0),
        (NPS, 0.0, {"total_received": 9.0}, None),
    ],
)
def test_chance(metric: object, value: float, values: dict[str, float], expected: float | None) -> None:
    result = chance(metric, value, values)  # type: ignore[arg-type]
    assert result == (None if expected is None else pytest.approx(expected, rel=0.02))


def test_spread_of_median() -> None:
    values = {"total_responded_to": 100.0, "avg_response_time": 1000.0, "median_response_time": 600.0}
    mean, middle = chance(WAIT, 1000.0, values), chance(MEDIAN_WAIT, 1000.0, values)
    assert mean is not None
    assert middle is not None
    assert 0.5 < middle / mean < 1.5


def test_tiny_change_is_no_news() -> None:
    sure = (1_000_000.0**0.5, 1_010_000.0**0.5)
    assert (1_010_000 - 1_000_000) / (sure[0] ** 2 + sure[1] ** 2) ** 0.5 > 7
    assert deviations(1_010_000.0, 1_000_000.0, sure, Unit.COUNT) < 1


def test_missing_number_has_no_signal() -> None:
    nothing = summary_edition(dict.fromkeys(desk(1.0), 0.0), past=weeks())
    assert sentences(nothing) == ["No messages in this window."]
    data = Dataset(WEEK, {}, None, {})
    assert edition(data, reports=(Report("summary"),))
