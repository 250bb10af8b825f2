"""What other machines say, made fit for our own sentences, logs and the ledger."""

import re
from collections.abc import Iterable

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")
HIDDEN = "(hidden)"


def plain_words(text: str | bytes, secrets: Iterable[str] = (), longest: int = 300) -> str:
    """One line of at most `longest` visible characters; each of `secrets` is replaced by `(hidden)`."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    words = " ".join(_UNSEEN.sub(" ", words).split())
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        words = words.replace(secret, HIDDEN)
    return words if len(words) <= longest else words[: longest - 1] + "…"
