"""Which hosts may be spoken to without encryption: loopback, and those named one by one."""

from bot.lib.net import is_loopback_host


def is_plaintext_allowed(host: str, port: int, plaintext: tuple[str, ...]) -> bool:
    """Return whether `host` is loopback, or exactly `host:port` is in BOT_ALLOW_PLAINTEXT."""
    return is_loopback_host(host) or f"{host}:{port}" in plaintext
