"""The list of digests, each with its next firing; worded anew only when that has passed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.actions import upcoming
from bot.model import Digest
from bot.web.preview.described import listed

SELDOM = timedelta(hours=1)
"""A digest that never fires again is looked at as often, should its calendar change."""

Entry = dict[str, Any]


class Listing:
    """Words for digests, which take a millisecond each. Not for several threads at once."""

    def __init__(self) -> None:
        self._known: dict[Digest, tuple[datetime, Entry]] = {}

    def of(self, digests: Sequence[Digest], now: datetime) -> list[Entry]:
        """An entry for each digest, in order."""
        self._known = {digest: self._entry(digest, now) for digest in digests}
        return [entry for _, entry in self._known.values()]

    def is_over(self, now: datetime) -> bool:
        """Whether a firing that was listed as the next has passed."""
        return any(until <= now for until, _ in self._known.values())

    def _entry(self, digest: Digest, now: datetime) -> tuple[datetime, Entry]:
        known = self._known.get(digest)
        if known is not None and known[0] > now:
            return known
        following = upcoming(digest, now, 1)
        until = following[0][0].due if following else now + SELDOM
        return until, listed(digest, following, now)
