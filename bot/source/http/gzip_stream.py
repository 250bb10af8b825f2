"""Gzip taken apart piece by piece (RFC 1952): an end that is missing shows, and a bomb never unfolds."""

import zlib
from collections.abc import Iterable, Iterator

GZIP = 16 + zlib.MAX_WBITS
GZIP_NAMES = frozenset({"gzip", "x-gzip"})
"""Content-Encoding names (RFC 9110, 8.4.1.3)."""


class Damaged(Exception):
    """The bytes are not whole gzip."""


def unzipped(pieces: Iterable[bytes], longest: int) -> Iterator[bytes]:
    """The content in pieces of at most `longest` bytes. Raises Damaged for a cut or anything else but gzip.

    The library that reads the answer takes what it got of a cut stream for all there is.
    """
    member = zlib.decompressobj(GZIP)
    for piece in pieces:
        rest, is_full = piece, False
        while rest or is_full:
            if member.eof:
                member = zlib.decompressobj(GZIP)
            out = _next(member, rest, longest)
            rest = member.unused_data if member.eof else member.unconsumed_tail
            # Full: more may wait inside without a byte to be fed.
            is_full = len(out) == longest and not member.eof
            if out:
                yield out
    if not member.eof:
        raise Damaged


def _next(member: "zlib._Decompress", data: bytes, longest: int) -> bytes:
    try:
        return member.decompress(data, longest)
    except zlib.error:
        raise Damaged from None
