"""The commands that a message proposes, as they are called."""


def release_or_discard(occurrence_id: str) -> str:
    """Return the hint that names `release` and `discard` for a held occurrence."""
    send, drop = f"digestbot release {occurrence_id}", f"digestbot discard {occurrence_id}"
    return f"Send it all the same: {send} · drop it: {drop}"


def ways_on(occurrence_id: str) -> str:
    """Return what follows a failure: correct the file, resend, or drop it."""
    return (
        "If reports.yaml is wrong, correct it. Then send it to those who do not have it: "
        f"digestbot resend {occurrence_id} · {see_or_discard(occurrence_id)}."
    )


def see_or_discard(occurrence_id: str) -> str:
    """Return the hint that names `explain` and `discard`."""
    return f"see why: digestbot explain {occurrence_id} · drop it: digestbot discard {occurrence_id}"


def refetch(occurrence_id: str) -> str:
    """Return the command that fetches an occurrence anew and sends a correction."""
    return f"digestbot resend {occurrence_id} --refetch"
