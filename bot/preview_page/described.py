"""What the page shows, as plain values for JSON: the wishes that it takes, and the answers that it gives."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.compose.wording import Wording
from bot.model import Digest
from bot.preview_page.editions import Composed
from bot.preview_page.forms import Made
from bot.preview_page.moments import coming


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody wants to see: a digest in a form, as its n-th reader gets it. `at` '': the latest."""

    digest: str
    form: str = "slack"
    reader: int = 0
    at: str = ""
    window: str = ""
    group: str = ""


def listed(digest: Digest, now: datetime) -> dict[str, Any]:
    """A digest in the list: what it is called, and when it fires next."""
    return {
        "name": digest.name,
        "title": digest.title,
        "schedule": digest.schedule.phrase,
        "window": digest.window.phrase,
        "place": Wording(digest.locale, digest.zone).place(),
        "paused": digest.paused,
        "next": coming(digest, now, 3),
        "recipients": [f"{one.channel} {one.address}" for one in digest.recipients],
    }


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
