"""What earlier editions said of the same figures about windows like this one."""

from collections.abc import Iterable, Sequence

from bot.compose.figures.context import Context
from bot.compose.figures.wording import window_noun
from bot.compose.filter_notes import filter_text
from bot.model import Edition, Kpis, PastEdition, Window

MOST = 8
"""Earlier windows that make the usual range; and points of a sparkline, this window included."""
SAME_LENGTH = 0.12
"""Windows of one kind differ in length by less: February and March do, three days and a week do not."""


def alike(context: Context, past: Iterable[PastEdition], *, sample: bool) -> tuple[PastEdition, ...]:
    """The earlier editions about the same groups and agents and the same kind of window, newest first.

    One a window; invented data is no past of real data.
    """
    found: dict[Window, PastEdition] = {}
    for one in past:
        same = one.edition.sample is sample and _same_filter(context, one.edition)
        if same and one.window.start < context.dataset.window.start and same_kind(context, one.window):
            found.setdefault(one.window, one)
    newest_first = sorted(found.values(), key=lambda one: one.window.start, reverse=True)
    return tuple(newest_first[:MOST])


def _same_filter(context: Context, edition: Edition) -> bool:
    return edition.filter_text == filter_text(context.dataset, edition.agents)


def same_kind(context: Context, other: Window) -> bool:
    """Whether figures of another window can be held against this one's.

    Both are a week, a month and so on, of about the same length; a working day is only like a working day.
    """
    window = context.dataset.window
    if window_noun(window) != window_noun(other):
        return False
    if abs(other.seconds / window.seconds - 1) > SAME_LENGTH:
        return False
    days = (window.days, other.days)
    return len(days[0]) > 1 or context.is_quiet(days[0][0]) == context.is_quiet(days[1][0])


def said(context: Context, metric: str) -> tuple[float | None, ...]:
    """A key figure's values in the alike editions, newest first; None where one did not have it."""
    return tuple(_value(one.edition, metric) for one in context.past)


def _value(edition: Edition, metric: str) -> float | None:
    tiles = [kpi.figure for block in edition.blocks if isinstance(block, Kpis) for kpi in block.items]
    known = [one.value for one in tiles if one.metric == metric and not one.subject]
    return known[0] if known else None


def history(context: Context, metric: str, now: float | None) -> tuple[float | None, ...]:
    """A sparkline: at most eight values, oldest first, this window's last; () without two of them."""
    values: Sequence[float | None] = (now, *said(context, metric))[:MOST][::-1]
    known = [value for value in values if value is not None]
    return tuple(values) if len(known) > 1 and now is not None else ()
