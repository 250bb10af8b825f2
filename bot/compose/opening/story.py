"""The edition in one line: the summary for notifications and previews, and the mail's subject."""

from bot.compose.figures.context import Context
from bot.compose.figures.metrics import CASES, MESSAGES, NPS, OVER_SLA, RESOLUTION, RESPONDED, WAIT, Metric
from bot.compose.figures.wording import Wording, clipped, counted, window_noun
from bot.compose.opening.headline import ordinary_by
from bot.compose.opening.key_figures import Signals, Tiles, nps_basis
from bot.model import Dataset, Digest, Headline, Kpi
from bot.model.names import filled

LONGEST, LONGEST_HEADLINE = 200, 120
"""Characters of the summary, and of a headline within a subject."""
SUMMARIZED = (MESSAGES, RESPONDED, WAIT, OVER_SLA, NPS, CASES, RESOLUTION)
DEFAULT_SUBJECT = "{title}: {window}"


def story(context: Context, tiles: Tiles, signals: Signals, headline: Headline) -> str:
    """Return the figures in at most 200 characters; without figures the headline's first sentence.

    Missed targets come first, then news, then the rest. Only news carries its change.
    """
    messages = tiles.get(MESSAGES.name)
    known = [m for m in SUMMARIZED if m.name in tiles and tiles[m.name].figure.value is not None]
    if not known or (messages is not None and messages.figure.value == 0):
        return clipped(headline.sentences[0].text, LONGEST)
    noun = window_noun(context.dataset.window)
    opening = f"Ordinary {noun}: " if noun != "period" and ordinary_by(context, tiles, signals) else ""
    known.sort(key=lambda metric: _urgency(tiles[metric.name], signals[metric.name].is_news))
    first, *rest = [_part(m, tiles[m.name], signals[m.name].is_news, context) for m in known]
    return clipped(_joined(f"{opening}{first}", rest), LONGEST)


def _joined(text: str, parts: list[str]) -> str:
    """Return the text with as many parts as fit."""
    for part in parts:
        if len(text) + len(part) + 2 > LONGEST:
            break
        text = f"{text}; {part}"
    return text


def _is_missed(kpi: Kpi) -> bool:
    return kpi.target is not None and kpi.target.verdict == "missed"


def _urgency(kpi: Kpi, is_news: bool) -> int:
    return 0 if _is_missed(kpi) else 1 if is_news else 2


def _part(metric: Metric, kpi: Kpi, is_news: bool, context: Context) -> str:
    """Return '14% over SLA (+4 pts worse, target 10% missed)'."""
    change, extra = kpi.change, []
    if is_news and change.figure:
        judged = change.verdict in ("better", "worse")
        extra.append(f"{change.figure.text} {change.word}" if judged else change.figure.text)
    if kpi.target and _is_missed(kpi):
        extra.append(kpi.target.text)
    text = _figure_text(metric, kpi, context)
    return f"{text} ({', '.join(extra)})" if extra else text


def _figure_text(metric: Metric, kpi: Kpi, context: Context) -> str:
    value = kpi.figure.text
    texts = {
        MESSAGES.name: counted(kpi.figure, "message"),
        RESPONDED.name: f"{value} responded",
        WAIT.name: f"wait {value}",
        OVER_SLA.name: f"{value} over SLA",
        NPS.name: f"NPS {value} {nps_basis(context)}".strip(),
        CASES.name: f"{counted(kpi.figure, 'case')} closed",
        RESOLUTION.name: f"resolution {value}",
    }
    return texts[metric.name]


def subject_text(digest: Digest, dataset: Dataset, wording: Wording, headline: Headline) -> str:
    """Return the subject in one line, from the digest's template, else title and days.

    `{headline}` is the first sentence, cut where a list of mails would cut it.
    """
    text = headline.sentences[0].text if headline.sentences else ""
    if len(text) > LONGEST_HEADLINE:
        text = f"{text[: LONGEST_HEADLINE - 1].rstrip()}…"
    values = {"title": digest.title, "brand": digest.brand.name, "headline": text}
    values["window"] = wording.span(dataset.window, weekdays=False)
    return filled(digest.subject or DEFAULT_SUBJECT, values)
