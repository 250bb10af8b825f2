"""The commands that a message proposes, as they are called."""


def release_or_discard(occurrence_id: str) -> str:
    """Return the hint that names `release` and `discard` for a held occurrence."""
    send, drop = f"digestbot release {occurrence_id}", f"digestbot discard {occurrence_id}"
    return f"Send it all the same: {send} · drop it: {drop}"


def refetch(occurrence_id: str) -> str:
    """Return the command that fetches an occurrence anew and sends a correction."""
    return f"digestbot resend {occurrence_id} --refetch"
