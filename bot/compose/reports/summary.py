"""Key figures from the `summary` report (API document, Summary Metrics)."""

from bot.compose.figures.context import Context, Section, answer_of, previous_missing
from bot.compose.figures.key_figures import KeyFigures
from bot.compose.figures.metrics import FEW_REPLIES, SUMMARY_METRICS, WAIT, Metric
from bot.compose.figures.reading import Values
from bot.compose.figures.wording import plural
from bot.model import Scalars

REPORT = "summary"
TITLE = "Key figures"


def compose_summary(context: Context) -> Section:
    """Nothing but what is missing: the figures themselves are the edition's tiles (see tiles.py)."""
    found = answer_of(context, REPORT, TITLE, Scalars, "No messages in this window.")
    if isinstance(found, Section):
        return found
    return Section(incomplete=previous_missing(REPORT, TITLE, context))


def explanation(metric: Metric, values: Values, context: Context) -> str:
    """A share's base ('179 of 1,278 replies'), or that an average rests on few replies."""
    if metric.part:
        return share_base(metric, values, context)
    replies = values.get("total_responded_to")
    if metric.name == WAIT.name and replies is not None and 0 < replies < FEW_REPLIES:
        return f"only {context.words.number(replies)} {plural(replies, 'reply', 'replies')}"
    return ""


def share_base(metric: Metric, values: Values, context: Context) -> str:
    """What a share is of: '12 of 16 sent'; '' where the API gave neither, or there was nothing."""
    part, base = values.get(metric.part), values.get(metric.base)
    if part is None or not base:
        return ""
    several = {"reply": "replies", "sent": "sent"}.get(metric.base_noun, "")
    noun = plural(base, metric.base_noun, several)
    return f"{context.words.number(part)} of {context.words.number(base)} {noun}"


SUMMARY = KeyFigures(REPORT, SUMMARY_METRICS, explanation)
