"""Gzip is decoded in small pieces, to its end or not at all."""

import gzip
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.source.http.transport import DamagedGzip, unzipped


def cut_up(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.integers(1, 50), st.integers(1, 40))
def test_any_content_in_any_pieces_comes_whole(contents: list[bytes], size: int, longest: int) -> None:
    packed = b"".join(map(gzip.compress, contents))
    pieces = list(unzipped(cut_up(packed, size), longest))
    assert b"".join(pieces) == b"".join(contents)
    assert all(0 < len(piece) <= longest for piece in pieces)


@given(st.binary(max_size=300), st.integers(1, 50), st.data())
def test_any_cut_shows(content: bytes, size: int, data: st.DataObject) -> None:
    packed = gzip.compress(content)
    end = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(DamagedGzip):
        list(unzipped(cut_up(packed[:end], size), 40))


def test_changed_byte_is_detected() -> None:
    content = random.Random(7).randbytes(1000)
    packed = bytearray(gzip.compress(content))
    packed[500] ^= 1
    with pytest.raises(DamagedGzip):
        list(unzipped([bytes(packed)], 64))


def test_bomb_decompresses_only_as_read() -> None:
    pieces = unzipped([gzip.compress(bytes(50_000_000))], 65536)
    assert len(next(pieces)) == 65536
