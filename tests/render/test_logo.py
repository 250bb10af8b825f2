"""Logos: size and kind of valid ones; broken, too large and other files are refused with a reason."""

from pathlib import Path

import pytest

from bot.lib.logo import MAX_BYTES, LogoFault, logo_of, read_logo
from tests.pictures import jpeg, png


@pytest.mark.parametrize(
    ("content", "kind", "ending"), [(png(30, 20), "png", "png"), (jpeg(30, 20), "jpeg", "jpg")]
)
def test_size_and_kind(content: bytes, kind: str, ending: str) -> None:
    logo = logo_of(content)
    assert (logo.kind, logo.ending, logo.width, logo.height) == (kind, ending, 30, 20)


BAD = {
    "empty": (b"", "is no picture"),
    "plain text": (b"hello", "is no picture; save it as PNG or JPEG"),
    "a GIF": (b"GIF89a" + bytes(20), "is no picture"),
    "SVG": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "is SVG, which mail programs do not show"),
    "PNG cut": (png()[:-6], "is a broken PNG"),
    "PNG without an end": (png()[:-12], "is a broken PNG"),
    "PNG spoiled": (png().replace(b"IDAT", b"IDAX"), "is a broken PNG"),
    "PNG of nothing": (png()[:8], "is a broken PNG"),
    "PNG too wide": (png(2001, 1), "is 2001 by 1 pixels; at most 2,000"),
    "PNG without width": (png(0, 1), "is a broken PNG"),
    "JPEG cut": (jpeg()[:-2], "is a broken JPEG"),
    "JPEG without a frame": (b"\xff\xd8\xff\xd9", "is a broken JPEG"),
    "JPEG too high": (jpeg(1, 3000), "is 1 by 3000 pixels"),
    "too large": (png() + bytes(MAX_BYTES), "is larger than 200 kB"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_invalid_logo_is_refused(name: str) -> None:
    content, reason = BAD[name]
    with pytest.raises(LogoFault, match=reason):
        logo_of(content)


def test_truncated_picture_is_refused() -> None:
    for whole in (png(), jpeg()):
        for length in range(len(whole)):
            with pytest.raises(LogoFault):
                logo_of(whole[:length])


def test_logo_removed_since_check_is_left_out(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    good.write_bytes(png())
    bad.write_bytes(png()[:-1])
    assert read_logo(str(good)) is not None
    assert [read_logo(name) for name in ("", str(bad), str(tmp_path), str(tmp_path / "gone.png"))] == [
        None
    ] * 4
