"""An export from its signed URL into a private file.

The URL is a secret and comes from outside: it is checked before anything is asked of its host.
"""

import ipaddress
import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from bot.errors import SourceError, SourceRefused, SourceUnavailable, SourceUnclear
from bot.lib.export_folder import make_private, on_disk, open_private
from bot.lib.net import is_loopback_host
from bot.lib.sanitize import one_line
from bot.model import Clock, Progress
from bot.source.exports.store import new_name, safe_stem
from bot.source.http.endpoints import Endpoints, Origin, origin_of, plain_export_host
from bot.source.http.sockets import AddressRule, any_address, loopback_only, public_only
from bot.source.http.transport import HttpRequest, HttpResponse, NoAnswer, TooLarge, Transport

LONGEST_URL = 8192
MAX_ATTEMPTS = 4
LARGEST_EXPORT = 2 * 1024**3
REPORT_BYTES = 8 * 1024 * 1024
"""A download reports its progress each time that so many more bytes have come."""

GONE = frozenset({400, 403, 404, 410})
"""What an object store answers when a signed URL has expired or its file is away."""


@dataclass(frozen=True, slots=True, repr=False)
class ExportUrl:
    """A checked download URL, its host for messages, and the addresses it may resolve to."""

    url: str
    host: str
    addresses: AddressRule


def check_export_url(url: str, endpoints: Endpoints) -> ExportUrl:
    """Return the URL if its host is one of `endpoints.export_hosts`, and how it may be reached.

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
    """Return scheme, host and port, or None for a URL that is too long, unsafe or read in two ways."""
    try:
        origin = origin_of(url[: LONGEST_URL + 1])
    except ValueError:
        return None
    return origin if len(url) <= LONGEST_URL and _read_alike(url, origin[1]) else None


def _read_alike(url: str, host: str) -> bool:
    """Return whether the library that connects reads the same host as we do (RFC 3986 readings differ)."""
    try:
        other = parse_url(url)
    except (HTTPError, ValueError):
        return False
    return other.auth is None and (other.host or "").strip("[]").lower() == host


def _plain_rule(host: str, port: int, endpoints: Endpoints) -> AddressRule | None:
    for pattern in endpoints.export_hosts:
        allowed = plain_export_host(pattern, endpoints.plaintext)
        if allowed is not None and allowed[0] == host and allowed[1] in ("*", str(port)):
            return loopback_only if is_loopback_host(host) else any_address
    return None


def _is_named(host: str, patterns: tuple[str, ...]) -> bool:
    if _is_address(host) or host.endswith("."):
        return False
    # In a pattern, `*` is one or more characters of one part of a name, never a dot.
    globs = ("[a-z0-9_-]+".join(map(re.escape, name.split("*"))) for name in patterns if "://" not in name)
    return any(re.fullmatch(glob, host) for glob in globs)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # `127.1` and `0x7f000001` are addresses to a resolver, though not to this parser.
        return host.rsplit(".", 1)[-1][:1].isdigit()
    return True


class Expired(SourceError):
    """The signed URL no longer gives the file; a new one may."""


@dataclass(frozen=True)
class Downloader:
    """Fetches export files into `folder` (made with mode 0700). Sends no token and no cookie."""

    transport: Transport
    clock: Clock
    folder: Path
    progress: Progress
    random: Callable[[], float]
    largest: int = LARGEST_EXPORT

    def download(self, address: ExportUrl, what: str, stem: str, deadline: float) -> Path:
        """Return the whole file, under a new name that starts with `stem`; leave nothing of a failure.

        A cut download starts again from its first byte. Raises Expired, SourceRefused (too large,
        redirect, certificate, inside address), SourceUnavailable, SourceUnclear, UsageError.
        """
        make_private(self.folder)
        # What a killed process left of this export; its downloader is alone with it.
        for left in self.folder.glob(f"{safe_stem(stem)}-*.part"):
            on_disk(stem, partial(left.unlink, missing_ok=True))
        for attempt in range(MAX_ATTEMPTS):
            outcome = self._attempt(address, what, self.folder / new_name(stem), deadline)
            if isinstance(outcome, Path):
                return outcome
            wait = self.random() * 2.0 ** (attempt + 1)
            if attempt + 1 == MAX_ATTEMPTS or self.clock.monotonic() + wait >= deadline:
                raise outcome
            self.progress(f"{what}: the download was cut; starting it again")
            self.clock.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _attempt(self, address: ExportUrl, what: str, path: Path, deadline: float) -> Path | SourceError:
        part = path.with_suffix(".part")
        request = HttpRequest("GET", address.url, deadline, addresses=address.addresses)
        try:
            failure = self.transport.exchange(
                request, lambda response: self._take(response, address, what, part)
            )
            if failure:
                return failure
            on_disk(what, lambda: os.replace(part, path))
            return path
        except NoAnswer as error:
            return SourceUnavailable(f"The export {what} could not be downloaded: {error}.")
        except TooLarge:
            limit = f"{self.largest / 1024**2:,.0f} MB"
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        raise SourceRefused(f"The export {what} is larger than {limit}. Ask for a shorter window.")

    def _take(self, response: HttpResponse, address: ExportUrl, what: str, part: Path) -> SourceError | None:
        """Write the body to `part`; return an error to retry after, or None when the file is whole."""
        host, status = address.host, response.status
        if status in GONE:
            raise Expired(f"{host} no longer gives the export {what} (HTTP {status}).")
        if status >= 500 or status in (408, 429):
            return SourceUnavailable(f"{host} failed to give the export {what} (HTTP {status}).")
        if status != 200:
            raise SourceRefused(f"{host} refused the export {what} (HTTP {status}).")
        if response.announced_size > self.largest:
            raise TooLarge
        self._write(response, what, part)
        if response.length_is_known:
            return None
        return SourceUnclear(f"{host} does not say where the export {what} ends: it may be cut off.")

    def _write(self, response: HttpResponse, what: str, part: Path) -> None:
        """Write the body into a new private file. A disk's error must not pass for a network's."""
        size = reported = 0
        file = on_disk(what, lambda: open_private(part))
        try:
            for piece in response.pieces(self.largest):
                on_disk(what, partial(file.write, piece))
                size += len(piece)
                if size - reported >= REPORT_BYTES:
                    reported = size
                    self.progress(f"{what}: {size / 1024**2:.0f} MB downloaded")
            on_disk(what, file.flush)
            on_disk(what, lambda: os.fsync(file.fileno()))
        finally:
            with suppress(OSError):
                file.close()
