"""Which hosts may be spoken to without encryption: loopback, and those named one by one."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address, without a port) is this machine itself."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_plaintext_allowed(host: str, port: int, plaintext: tuple[str, ...]) -> bool:
    """Loopback, or exactly `host:port` in BOT_ALLOW_PLAINTEXT."""
    return is_loopback(host) or f"{host}:{port}" in plaintext
