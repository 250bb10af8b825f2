"""What the states mean and how they follow from each other: pure, shared by every ledger.

An **occurrence** is

- `planned`: due, with its duties written; nothing is fetched yet (or it is tried again later);
- `fetched`: its figures are here, its editions not yet;
- `rendered`: what it says is frozen; only sending is left;
- `done`: everybody got it, or the duty was cancelled;
- `failed`: it could not be fetched in time, or at least one recipient did not surely get it;
- `skipped`: it will not be sent, and the reason is written;
- `held`: something looks wrong; a person must release or discard it;
- `backfilled`: fetched afterwards for later trends; nobody gets it.

A **delivery** is

- `ready`: waiting to be sent, now or at the time of its next try;
- `sending`: an attempt is running; written to disk before its first byte leaves;
- `sent`: the provider said that it took it;
- `failed`: surely not sent, and not tried again;
- `unknown`: perhaps sent: the answer was lost, or the process died while sending;
- `cancelled`: a person or a rule ended the duty before it was sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from bot.model import (
    Agents,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Digest,
    Edition,
    Occurrence,
    OccurrenceRecord,
    OccurrenceState,
    Window,
)

WITHOUT_CONTENT = (OccurrenceState.PLANNED, OccurrenceState.FETCHED)
"""Nothing is frozen yet: somebody has to claim the occurrence, fetch and compose."""

WITH_CONTENT = (OccurrenceState.RENDERED, OccurrenceState.HELD)
"""What it says is frozen, or was discarded while a test was being sent."""

DELIVERABLE = (OccurrenceState.RENDERED,)
"""Deliveries of these may be claimed: nothing is sent that is not frozen, held or ended."""

ENDED = (
    OccurrenceState.DONE,
    OccurrenceState.FAILED,
    OccurrenceState.SKIPPED,
    OccurrenceState.BACKFILLED,
)
"""Nothing more happens by itself."""

WENT_OUT = (OccurrenceState.RENDERED, OccurrenceState.DONE, OccurrenceState.FAILED)
"""Of these, with content, somebody was told what it says, or is about to be."""

UNPUBLISHED = (OccurrenceState.SKIPPED, OccurrenceState.BACKFILLED)
"""Of these, with content, nobody was told what it says; it counts for trends all the same."""

DOUBTS_COUNT_IN = (OccurrenceState.RENDERED, OccurrenceState.FAILED)
"""Where an unknown delivery is looked up: what is under way, or ended without everybody surely served."""

OPEN_DUTIES = (DeliveryState.READY, DeliveryState.SENDING)
SERVED = (DeliveryState.SENT, DeliveryState.CANCELLED)
SETTLING = tuple(state for state in DeliveryState if state is not DeliveryState.SENDING)
"""How an attempt can end."""

REOPENED = (DeliveryState.FAILED, DeliveryState.READY)
"""What a person may send again: `failed` was surely not sent; `ready` may be waiting for its next try."""

NOT_REOPENED = (OccurrenceState.SKIPPED, OccurrenceState.HELD, OccurrenceState.BACKFILLED)

UNDIVIDED = (OccurrenceState.PLANNED, OccurrenceState.FAILED)
"""What has no duty of its own and is here waits to be divided into slices, or could not be."""

PARKED_FROM = (*WITHOUT_CONTENT, OccurrenceState.RENDERED)
"""What is under way, and so can be given up."""

AGAIN_AFTER = timedelta(hours=1)
"""A stopped channel is tried once in that time."""

LATEST_DUE = timedelta(days=32)
"""What ended was due at most that long before; what people send again later is their own news."""

CUT_OFF = "cut off while sending; perhaps accepted"
CUT_OFF_FETCHING = "the process that fetched it is gone"
FORGOTTEN = "(no longer kept)"
TOO_LONG_HELD = "held longer than what may name people is kept (retention: artifacts)"
BACKFILLED = "backfilled: fetched afterwards for later trends, sent to nobody"
ASKED_AGAIN = "a person asked to send again"
LONGEST_TEXT = 2_000

Duty = tuple[DeliveryState, DeliveryKind]


def verdict(duties: Iterable[Duty]) -> OccurrenceState:
    """How an occurrence ended whose duties all ended. Tests count only where there is nothing else."""
    duties = tuple(duties)
    real = tuple(duty for duty in duties if duty[1] is DeliveryKind.REAL)
    served = all(state in SERVED for state, _ in real or duties)
    return OccurrenceState.DONE if served else OccurrenceState.FAILED


def may_close(state: OccurrenceState, duties: Iterable[Duty]) -> bool:
    """Whether nothing is left to do: all duties ended, and there were some, or nothing to say to anybody."""
    duties = tuple(duties)
    if state in ENDED or any(duty[0] in OPEN_DUTIES for duty in duties):
        return False
    return bool(duties) or state is OccurrenceState.RENDERED


def planned_words(duties: Sequence[Delivery], *, late: bool) -> str:
    """'2 to send, late', or '1 test to send'."""
    tests = sum(duty.kind is DeliveryKind.TEST for duty in duties)
    kind = "" if not tests else " test" if tests == 1 else " tests"
    return f"{len(duties)}{kind} to send" + (", late" if late else "")


def composed_words(agents: Iterable[Agents]) -> str:
    """'agents shown as names, none'."""
    return "agents shown as " + ", ".join(sorted(one.value for one in agents))


def pruned_words(agents: Iterable[Agents]) -> str:
    """'what was said with agents as names'."""
    return "what was said with agents as " + ", ".join(sorted(one.value for one in agents))


def reopened_words(count: int) -> str:
    """'a person asked to send again: 2 deliveries'; no number where slices are still to be made."""
    if not count:
        return ASKED_AGAIN
    return f"{ASKED_AGAIN}: {count} {'delivery' if count == 1 else 'deliveries'}"


def superseded(correction: Occurrence) -> str:
    """Why a duty of the version before is cancelled."""
    return f"the correction {correction.id} goes there instead"


def scope(definition: Digest) -> tuple[frozenset[str], frozenset[str]]:
    """Whom a digest is about: its groups and users. Only figures about the same may be compared."""
    return frozenset(definition.groups), frozenset(definition.users)


def most_telling(editions: Mapping[Agents, Edition]) -> Edition:
    """The edition with agents' names, where there is one."""
    return editions.get(Agents.NAMES) or editions[min(editions)]


def takes_over(following: OccurrenceRecord, window: Window) -> bool:
    """Whether an occurrence gets the days of the one before, whose window this is and which nobody got."""
    since = following.definition.window.kind == "since last run"
    return since and following.occurrence.window.start == window.end


def took_over_words(nobodys: Occurrence) -> str:
    """What `explain` says of an occurrence that got another's days."""
    return f"also about the days of {nobodys.id}, which nobody got"


def storable(text: str) -> str:
    """Other people's words, cut to 2,000 characters and free of what databases refuse (NUL, surrogates)."""
    clean = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return clean[:LONGEST_TEXT]


def expired_words(delivery: Delivery, reason: str) -> str:
    """'slack #care: not sent: the reason'."""
    return f"{delivery.recipient.channel} {delivery.recipient.address}: not sent: {reason}"
