"""Messages of other machines, made fit for our own sentences, logs and the ledger."""

from collections.abc import Iterable

from bot.lib.sanitize import one_line, visible, without_secrets

HIDDEN = "(hidden)"


def plain_words(text: str | bytes, secrets: Iterable[str] = (), longest: int = 300) -> str:
    """Return one line of at most `longest` visible characters, each of `secrets` replaced by `(hidden)`."""
    line = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return one_line(without_secrets(" ".join(visible(line).split()), secrets, HIDDEN), longest)
