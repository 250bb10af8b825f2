"""The renderer: each result is made once, and each recipient gets the attachments of its settings."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import TemplateFailed
from bot.lib.export_folder import ExportFolder
from bot.model import Attach, Bundle, EmailMessage, ExportedFile, Recipient, SlackMessage
from bot.model.channel_types import CHANNEL_TYPES, Format
from bot.render import RENDER, Renderer, render
from tests.render.sample_edition import EDITION, EMPTY, STATES


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def to(channel: str, **attach: object) -> Recipient:
    return Recipient(channel, "x", attach=Attach(**attach))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("channel", "form"), [("slack", SlackMessage), ("email", EmailMessage), ("folder", Bundle)]
)
def test_each_channel_has_its_form(renderer: Renderer, channel: str, form: type) -> None:
    assert isinstance(render(renderer, EMPTY, to(channel)), form)
    assert set(RENDER) == set(Format) == {row.format for row in CHANNEL_TYPES.values()}


@pytest.mark.parametrize(
    ("attach", "names"),
    [
        ({}, []),
        ({"csv": True}, ["user_summary.csv", "states_volume.csv"]),
        ({"csv": True, "csvs": ("states_volume",)}, ["states_volume.csv"]),
        ({"csv": True, "csvs": ()}, []),
    ],
)
def test_files_are_those_asked_for(renderer: Renderer, attach: dict[str, object], names: list[str]) -> None:
    assert [file.name for file in renderer.slack(EDITION, to("slack", **attach)).files] == names
    assert [file.name for file in renderer.email(EDITION, to("email", **attach)).attachments] == names


@pytest.mark.long
def test_pdf_comes_first_and_is_made_once(renderer: Renderer) -> None:
    mail = renderer.email(EDITION, to("email", pdf=True, csv=True))
    bundle = renderer.bundle(EDITION)
    assert mail.attachments[0] is bundle.pdf
    assert bundle.pdf.content.startswith(b"%PDF")
    assert renderer.email(EDITION, to("email", pdf=True), marking="TEST").attachments[0] is not bundle.pdf


def test_recipients_share_pictures(renderer: Renderer) -> None:
    first = renderer.slack(EDITION, to("slack")).pictures[0]
    assert first is renderer.email(replace(EDITION), to("email")).pictures[0]
    assert first.png.startswith(b"\x89PNG")


def test_charts_of_one_report_have_distinct_names(renderer: Renderer) -> None:
    twice = replace(EDITION, blocks=(STATES, replace(STATES, title="Again")))
    names = [picture.name for picture in renderer.pictures(twice)]
    assert names == ["chart-states_volume.png", "chart-states_volume-2.png"]


def test_bundle_holds_everything_and_says_the_same(renderer: Renderer) -> None:
    bundle = renderer.bundle(EDITION, marking="TEST")
    assert bundle.slack.text.startswith("[SAMPLE · TEST] ")
    assert bundle.email.subject.startswith("[SAMPLE · TEST] ")
    assert bundle.email.attachments == (bundle.pdf, *bundle.csvs)
    assert bundle.slack.pictures + bundle.slack.thread_pictures == bundle.pictures


def test_export_is_read_only_if_attached(tmp_path: Path) -> None:
    gone = replace(EDITION, exports=(ExportedFile("case_details", "gone.csv", 1, 1),))
    renderer = Renderer(exports=ExportFolder(tmp_path))
    assert renderer.slack(gone, to("slack")).files == ()
    with pytest.raises(TemplateFailed, match=r"case_details\.csv"):
        renderer.slack(gone, to("slack", csv=True))


def test_importing_render_loads_nothing_heavy() -> None:
    code = "import sys, bot.render; print({'weasyprint', 'css_inline', 'resvg_py'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
