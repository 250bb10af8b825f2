"""Pictures as bytes, made by hand: what a logo may be and what it may not."""

import zlib


def png(width: int = 4, height: int = 2) -> bytes:
    """Return a white PNG, true colour."""
    rows = (b"\0" + b"\xff" * 3 * width) * height
    head = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def jpeg(width: int = 4, height: int = 2) -> bytes:
    """Return the markers of a baseline JPEG, without its tables: enough for a size, not for a picture."""
    frame = b"\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x01\x01\x11\0"
    start = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    parts = (b"\xe0", start), (b"\xc0", frame), (b"\xda", b"\x01\x01\0\0\x3f\0")
    body = b"".join(b"\xff" + kind + (len(one) + 2).to_bytes(2) + one for kind, one in parts)
    return b"\xff\xd8" + body + b"\0\xff\xd9"
