"""The check of templates: every fault of every file once, with path and line; shipped ones have none."""

from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from bot.model import Block, Chart, Kpis, Note, Sentence
from bot.render.sample_editions import BARE, FULL
from bot.render.template_check import TemplateCheck
from bot.render.templates import shipped_folders
from tests.render.sample_edition import EDITION

FOLDER = Path(shipped_folders()[0])
REPLACEABLE = sorted(
    path.relative_to(FOLDER).as_posix()
    for path in FOLDER.rglob("*")
    if path.is_file() and path.parent.name != "shared"
)


def own(folder: Path, **files: str) -> Path:
    """Return a folder of overrides; `pdf__note="…"` is pdf/note.html.j2."""
    for name, text in files.items():
        path = folder / next(item for item in REPLACEABLE if item.startswith(name.replace("__", "/") + "."))
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")
    return folder


def faults(folder: Path | str) -> list[str]:
    check = TemplateCheck(str(folder))
    check.run()
    return [str(fault) for fault in check.faults]


def test_shipped_templates_have_no_fault() -> None:
    assert faults("") == []


@pytest.mark.parametrize("name", REPLACEABLE)
def test_fault_names_template_and_line(tmp_path: Path, name: str) -> None:
    """An unknown name on line 2, outside and inside of what only some editions show."""
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(
        (FOLDER / name).read_text(encoding="utf-8") + "\n{{ nothing_like_this }}\n", encoding="utf-8"
    )
    if name == "slack/blocks.j2":  # imported: its macros are reached one by one below
        path.write_text("\n{% macro header(text) %}{{ nothing_like_this }}{% endmacro %}", encoding="utf-8")
    (fault,) = faults(tmp_path)
    line = 2 if name == "slack/blocks.j2" else path.read_text(encoding="utf-8").count("\n")
    assert fault.startswith(f"{path}:{line}: 'nothing_like_this' is undefined"), fault


@pytest.mark.parametrize("name", REPLACEABLE)
def test_syntax_error_is_named_with_its_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text("a\nb\n{% if %}\n", encoding="utf-8")
    (fault,) = faults(tmp_path)
    assert fault.startswith(f"{path}:3: "), fault


def test_all_faults_of_all_forms_at_once(tmp_path: Path) -> None:
    folder = own(
        tmp_path,
        email__table="{{ part.nothing }}",
        email__tiles="\n{{ 1 / 0 }}",
        slack__message="{",
        pdf__note="\n\n{{ 'x' | safe }}",
        pdf__making="{% include 'none' %}",
    )
    (folder / "pdf" / "report.css").write_text("p { colour: red; }\n", encoding="utf-8")
    (folder / "email" / "message.txt.j2").write_text("{{ gone }}", encoding="utf-8")
    places = sorted(fault.split(": ")[0].removeprefix(f"{tmp_path}/") for fault in faults(folder))
    assert places == [
        "email/message.txt.j2:1",
        "email/table.html.j2:1",
        "email/tiles.html.j2:2",
        "pdf/making.html.j2:1",
        "pdf/note.html.j2:3",
        "pdf/report.css:1",
        "slack/message.json.j2",
    ]


def test_fault_is_reported_once(tmp_path: Path) -> None:
    check = TemplateCheck(str(own(tmp_path, email__table="{{ gone }}")))
    check.run()
    check.run()
    check.render(EDITION)
    assert len(check.faults) == 1


RARE = {
    "pdf__opening": "{{ edition.late_text.nothing if edition.late_text }}",
    "pdf__kpis": "{% for tiles in section.tiles %}{% for kpi in tiles %}{{ kpi.target.nothing if kpi.target }}{% endfor %}{% endfor %}",
    "pdf__note": "{{ section.nothing if section.block.tone == 'unavailable' }}",
    "pdf__table": "{% for row in section.table.rows %}{% for cell in row %}{{ cell.nothing if cell.bad }}{% endfor %}{% endfor %}",
    "pdf__look": "{{ section.nothing }}",
    "email__tiles": "{% for tile in part.tiles %}{{ tile.nothing if tile.target_tone == 'bad' }}{% endfor %}",
    "email__table": "{{ part.nothing if part.table.more }}",
}  # fmt: skip


@pytest.mark.parametrize("name", RARE)
def test_rarely_rendered_lines_are_checked(tmp_path: Path, name: str) -> None:
    assert len(faults(own(tmp_path, **{name: RARE[name]}))) == 1


def test_optional_names_are_missing_in_bare_edition(tmp_path: Path) -> None:
    (fault,) = faults(
        own(tmp_path, slack__message='{"text": {{ image.title | tojson }}, "blocks": [{"type": "divider"}]}')
    )
    assert "has no attribute 'title'" in fault


def test_slack_fault_names_file_and_invalid_output(tmp_path: Path) -> None:
    path = tmp_path / "slack" / "message.json.j2"
    for text, reason in {
        '{"text": "x",\n "blocks": [1,, 2]}': 'Expecting value in line 2 of what it makes: "blocks": [1,, 2]}',
        '["x"]': 'an object with "text" and "blocks"',
        '{"text": "x", "blocks": [{"type": "nonsense"}]}': "Slack would refuse this message",
        "[" * 100_000: "nested too deeply",
    }.items():
        own(tmp_path, slack__message=text)
        (fault,) = faults(tmp_path)
        assert fault.startswith(f"{path}: ")
        assert reason in fault


def test_fault_names_overridden_blocks_file(tmp_path: Path) -> None:
    ours = (FOLDER / "slack/blocks.j2").read_text(encoding="utf-8")
    own(tmp_path, slack__blocks=ours.replace('{"type": "header"', '{"type": "heading"'))
    (fault,) = faults(tmp_path)
    assert fault.startswith(f"{tmp_path}/slack/blocks.j2: Slack would refuse")


def test_oversized_mail_names_template(tmp_path: Path) -> None:
    own(tmp_path, email__table="{{ 'a' * 99000 }}")
    (fault,) = faults(tmp_path)
    assert fault.startswith(f"{tmp_path}/email/table.html.j2: the HTML is over 90,000 bytes")


def test_ignored_css_is_named_with_line(tmp_path: Path) -> None:
    ours = (FOLDER / "pdf/report.css").read_text(encoding="utf-8")
    path = tmp_path / "pdf" / "report.css"
    path.parent.mkdir()
    path.write_text(ours, encoding="utf-8")
    assert faults(tmp_path) == []
    path.write_text("p { margin: 0; }\nh1 { colour: red; }\nh2 { color: redd; }\n", encoding="utf-8")
    assert faults(tmp_path) == [
        f"{path}:2: Ignored `colour: red`, unknown property.",
        f"{path}:3: Ignored `color: redd`, invalid value.",
    ]


def test_unused_override_is_named(tmp_path: Path) -> None:
    folder = own(tmp_path, email__message="{% include 'email/mine.html.j2' %}")
    for name in (
        "email/mine.html.j2",
        "email/mesage.txt.j2",
        "zzz.j2",
        "shared/index.css",
        "README.md",
        ".git/x.j2",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x", encoding="utf-8")
    assert list(TemplateCheck(str(folder)).unused()) == [
        f"{folder}/email/mesage.txt.j2 takes the place of no template; did you mean email/message.txt.j2?",
        f"{folder}/shared/index.css takes the place of no template; see docs/templates.md for the names",
        f"{folder}/zzz.j2 takes the place of no template; see docs/templates.md for the names",
    ]
    assert list(TemplateCheck().unused()) == []


def test_sample_edition_has_every_block_and_verdict() -> None:
    """Each kind of block, chart, tone and verdict: what is not in it could fail only on the day."""
    assert {type(block) for block in FULL.blocks} == set(get_args(Block))
    assert {block.shape for block in FULL.blocks if isinstance(block, Chart)} == _literals(Chart, "shape")
    assert {block.tone for block in FULL.blocks if isinstance(block, Note)} == _literals(Note, "tone")
    tiles = [kpi for block in FULL.blocks if isinstance(block, Kpis) for kpi in block.items]
    assert {kpi.target.verdict for kpi in tiles if kpi.target} == {"met", "missed", "unknown"}
    assert {kpi.change.direction for kpi in tiles} == {"up", "down", "flat", "none"}
    assert _literals(Sentence, "tone") >= {"good", "bad"}
    empty = [item.name for item in fields(FULL) if not getattr(FULL, item.name)]
    # brief: only the attachments stay away; ids: no template shows what stands behind names
    assert set(empty) <= {"csvs", "exports", "brief", "ids"}
    assert (BARE.brand.name, BARE.sample, BARE.incomplete) == ("", False, ())


def _literals(kind: type, field: str) -> set[str]:
    from typing import get_type_hints

    return set(get_args(get_type_hints(kind)[field]))
