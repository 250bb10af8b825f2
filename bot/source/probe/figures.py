"""What two answers tell together: whether a filter is honoured, and the unit of response times. Pure."""

from collections.abc import Mapping

from bot.model import Scalars, Series

COUNTS = ("total_volume", "total_responded_to")
"""Of a summary: what a filter can only lower. Averages may move by themselves."""

NEAR = 3.0
"""A weighted mean by days and the mean of all messages differ by less than this; the units by 60."""


def shows_filter(part: Scalars, whole: Scalars) -> bool | None:
    """Whether the filtered figures differ from everybody's as they must; None where they cannot tell."""
    pairs = [(part.values.get(name), whole.values.get(name)) for name in COUNTS]
    known = [(one, all_) for one, all_ in pairs if one is not None and all_ is not None]
    if not known or not known[0][1] or any(one > all_ for one, all_ in known):
        return None
    return any(one < all_ for one, all_ in known)


def response_ratio(responses: Series, volumes: Series, summary: Scalars) -> float | None:
    """The mean of the response times by day over the summary's, or None where one is missing.

    Days weigh by their messages where those are known: a quiet day's average counts for less.
    """
    average = summary.values.get("avg_response_time")
    points = [point for series in responses.points.values() for point in series if point.value is not None]
    weights = _messages_by_day(volumes)
    weighted = [(point.value or 0.0, weights.get(point.at.isoformat(), 0.0)) for point in points]
    if not any(weight for _, weight in weighted):
        weighted = [(value, 1.0) for value, _ in weighted]
    total = sum(weight for _, weight in weighted)
    if not average or not total:
        return None
    return sum(value * weight for value, weight in weighted) / total / average


def _messages_by_day(volumes: Series) -> Mapping[str, float]:
    messages: dict[str, float] = {}
    for series in volumes.points.values():
        for point in series:
            key = point.at.isoformat()
            messages[key] = messages.get(key, 0.0) + (point.value or 0.0)
    return messages


def unit_of(ratio: float | None) -> str:
    """'seconds' for a ratio near 1, 'minutes' near 1/60, '' for anything else."""
    if ratio is None:
        return ""
    for unit, expected in (("seconds", 1.0), ("minutes", 1 / 60)):
        if expected / NEAR <= ratio <= expected * NEAR:
            return unit
    return ""
