"""Earlier editions for the composer's tests: eight weeks of the same desk, and a week after them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.compose import compose
from bot.model import (
    Agents,
    Dataset,
    Digest,
    Edition,
    Headline,
    Kpi,
    Kpis,
    Occurrence,
    PastEdition,
    Report,
    Window,
)
from tests.compose.data import NOW, SUMMARY, WEEK, WEEK_BEFORE, ZONE, digest, summary

MONDAY = date(2026, 11, 16)
VOLUMES = (496.0, 505.0, 480.0, 520.0, 470.0, 510.0, 490.0, 500.0)
"""Newest first."""
GROUP = ("Social Customer Care",)
Summary = Mapping[str, float | None]


def desk(messages: float, over_sla: float = 0.10, wait: float = 3000.0) -> Summary:
    """Return a week's summary in which the other figures keep their proportions."""
    replies = round(messages * 0.87)
    return SUMMARY | {
        "total_volume": messages,
        "total_responded_to": float(replies),
        "broke_sla": float(round(replies * over_sla)),
        "avg_response_time": wait,
        "median_response_time": wait / 2,
    }


def days(first: date, count: int = 7) -> Window:
    return Window.of_dates(first, first + timedelta(days=count - 1), ZONE)


def summary_edition(
    values: Summary,
    window: Window = WEEK,
    *,
    past: Sequence[PastEdition] = (),
    before: Summary | None = None,
    compared: Window | None = WEEK_BEFORE,
    wanted: Digest | None = None,
    sample: bool = False,
) -> Edition:
    """Compose a digest of the summary alone."""
    data = Dataset(
        window,
        {"summary": summary(values)},
        compared if before is not None else None,
        {} if before is None else {"summary": summary(before)},
        GROUP,
    )
    wanted = wanted or digest(reports=(Report("summary"),), targets=())
    occurrence = Occurrence(wanted.name, NOW, window)
    return compose(wanted, occurrence, data, agents=Agents.NONE, fetched_at=NOW, past=past, sample=sample)


def weeks(volumes: Sequence[float] = VOLUMES) -> tuple[PastEdition, ...]:
    """Return published editions of the weeks before `WEEK`, newest first."""
    editions = []
    for number, messages in enumerate(volumes, 1):
        window = days(MONDAY - timedelta(weeks=number))
        editions.append(PastEdition(window, summary_edition(desk(messages), window)))
    return tuple(editions)


def elsewhere(past: Sequence[PastEdition]) -> tuple[PastEdition, ...]:
    """Return the same past of another group."""
    return tuple(
        replace(earlier, edition=replace(earlier.edition, filter_text="group Sales")) for earlier in past
    )


def tile(shown: Edition, label: str = "Messages") -> Kpi:
    return next(k for b in shown.blocks if isinstance(b, Kpis) for k in b.items if k.label == label)


def sentences(shown: Edition) -> list[str]:
    return [s.text for b in shown.blocks if isinstance(b, Headline) for s in b.sentences]
