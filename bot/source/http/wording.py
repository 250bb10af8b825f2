"""Words from outside made safe for messages: one line, no control characters, short."""

import json
import re
import unicodedata
from collections.abc import Iterable

LONGEST = 200
SHORTEST_SECRET = 8
"""Shorter ones (the emulator's) are no secrets, and taking them out would garble words."""

QUERY = re.compile(r"(https?://[^\s?]*)\?\S*")
"""What follows the `?` of an address: there a signature may stand."""

MESSAGE_KEYS = ("message", "error", "errors", "description", "type")


def plain_words(text: str, longest: int = LONGEST) -> str:
    """`text` on one line, without control, formatting and surrogate characters, cut to `longest`."""
    spaced = "".join(_visible(character) for character in text[: longest * 8])
    words = " ".join(spaced.split())
    return words if len(words) <= longest else words[: longest - 1] + "…"


def _visible(character: str) -> str:
    """The character, a space for white space, nothing for what cannot be seen (C0, bidi, surrogates)."""
    if character.isspace():
        return " "
    return "" if unicodedata.category(character).startswith("C") else character


def server_message(body: bytes, secrets: Iterable[str]) -> str:
    """What the server says about an error, for people, without `secrets`; '' when it says nothing.

    Reads the usual keys of a JSON object, or plain text; a page of HTML says nothing.
    """
    text = body[:65536].decode("utf-8", "replace").strip()
    if text.startswith(("{", "[", '"')):
        text = _from_json(text)
    elif text.startswith("<"):
        text = ""
    for secret in (one for one in secrets if len(one) >= SHORTEST_SECRET):
        text = text.replace(secret, "[secret]")
    return plain_words(QUERY.sub(r"\1?…", text))


def _from_json(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    for _ in range(4):
        if isinstance(value, str):
            return value
        value = _inner(value)
    return ""


def _inner(value: object) -> object:
    if isinstance(value, list):
        return value[0] if value else None
    if isinstance(value, dict):
        return next((value[key] for key in MESSAGE_KEYS if value.get(key)), None)
    return None
