"""docs/templates.md is true: files, names, types, filters, macros, limits, and its example."""

import dataclasses
import os
import re
import types
import typing
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from jinja2 import nodes
from jinja2.filters import FILTERS
from jinja2.runtime import Context

from bot.model import Block, Edition, MailSettings
from bot.render import template_check
from bot.render.email.footer import Foot
from bot.render.email.message import MailPart
from bot.render.pdf.layout import PARTIALS, Row
from bot.render.pdf.process import Limits
from bot.render.sample_editions import BARE, FULL
from bot.render.slack.message import SlackImage
from bot.render.templates import OUTPUT_LIMIT, environment
from tests.pictures import png
from tests.render.pieces import email
from tests.render.sample_edition import EDITION

ROOT = Path(__file__).parents[2]
PATH = ROOT / "docs" / "templates.md"
PAGE = PATH.read_text(encoding="utf-8")
GIVEN = {  # the heading on the page, and the templates that are given these names
    "slack/message.json.j2": ("slack/message.json.j2",),
    "email/message.html.j2, email/message.txt.j2": ("email/message.html.j2", "email/message.txt.j2"),
    "email/style.css": ("email/style.css",),
    "pdf/report.html.j2": ("pdf/report.html.j2",),
    "pdf/report.css": ("pdf/report.css",),
}
START, END = "<!-- types -->\n", "<!-- /types -->"


def section(heading: str) -> str:
    """Return what stands below a heading, up to the next one."""
    [text] = re.findall(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
    return str(text)


def rows(text: str) -> list[list[str]]:
    """Return the cells of a table's body, backticks taken off."""
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


# --- names ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[Any]]]:
    """Return every value that a template was given, by template and name."""
    seen: dict[str, dict[str, list[Any]]] = {}

    class Noting(Context):
        def __init__(self, env: Any, parent: dict[str, Any], name: str, *more: Any, **named: Any) -> None:
            super().__init__(env, parent, name, *more, **named)
            for key, value in parent.items():
                if key not in env.globals:
                    seen.setdefault(name, {}).setdefault(key, []).append(value)

    logo = tmp_path_factory.mktemp("brand") / "logo.png"
    logo.write_bytes(png())
    branded = dataclasses.replace(FULL, brand=dataclasses.replace(FULL.brand, logo=str(logo)))
    env = environment()
    env.context_class = Noting
    for edition in (FULL, BARE, branded):
        for make in template_check.text_forms(edition, MailSettings()):
            make(env)
    return seen


def in_words(values: list[Any]) -> str:
    """Return the type of values as the page says it."""
    kinds = {_kind(value) for value in values} - {"list"}
    return " or ".join(sorted(kinds - {"none"}) + ["none"] * ("none" in kinds)) or "list"


def _kind(value: Any) -> str:
    if isinstance(value, tuple):
        return f"list of {_kind(value[0])}" if value else "list"
    words = {str: "text", type(None): "none", dict: "mapping", int: "number", float: "number"}
    return words.get(type(value), type(value).__name__)


@pytest.mark.parametrize("heading", GIVEN)
def test_every_name_that_is_passed_is_on_the_page_with_its_type_and_no_other(
    heading: str, passed: dict[str, dict[str, list[Any]]]
) -> None:
    documented = {name: kind for name, kind, _ in rows(section(heading))}
    for template in GIVEN[heading]:
        found = {name: in_words(values) for name, values in passed[template].items()}
        for name in ("attached", "left_out", "warnings", "gaps"):
            if name in found:
                found[name] = "list of text"
        assert found == documented


def test_what_is_included_sees_its_parents_names_and_its_part(
    passed: dict[str, dict[str, list[Any]]],
) -> None:
    assert all(what for heading in GIVEN for *_, what in rows(section(heading)))
    for name, given in passed.items():
        folder, _, file = name.partition("/")
        extra = set(given) - {"loop"}
        if folder == "email" and file.endswith(".html.j2") and file != "message.html.j2":
            assert extra == set(passed["email/message.html.j2"]) | {"part"}
        elif name in PARTIALS.values():
            assert extra == set(passed["pdf/report.html.j2"]) | {"section"}
        elif name not in {one for templates in GIVEN.values() for one in templates} | {"slack/blocks.j2"}:
            parent = {"email": "email/message.html.j2", "pdf": "pdf/report.html.j2"}[folder]
            assert extra <= set(passed[parent]) | {"section"}


def test_every_replaceable_file_is_listed() -> None:
    listed = [name for name, _ in rows(section("Which file makes what"))]
    assert sorted(listed) == sorted(template_check._shipped())


def test_every_macro_of_slack_is_listed_with_its_names() -> None:
    env = environment()
    parsed = env.parse((ROOT / "templates/slack/blocks.j2").read_text(encoding="utf-8"))
    made = [f"{one.name}({', '.join(arg.name for arg in one.args)})" for one in parsed.find_all(nodes.Macro)]
    assert re.findall(r"`(\w+\([\w, ]*\))`", section("slack/message.json.j2")) == made


def test_every_kind_of_block_is_listed_with_where_it_stands() -> None:
    table = {kind: (block, mail, pdf) for kind, block, mail, pdf in rows(section("Blocks by kind"))}
    kinds = {get_args(get_type_hints(one)["kind"])[0]: one.__name__ for one in get_args(Block)}
    assert {kind: block for kind, (block, _, _) in table.items()} == kinds
    assert {kind: pdf for kind, (_, _, pdf) in table.items()} == PARTIALS
    fields = {field.name for field in dataclasses.fields(MailPart)}
    assert all(set(re.findall(r"part\.(\w+)", mail)) <= fields for _, mail, _ in table.values())
    assert {*kinds, "tiles"} - {"kpis"} == set(get_args(get_type_hints(MailPart)["kind"]))


# --- types ----------------------------------------------------------------------------------------


def type_words(hint: Any) -> str:
    """Return a type hint in the page's words."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple:
        return f"list of {type_words(inner[0])}"
    if origin is typing.Literal:
        return " or ".join(f'"{one}"' for one in inner)
    if origin in (typing.Union, types.UnionType):
        named = [type_words(one) for one in inner if one is not type(None)]
        return " or ".join(dict.fromkeys(named + ["none"] * (type(None) in inner)))
    return {str: "text", int: "number", float: "number", bool: "true or false"}.get(hint, hint.__name__)


def reached(*roots: Any) -> dict[str, Any]:
    """All dataclasses that a template can come to from these."""
    found: dict[str, Any] = {}
    waiting = list(roots)
    while waiting:
        hint = waiting.pop(0)
        waiting += get_args(hint)
        if dataclasses.is_dataclass(hint) and hint.__name__ not in found:  # type: ignore[union-attr]
            found[hint.__name__] = hint  # type: ignore[union-attr]
            waiting += get_type_hints(hint).values()
    return found


def types_table() -> str:
    lines = ["| type | fields | what |", "|---|---|---|"]
    for name, kind in sorted(reached(Edition, MailPart, Foot, SlackImage, Row).items()):
        hints = get_type_hints(kind)
        fields = [f"`{one.name}` {type_words(hints[one.name])}" for one in dataclasses.fields(kind)]
        more = [f"`{key}`" for key, value in vars(kind).items() if isinstance(value, property)]
        what = " ".join((kind.__doc__ or "").split()).replace("|", "\\|")
        lines.append(f"| {name} | {', '.join(fields + more)} | {what} |")
    return "\n".join(lines) + "\n"


def test_every_type_and_field_is_on_the_page() -> None:
    global PAGE
    if os.environ.get("UPDATE_GOLDEN"):
        head, tail = PAGE.split(START)[0], PAGE.split(END)[1]
        PAGE = f"{head}{START}\n{types_table()}\n{END}{tail}"
        PATH.write_text(PAGE, encoding="utf-8")
    assert PAGE.split(START)[1].split(END)[0].strip() == types_table().strip()


def test_no_type_that_the_page_names_is_unexplained() -> None:
    named = {word for heading in GIVEN for _, kind, _ in rows(section(heading)) for word in kind.split()}
    explained = {name for name, *_ in rows(section("Types"))}
    assert {word for word in named if word[0].isupper()} <= explained


# --- filters, limits, the example -----------------------------------------------------------------


def test_every_filter_of_ours_is_on_the_page_and_no_other() -> None:
    text = section("Filters")
    ours = {name.split("(")[0] for name, _ in rows(text)}
    filters = set(environment().filters)
    assert ours == filters - set(FILTERS)
    assert set(FILTERS) - filters == {"safe"}
    assert "but `safe`" in text


def test_limits_on_the_page_are_those_of_the_code() -> None:
    text, pdf = section("Limits"), Limits()
    for words in (
        f"at most {OUTPUT_LIMIT // 1_000_000} MB",
        f"at most {pdf.seconds:.0f} seconds, {pdf.memory // 1_000_000:,} MB of memory",
        f"{pdf.output // 1_000_000} MB of output",
    ):
        assert words in text


def test_the_pages_example_makes_what_the_page_shows(tmp_path: Path) -> None:
    [source] = re.findall(r"```jinja\n(.*?)```", PAGE, re.DOTALL)
    [shown] = re.findall(r"```html\n(.*?)```", PAGE, re.DOTALL)
    [place] = re.findall(r"\{# my-templates/(\S+) #\}", source)
    (tmp_path / place).parent.mkdir()
    (tmp_path / place).write_text(source, encoding="utf-8")
    tried = template_check.TemplateCheck(str(tmp_path))
    tried.run()
    assert (tried.faults, list(tried.unused())) == ((), [])
    html = email(EDITION, env=environment(str(tmp_path))).html.replace("&nbsp;", " ")
    assert shown.strip() in html
    assert shown.strip() not in email(EDITION).html.replace("&nbsp;", " ")
