"""Keys of the contract that are not built yet are refused, never ignored; bad values stay bad once they are built."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bot.config import json_schema
from bot.config.yaml_tree import Tree
from tests.config import bad_later
from tests.config.bad_rows import Bad
from tests.config.config_files import problems


@pytest.mark.parametrize("row", bad_later.ROWS, ids=lambda row: f"{row.key} {row.fault}")
def test_a_bad_value_of_a_later_key_is_refused_in_its_line(tmp_path: Path, row: Bad) -> None:
    found = problems(tmp_path, row.content)
    assert row.place[0] in {one.line for one in found}
    assert not Draft202012Validator(json_schema()).is_valid(Tree(row.content).value)
