"""Who may ask: a browser on this machine that was sent here, and nobody through another site's page."""

from email.message import Message

from bot.errors import UsageError
from bot.lib.net import is_loopback_address

OURS = {"same-origin", "none"}
"""Values of Sec-Fetch-Site (Fetch Metadata) for what this page asks, and for an address that was typed in."""


def require_loopback(host: str) -> None:
    """Raises UsageError for an address that other machines could reach."""
    if not is_loopback_address(host):
        raise UsageError(f"The preview is for this machine only: it listens on 127.0.0.1, not on {host}.")


def fault_of(headers: Message, port: int) -> str:
    """Why a request is refused, in words; '' when it is not.

    A name that somebody made to point at 127.0.0.1 (DNS rebinding) shows in Host; a request that another
    site's page makes in Sec-Fetch-Site or Origin.
    """
    hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
    if headers.get("Host", "").lower() not in hosts:
        return "This page answers to 127.0.0.1 and localhost only."
    if headers.get("Sec-Fetch-Site", "none") not in OURS:
        return "Another site's page may not ask here."
    origin = headers.get("Origin")
    if origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}:
        return "Another site's page may not ask here."
    return ""
