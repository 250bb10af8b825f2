"""The edition in one line, for notifications and the mail's first line."""

from bot.compose.context import Context
from bot.compose.metrics import CASES, MESSAGES, NPS, OVER_SLA, RESOLUTION, RESPONDED, WAIT, Metric
from bot.compose.nps_summary import is_few, rests_on
from bot.compose.sentences import Tiles
from bot.compose.wording import plural
from bot.model import Headline, Kpi

MOST_CHARACTERS = 200


def story(context: Context, tiles: Tiles, headline: Headline) -> str:
    """The figures in at most 200 characters; without figures the headline's first sentence."""
    messages = tiles.get(MESSAGES.name)
    parts = _parts(context, tiles)
    if not parts or (messages is not None and messages.figure.value == 0):
        return _cut(headline.sentences[0].text)
    text = ""
    for part in parts:
        longer = f"{text}; {part}" if text else part
        if len(longer) > MOST_CHARACTERS:
            break
        text = longer
    return text or _cut(parts[0])


def _parts(context: Context, tiles: Tiles) -> list[str]:
    told = (
        _tell(tiles, MESSAGES, f"{{value}} {_noun(tiles, MESSAGES, 'message')}"),
        _tell(tiles, RESPONDED, "{value} responded"),
        _tell(tiles, WAIT, "wait {value}"),
        _tell(tiles, OVER_SLA, "{value} over SLA"),
        _nps(context, tiles),
        _tell(tiles, CASES, f"{{value}} {_noun(tiles, CASES, 'case')} closed"),
        _tell(tiles, RESOLUTION, "resolution {value}"),
    )
    return [part for part in told if part]


def _noun(tiles: Tiles, metric: Metric, noun: str) -> str:
    kpi = tiles.get(metric.name)
    return plural(kpi.figure.value or 0, noun) if kpi else ""


def _nps(context: Context, tiles: Tiles) -> str:
    """'NPS +58 (+4 points) from 12 answers'; the change of few answers is no news."""
    kpi = tiles.get(NPS.name)
    if kpi is None or kpi.figure.value is None:
        return ""
    moved = kpi.change.figure if not is_few(context) else None
    change = f" ({moved.text})" if moved else ""
    return f"NPS {kpi.figure.text}{change} {rests_on(context)}".strip()


def _tell(tiles: Tiles, metric: Metric, pattern: str) -> str:
    kpi: Kpi | None = tiles.get(metric.name)
    if kpi is None or kpi.figure.value is None:
        return ""
    text = pattern.format(value=kpi.figure.text)
    extra = [kpi.change.figure.text] if kpi.change.figure else []
    if kpi.target and kpi.target.verdict == "missed":
        extra.append(kpi.target.text)
    return f"{text} ({', '.join(extra)})" if extra else text


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
