"""What operators are told of failures, recoveries, stopped channels, and of a month: worded here alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.compose.figures.wording import Wording, plural
from bot.model import (
    Agents,
    Block,
    Cell,
    Digest,
    Edition,
    Figure,
    Headline,
    Note,
    Occurrence,
    Sentence,
    TableBlock,
    TableColumn,
    Unit,
)
from bot.model.channel_types import CHANNEL_TYPES


@dataclass(frozen=True, slots=True)
class Cause:
    """Why some recipients were not surely served, in the provider's words; `tries` are the most for one.

    Without recipients: why the editions for each group or agent could not be made.
    """

    recipients: tuple[str, ...]
    words: str
    tries: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of a digest's deliveries that were due in a month; `on_time` and `late` make up `sent`."""

    digest: str
    due: int = 0
    sent: int = 0
    on_time: int = 0
    late: int = 0
    failed: int = 0
    unknown: int = 0
    held: int = 0
    skipped: int = 0


COLUMNS = ("due", "sent", "on_time", "late", "failed", "unknown", "held", "skipped")


def compose_failed(
    digest: Digest,
    failed: Occurrence,
    causes: Sequence[Cause],
    recipients: int,
    following: datetime | None,
    *,
    agents: Agents,
    now: datetime,
) -> Edition:
    """`failed` did not reach all of its `recipients`; `following` is when the next one is due."""
    words = Wording(digest.locale, digest.zone)
    span = words.span(failed.window, weekdays=False)
    missing = sum(len(cause.recipients) for cause in causes)
    whom = f"{missing} of {plural_of(recipients)} did not surely get it" if recipients else "nobody got it"
    opening = f"{digest.title}, {span}, failed: {whom}."
    then = f"the next one is due {words.moment(following)}" if following else "no other one is due"
    return _notice(
        digest,
        failed,
        f"Failed: {digest.title}",
        span,
        (
            Sentence(opening, "bad"),
            Sentence(
                f"Send it again: digestbot resend {failed.id} · see why: digestbot explain {failed.id}."
            ),
            Sentence(f"It is not tried again by itself; {then}."),
        ),
        tuple(Note(_cause(cause)) for cause in causes),
        "when a digest fails, once until one is sent again",
        agents,
        now,
    )


def compose_recovered(
    digest: Digest, sent: Occurrence, failed: str, *, agents: Agents, now: datetime
) -> Edition:
    """`sent` reached everybody after the failure of the occurrence called `failed`."""
    span = Wording(digest.locale, digest.zone).span(sent.window, weekdays=False)
    before = "It had failed before." if failed == sent.id else f"Before it, {failed} had failed."
    return _notice(
        digest,
        sent,
        f"Sent again: {digest.title}",
        span,
        (Sentence(f"{digest.title}, {span}, was sent to everybody.", "good"), Sentence(before)),
        (),
        "when a digest is sent after a failure",
        agents,
        now,
    )


def compose_stopped(
    digest: Digest, alert: Occurrence, channel: str, reason: str, *, agents: Agents, now: datetime
) -> Edition:
    """`channel` does not let us in since the due instant of `alert`; `reason` is '' when it does again."""
    words = Wording(digest.locale, digest.zone)
    name = CHANNEL_TYPES[channel].title if channel in CHANNEL_TYPES else channel
    ways = (
        "It is tried once an hour, and at once after a restart with a new secret, or when a person uses "
        "digestbot send or resend. What waits for it goes out then, within its digest's grace."
    )
    return _notice(
        digest,
        alert,
        f"Stopped: {name}",
        words.span(alert.window, weekdays=False),
        (
            Sentence(f"{name} does not let us in since {words.moment(alert.due)}.", "bad"),
            Sentence(reason or "Meanwhile it does again."),
            Sentence(ways),
        ),
        (),
        "when a channel is stopped",
        agents,
        now,
    )


def compose_broken_file(
    digest: Digest, alert: Occurrence, faults: Sequence[str], *, agents: Agents, now: datetime
) -> Edition:
    """The save that was found at the due instant of `alert` cannot be used, because of `faults`."""
    words = Wording(digest.locale, digest.zone)
    return _notice(
        digest,
        alert,
        "Not in effect: what was saved in reports.yaml",
        words.span(alert.window, weekdays=False),
        (
            Sentence(f"The file that was saved {words.moment(alert.due)}, cannot be used.", "bad"),
            Sentence("What it said before stays in force: what is due goes out as it was."),
            Sentence("Mend it and save: it takes effect by itself. digestbot check shows every fault."),
            Sentence("Until then the service must not be restarted: it does not start with this file."),
        ),
        tuple(Note(fault) for fault in faults),
        "when a save cannot be used, once until one can be",
        agents,
        now,
    )


def compose_trust(
    digest: Digest, month: Occurrence, counts: Sequence[Counted], *, agents: Agents, now: datetime
) -> Edition:
    """What became of everything that was due in the window of `month`, digest by digest."""
    words = Wording(digest.locale, digest.zone)
    span = words.span(month.window, weekdays=False)
    total = {name: sum(getattr(one, name) for one in counts) for name in COLUMNS}
    share = words.share(total["on_time"] / total["due"]) if total["due"] else "none"
    opening = (
        f"{span}: of {total['due']} {plural(total['due'], 'delivery', 'deliveries')} that were due, "
        f"{total['sent']} {'was' if total['sent'] == 1 else 'were'} sent, {share} on time."
    )
    rest = " · ".join(f"{_label(name)} {total[name]}" for name in COLUMNS[3:])
    is_good = total["due"] == total["on_time"] + total["held"] + total["skipped"]
    return _notice(
        digest,
        month,
        "How reliable the reports were",
        span,
        (
            Sentence(opening, "good" if is_good else "plain"),
            Sentence(f"{rest[0].upper()}{rest[1:]}."),
            Sentence("On time: accepted within 5 minutes of the moment it was due."),
        ),
        (_table(counts, words),),
        "on the first of every month",
        agents,
        now,
    )


def plural_of(recipients: int) -> str:
    """'1 recipient', '3 recipients'."""
    return f"{recipients} {plural(recipients, 'recipient')}"


def _cause(cause: Cause) -> str:
    tries = f" ({cause.tries} {plural(cause.tries, 'try', 'tries')})" if cause.tries else ""
    whom = ", ".join(cause.recipients) or "Its editions could not be made"
    return f"{whom}: {cause.words or 'no reason is known'}{tries}"


def _label(column: str) -> str:
    return column.replace("_", " ")


def _table(counts: Sequence[Counted], words: Wording) -> TableBlock:
    heading = (TableColumn("Digest"), *(TableColumn(_label(name).capitalize(), True) for name in COLUMNS))
    rows = tuple((Cell(one.digest), *(_cell(one, name, words) for name in COLUMNS)) for one in counts)
    return TableBlock(
        "trust", "Digest by digest", "deliveries, one for each recipient", heading, rows, len(rows)
    )


def _cell(one: Counted, column: str, words: Wording) -> Cell:
    value = getattr(one, column)
    text = words.number(value)
    figure = Figure(f"trust.{column}", one.digest, "current", float(value), Unit.COUNT, text)
    return Cell(text, figure, "bad" if value and column in ("failed", "unknown") else "plain")


def _notice(
    digest: Digest,
    about: Occurrence,
    title: str,
    span: str,
    sentences: tuple[Sentence, ...],
    blocks: tuple[Block, ...],
    trigger: str,
    agents: Agents,
    now: datetime,
) -> Edition:
    words = Wording(digest.locale, digest.zone)
    return Edition(
        occurrence=about.id,
        digest=digest.name,
        title=title,
        subject=f"{title}, {span}",
        brand=digest.brand,
        locale=digest.locale,
        paper=digest.paper,
        window_text=words.window(about.window),
        filter_text="for operators",
        compared_text="",
        fetched_text=f"Written {words.moment(now)}",
        schedule_text=trigger,
        summary_text=f"{title}, {span}"[:200],
        agents=agents,
        blocks=(Headline(sentences), *blocks),
    )
