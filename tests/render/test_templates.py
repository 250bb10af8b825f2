"""Templates: lookup, errors, and limits."""

import re
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

import pytest

from bot.errors import TemplateFailed
from bot.render.templates import environment, render_template

ROOT = Path(__file__).resolve().parent.parent.parent


def fails(folder: Path, source: str, name: str = "page.html.j2", **context: object) -> str:
    (folder / name).write_text(source)
    with pytest.raises(TemplateFailed) as caught:
        render_template(environment(str(folder)), name, **context)
    return str(caught.value)


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("a\n{{ nothing }}", 2, "'nothing' is undefined"),
        ("a\nb\n{{ row.nothing }}", 3, "has no attribute 'nothing'"),
        ("a\n{% if %}", 2, "Expected an expression"),
        ("a\n\n{{ 'x' | nofilter }}", 3, "No filter named 'nofilter'"),
        ("a\n{{ 'x' | safe }}", 2, "No filter named 'safe'"),
        ("a\n{{ 1 / 0 }}", 2, "division by zero"),
        ("a\n{% include 'none.html' %}", 2, "no template called none.html"),
        ("a\n{{ row.__class__ }}", 2, "not allowed in a template"),
    ],
)
def test_failure_names_file_line_and_reason(tmp_path: Path, source: str, line: int, reason: str) -> None:
    message = fails(tmp_path, source, row={})
    assert f"page.html.j2:{line}: " in message
    assert reason in message
    assert "Traceback" not in message


def test_failure_names_the_included_template(tmp_path: Path) -> None:
    (tmp_path / "inner.html.j2").write_text("\n\n{{ gone }}")
    assert "inner.html.j2:3: " in fails(tmp_path, "{% include 'inner.html.j2' %}")


def test_output_beyond_five_megabytes_is_stopped(tmp_path: Path) -> None:
    assert "more than 5 MB" in fails(tmp_path, "{% for n in range(9999) %}{{ 'a' * 1000 }}{% endfor %}")


def test_missing_folder_of_overrides_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TemplateFailed, match="is not there"):
        environment(str(tmp_path / "gone"))


def test_override_wins_and_everything_else_stays(tmp_path: Path) -> None:
    (tmp_path / "slack").mkdir()
    (tmp_path / "slack" / "blocks.j2").write_text("mine")
    env = environment(str(tmp_path))
    assert render_template(env, "slack/blocks.j2") == "mine"
    assert env.get_template("email/message.html.j2").filename == str(ROOT / "templates/email/message.html.j2")


def test_template_outside_folders_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary")
    inner = tmp_path / "inner"
    inner.mkdir()
    assert "no template called ../secret" in fails(inner, "{% include '../secret' %}")


@pytest.mark.parametrize("is_folder", [False, True])
def test_link_out_of_the_folder_is_refused(tmp_path: Path, is_folder: bool) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "page.html").write_text("canary")
    own = tmp_path / "own"
    own.mkdir()
    name = "linked/page.html" if is_folder else "page.html"
    (own / name.split("/")[0]).symlink_to(tmp_path / "secret" / ("" if is_folder else "page.html"))
    message = fails(own, f"{{% include '{name}' %}}")
    assert message == f"{own}/{name}:1: the file lies outside the folder of templates"


def test_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    """Kubernetes mounts a ConfigMap as links into a dated folder beside them."""
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "page.txt").write_text("mine")
    (tmp_path / "page.txt").symlink_to(tmp_path / "..2026" / "page.txt")
    assert render_template(environment(str(tmp_path)), "page.txt") == "mine"


def test_escaping_follows_template_name(tmp_path: Path) -> None:
    for name in ("a.html", "b.html.j2", "c.txt.j2"):
        (tmp_path / name).write_text("{{ value }}")
    outputs = [
        render_template(environment(str(tmp_path)), n, value="<b>")
        for n in ("a.html", "b.html.j2", "c.txt.j2")
    ]
    assert outputs == ["&lt;b&gt;", "&lt;b&gt;", "<b>"]


@dataclass
class _Thing:
    name: str


@pytest.mark.parametrize("value", [_Thing("x"), open, object(), b"bytes", [{"deep": _Thing("x")}]])
def test_templates_are_given_plain_data_only(tmp_path: Path, value: object) -> None:
    (tmp_path / "a.txt").write_text("{{ value }}")
    with pytest.raises(TypeError, match="plain data only"):
        render_template(environment(str(tmp_path)), "a.txt", value=value)


def test_shipped_templates_never_disable_escaping() -> None:
    for path in (ROOT / "templates").rglob("*.*"):
        if path.suffix in (".j2", ".html", ".css", ".txt"):
            assert not re.search(r"\|\s*safe|autoescape\s+false|Markup", path.read_text()), path
    for path in (ROOT / "bot").rglob("*.py"):
        assert "from_string(" not in path.read_text(), path


def test_template_is_recompiled_only_after_change(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"

    def code() -> CodeType:
        return environment(str(tmp_path)).get_template("page.txt").root_render_func.__code__

    page.write_text("one")
    first = code()
    assert code() is first
    page.write_text("two")
    assert code() is not first
    assert render_template(environment(str(tmp_path)), "page.txt") == "two"


def test_same_name_in_two_folders_stays_separate(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page.txt").write_text(name)
        assert render_template(environment(str(tmp_path / name)), "page.txt") == name


def test_cached_code_failure_names_file_and_line(tmp_path: Path) -> None:
    assert fails(tmp_path, "a\n{{ nothing }}") == fails(tmp_path, "a\n{{ nothing }}")
