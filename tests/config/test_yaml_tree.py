"""YAML's surprises, tricks and damages: refused at their place, and the proof that each is real."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config.yaml_tree import Complaint, Tree
from tests.config.config_files import GOOD, problems


def value(text: str) -> Any:
    return Tree(text).value


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("09:00", "09:00"), ("NO", "NO"), ("yes", "yes"), ("on", "on"), ("012", "012"), ("1_000", "1_000"),
     ("2026-01-31", "2026-01-31"), ("10%", "10%"), ("true", True), ("False", False), ("null", None), ("~", None),
     ("12", 12), ("-5", -5), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("+.inf", float("inf")), ("0x1F", "0x1F"),
     ("9" * 30, "9" * 30), ("-", "-"), ("'5'", "5"), ('"true"', "true"), ("!!str 5", "5"), ("! 5", "5"), ("=", "=")],
)  # fmt: skip
def test_scalars_follow_yaml_1_2(text: str, meaning: object) -> None:
    assert value(f"a: {text}" if text != "-" else "a: '-'") == {"a": meaning}


def test_yaml_1_1_would_change_scalars() -> None:
    assert yaml.safe_load("[NO, 012, 1_000, 9:30, 2026-01-31]")[:4] == [False, 10, 1000, 570]


def test_keys_are_text() -> None:
    assert value("{NO: 1, 012: 2, true: 3}") == {"NO": 1, "012": 2, "true": 3}


def test_object_tag_is_refused_and_not_run(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    attack = f'a: !!python/object/apply:os.mkdir ["{canary}"]\n'
    (only,) = problems(tmp_path, attack)
    assert (only.line, only.column) == (1, 4)
    assert "!!python/object/apply:os.mkdir is not allowed" in only.message
    assert not canary.exists()
    yaml.load(attack, Loader=yaml.UnsafeLoader)  # noqa: S506  with the guard off it would run
    assert canary.exists()


@pytest.mark.parametrize(
    "tag", ["!!binary aGk=", "!!timestamp 2026-01-01", "!mine x", "!!set {a}", "!!omap []", "!!int 5"]
)
def test_tags_are_refused(tag: str) -> None:
    with pytest.raises(Complaint, match="is not allowed; write the plain value"):
        value(f"a: {tag}")


def _bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def _leaves(item: Any) -> int:
    if isinstance(item, dict):
        return sum(_leaves(part) for part in item.values())
    return sum(_leaves(part) for part in item) if isinstance(item, list) else 1


@pytest.mark.parametrize(
    ("bomb", "column"),
    [(_bomb(12), 22),
     ("big: &b {" + ", ".join(f"k{n}: 1" for n in range(2000)) + "}\nall: [" + ", ".join(["{<<: *b}"] * 100) + "]", 6)],
)  # fmt: skip
def test_alias_bomb_is_refused(tmp_path: Path, bomb: str, column: int) -> None:
    """The place is in what is repeated, where the count ran over."""
    (only,) = problems(tmp_path, bomb)
    assert (only.line, only.column) == (1, column)
    assert "the aliases (*name) unfold to more than 100,000 values" in only.message


def test_alias_bomb_unfolds_in_plain_yaml() -> None:
    assert _leaves(yaml.safe_load(_bomb(5))) == sum(9**n for n in range(1, 6))


@pytest.mark.parametrize(
    ("content", "line", "column", "reason"),
    [
        ("", 1, 1, "this file is empty"),
        ("# only a comment\n", 1, 1, "this file is empty"),
        ("just text", 1, 1, 'the text "just text" stands here; write keys with values'),
        ("- a\n", 1, 1, "a list stands here"),
        (GOOD + "---\na: 1\n", 10, 1, "a second document begins here"),
        ("a:\n\t- b\n", 2, 1, "indent with spaces, never tabs"),
        ("a: 'x", 1, 4, "never closed"),
        ("a: 1\n b: 2\n", 2, 3, "a colon that YAML does not expect"),
        ("a: [1, 2\n", 2, 1, "a list or keys in brackets should end or go on here"),
        ("a: &x [*x]\n", 1, 8, "*x contains itself"),
        ("a: &x {<<: *x}\n", 1, 12, "*x contains itself"),
        ("a: *x\n", 1, 4, "*x has no &x before it"),
        ("? [a]\n: b\n", 1, 3, "a key must be one word"),
        ("a: {<<: 5}\n", 1, 5, "<< takes a mapping"),
        ("[" * 30, 1, 21, "nested deeper than 20 levels"),
        ("[" * 1_000_000, 1, 21, "nested deeper than 20 levels"),
        ('a: "\x07"\n', 1, 5, "the control character '\\x07' is not allowed"),
        ("a: \x00\n", 1, 1, "looks like UTF-16"),
        ("a: x\u2028y\n", 1, 5, "the control character '\\u2028' is not allowed"),
        ("é: {😀: !!x y}\n", 1, 8, "the tag !!x is not allowed"),
        (GOOD.encode("utf-16"), 1, 1, "looks like UTF-16"),
        (GOOD.encode("utf-16-be"), 1, 1, "looks like UTF-16"),
        ("timezone: UTC\ntitle: né\n".encode("latin-1"), 2, 9, "not UTF-8 from here on"),
        ("#" * 4_000_001, 1, 1, "larger than 4 MB"),
    ],
)
def test_damaged_file_has_one_problem(
    tmp_path: Path, content: str | bytes, line: int, column: int, reason: str
) -> None:
    (only,) = problems(tmp_path, content)
    assert reason in only.message
    assert (only.line, only.column) == (line, column)


def test_excerpt_of_line_that_is_not_utf_8(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, "timezone: UTC\ntitle: né à\n".encode("latin-1"))
    assert str(only).split("\n")[1:] == ["    title: n\ufffd \ufffd", " " * 12 + "^"]


def test_depth_counts_through_aliases(tmp_path: Path) -> None:
    deep = "x: " + "[" * 15 + "a" + "]" * 15
    content = f"one: &one {{{deep}}}\ntwo: {'[' * 15}*one{']' * 15}\n"
    assert "nested deeper than 20 levels" in problems(tmp_path, content)[0].message


def test_duplicate_keys_name_both_lines(tmp_path: Path) -> None:
    assert yaml.safe_load("a: 1\nb: 2\na: 3\n") == {"a": 3, "b": 2}
    messages = [
        problem.message for problem in problems(tmp_path, "timezone: UTC\ndigests: {}\ntimezone: UTC\n")
    ]
    assert '"timezone" is written twice here: in line 1 and in line 3; keep one' in messages
