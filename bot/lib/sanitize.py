"""Text from outside made safe for one line of a message, a log or an edition.

Names are written by others, and so are the messages of servers: they may hold control characters, characters
that reverse or hide what stands beside them, and secrets that were sent.
"""

import re
from collections.abc import Iterable

_LINE_ENDS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# C0 and C1 controls, soft hyphen, bidi marks and overrides, zero-width characters, surrogates, tags.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# Joiners belong inside Persian and Indian words and inside emoji; next to Latin they only hide things.
_STRAY_JOINER = re.compile("(?<![^\x00-\u024f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\u024f])")


def visible(text: str) -> str:
    """Return `text` on one line without characters that cannot be seen; blanks inside stay as they are."""
    if text.isprintable():  # Nearly every text: Python's idea of unprintable is wider than ours.
        return text.strip()
    return _STRAY_JOINER.sub("", _UNSEEN.sub("", _LINE_ENDS.sub(" ", text))).strip()


def one_line(text: str, longest: int) -> str:
    """Return `text` as `visible`, white space collapsed, cut to `longest` characters with an ellipsis."""
    line = " ".join(visible(text[: longest * 8]).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def without_secrets(text: str, secrets: Iterable[str], mark: str) -> str:
    """Return `text` with `mark` in place of each secret, the longest first: one may contain another."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, mark)
    return text
