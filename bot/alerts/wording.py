"""The sentences of every alert, and the edition that shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

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
    OccurrenceRecord,
    OccurrenceState,
    Sentence,
    TableBlock,
    TableColumn,
    Unit,
    utc_text,
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
class Lateness:
    """Why an occurrence is not out: the last `reason`, and when it is tried `again` (UTC; None: at once).

    `nobody_ran` when it was due. `recipients` wait for it, 0 when nobody was served yet.
    """

    reason: str
    again: datetime | None
    nobody_ran: bool
    recipients: int = 0


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


NOBODY_RAN = "Nothing was running when it was due."
LATE_TRIGGER = "when a digest is late (late_after), and once it is out"
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


def late_notice(digest: Digest, late: OccurrenceRecord, editions: int, why: Lateness) -> Notice:
    """`late` is the first of so many `editions` of a firing that are not out."""
    occurrence, words = late.occurrence, Wording(digest.locale, digest.zone)
    what = f"{editions} of its editions are" if editions > 1 else "is"
    whom = f" for {plural_of(why.recipients)}" if why.recipients else ""
    until = words.moment(occurrence.due + timedelta(seconds=late.definition.grace_seconds))
    then = f"is tried again {words.moment(why.again)}, and" if why.again else "goes out as soon as it can,"
    nobody = f"{NOBODY_RAN} " if why.nobody_ran else ""
    return Notice(
        occurrence,
        f"Late: {digest.title}",
        (
            Sentence(f"{_was_due(digest, occurrence)}, and {what} not out yet{whom}.", "bad"),
            Sentence(f"{nobody}Last reason: {why.reason.rstrip('.')}."),
            Sentence(f"It {then} until {until}. You are told once it is out."),
            Sentence(f"See every step: digestbot explain {occurrence.id}."),
        ),
        (),
        LATE_TRIGGER,
    )


def out_notice(
    digest: Digest, ended: Sequence[OccurrenceRecord], *, nobody_ran: bool, was_missed: bool
) -> Notice:
    """All that `ended` is of one firing. `nobody_ran` when it was due; `was_missed`: then it was too late."""
    first, words = ended[0].occurrence, Wording(digest.locale, digest.zone)
    was_due = _was_due(digest, first)
    unsent = [one for one in ended if one.state is not OccurrenceState.DONE]
    if not unsent:
        at = words.moment(max(one.ended_at or first.due for one in ended))
        title, said = f"Sent late: {digest.title}", Sentence(f"{was_due}, and went out {at}.", "good")
        why = (Sentence(NOBODY_RAN),) if nobody_ran else ()
        return Notice(first, title, (said, *why), (), LATE_TRIGGER)
    one = unsent[0]
    state = "did not reach everybody" if one.state is OccurrenceState.FAILED else "was not sent"
    if len(ended) > 1:
        state = f"{len(unsent)} of {len(ended)} editions were not sent to everybody"
    send = f"digestbot send {first.digest} --at {utc_text(first.due)}"
    then = f"Send it: {send}." if was_missed else f"See every step: digestbot explain {one.occurrence.id}."
    return Notice(
        first,
        f"Not sent: {digest.title}",
        (
            Sentence(f"{was_due}, and {state}: {(one.reason or one.state.value).rstrip('.')}.", "bad"),
            Sentence(then),
        ),
        (),
        LATE_TRIGGER,
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


def _was_due(digest: Digest, occurrence: Occurrence) -> str:
    words = Wording(digest.locale, digest.zone)
    span = words.span(occurrence.window, weekdays=False)
    return f"{digest.title}, {span}, was due {words.moment(occurrence.due)}"


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
