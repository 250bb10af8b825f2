"""What operators are told of an edition that was held: the reason, and the two ways out."""

from dataclasses import replace
from datetime import datetime

from bot.compose.figures.wording import Wording
from bot.model import Agents, Digest, Edition, Headline, Occurrence, Sentence


def compose_alert(
    digest: Digest,
    held: Occurrence,
    reason: str,
    ways_out: str,
    doubtful: Edition | None,
    *,
    agents: Agents,
    now: datetime,
) -> Edition:
    """The alert about `held`; the `doubtful` edition below it where operators may see its figures."""
    words = Wording(digest.locale, digest.zone)
    span = words.span(held.window, weekdays=False)
    opening = Headline(
        (
            Sentence(f"{digest.title}, {span}, is held and was not sent.", "bad"),
            Sentence(reason),
            Sentence(f"{ways_out}."),
        )
    )
    if doubtful is not None:
        blocks = tuple(block for block in doubtful.blocks if not isinstance(block, Headline))
        return replace(doubtful, agents=agents, subject=_subject(digest, span), blocks=(opening, *blocks))
    return Edition(
        occurrence=held.id,
        digest=digest.name,
        title=f"Held: {digest.title}",
        subject=_subject(digest, span),
        brand=digest.brand,
        locale=digest.locale,
        paper=digest.paper,
        window_text=words.window(held.window),
        filter_text=", ".join((*digest.groups, *digest.users)) or "all groups",
        compared_text="",
        fetched_text=f"Written {words.moment(now)}",
        schedule_text="when an edition is held",
        summary_text=f"Held, not sent: {digest.title}, {span}"[:200],
        agents=agents,
        blocks=(opening,),
    )


def _subject(digest: Digest, span: str) -> str:
    return f"Held: {digest.title}, {span}"
