"""The mail's subject: as reports.yaml words it, else title and days."""

from bot.compose.figures.wording import Wording
from bot.model import Dataset, Digest, Headline
from bot.model.placeholders import filled

LONGEST_HEADLINE = 120
DEFAULT = "{title}: {window}"


def subject_text(digest: Digest, dataset: Dataset, words: Wording, headline: Headline) -> str:
    """The subject in one line; `{headline}` is the first sentence, cut where a list of mails would cut it."""
    return filled(
        digest.subject or DEFAULT,
        {
            "title": digest.title,
            "window": words.span(dataset.window, weekdays=False),
            "brand": digest.brand.name,
            "headline": _first(headline),
        },
    )


def _first(headline: Headline) -> str:
    text = headline.sentences[0].text if headline.sentences else ""
    return text if len(text) <= LONGEST_HEADLINE else f"{text[: LONGEST_HEADLINE - 1].rstrip()}…"
