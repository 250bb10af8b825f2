"""Pictures: sharp, opaque, the same on every machine."""

import hashlib
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from bot.render.charts import picture, png
from tests.render.sample_edition import AGENTS_CHART, LINE, STATES

ROOT = Path(__file__).parents[2]


def pixels(content: bytes) -> tuple[int, int, bytes]:
    """Width, height and RGBA bytes of a PNG with eight bits a channel."""
    position, body, head = 8, b"", b""
    while position < len(content):
        size, kind = struct.unpack(">I4s", content[position : position + 8])
        chunk = content[position + 8 : position + 8 + size]
        head = chunk if kind == b"IHDR" else head
        body += chunk if kind == b"IDAT" else b""
        position += size + 12
    width, height, depth, colour = struct.unpack(">IIBB", head[:10])
    assert (depth, colour) == (8, 6)
    return width, height, _unfiltered(zlib.decompress(body), width * 4, height)


def _unfiltered(raw: bytes, stride: int, height: int) -> bytes:
    before, rows = bytearray(stride), bytearray()
    for n in range(height):
        start = n * (stride + 1)
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        for i in range(stride):
            left = row[i - 4] if i >= 4 else 0
            corner = before[i - 4] if i >= 4 else 0
            row[i] = (row[i] + _guess(kind, left, before[i], corner)) & 255
        rows += row
        before = row
    return bytes(rows)


def _guess(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 4:
        estimate = left + up - corner
        return min((left, up, corner), key=lambda value: abs(estimate - value))
    return (0, left, up, (left + up) // 2)[kind]


@pytest.mark.parametrize("chart", [STATES, LINE, AGENTS_CHART])
def test_picture_is_twice_its_display_size(chart) -> None:
    result = picture(chart, "#0f6f6b")
    wide, high = struct.unpack(">II", result.png[16:24])
    assert result.width == 584
    assert wide == 2 * result.width
    assert abs(high - 2 * result.height) <= 1
    assert result.name == f"chart-{chart.report}.png"
    assert (result.report, result.alt) == (chart.report, chart.alt)


@pytest.mark.long
def test_background_is_opaque_white() -> None:
    wide, high, data = pixels(picture(AGENTS_CHART, "#0f6f6b").png)
    assert set(data[3::4]) == {255}
    corner = data[(wide * high - 1) * 4 :]
    assert corner == b"\xff\xff\xff\xff"
    assert bytes.fromhex("0f6f6bff") in data


def test_bytes_are_deterministic_without_installed_fonts(tmp_path: Path) -> None:
    program = (
        "import hashlib; from tests.render.sample_edition import AGENTS_CHART as c;"
        "from bot.render.charts import picture;"
        "print(hashlib.sha256(picture(c, '#0f6f6b').png).hexdigest())"
    )
    nothing = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "FONTCONFIG_FILE": "/dev/null"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=nothing, capture_output=True, text=True, check=True
    )
    digest = hashlib.sha256(picture(AGENTS_CHART, "#0f6f6b").png).hexdigest()
    assert done.stdout.strip() == digest


@pytest.mark.long
def test_every_script_has_its_own_glyphs() -> None:
    """A script without a font would draw the same box for every name of as many letters."""

    def drawn(*names: str) -> set[bytes]:
        return {picture(replace(AGENTS_CHART, labels=(name,) * 5), "#0f6f6b").png for name in names}

    for first, second in (
        ("李明", "王芳"),
        ("김민", "이준"),
        ("نور", "علي"),
        ("שרה", "דוד"),
        ("नेहा", "राज"),
        ("🎉", "😀"),
    ):
        assert len(drawn(first, second)) == 2
    # The check can fail: no shipped font holds these two, so both are boxes.
    assert len(drawn("𓀀", "𓀁")) == 1


def test_picture_cannot_reach_a_file(tmp_path: Path) -> None:
    """Charts hold no images at all; resvg would show one that a label contains."""
    name = f'</text><image href="{tmp_path}/x.png" width="9" height="9"/>'
    assert picture(replace(AGENTS_CHART, labels=(name,) * 5), "#0f6f6b").png.startswith(b"\x89PNG")


def test_zoom_sets_pixel_size() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="5"/>'
    assert struct.unpack(">II", png(svg, 3)[16:24]) == (30, 15)
