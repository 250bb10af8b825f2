"""The PDF: content, layout, determinism, and that it loads nothing."""

import base64
import hashlib
import io
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pikepdf
import pytest

from bot.errors import TemplateFailed
from bot.model import Block, Brand, Edition, Headline, Kpis, Note, Sentence
from bot.render.pdf.document import pdf_html, render_pdf, stylesheet
from bot.render.pdf.layout import PARTIALS, sections
from bot.render.templates import environment
from tests.render.pdf_words import Read, read
from tests.render.sample_edition import (
    AGENTS_CHART,
    AGENTS_TABLE,
    EDITION,
    EMPTY,
    INCOMPLETE,
    KPIS,
    LINE,
    STATES,
    agent_row,
)

ENV = environment()
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@cache
def pdf(edition: Edition, marking: str = "") -> bytes:
    return render_pdf(edition, env=ENV, marking=marking).content


@cache
def read_pdf(edition: Edition, marking: str = "") -> Read:
    return read(pdf(edition, marking))


def with_blocks(*blocks: Block) -> Edition:
    return replace(EDITION, blocks=blocks)


def test_pdf_is_named_after_digest() -> None:
    assert render_pdf(EMPTY, env=ENV).name == "care-weekly.pdf"


def test_every_kind_of_block_has_a_partial() -> None:
    kinds = {block.__dataclass_fields__["kind"].default for block in Block.__args__}
    assert set(PARTIALS) == kinds
    assert all(ENV.get_template(name) for name in PARTIALS.values())


def test_every_figure_and_word_is_text() -> None:
    text = read_pdf(EDITION).squeezed
    wanted = [kpi.figure.text for kpi in KPIS.items] + [kpi.label for kpi in KPIS.items]
    wanted += [", ".join(filter(None, (kpi.change.text, kpi.change.word))) for kpi in KPIS.items]
    wanted += [column.label for column in AGENTS_TABLE.columns]
    wanted += ["target 10 % missed", "target 2 h met", "Wed 18", "339", "In progress", "Wed: 1 h 36 min"]
    wanted += [EDITION.title, EDITION.window_text, EDITION.filter_text, EDITION.compared_text]
    wanted += [EDITION.fetched_text, EDITION.schedule_text, "6 of 14 shown", "Page 1 of 2", "Page 2 of 2"]
    assert [words for words in wanted if "".join(words.split()) not in text] == []


@pytest.mark.parametrize("name", ["Jane Pear", "李 明", "<script>alert(1)</script> {{ 7*7 }} <!channel>"])
def test_names_are_literal(name: str) -> None:
    assert "".join(name.split()) in read_pdf(EDITION).squeezed


SCRIPTS = ("李明", "김민수", "ゆかり", "नेहा", "שרה", "نور", "Жанна", "Ελένη", "Żółć", "Nguyễn", "🎉😀👍")


@pytest.mark.long
def test_names_in_any_script_have_glyphs() -> None:
    rows = tuple(agent_row(name, "1", "2", "3", "4") for name in SCRIPTS)
    charts = tuple(replace(AGENTS_CHART, labels=(name,) * 5) for name in SCRIPTS[:4])
    seen = read_pdf(with_blocks(replace(AGENTS_TABLE, rows=rows), *charts))
    assert seen.boxes == 0
    assert all(font.startswith("Digest-") for font in seen.fonts)
    assert {"Digest-Noto-CJK", "Digest-Noto-Emoji", "Digest-Noto-Arabic"} <= seen.fonts
    assert "🎉😀👍" in seen.squeezed


def test_only_our_fonts_are_in_it() -> None:
    assert all(font.startswith("Digest-") for font in read_pdf(EDITION).fonts)
    assert {"Digest-Inter", "Digest-Inter-Bold", "Digest-Inter-Medium"} <= read_pdf(EDITION).fonts


def test_pdf_has_accessibility_metadata() -> None:
    content = pdf(EDITION)
    with pikepdf.open(io.BytesIO(content)) as document:
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang) == "en-AU"
        assert "pdfuaid" in document.Root.Metadata.read_bytes().decode()
    assert read_pdf(EDITION).title == f"{EDITION.title}: {EDITION.window_text}"
    assert set(_structure(content, "/Figure")) == _alts(EDITION)


def _structure(content: bytes, kind: str) -> set[str]:
    with pikepdf.open(io.BytesIO(content)) as document:
        return {
            str(item.get("/Alt", ""))
            for item in document.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/S") == kind
        }


def _alts(edition: Edition) -> set[str]:
    return {block.alt for block in edition.blocks if block.kind == "chart"}


@pytest.mark.parametrize(("paper", "size"), [("A4", (595.28, 841.89)), ("Letter", (612, 792))])
def test_paper(paper: str, size: tuple[float, float]) -> None:
    assert read_pdf(replace(EDITION, paper=paper)).size == pytest.approx(size, abs=0.1)  # type: ignore[arg-type]


def test_page_count_of_ordinary_and_empty_week() -> None:
    assert len(read_pdf(EDITION).pages) == 2
    assert len(read_pdf(replace(EDITION, paper="Letter")).pages) == 2
    assert len(read_pdf(EMPTY).pages) == 1
    assert "No messages in this window." in read_pdf(EMPTY).text


@pytest.mark.parametrize(
    ("sample", "marking", "mark"),
    [
        (False, "", ""),
        (True, "", "SAMPLE"),
        (False, "TEST", "TEST"),
        (True, "TEST", "SAMPLE · TEST"),
        (True, "SAMPLE · TEST", "SAMPLE · TEST"),
    ],
)
def test_each_page_is_marked(sample: bool, marking: str, mark: str) -> None:
    pages = read_pdf(replace(EDITION, sample=sample), marking).pages
    for page in pages:
        assert ("".join(mark.split()) in "".join(page.split())) is True
        assert ("SAMPLE" in page or "TEST" in page) is bool(mark)


def test_late_and_incomplete_are_stated_at_top() -> None:
    text = read_pdf(replace(INCOMPLETE, late_text="Sent three hours late.")).squeezed
    start = text.index("Messages1,469")
    assert text.index("Sentthreehourslate.") < start
    assert text.index("".join(INCOMPLETE.incomplete[0].split())) < start
    assert "".join(INCOMPLETE.incomplete[0].split()) in text[text.index("Howthiswasmade") :]


@pytest.mark.long
def test_bytes_are_deterministic_across_processes() -> None:
    again = render_pdf(EDITION, env=environment()).content
    assert again == pdf(EDITION)
    program = (
        "import hashlib; from tests.render.sample_edition import EDITION as e;"
        "from bot.render.templates import environment; from bot.render.pdf.document import render_pdf;"
        "print(hashlib.sha256(render_pdf(e, env=environment()).content).hexdigest())"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == hashlib.sha256(again).hexdigest()


def test_importing_the_module_does_not_import_weasyprint() -> None:
    program = "import sys, bot.render.pdf.document; print('weasyprint' in sys.modules)"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_broken_template_is_named(tmp_path: Path) -> None:
    (tmp_path / "pdf").mkdir()
    (tmp_path / "pdf" / "note.html.j2").write_text("<p>\n{{ section.nonsense }}</p>")
    with pytest.raises(TemplateFailed, match=r"note\.html\.j2:2"):
        render_pdf(EMPTY, env=environment(str(tmp_path)))


def test_style_sheet_can_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "pdf").mkdir()
    (tmp_path / "pdf" / "report.css").write_text("@page { size: A5 }")
    content = render_pdf(EMPTY, env=environment(str(tmp_path))).content
    assert read(content).size == pytest.approx((419.53, 595.28), abs=0.1)


def test_script_in_chart_only_uses_shipped_font() -> None:
    chart = replace(LINE, labels=tuple(f"配送 {n}" for n in range(len(LINE.labels))), callout=None)
    fonts = read_pdf(with_blocks(chart)).fonts
    assert "Digest-Noto-CJK" in fonts
    assert all(font.startswith("Digest-") for font in fonts)


@pytest.mark.parametrize("colour", ["red; } * { display: none", "#12", "#ffffff"])
def test_no_accent_breaks_the_style_sheet(colour: str) -> None:
    style = stylesheet(replace(EDITION, brand=Brand("Acme", colour)), ENV)
    assert "display: none" not in style
    assert re.search(r"\.brand \{ color: #[0-9a-f]{6};", style)


def test_only_first_judged_sentence_is_coloured() -> None:
    html = pdf_html(EDITION, ENV)
    assert html.count('<span class="bad">') == 1
    assert html.count('<span class="good">') == 0
    calm = with_blocks(
        Headline((Sentence("A plain one."), Sentence("A good one.", "good"), Sentence("x", "bad")))
    )
    assert '<span class="good">A good one.' in pdf_html(calm, ENV)
    assert '<span class="bad">' not in pdf_html(calm, ENV)


def test_colour_is_never_the_only_sign() -> None:
    html = pdf_html(EDITION, ENV)
    assert re.search(r'change worse"><strong>▲ \+9 min, \+21 %</strong>, worse', html)
    assert "● target 10 % missed" in html
    assert re.search(r'figure bad">● 17 %</td>', html)
    assert "● beyond the target." in html


def test_small_charts_share_a_row() -> None:
    assert [len(row.halves) for row in sections(with_blocks(STATES, LINE, AGENTS_CHART))] == [0, 2]
    assert [len(row.halves) for row in sections(with_blocks(LINE, STATES, AGENTS_CHART))] == [0, 0, 0]


def test_tiles_wrap_to_two_rows() -> None:
    wordy = tuple(
        replace(kpi, change=replace(kpi.change, text="+1 day 1 h 12 min, +1,121 %")) for kpi in KPIS.items
    )
    assert [len(row) for row in sections(with_blocks(KPIS))[0].tiles] == [6]
    assert [len(row) for row in sections(with_blocks(Kpis(wordy)))[0].tiles] == [3, 3]
    assert [len(row) for row in sections(with_blocks(Kpis(wordy[:4])))[0].tiles] == [3, 1]


@pytest.mark.long
def test_long_table_is_capped_and_says_so() -> None:
    rows = tuple(agent_row(f"Agent {n}", "1", "2", "3", "4") for n in range(300))
    text = read_pdf(with_blocks(replace(AGENTS_TABLE, rows=rows, total=300))).text
    assert "Agent 99" in text
    assert "Agent 100" not in text
    assert "100 of 300 shown; user_summary.csv holds all." in text


@pytest.mark.long
def test_heading_is_kept_with_next_block() -> None:
    """Whatever comes before it, a table's heading keeps three rows with it."""
    rows = tuple(agent_row(f"Agent {n}", "1", "2", "3", "4") for n in range(12))
    for notes in range(15, 18):
        filler = tuple(Note("A line of text.") for _ in range(notes))
        pages = read_pdf(
            with_blocks(*filler, replace(AGENTS_TABLE, title="Heading", rows=rows, total=12))
        ).pages
        page = next(page for page in pages if "Heading" in page)
        assert all(f"Agent {n}" in page for n in range(3))


def test_logo_is_shown_unless_invalid(tmp_path: Path) -> None:
    good, bad = tmp_path / "logo.png", tmp_path / "logo.svg"
    good.write_bytes(PNG)
    bad.write_text("<svg/>")
    assert b"/Image" in pdf(replace(EMPTY, brand=Brand("Acme", "#0f6f6b", str(good))))
    for path in (bad, tmp_path / "missing.png", tmp_path):
        assert b"/Image" not in pdf(replace(EMPTY, brand=Brand("Acme", "#0f6f6b", str(path))))


# --- Nothing is loaded -------------------------------------------------------------------------------


@contextmanager
def canary() -> Iterator[tuple[str, list[str]]]:
    """Provide a loopback server; yields its address and the list of paths that were asked for."""
    hits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", hits
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def attack(address: str, secret: Path) -> str:
    """Return a template with every kind of external reference that WeasyPrint supports."""
    inner = (
        f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{address}/in-svg" width="9" height="9"/></svg>'
    )
    nested = base64.b64encode(inner.encode()).decode()
    css = base64.b64encode(f"@import url('{address}/data-import');".encode()).decode()
    return f"""
    <img src="{address}/img" alt="x"> <img src="data:image/svg+xml;base64,{nested}" alt="x">
    <embed src="{address}/embed"> <object data="{address}/object"></object>
    <link rel="stylesheet" href="{address}/link"> <link rel="stylesheet" href="data:text/css;base64,{css}">
    <link rel="attachment" href="{secret.as_uri()}"> <a rel="attachment" href="{secret.as_uri()}">a</a>
    <style>@import url('{address}/import'); p {{ background: url('{address}/background') }}
    @font-face {{ font-family: Z; src: url('{address}/font') }} em {{ font-family: Z }}
    p::before {{ content: url('{address}/content') }} li {{ list-style-image: url('{address}/list') }}</style>
    <p>text <em>Z</em></p><ul><li>x</li></ul>
    <svg width="9" height="9"><use href="{address}/use#a"/><image href="{address}/svg" width="9" height="9"/></svg>
    """


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "canary.txt"
    path.write_text("the canary")
    return path


def attacked_environment(tmp_path: Path, address: str, secret: Path):  # type: ignore[no-untyped-def]
    folder = tmp_path / "templates" / "pdf"
    folder.mkdir(parents=True)
    (folder / "note.html.j2").write_text(attack(address, secret))
    return environment(str(folder.parent))


def test_attack_loads_nothing(tmp_path: Path, secret: Path) -> None:
    with canary() as (address, hits):
        content = render_pdf(EMPTY, env=attacked_environment(tmp_path, address, secret)).content
    assert hits == []
    assert read(content).attachments == ()


def test_without_guard_attack_works(tmp_path: Path, secret: Path) -> None:
    from weasyprint import HTML

    with canary() as (address, hits):
        page = pdf_html(EMPTY, attacked_environment(tmp_path, address, secret))
        content = HTML(string=page).write_pdf()
    assert {"/img", "/in-svg", "/import", "/link", "/data-import", "/background", "/font", "/svg"} <= set(
        hits
    )
    assert "canary.txt" in read(content).attachments


def test_logo_address_opens_no_other_file(secret: Path) -> None:
    from bot.render.pdf.adapter import AssetFetcher, Denied

    fetcher = AssetFetcher()
    for address in (
        "digest-asset:logo",
        "digest-asset:../../errors.py",
        "digest-asset:README.md",
        "digest-asset:inter-400.ttf/../advances.json",
        "data:text/html,x",
        "data:image/svg+xml,<svg/>",
        "ftp://127.0.0.1/x",
        secret.as_uri(),
    ):
        with pytest.raises(Denied):
            fetcher.fetch(address)
    assert fetcher.fetch("digest-asset:inter-400.ttf").read()[:4] == b"\x00\x01\x00\x00"


def test_markup_in_names_is_text() -> None:
    with canary() as (address, hits):
        name = f'"><img src="{address}/x"><style>@import url({address}/y)</style></table>'
        rows = (agent_row(name, "1", "2", "3", "4"),)
        edition = replace(
            with_blocks(
                Headline((Sentence(name),)),
                replace(AGENTS_TABLE, title=name, caption=name, rows=rows),
                replace(STATES, title=name, alt=name, labels=(name,) * 7),
                Note(name, "info", "x", name),
            ),
            title=name,
            window_text=name,
            filter_text=name,
            brand=Brand(name),
            late_text=name,
            incomplete=(name,),
        )
        seen = read_pdf(edition)
    assert hits == []
    assert "".join(name.split()) in seen.squeezed
    tame = pdf_html(replace(edition, title="A"), ENV)
    assert set(re.findall(r"<(\w+)", tame)) == set(
        re.findall(r"<(\w+)", pdf_html(with_blocks(*edition.blocks), ENV))
    )
    assert tame.count("<img") == 1


def test_charts_appear_with_the_guard_on() -> None:
    assert "Inprogress" in read_pdf(with_blocks(STATES)).squeezed
    # Names whose letters join are drawn as a picture; it is there too.
    assert b"/Image" in pdf(with_blocks(AGENTS_CHART))
    plain = replace(AGENTS_CHART, labels=("A", "B", "C", "D", "E"))
    assert b"/Image" not in pdf(with_blocks(plain))
    assert "212" in read_pdf(with_blocks(plain)).text
