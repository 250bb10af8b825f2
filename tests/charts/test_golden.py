"""One drawing of each shape equals its golden file. `make golden` rewrites them; look at the drawings.

The other samples are covered by the rules of test_drawing.py and test_labels.py.
"""

import pytest

from bot.render.charts import SHAPES, draw
from tests.charts.samples import ALL
from tests.render.pieces import GOLDEN, assert_golden

NAMES = ("week", "wait", "agents", "survey-days", "load")


@pytest.mark.parametrize("name", NAMES)
def test_drawing(name: str) -> None:
    assert_golden(f"charts/{name}.svg", draw(ALL[name], accent="#0f6f6b") + "\n")


def test_every_shape_has_a_golden_drawing() -> None:
    assert {ALL[name].shape for name in NAMES} == set(SHAPES)
    assert {path.stem for path in (GOLDEN / "charts").iterdir()} == set(NAMES)
