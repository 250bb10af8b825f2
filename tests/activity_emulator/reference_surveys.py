"""Reference implementation of the reports about surveys: loops over raw rows, no SQL."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from tests.activity_emulator.reference import Raw
from tests.activity_emulator.reference_cases import Days

# When, and what: None for a survey sent, else the score that answers it.
Event = tuple[datetime, int | None]


def category(score: int) -> str:
    return "promoters" if score >= 9 else "detractors" if score < 7 else "passives"


def events(raw: Raw, form: int, kind: str, agents: Collection[int] | None) -> list[Event]:
    """Return surveys sent, and answers of one category."""
    sent = {row[0]: row for row in raw["surveys"] if row[1] == form and (agents is None or row[3] in agents)}
    answers = [(at, score) for survey, at, score, _ in raw["survey_answers"] if survey in sent]
    answers = [answer for answer in answers if kind in ("all", category(answer[1]))]
    return [*((row[4], None) for row in sent.values()), *answers]


def figures(events: Iterable[Event]) -> dict[str, Any]:
    scores = [score for _, score in events]
    kinds = [category(score) for score in scores if score is not None]
    balance = kinds.count("promoters") - kinds.count("detractors")
    return {
        "total_sent": scores.count(None),
        "total_received": len(kinds),
        "total_promoters": kinds.count("promoters"),
        "total_passives": kinds.count("passives"),
        "total_detractors": kinds.count("detractors"),
        "nps_score": balance / len(kinds) * 100 if kinds else 0.0,
    }


def nps_summary(events: Iterable[Event], since: datetime, until: datetime) -> dict[str, Any]:
    return figures([event for event in events if since <= event[0] < until])


def nps_volume(events: Iterable[Event], date_from: datetime, date_to: datetime) -> dict[str, dict[str, Any]]:
    """Return date → figures, for every day of the window."""
    days = Days(date_from, date_to)
    within = [event for event in events if days.since <= event[0] < days.until]
    return {text: figures([event for event in within if days.of(event[0]) == text]) for text in days.texts()}


def submissions(
    raw: Raw, form: int, kind: str, since: datetime, until: datetime, agents: Collection[int] | None
) -> list[tuple[Any, ...]]:
    """Return submission id, instant, score and category as in `nps_submissions`, in its order."""
    surveys = {row[0] for row in raw["surveys"] if row[1] == form and (agents is None or row[3] in agents)}
    rows = [
        (at, survey, score)
        for survey, at, score, _ in raw["survey_answers"]
        if survey in surveys and since <= at < until and kind in ("all", category(score))
    ]
    return [
        (survey, f"{at:%Y-%m-%d %H:%M:%S}", score, category(score).capitalize()[:-1])
        for at, survey, score in sorted(rows)
    ]
