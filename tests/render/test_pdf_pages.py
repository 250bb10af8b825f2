"""Pages of a PDF: at most ten, no lone heading, no split chart, no cut text."""

import io
import re
from dataclasses import replace
from functools import cache
from typing import Any, Literal

import pikepdf
import pytest

from bot.model import Edition, Kpi, Kpis, TableBlock, TableColumn
from bot.render.pdf.document import MAX_PAGES, fewer_rows, pdf_html, render_pdf, rows_that_fit
from bot.render.pdf.layout import HALVES, MAX_ROWS, PARTIALS, sections
from bot.render.templates import environment
from tests.render.full_week import CASE_DAYS, CASE_TOPICS, FULL_WEEK, LOAD, STAND, SURVEY_DAYS, TILES
from tests.render.pdf_words import Read, read
from tests.render.sample_edition import AGENTS_TABLE, EDITION, EMPTY, agent_row

ENV = environment()


@cache
def content(edition: Edition) -> bytes:
    return render_pdf(edition, env=ENV).content


@cache
def read_pdf(edition: Edition) -> Read:
    return read(content(edition))


def with_blocks(*blocks) -> Edition:
    return replace(EDITION, blocks=blocks)


def long_table(rows: int, name: str = "Agent", report: str = "user_summary") -> TableBlock:
    cells = tuple(agent_row(f"{name} {n}", "1", "2", "3", "4") for n in range(rows))
    return replace(AGENTS_TABLE, report=report, rows=cells, total=rows)


# --- How many pages ----------------------------------------------------------------------------------


@pytest.mark.long
def test_full_week_is_short_and_light() -> None:
    assert len(read_pdf(FULL_WEEK).pages) <= 5
    assert len(content(FULL_WEEK)) <= 150_000


@pytest.mark.long
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_no_edition_is_longer_than_ten_pages(paper: Literal["A4", "Letter"]) -> None:
    """Fifteen tables of 300 rows, names on three lines: all of them are cut alike, and say so."""
    name = "A name that takes three lines in its column, for it is a long one, and longer still, and on"
    tables = tuple(long_table(300, f"{name} {n}", f"report_{n}") for n in range(15))
    edition = replace(FULL_WEEK, paper=paper, blocks=(*FULL_WEEK.blocks, *tables))
    most = rows_that_fit(edition)
    assert most < MAX_ROWS
    pages = read_pdf(edition).pages
    assert len(pages) <= MAX_PAGES
    assert "Lookhere" in "".join("".join(pages).split())
    assert "".join(pages).count("of 300 shown") == 15


def test_small_document_keeps_every_row() -> None:
    assert rows_that_fit(FULL_WEEK) == MAX_ROWS
    assert rows_that_fit(with_blocks(long_table(300))) == MAX_ROWS


def test_row_steps_decrease_and_end() -> None:
    step, seen = MAX_ROWS, []
    while (lower := fewer_rows(step)) is not None:
        seen.append(step := lower)
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 5


# --- What stands on each -----------------------------------------------------------------------------


@pytest.mark.long
def test_title_runs_on_from_the_second_page() -> None:
    first, *others = read_pdf(FULL_WEEK).pages
    squeezed = "".join(FULL_WEEK.title.split())
    assert "".join(first.split()).count(squeezed) == 1
    for number, page in enumerate(others, start=2):
        words = "".join(page.split())
        assert words.count(squeezed) == 1
        assert f"Page{number}of{len(others) + 1}" in words
        assert "".join(FULL_WEEK.window_text.split()) in words


@pytest.mark.long
def test_table_repeats_its_headings() -> None:
    for page in read_pdf(with_blocks(long_table(100))).pages:
        words = "".join(page.split())
        if re.search(r"Agent\d", words):
            assert "CustomerwaitOverSLA" in words or ("Customerwait" in words and "OverSLA" in words)


def test_headings_are_bookmarks() -> None:
    with pikepdf.open(io.BytesIO(content(FULL_WEEK))) as document, document.open_outline() as outline:
        (title,) = outline.root
        headings = [item.title for item in title.children]
    assert title.title == FULL_WEEK.title
    titles = (getattr(block, "title", "") for block in FULL_WEEK.blocks)
    assert headings == [*filter(None, titles), "Look here", "How this was made"]


@pytest.mark.parametrize("notes", range(6))
def test_picture_keeps_its_heading(notes: int) -> None:
    """Whatever comes before it: a chart is one picture and is never split from its words."""
    before = (long_table(24 + 2 * notes),)
    for page in read_pdf(with_blocks(*before, replace(STAND, title="Before"), CASE_DAYS)).pages:
        words = "".join(page.split())
        assert ("Casesopened" in words) == ("Wed:31" in words)


# --- Side by side ------------------------------------------------------------------------------------


def test_small_tables_and_charts_share_a_row() -> None:
    rows = sections(with_blocks(STAND, CASE_DAYS, CASE_TOPICS))
    assert [row.partial for row in rows] == [HALVES, PARTIALS["chart"]]
    assert [half.partial for half in rows[0].halves] == [PARTIALS["table"], PARTIALS["chart"]]


def test_columns_and_grids_take_the_whole_width() -> None:
    rows = sections(with_blocks(SURVEY_DAYS, LOAD, CASE_DAYS))
    assert [row.partial for row in rows] == [PARTIALS["chart"]] * 3


@pytest.mark.parametrize("rows", [11, 100])
def test_long_table_stands_alone(rows: int) -> None:
    assert [row.partial for row in sections(with_blocks(long_table(rows), CASE_DAYS))] == [
        PARTIALS["table"],
        PARTIALS["chart"],
    ]


def test_column_widths_follow_content() -> None:
    wide, narrow = "A much longer text than the other", "1"
    columns = (TableColumn("A"), TableColumn("B", True), TableColumn("C", True))
    table = replace(AGENTS_TABLE, columns=columns, rows=(agent_row("x", narrow, wide, "", "")[:3],), total=1)
    (row,) = sections(with_blocks(table))
    assert row.columns[2] > 3 * row.columns[1]
    assert sum(row.columns) == pytest.approx(100, abs=0.5)


def test_narrow_table_is_not_stretched() -> None:
    assert sections(with_blocks(STAND))[0].layout == "short narrow"
    assert "narrow" not in sections(with_blocks(long_table(30)))[0].layout


# --- Key figures -------------------------------------------------------------------------------------


def sparks(edition: Edition) -> list[str]:
    return re.findall(r'<img class="spark"[^>]* alt="([^"]*)"', pdf_html(edition, ENV))


def test_sparklines_need_three_values() -> None:
    assert sparks(FULL_WEEK)[0] == "Messages, last 6 windows: now the highest"
    assert len(sparks(FULL_WEEK)) == 6
    assert sparks(EDITION) == []
    two = Kpis(tuple(replace(kpi, history=(1, None, 2)) for kpi in TILES.items))
    assert sparks(with_blocks(two)) == []


def test_charts_have_alt_text_in_pdf() -> None:
    with pikepdf.open(io.BytesIO(content(FULL_WEEK))) as document:
        alts = {
            str(item.get("/Alt", ""))
            for item in document.objects
            if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"
        }
    assert set(sparks(FULL_WEEK)) <= alts


def test_missed_target_colours_sparkline() -> None:
    def colour(kpi: Kpi) -> str:
        (row,) = sections(with_blocks(Kpis((kpi,))))
        import base64

        return base64.b64decode(row.tiles[0][0].spark.split(",", 1)[1]).decode()

    over = TILES.items[5]
    assert "#b3261e" in colour(over)
    better = replace(over.change, verdict="better")
    assert "#b3261e" in colour(replace(over, change=better))
    assert "#2b7530" in colour(replace(over, change=better, target=None))


def test_tile_text_takes_at_most_two_lines() -> None:
    def layout(**changes: Any) -> str:
        tiles = tuple(replace(kpi, **changes) for kpi in TILES.items)
        return sections(with_blocks(Kpis(tiles)))[0].layout

    assert layout() == "six"
    assert layout(explanation="386 of 1,479 messages") == "six"
    assert layout(explanation="386 of 1,479 messages that were assigned to somebody") == "three"
    assert layout(label="A label that does not fit a tile") == "three"


def test_empty_week_stays_a_single_page() -> None:
    assert len(read_pdf(EMPTY).pages) == 1


# --- Fonts -------------------------------------------------------------------------------------------


def test_other_fonts_are_loaded_on_demand() -> None:
    """An alphabet alone makes a lighter document; one name in another script, and its font is there."""
    plain = with_blocks(replace(AGENTS_TABLE, rows=(agent_row("Zoë Łuczak", "1", "2", "3", "4"),)))
    other = with_blocks(replace(AGENTS_TABLE, rows=(agent_row("李 明", "1", "2", "3", "4"),)))
    assert not any("Noto" in font for font in read_pdf(plain).fonts)
    assert any("Noto-CJK" in font for font in read_pdf(other).fonts)
    assert read_pdf(plain).boxes == read_pdf(other).boxes == 0
