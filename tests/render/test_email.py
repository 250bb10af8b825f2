"""The mail: its text, its HTML for limited mail programs, and its size."""

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from bot.errors import TemplateFailed
from bot.model import Brand, CsvFile, Note, TableBlock, TableColumn
from bot.render.charts.svg import contrast
from bot.render.email.message import HTML_LIMIT, email_message
from bot.render.templates import environment
from tests.render.pieces import FILES, ROOT, email, figures, pictures, read_page, words
from tests.render.sample_edition import AGENTS_TABLE, EDITION, EMPTY, INCOMPLETE

TEMPLATES = ROOT / "templates" / "email"


@pytest.mark.parametrize("edition", [EDITION, INCOMPLETE])
def test_every_figure_stands_in_both_parts(edition: object) -> None:
    message = email(edition)  # type: ignore[arg-type]
    html = words(message.html)
    for figure in figures(edition):  # type: ignore[arg-type]
        assert figure in message.text
        assert figure in html


def test_subject_carries_the_marking() -> None:
    assert email(EDITION).subject == f"[SAMPLE] {EDITION.subject}"
    assert email(replace(EDITION, sample=False), "TEST").subject == f"[TEST] {EDITION.subject}"
    assert email(replace(EDITION, sample=False)).subject == EDITION.subject


def test_text_part_fits_78_columns() -> None:
    assert [line for line in email(EDITION).text.splitlines() if cell_len(line) > 78] == []


def test_preheader_tells_the_story() -> None:
    assert words(email(EDITION).html.split("<body", 1)[1])[:300].strip(">\n ").find(EDITION.summary_text) >= 0


def test_pictures_have_cid_size_and_alt_text() -> None:
    message = email(EDITION)
    images = [(name, value) for tag, name, value in read_page(message.html).attributes if tag == "img"]
    assert [value for name, value in images if name == "src"] == [f"cid:{p.name}" for p in message.pictures]
    assert [value for name, value in images if name == "alt"] == [p.alt for p in message.pictures]
    assert [value for name, value in images if name == "width"] == ["584"] * 3
    assert all("width: 100%" in value for name, value in images if name == "style")


def test_nothing_is_loaded_from_elsewhere() -> None:
    html = email(EDITION).html
    assert "http" not in html
    assert "@import" not in html
    assert "url(" not in html


def test_tables_have_presentation_role_or_scopes() -> None:
    page = read_page(email(EDITION).html)
    layouts = [value for tag, name, value in page.attributes if (tag, name) == ("table", "role")]
    assert set(layouts) == {"presentation"}
    assert page.tags.count("table") == len(layouts) + 1
    assert [v for tag, name, v in page.attributes if (tag, name) == ("th", "scope")] == ["col"] * 5
    assert ("html", "lang", "en-AU") in page.attributes


def test_styles_are_inlined_and_dark_mode_stays() -> None:
    html = email(EDITION).html
    assert "prefers-color-scheme: dark" in html
    assert 'class="value" style="' in html


def test_brand_colour_is_used_where_legible() -> None:
    assert "#ffff00" not in email(replace(EDITION, brand=Brand("B", "#ffff00"))).html
    assert "#204060" in email(replace(EDITION, brand=Brand("B", "#204060"))).html


@pytest.mark.parametrize("color", ["", "red", "#fff", "#0f6f6b; } body { display: none", "url(http://x)"])
def test_colour_cannot_carry_other_css(color: str) -> None:
    assert email(replace(EDITION, brand=Brand("Acme Care", color))).html == email(EDITION).html


def _large(columns: int, tables: int) -> list[TableBlock]:
    heads = tuple(TableColumn(f"Column {number}", number > 0) for number in range(columns))
    row = tuple(AGENTS_TABLE.rows[1][0] for _ in heads)
    return [TableBlock(f"r{number}", "Many", "", heads, (row,) * 60, 60) for number in range(tables)]


def test_tables_shrink_below_gmail_clipping_limit() -> None:
    small = email(replace(EDITION, blocks=(*EDITION.blocks, *_large(6, 1))))
    many = email(replace(EDITION, blocks=(*EDITION.blocks, *_large(10, 12))))
    assert "and 40 more" in small.html
    assert "and 40 more" not in many.html
    assert "and 50 more" in many.html
    assert len(many.html.encode()) <= HTML_LIMIT


def test_unshrinkable_mail_fails_with_reason() -> None:
    notes = tuple(Note("word " * 200, "info", "r", f"Note {number}") for number in range(120))
    with pytest.raises(TemplateFailed, match="over 90,000 bytes"):
        email(replace(EDITION, blocks=notes))


def test_csv_is_mentioned_only_if_attached() -> None:
    csv = CsvFile("user_summary", "user_summary.csv", b"")
    message = email_message(environment(), EDITION, pictures(EDITION), (*FILES, csv))
    assert "and 8 more in user_summary.csv" in message.html
    assert "and 8 more in user_summary.csv" in message.text
    assert "and 8 more in" not in email(EDITION).html


def test_gaps_are_stated_once_in_each_part() -> None:
    message = email(INCOMPLETE)
    assert message.text.replace("\n! ", " ").count("Agents could not be loaded") == 1
    assert message.html.count("Agents could not be loaded") == 1
    assert email(EMPTY).html.split("<h1", 1)[1].count("No messages in this window.") == 1


PAIRS = [  # text colour, ground: light, then dark
    ("#1B2B34", "#FFFFFF"),
    ("#52626B", "#F3F6F7"),
    ("#2E7D32", "#F3F6F7"),
    ("#B3261E", "#F3F6F7"),
    ("#6B4A00", "#FFF4D6"),
    ("#1B2B34", "#FDECEA"),
    ("#E8EEF0", "#17232A"),
    ("#A9B8BF", "#213039"),
    ("#86D08B", "#213039"),
    ("#FF9A91", "#213039"),
    ("#FFE3A3", "#3D3114"),
    ("#FFE1DE", "#45211E"),
]


def test_coloured_words_have_dark_mode_colour() -> None:
    """A class with a colour but without one for dark mode would be grey on grey."""
    style, screens = ((TEMPLATES / name).read_text() for name in ("style.css", "screens.css"))
    dark = screens[screens.index("prefers-color-scheme: dark") :]
    inked = re.findall(r"(?m)^\.?([\w .]+) \{[^}]*(?<!-)color: #", style)
    hidden = {"preheader"}
    forgotten = [name for name in inked if name not in hidden and not re.search(rf"[ .]{name}\b", dark)]
    assert forgotten == []


def test_wide_table_scrolls_within_mail() -> None:
    page = read_page(email(EDITION).html)
    wide = [
        value for tag, name, value in page.attributes if (tag, name) == ("div", "class") and value == "wide"
    ]
    assert len(wide) == 1
    assert "overflow-x: auto" in email(EDITION).html
    assert re.search(r'class="page"[^>]*table-layout: ?fixed', email(EDITION).html)


def test_outlook_and_far_scripts_have_fonts() -> None:
    html = email(EDITION).html
    assert "<!--[if mso]><style>" in html
    for font in ("PingFang SC", "Microsoft YaHei", "Malgun Gothic", "Hiragino Sans", "sans-serif"):
        assert font in html


@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_contrast_on_background(ink: str, ground: str) -> None:
    html = email(INCOMPLETE).html
    assert ink in html
    assert ground in html
    assert contrast(ink.lower(), ground.lower()) >= 4.5
