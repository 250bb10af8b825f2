"""Where an export may be downloaded from. The URL is a secret and comes from outside."""

import ipaddress
import re
from dataclasses import dataclass

from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from bot.errors import SourceRefused
from bot.lib.net import is_loopback_host
from bot.lib.sanitize import one_line
from bot.source.http.endpoints import Endpoints, Origin, origin_of, plain_export_host
from bot.source.http.ip_rules import AddressRule, anywhere, public_only, this_machine

LONGEST_URL = 8192


@dataclass(frozen=True, slots=True, repr=False)
class ExportUrl:
    """A checked download URL, its host for messages, and the addresses it may resolve to."""

    url: str
    host: str
    addresses: AddressRule


def check_export_url(url: str, endpoints: Endpoints) -> ExportUrl:
    """The URL if its host is one of `endpoints.export_hosts`, and how it may be reached.

    https on port 443 to a named host at a public address; plain http only to a loopback host (or
    listed `host:port`) named in `export_hosts`. Raises SourceRefused, which shows the host alone.
    """
    origin = _origin(url)
    if origin is None:
        raise SourceRefused("The API gave an address for the export that cannot be used.")
    scheme, host, port = origin
    if scheme == "http":
        rule = _plain_rule(host, port, endpoints)
    else:
        rule = public_only if port == 443 and _is_named(host, endpoints.export_hosts) else None
    if rule is None:
        raise SourceRefused(
            f"The API gave {one_line(host, 80)} (port {port}, {scheme}) to download the export from, "
            "which is not one of ACTIVITY_EXPORT_HOSTS. Nothing was downloaded."
        )
    return ExportUrl(url, host, rule)


def _origin(url: str) -> Origin | None:
    """Scheme, host and port, or None for a URL that is too long, unsafe or read in two ways."""
    try:
        origin = origin_of(url[: LONGEST_URL + 1])
    except ValueError:
        return None
    return origin if len(url) <= LONGEST_URL and _read_alike(url, origin[1]) else None


def _read_alike(url: str, host: str) -> bool:
    """Whether the library that connects reads the same host as we do (RFC 3986 readings differ)."""
    try:
        other = parse_url(url)
    except (HTTPError, ValueError):
        return False
    return other.auth is None and (other.host or "").strip("[]").lower() == host


def _plain_rule(host: str, port: int, endpoints: Endpoints) -> AddressRule | None:
    for pattern in endpoints.export_hosts:
        allowed = plain_export_host(pattern, endpoints.plaintext)
        if allowed is not None and allowed[0] == host and allowed[1] in ("*", str(port)):
            return this_machine if is_loopback_host(host) else anywhere
    return None


def _is_named(host: str, patterns: tuple[str, ...]) -> bool:
    if _is_address(host) or host.endswith("."):
        return False
    return any(_glob(pattern).fullmatch(host) for pattern in patterns if "://" not in pattern)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # `127.1` and `0x7f000001` are addresses to a resolver, though not to this parser.
        return host.rsplit(".", 1)[-1][:1].isdigit()
    return True


def _glob(pattern: str) -> re.Pattern[str]:
    """`*` stands for one or more characters of one part of a name, never for a dot."""
    return re.compile("[a-z0-9_-]+".join(re.escape(piece) for piece in pattern.split("*")))
