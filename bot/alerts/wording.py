"""The sentences of every alert, and the edition that shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.compose.figures.wording import Wording, plural
from bot.lib.hints import see_or_discard, ways_on
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
    """Why some recipients were not served for certain, in the provider's words; `tries` are the most for one.

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


@dataclass(frozen=True, slots=True)
class Notice:
    """What an alert says about an occurrence. `trigger`: when such an alert is sent.

    `editions` are those in doubt, by visibility level: an unverified one is shown below the sentences.
    """

    about: Occurrence
    title: str
    sentences: tuple[Sentence, ...]
    blocks: tuple[Block, ...]
    trigger: str
    scope: str = "for operators"
    summary_title: str = ""
    editions: Mapping[Agents, Edition] = field(default_factory=dict)


COLUMNS = ("due", "sent", "on_time", "late", "failed", "unknown", "held", "skipped")


def edition_of(notice: Notice, digest: Digest, agents: Agents, now: datetime) -> Edition:
    """Return the edition of an alert for one visibility level; `now` (UTC) is when it was written."""
    words = Wording(digest.locale, digest.zone)
    span = words.span(notice.about.window, weekdays=False)
    subject, opening = f"{notice.title}, {span}", Headline(notice.sentences)
    doubtful = notice.editions.get(agents) or next(iter(notice.editions.values()), None)
    if doubtful is not None and doubtful.unverified:
        blocks = tuple(block for block in doubtful.blocks if not isinstance(block, Headline))
        return replace(doubtful, agents=agents, subject=subject, blocks=(opening, *blocks))
    return Edition(
        occurrence=notice.about.id,
        digest=digest.name,
        title=notice.title,
        subject=subject,
        brand=digest.brand,
        locale=digest.locale,
        paper=digest.paper,
        window_text=words.window(notice.about.window),
        filter_text=notice.scope,
        compared_text="",
        fetched_text=f"Written {words.moment(now)}",
        schedule_text=notice.trigger,
        summary_text=f"{notice.summary_title or notice.title}, {span}"[:200],
        agents=agents,
        blocks=(opening, *notice.blocks),
    )


def held_notice(
    digest: Digest, held: Occurrence, reason: str, hint: str, editions: Mapping[Agents, Edition]
) -> Notice:
    """Return the alert about `held`; `hint` names the commands that end holding."""
    span = Wording(digest.locale, digest.zone).span(held.window, weekdays=False)
    return Notice(
        held,
        f"Held: {digest.title}",
        (
            Sentence(f"{digest.title}, {span}, is held and was not sent.", "bad"),
            Sentence(reason),
            Sentence(f"{hint}."),
        ),
        (),
        "when an edition is held",
        scope=", ".join((*digest.groups, *digest.users)) or "all groups",
        summary_title=f"Held, not sent: {digest.title}",
        editions=editions,
    )


def set_aside_notice(digest: Digest, aside: Occurrence, until: datetime | None) -> Notice:
    """`aside` ended the program three times and is tried once more at `until` (UTC); None: it was."""
    words = Wording(digest.locale, digest.zone)
    span = words.span(aside.window, weekdays=False)
    then = (
        f"It is tried once more, on its own, {words.moment(until)}." if until else "It was tried once more."
    )
    return Notice(
        aside,
        f"Set aside: {digest.title}",
        (
            Sentence(f"{digest.title}, {span}, was not sent: the program ended three times at it.", "bad"),
            Sentence(f"{then} Everything else goes out as usual."),
            Sentence(f"Nothing is to do before that; {see_or_discard(aside.id)}."),
        ),
        (),
        "when a digest ends the program three times",
    )


def failed_notice(
    digest: Digest,
    failed: Occurrence,
    causes: Sequence[Cause],
    recipients: int,
    following: datetime | None,
) -> Notice:
    """`failed` did not reach all of its `recipients`; `following` is when the next one is due."""
    words = Wording(digest.locale, digest.zone)
    span = words.span(failed.window, weekdays=False)
    missing = sum(len(cause.recipients) for cause in causes)
    whom = f"{missing} of {plural_of(recipients)} did not surely get it" if recipients else "nobody got it"
    opening = f"{digest.title}, {span}, failed: {whom}."
    then = f"the next one is due {words.moment(following)}" if following else "no other one is due"
    return Notice(
        failed,
        f"Failed: {digest.title}",
        (
            Sentence(opening, "bad"),
            Sentence(ways_on(failed.id)),
            Sentence(f"It is not tried again by itself; {then}."),
        ),
        tuple(Note(_cause(cause)) for cause in causes),
        "when a digest fails, once until one is sent again",
    )


def recovered_notice(digest: Digest, sent: Occurrence, failed: str) -> Notice:
    """`sent` reached everybody after the failure of the occurrence called `failed`."""
    span = Wording(digest.locale, digest.zone).span(sent.window, weekdays=False)
    before = "It had failed before." if failed == sent.id else f"Before it, {failed} had failed."
    return Notice(
        sent,
        f"Sent again: {digest.title}",
        (Sentence(f"{digest.title}, {span}, was sent to everybody.", "good"), Sentence(before)),
        (),
        "when a digest is sent after a failure",
    )


def stopped_notice(digest: Digest, alert: Occurrence, channel: str, reason: str) -> Notice:
    """`channel` is stopped since the due instant of `alert`; `reason` is '' when it is not any more."""
    words = Wording(digest.locale, digest.zone)
    name = CHANNEL_TYPES[channel].title if channel in CHANNEL_TYPES else channel
    ways = (
        "It is tried once an hour, and at once after a restart with a new secret. What waits for it goes out "
        "then, within its digest's grace. See whether it lets us in: digestbot check --online."
    )
    return Notice(
        alert,
        f"Stopped: {name}",
        (
            Sentence(
                f"{name} is stopped since {words.moment(alert.due)}: nothing is sent through it.", "bad"
            ),
            Sentence(reason or "Meanwhile it works again."),
            Sentence(ways),
        ),
        (),
        "when a channel is stopped",
    )


def broken_file_notice(digest: Digest, alert: Occurrence, faults: Sequence[str]) -> Notice:
    """Return the notice that the file saved at the due instant of `alert` has `faults`."""
    words = Wording(digest.locale, digest.zone)
    return Notice(
        alert,
        "Not in effect: what was saved in reports.yaml",
        (
            Sentence(f"The file that was saved {words.moment(alert.due)}, cannot be used.", "bad"),
            Sentence("What it said before stays in force: what is due goes out as it was."),
            Sentence("Correct and save it: it takes effect by itself. See every fault: digestbot check."),
            Sentence("Until then the service must not be restarted: it does not start with this file."),
        ),
        tuple(Note(fault) for fault in faults),
        "when a save cannot be used, once until one can be",
    )


def trust_notice(digest: Digest, month: Occurrence, counts: Sequence[Counted]) -> Notice:
    """Return what became of everything that was due in the window of `month`, digest by digest."""
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
    return Notice(
        month,
        "How reliable the reports were",
        (
            Sentence(opening, "good" if is_good else "plain"),
            Sentence(f"{rest[0].upper()}{rest[1:]}."),
            Sentence("On time: accepted within 5 minutes of the moment it was due."),
        ),
        (_table(counts, words),),
        "on the first of every month",
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
