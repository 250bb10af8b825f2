"""Which network addresses a connection may go to: the guard against requests to inside hosts."""

import ipaddress
from collections.abc import Callable

AddressRule = Callable[[str], bool]
"""Whether a connection to this IP address is allowed."""

NAT64 = ipaddress.ip_network("64:ff9b::/96")


def anywhere(address: str) -> bool:
    """Every address: for hosts that the environment names itself."""
    return True


def this_machine(address: str) -> bool:
    """Only loopback addresses."""
    return _parsed(address).is_loopback


def public_only(address: str) -> bool:
    """Only addresses of the public internet: no loopback, private, link-local or reserved one.

    An IPv4 address inside an IPv6 one (mapped, 6to4, Teredo, NAT64) counts as itself.
    """
    parsed = _parsed(address)
    embedded = _embedded(parsed) if isinstance(parsed, ipaddress.IPv6Address) else ()
    return all(one.is_global and not one.is_multicast for one in (parsed, *embedded))


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address without its zone; a mapped IPv4 address as IPv4."""
    parsed = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed


def _embedded(address: ipaddress.IPv6Address) -> tuple[ipaddress.IPv4Address, ...]:
    found = [address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(one for one in found if one is not None)
