"""How the API's request limit is shared out."""

from collections.abc import Iterator
from typing import Any

from bot.config.yaml_tree import Path

Finding = tuple[Path, str]

REQUESTS = 100
"""The API's limit where the file names no other (API document)."""

MOST_REQUESTS = 10_000


def usable_requests(requests: int) -> int:
    """95 of 100, at least 1: the rest is room for requests that the server counts and we do not know of."""
    return max(1, requests * 95 // 100)


def reserved_requests(requests: int, usable: int) -> int:
    """5 of 100, but fewer than the usable ones: the service needs some too."""
    return min(requests * 5 // 100, usable - 1)


def shared_out(data: dict[str, Any]) -> Iterator[Finding]:
    """What `requests`, `usable` and `reserve` mean together, as far as each of them is a number."""
    api = data.get("activity_api")
    limit = api.get("rate_limit") if isinstance(api, dict) else None
    if not isinstance(limit, dict):
        return
    path = ("activity_api", "rate_limit")
    requests = _number(limit.get("requests", REQUESTS))
    usable = _number(limit.get("usable"))
    if requests and usable and usable > requests:
        yield (
            (*path, "usable"),
            f"usable: {usable} is out of range; write at most {requests}, which are all requests",
        )
        return
    usable = usable or (usable_requests(requests) if requests and "usable" not in limit else None)
    reserve = _number(limit.get("reserve"))
    if usable and reserve is not None and reserve >= usable:
        yield (
            (*path, "reserve"),
            f"reserve: {reserve} is out of range; write at most {usable - 1}, one less than are usable",
        )


def _number(value: object) -> int | None:
    """A whole number within bounds; others have a complaint of their own."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= MOST_REQUESTS else None
