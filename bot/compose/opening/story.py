"""The edition in one line, for notifications and the mail's first line: what is news comes first."""

from bot.compose.figures.context import Context
from bot.compose.figures.metrics import CASES, MESSAGES, NPS, OVER_SLA, RESOLUTION, RESPONDED, WAIT, Metric
from bot.compose.figures.wording import plural, window_noun
from bot.compose.opening.headline import ordinary_by
from bot.compose.opening.sentences import Signals, Tiles
from bot.compose.reports.nps_summary import rests_on
from bot.model import Headline, Kpi

MOST_CHARACTERS = 200
TOLD = (MESSAGES, RESPONDED, WAIT, OVER_SLA, NPS, CASES, RESOLUTION)


def story(context: Context, tiles: Tiles, signals: Signals, headline: Headline) -> str:
    """The figures in at most 200 characters; without figures the headline's first sentence.

    Missed targets first, then news, then the rest; a change is told only where it is news.
    """
    messages = tiles.get(MESSAGES.name)
    known = [m for m in TOLD if m.name in tiles and tiles[m.name].figure.value is not None]
    if not known or (messages is not None and messages.figure.value == 0):
        return _cut(headline.sentences[0].text)
    noun = window_noun(context.dataset.window)
    opening = f"Ordinary {noun}: " if noun != "period" and ordinary_by(context, tiles, signals) else ""
    known.sort(key=lambda metric: _urgency(tiles[metric.name], signals[metric.name].is_news))
    first, *rest = [_told(m, tiles[m.name], signals[m.name].is_news, context) for m in known]
    return _cut(_joined([f"{opening}{first}", *rest]))


def _joined(parts: list[str]) -> str:
    """As many parts as fit, and at least the first."""
    text = parts[0]
    for part in parts[1:]:
        if len(text) + len(part) + 2 > MOST_CHARACTERS:
            break
        text = f"{text}; {part}"
    return text


def _urgency(kpi: Kpi, is_news: bool) -> int:
    if kpi.target is not None and kpi.target.verdict == "missed":
        return 0
    return 1 if is_news else 2


def _told(metric: Metric, kpi: Kpi, is_news: bool, context: Context) -> str:
    """'14% over SLA (+4 pts worse, target 10% missed)'."""
    extra = [_change(kpi)] if is_news and kpi.change.figure else []
    if kpi.target and kpi.target.verdict == "missed":
        extra.append(kpi.target.text)
    text = _plain(metric, kpi, context)
    return f"{text} ({', '.join(extra)})" if extra else text


def _plain(metric: Metric, kpi: Kpi, context: Context) -> str:
    value, count = kpi.figure.text, kpi.figure.value or 0
    words = {
        MESSAGES.name: f"{value} {plural(count, 'message')}",
        RESPONDED.name: f"{value} responded",
        WAIT.name: f"wait {value}",
        OVER_SLA.name: f"{value} over SLA",
        NPS.name: f"NPS {value} {rests_on(context)}".strip(),
        CASES.name: f"{value} {plural(count, 'case')} closed",
        RESOLUTION.name: f"resolution {value}",
    }
    return words[metric.name]


def _change(kpi: Kpi) -> str:
    """'+9 min worse', '+157'."""
    moved, verdict = kpi.change.figure, kpi.change.verdict
    assert moved is not None  # noqa: S101 - only changes with a size are told
    return f"{moved.text} {kpi.change.word}" if verdict in ("better", "worse") else moved.text


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
