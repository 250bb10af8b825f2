"""What the page shows, as plain values for JSON: the wishes that it takes, and the answers that it gives."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.compose.figures.wording import Wording
from bot.model import Digest, Window
from bot.model.channel_types import CHANNEL_TYPES
from bot.timetable import Firing
from bot.web.preview.editions import Composed
from bot.web.preview.forms import Made
from bot.web.preview.moments import worded


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody wants to see: a digest in a form, as its n-th reader gets it. `at` '': the latest."""

    digest: str
    form: str = "slack"
    reader: int = 0
    at: str = ""
    window: str = ""
    group: str = ""


def listed(digest: Digest, following: Sequence[tuple[Firing, Window]], now: datetime) -> dict[str, Any]:
    """A digest in the list: what it is called, and when it fires next."""
    return {
        "name": digest.name,
        "title": digest.title,
        "schedule": digest.schedule.phrase,
        "window": digest.window.phrase,
        "place": Wording(digest.locale, digest.zone).place(),
        "paused": digest.paused,
        "next": [worded(digest, firing, window, now) for firing, window in following],
        "recipients": _whom(digest),
    }


def _whom(digest: Digest) -> str:
    """'#social-care in Slack; dana@example.com, lee@example.com by mail'; '' for nobody."""
    by_channel: dict[str, list[str]] = {}
    for recipient in digest.recipients:
        by_channel.setdefault(CHANNEL_TYPES[recipient.channel].phrase, []).append(recipient.address)
    return "; ".join(f"{', '.join(addresses)} {how}" for how, addresses in by_channel.items())


def described(look: Look, composed: Composed, made: Made, who: list[str]) -> dict[str, Any]:
    """A rendition, and what stands around it."""
    words = Wording(composed.digest.locale, composed.digest.zone)
    return {
        "look": asdict(look),
        "occurrence": composed.occurrence.id,
        "due": words.moment(composed.occurrence.due),
        "window": words.window(composed.occurrence.window),
        "sample": composed.sample,
        "readers": who,
        "notes": list(composed.notes),
        "facts": [list(fact) for fact in made.facts],
        "links": [list(link) for link in made.links],
        "frames": [asdict(frame) for frame in made.frames],
    }


def nothing(look: Look) -> dict[str, Any]:
    """The same where there never was a rendition."""
    return {"look": asdict(look), "readers": [], "notes": [], "facts": [], "links": [], "frames": []}
