"""CSV files: cells round-trip and never run as formulas."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import TemplateFailed
from bot.lib.export_folder import ExportFolder
from bot.model import CsvTable, ExportedFile, StoredCsv
from bot.render.csv_files import guarded, stored_exports, table_file, table_files
from tests.render.sample_edition import EDITION

ATTACKS = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "  =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    '"=1',
    "'=1",
    '" =1',
    "\x00=1",
]


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


@pytest.mark.parametrize("text", ATTACKS)
def test_formula_is_prefixed_in_cells_and_headings(text: str) -> None:
    table = cells(table_file(CsvTable("r", (text,), ((text,),))).content)
    assert table[0][0].startswith("'")
    assert table[1][0].startswith("'")


@pytest.mark.parametrize("text", ATTACKS)
def test_without_guard_spreadsheet_runs_formula(text: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerow([text])
    shown = next(csv.reader(io.StringIO(out.getvalue(), newline="")))[0]
    assert shown.lstrip(" \t\r\n\"'\x00\ufeff\u200b\u00a0")[0] in "=+-@＝＋－＠"


def test_formula_behind_another_separator_is_disarmed() -> None:
    assert guarded("a;=1+1\tx\n@y") == "a;'=1+1\tx\n'@y"


@pytest.mark.parametrize("text", ["Jane", "李 明", "jane@example.com", "a-b", "1+1", "5 %", "", "O'Neil"])
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert guarded(text) == text


def test_numbers_stay_numbers_and_nothing_is_empty() -> None:
    row = (-5, -2.5, 3120.0, 0, None, float("nan"), float("inf"), 2640.5)
    content = table_file(CsvTable("r", tuple("abcdefgh"), (row,))).content
    assert content.endswith(b"-5,-2.5,3120,0,,,,2640.5\r\n")


def test_bytes_follow_excel_and_rfc_4180() -> None:
    files = table_files(EDITION)
    assert [file.name for file in files] == ["user_summary.csv", "states_volume.csv"]
    assert [file.rows for file in files] == [2, 1]
    assert files[0].content.startswith(b"\xef\xbb\xbfuser_id,first_name")
    assert files[0].content.count(b"\r\n") == files[0].content.count(b"\n") == 3
    assert "'=cmd(),Öberg,3,\r\n" in files[0].content.decode("utf-8-sig")


def test_table_without_rows_keeps_its_heading() -> None:
    assert cells(table_file(CsvTable("r", ("a", "b"), ())).content) == [["a", "b"]]


@given(st.lists(st.text(max_size=30), min_size=2, max_size=2))
def test_every_text_round_trips_as_one_cell(row: list[str]) -> None:
    table = cells(table_file(CsvTable("r", ("a", "b"), (tuple(row),))).content)
    assert len(table) == 2
    assert table[1] == [guarded(text) for text in row]


def kept(folder: Path, name: str, size: int = 7) -> tuple[StoredCsv, ...]:
    edition = replace(EDITION, csvs=(), exports=(ExportedFile("case_details", name, 1, size),))
    return stored_exports(edition, ExportFolder(folder))


def test_stored_export_is_unchanged(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id\n=1\xff\n")
    (file,) = kept(tmp_path, "a.csv")
    assert (file.report, file.name) == ("case_details", "case_details.csv")
    assert Path(file.path).read_bytes() == b"id\n=1\xff\n"


def test_missing_export_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TemplateFailed, match=r"case_details\.csv was exported, but cannot be read again"):
        kept(tmp_path, "gone.csv")


def test_file_outside_export_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary")
    inner = tmp_path / "exports"
    inner.mkdir()
    (inner / "link.csv").symlink_to(tmp_path / "secret")
    size = (inner / "link.csv").lstat().st_size
    for name, bytes_ in (
        ("../secret", 6),
        (str(tmp_path / "secret"), 6),
        ("link.csv", 6),
        ("link.csv", size),
    ):
        with pytest.raises(TemplateFailed, match="it is gone"):
            kept(inner, name, bytes_)
    assert (inner / "../secret").read_text() == "canary", "joined without a look at the name"
