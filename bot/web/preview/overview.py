"""What the page shows around a rendition, as JSON values: digests, their firings, moments to pick."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.actions import upcoming
from bot.compose.figures.wording import Wording
from bot.model import Digest, Window, utc_text
from bot.model.channel_types import CHANNEL_TYPES
from bot.timetable import Firing, firings, window_for
from bot.web.preview.forms import ShownForm
from bot.web.preview.state import Composed

MAX_PAST, MAX_COMING = 8, 4
LOOK_BACK_DAYS = (10, 70, 400, 1200)
RECHECK_AFTER = timedelta(hours=1)
"""How long the entry of a digest that never fires again is kept, should its calendar change."""

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """What a person wants to see: a digest in a form, as its n-th reader gets it. `at` '': the latest."""

    digest: str
    form: str = "slack"
    reader: int = 0
    at: str = ""
    window: str = ""
    group: str = ""


def describe(look: Look, composed: Composed, form: ShownForm, readers: list[str]) -> Values:
    """Return a rendition and what is shown around it."""
    wording = Wording(composed.digest.locale, composed.digest.zone)
    return {
        **describe_nothing(look),
        "occurrence": composed.occurrence.id,
        "due": wording.moment(composed.occurrence.due),
        "window": wording.window(composed.occurrence.window),
        "sample": composed.sample,
        "readers": readers,
        "notes": [*composed.notes, *composed.warnings],
        "facts": [list(fact) for fact in form.facts],
        "links": [list(link) for link in form.links],
        "frames": [asdict(frame) for frame in form.frames],
    }


def describe_nothing(look: Look) -> Values:
    """Return the same where there never was a rendition."""
    return {"look": asdict(look), "readers": [], "notes": [], "facts": [], "links": [], "frames": []}


class DigestList:
    """The entries of the list of digests, cached until their next firing: each takes a millisecond.

    Not for several threads at once.
    """

    def __init__(self) -> None:
        self._cache: dict[Digest, tuple[datetime, Values]] = {}

    def entries(self, digests: Sequence[Digest], now: datetime) -> list[Values]:
        """Return an entry for each digest, in order."""
        self._cache = {digest: self._entry(digest, now) for digest in digests}
        return [entry for _, entry in self._cache.values()]

    def is_over(self, now: datetime) -> bool:
        """Return whether a firing that is listed as the next has passed."""
        return any(until <= now for until, _ in self._cache.values())

    def _entry(self, digest: Digest, now: datetime) -> tuple[datetime, Values]:
        cached = self._cache.get(digest)
        if cached is not None and cached[0] > now:
            return cached
        coming = upcoming(digest, now, 1)
        until = coming[0][0].due if coming else now + RECHECK_AFTER
        return until, _describe_digest(digest, coming, now)


def moments(digest: Digest, now: datetime) -> list[Values]:
    """Return the moments to pick, newest first: those to come (`future`), then those that were due by `now`.

    A future moment is listed only once its window has begun: before that, there is no data for it.
    """
    awake = replace(digest, paused=False, until=None)
    coming = [pair for pair in upcoming(awake, now, MAX_COMING) if pair[1].start < now]
    past = [(firing, window_for(awake, firing)) for firing in _latest(awake, now)]
    return [
        {**_describe_firing(awake, firing, window, now), "future": firing.due > now}
        for firing, window in (*reversed(coming), *past)
    ]


def _latest(digest: Digest, now: datetime) -> Iterator[Firing]:
    for days in LOOK_BACK_DAYS:
        latest = deque(firings(digest, now - timedelta(days=days), now), maxlen=MAX_PAST)
        if len(latest) == MAX_PAST:
            break
    return reversed(latest)


def _describe_digest(digest: Digest, coming: Sequence[tuple[Firing, Window]], now: datetime) -> Values:
    return {
        "name": digest.name,
        "title": digest.title,
        "schedule": digest.schedule.phrase,
        "window": digest.window.phrase,
        "place": Wording(digest.locale, digest.zone).place(),
        "paused": digest.paused,
        "next": [_describe_firing(digest, firing, window, now) for firing, window in coming],
        "recipients": _describe_recipients(digest),
    }


def _describe_recipients(digest: Digest) -> str:
    """Return '#social-care in Slack; dana@example.com, lee@example.com by mail'; '' for nobody."""
    by_channel: dict[str, list[str]] = {}
    for recipient in digest.recipients:
        by_channel.setdefault(CHANNEL_TYPES[recipient.channel].phrase, []).append(recipient.address)
    return "; ".join(f"{', '.join(addresses)} {how}" for how, addresses in by_channel.items())


def _describe_firing(digest: Digest, firing: Firing, window: Window, now: datetime) -> dict[str, str]:
    """Return a firing and its window in a few words: the year only where it is another than now's."""
    wording, zone = Wording(digest.locale, digest.zone), ZoneInfo(digest.zone)
    due, this_year = firing.due.astimezone(zone), now.astimezone(zone).year
    year = "" if due.year == this_year else f" {due.year}"
    return {
        "at": utc_text(firing.due),
        "when": f"{wording.dated(due.date())}{year}, {wording.time(due)}",
        "window": wording.span(window, weekdays=False, year=window.last_day.year != this_year),
    }
