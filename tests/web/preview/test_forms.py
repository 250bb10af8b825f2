"""Each form as it is looked at."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import TemplateFailed
from bot.model import CsvFile, StoredCsv
from bot.web.preview.documents import (
    MAX_CELL_LENGTH,
    MAX_COLUMNS,
    MAX_ROWS,
    Document,
    Shelf,
    csv_table,
    page_pictures,
)
from tests.web.preview.desk import Desk

PNG = b"\x89PNG\r\n\x1a\n"


def table(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def in_memory(tmp_path: Path, content: bytes) -> CsvFile:
    return CsvFile("case_details", "case_details.csv", content)


def on_disk(tmp_path: Path, content: bytes) -> StoredCsv:
    path = tmp_path / "case_details.csv"
    path.write_bytes(content)
    return StoredCsv("case_details", "case_details.csv", str(path))


@pytest.mark.parametrize("kept", [in_memory, on_disk])
def test_long_wide_csv_is_cut_with_a_hint(
    tmp_path: Path, kept: Callable[[Path, bytes], CsvFile | StoredCsv]
) -> None:
    rows = [[f"c{n}" for n in range(50)]] + [["x" * 500] * 50] * 200
    shown = csv_table(kept(tmp_path, table(rows)))
    assert (len(shown.header), len(shown.rows), len(shown.rows[0])) == (MAX_COLUMNS, MAX_ROWS, MAX_COLUMNS)
    assert {len(cell) for row in shown.rows for cell in row} == {MAX_CELL_LENGTH}
    assert (shown.header[0], shown.hint) == ("c0", "the first 50 rows, the first 40 of 50 columns")


def test_a_short_csv_is_whole(tmp_path: Path) -> None:
    shown = csv_table(in_memory(tmp_path, table([["a", "b"], ["1", "two\nlines"]])))
    assert (shown.rows, shown.hint) == ((("1", "two\nlines"),), "1 row")
    assert csv_table(in_memory(tmp_path, b"")).hint == "0 rows"


def test_missing_export_raises_template_failed(tmp_path: Path) -> None:
    with pytest.raises(TemplateFailed, match=r"case_details\.csv cannot be shown"):
        csv_table(StoredCsv("case_details", "case_details.csv", str(tmp_path / "gone.csv")))


def test_shelf_names_by_content_and_drops_the_least_recently_used() -> None:
    shelf = Shelf(max_bytes=25)
    first = shelf.put(Document("html", b"a" * 10))
    assert shelf.put(Document("html", b"a" * 10)) == first
    second = shelf.put(Document("png", b"b" * 10))
    assert shelf.get(first.removeprefix("/made/")) is not None
    shelf.put(Document("html", b"c" * 10))
    assert shelf.get(second.removeprefix("/made/")) is None
    assert shelf.get(first.removeprefix("/made/")) is not None


def test_slack_form_renders_the_blocks_with_pictures(at_desk: Desk) -> None:
    at_desk.change("reports: [summary, user_summary]", "reports: [summary, states_volume]")
    shown = at_desk.show()
    page = at_desk.text(shown)
    [source] = [part.partition('"')[0] for part in page.split('<img src="')[1:]]
    picture = at_desk.page.shelf.get(source.removeprefix("/made/"))
    assert picture is not None
    assert picture.content.startswith(PNG)
    assert dict(map(tuple, shown["facts"]))["Notification"].startswith("[SAMPLE] Social care, weekly")


def test_mail_form_has_two_widths_and_no_cid_urls(at_desk: Desk) -> None:
    at_desk.change("reports: [summary, user_summary]", "reports: [summary, states_volume]")
    shown = at_desk.show(form="mail")
    assert [frame["width"] for frame in shown["frames"]] == [700, 380]
    page = at_desk.text(shown)
    assert "cid:" not in page
    assert 'src="/made/' in page


def test_text_form_is_the_mails_text_part(at_desk: Desk) -> None:
    page = at_desk.text(at_desk.show(form="text"))
    assert "<pre>" in page
    assert "Social care, weekly" in page


@pytest.mark.check  # needs pdftoppm
def test_pdf_form_has_page_pictures_and_the_file(at_desk: Desk) -> None:
    shown = at_desk.show(form="pdf")
    [[_, url]] = shown["links"]
    document = at_desk.page.shelf.get(url.removeprefix("/made/"))
    assert document is not None
    assert document.content.startswith(b"%PDF-")
    assert len(page_pictures(document.content)) == at_desk.text(shown).count("<img ")
    assert all(picture.startswith(PNG) for picture in page_pictures(document.content))


def test_pdf_form_uses_the_browsers_viewer_without_pdftoppm(
    at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    page_pictures.cache_clear()
    [frame] = at_desk.show(form="pdf")["frames"]
    assert (frame["viewer"], frame["url"].endswith(".pdf")) == (True, True)
    page_pictures.cache_clear()


def test_invalid_pdf_has_no_pictures() -> None:
    assert page_pictures(b"not a PDF") == ()


def test_csv_form_has_the_readers_files(at_desk: Desk) -> None:
    at_desk.change("attach: [csv]", "attach: [csv: [user_summary]]")
    shown = at_desk.show(form="csv")
    assert shown["facts"] == [["Files", "user_summary.csv"]]
    assert '<th scope="col">' in at_desk.text(shown)


def test_values_of_the_file_are_escaped(at_desk: Desk) -> None:
    at_desk.change("title: Social care, weekly", 'title: "<script>alert(1)</script>"')
    for form in ("slack", "mail", "text", "pdf", "csv"):
        shown = at_desk.show(form=form)
        # As bytes: on a busy machine a page whose picture takes too long is the PDF itself.
        for frame in range(len(shown["frames"])):
            assert b"<script" not in at_desk.content(shown, frame)
