"""What a server says about an error, for people."""

import json
import re
from collections.abc import Iterable

from bot.lib.sanitize import one_line, without_secrets

LONGEST = 200
SHORTEST_SECRET = 8
"""Shorter ones (the emulator's) are no secrets, and taking them out would garble words."""

QUERY = re.compile(r"(https?://[^\s?]*)\?\S*")
"""What follows the `?` of an address: there a signature may stand."""

MESSAGE_KEYS = ("message", "error", "errors", "description", "type")


def server_message(body: bytes, secrets: Iterable[str]) -> str:
    """What the server says about an error, for people, without `secrets`; '' when it says nothing.

    Reads the usual keys of a JSON object, or plain text; a page of HTML says nothing.
    """
    text = body[:65536].decode("utf-8", "replace").strip()
    if text.startswith(("{", "[", '"')):
        text = _from_json(text)
    elif text.startswith("<"):
        text = ""
    text = without_secrets(text, (secret for secret in secrets if len(secret) >= SHORTEST_SECRET), "[secret]")
    return one_line(QUERY.sub(r"\1?…", text), LONGEST)


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
