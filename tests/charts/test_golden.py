"""Charts are drawn the same every time; change them on purpose with UPDATE_GOLDEN=1."""

import os
from pathlib import Path

import pytest

from bot.render.charts import draw
from tests.charts.samples import ALL

GOLDEN = Path(__file__).parent.parent / "golden" / "charts"


@pytest.mark.parametrize("name", ALL)
def test_drawing_is_the_kept_one(name):
    svg = draw(ALL[name], accent="#0f6f6b") + "\n"
    kept = GOLDEN / f"{name}.svg"
    if os.environ.get("UPDATE_GOLDEN"):
        kept.write_text(svg, encoding="utf-8")
    assert kept.read_text(encoding="utf-8") == svg


def test_no_kept_drawing_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.svg")} == set(ALL)
