"""Loopback hosts, by address and by name."""

import ipaddress


def is_loopback_address(address: str) -> bool:
    """Return whether `address` is a loopback IP address, written without brackets.

    A name is never one, not even `localhost`: a name may mean another machine tomorrow.
    """
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def is_loopback_host(host: str) -> bool:
    """Return whether `host`, without a port, is `localhost` or a loopback IP address (also in brackets)."""
    return host.lower() == "localhost" or is_loopback_address(host.strip("[]"))
