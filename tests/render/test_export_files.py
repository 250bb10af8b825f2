"""Exports as attachments: formulas are guarded, large files zipped, too large ones named."""

import csv
import io
import random
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import TemplateFailed
from bot.lib.export_folder import ExportFolder
from bot.model import Attach, CsvFile, Edition, ExportedFile, Recipient, StoredCsv
from bot.model.channel_types import Format
from bot.render import Renderer
from bot.render.csv_files import (
    ATTACHMENTS_LIMIT,
    Packed,
    guarded,
    guarded_cell,
    guarded_copy,
    is_harmless,
    packed_exports,
    raw_copy,
    zipped,
)
from tests.render.pieces import slack_words
from tests.render.sample_edition import EMPTY
from tests.render.test_csv_files import ATTACKS

ROOM = 10_000_000
REPORT = "mention_sla_export"


def export(folder: Path, content: bytes, rows: int = 1, **changes: str) -> ExportedFile:
    file = folder / "a.csv"
    file.write_bytes(content)
    return replace(ExportedFile(REPORT, file.name, rows, len(content)), **changes)  # type: ignore[arg-type]


def packed(folder: Path, content: bytes, *, raw: bool = False, room: int = ROOM) -> Packed:
    return packed_exports((export(folder, content),), ExportFolder(folder), raw=raw, room=room)


def copy(folder: Path, content: bytes) -> bytes:
    (file,) = packed(folder, content).files
    assert file.name == f"{REPORT}.csv"
    return file.content


def cells(content: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def csv_of(*rows: list[str], delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


def large(megabytes: float, word_count: int = 12) -> bytes:
    """Return a CSV of so many MB that packs to about a third: every word drawn by a seeded chance."""
    chance, parts, size = random.Random(7), [b"id,score,message\r\n"], 0
    while size < megabytes * 1_000_000:
        text = " ".join(f"{chance.randrange(10**6):x}" for _ in range(word_count))
        parts.append(f"{len(parts)},-5,=SUM({text})\r\n".encode())
        size += len(parts[-1])
    return b"".join(parts)


# --- the guard ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [text for text in ATTACKS if "\x00" not in text])
def test_formula_in_cell_or_heading_is_guarded(tmp_path: Path, text: str) -> None:
    copied = cells(copy(tmp_path, csv_of(["a", text], [text, "x"])))
    assert copied == [["a", guarded(text)], [guarded(text), "x"]]
    assert copied[0][1].startswith("'")


@pytest.mark.parametrize("text", [text for text in ATTACKS if "\x00" not in text])
def test_without_guard_formula_arrives(tmp_path: Path, text: str) -> None:
    """`raw_csv: true` is the guard turned off: a spreadsheet would run it."""
    content = csv_of(["a", "b"], ["x", text])
    (file,) = packed(tmp_path, content, raw=True).files
    assert file.content == content
    assert cells(file.content)[1][1].lstrip(" \t\r\n\"'\ufeff\u200b\u00a0")[0] in "=+-@＝＋－＠"


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("expected", [",", ";", "\t"])
def test_no_separator_exposes_a_formula(tmp_path: Path, delimiter: str, expected: str) -> None:
    rows = [["id", "text"], ["1", "a,=1+1"], ["2", "b;=1+1\t=2"], ["3", ",;,=1"]]
    copied = copy(tmp_path, csv_of(*rows, delimiter=delimiter))
    assert [row[0] for row in cells(copied)] == ["id", "1", "2", "3"]
    assert not [cell for row in cells(copied, expected) for cell in row if cell.startswith("=")]


def test_original_delimiter_would_expose_formula(tmp_path: Path) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerow(
        [guarded_cell("1"), guarded_cell("a,=1+1")]
    )
    assert cells(out.getvalue().encode())[0][1].startswith("=")


@pytest.mark.parametrize("number", ["-5", "-2.5", "0", "3120.0", "5"])
def test_true_numbers_stay_numbers(tmp_path: Path, number: str) -> None:
    assert copy(tmp_path, csv_of(["n", "b"], [number, "x"])).endswith(f"\r\n{number},x\r\n".encode())


@pytest.mark.parametrize("text", ["-5+1", "-", "--5", "-5e", "-5\n", "-٣", "+5", "-5;=1"])
def test_text_starting_like_a_number_is_guarded(text: str) -> None:
    assert guarded_cell(text).startswith("'")


@given(st.lists(st.text(max_size=20), max_size=4))
def test_harmless_row_is_unchanged_by_guard(row: list[str]) -> None:
    assert not is_harmless(row) or [guarded(cell) for cell in row] == row


@given(st.lists(st.text(alphabet="aZ9;,\t\r\n=+-@＝'\" \x00", max_size=6), max_size=4))
def test_harmless_row_of_special_letters_is_unchanged(row: list[str]) -> None:
    assert not is_harmless(row) or [guarded(cell) for cell in row] == row


@pytest.mark.parametrize("text", ATTACKS)
def test_no_formula_is_harmless(text: str) -> None:
    assert not is_harmless(["a", text, ""])
    assert not is_harmless([text])
    assert is_harmless(["Jane", "", "a; b, c", "two\nlines", "5 %", "a-b"])


def test_guarded_copy_is_excel_csv_with_same_content(tmp_path: Path) -> None:
    content = 'a,b\nné,"two\nlines, ""quoted"""\n'.encode()
    copied = copy(tmp_path, content)
    assert copied.startswith(b"\xef\xbb\xbfa,b\r\n")
    assert cells(copied) == cells(content)
    assert copy(tmp_path, b"\xef\xbb\xbf" + content) == copied


@given(st.lists(st.lists(st.text(alphabet="ab ,;\"\n'é=9", max_size=6), min_size=2, max_size=2), min_size=1))
def test_every_cell_is_guarded(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    header = ["one", "two"]
    copied = copy(tmp_path_factory.mktemp("x"), csv_of(header, *rows))
    assert cells(copied) == [header, *([guarded_cell(cell) for cell in row] for row in rows)]


# --- packing --------------------------------------------------------------------------------------


def unzipped(file: CsvFile) -> bytes:
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        (entry,) = archive.infolist()
        assert entry.filename == f"{REPORT}.csv"
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert archive.testzip() is None
        return archive.read(entry)


def test_large_export_is_zipped_guarded_copy(tmp_path: Path) -> None:
    content = large(1.2)
    (file,) = packed(tmp_path, content).files
    assert (file.report, file.name, file.rows) == (REPORT, f"{REPORT}.csv.zip", 1)
    assert unzipped(file) == b"\xef\xbb\xbf" + content.replace(b"=SUM", b"'=SUM")
    (raw,) = packed(tmp_path, content, raw=True).files
    assert unzipped(raw) == content
    assert len(raw.content) < len(content) * 0.6


def test_small_export_is_not_zipped(tmp_path: Path) -> None:
    content = b"a,b\r\n" + b"1,2\r\n" * 199_999
    assert len(content) == 1_000_000
    assert [file.name for file in packed(tmp_path, content).files] == [f"{REPORT}.csv"]
    assert [file.name for file in packed(tmp_path, content + b"1,2\r\n").files] == [f"{REPORT}.csv.zip"]


@pytest.mark.long
def test_same_export_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, second = (packed(folder, large(1.1)) for folder in (tmp_path, tmp_path / "other"))
    assert first.files == second.files


def test_zip64_only_for_very_large_files() -> None:
    def needs(size: int) -> int:
        content = zipped(iter([b"a\n"]), "a.csv", 1_000, size)
        assert content is not None
        return zipfile.ZipFile(io.BytesIO(content)).infolist()[0].extract_version

    assert needs(100_000_000) == zipfile.DEFAULT_VERSION
    assert needs(1_000_000_000) == zipfile.ZIP64_VERSION


# --- too large ------------------------------------------------------------------------------------


def test_oversized_file_is_named_with_path_and_expiry(tmp_path: Path) -> None:
    content = large(1.2)
    kept = replace(export(tmp_path, content, kept_until="22 December 2026"), rows=1_234_567)
    result = packed_exports((kept,), ExportFolder(tmp_path), raw=False, room=100_000)
    assert result.files == ()
    assert result.left_out == (
        f"{REPORT}.csv ({len(content) / 1e6:.1f} MB, 1,234,567 rows) is too large to send; "
        f"it is kept at {tmp_path}/a.csv until 22 December 2026.",
    )


def test_without_expiry_only_path_is_named(tmp_path: Path) -> None:
    (note,) = packed(tmp_path, b"a,b\r\n1,2\r\n", room=5).left_out
    assert note == f"{REPORT}.csv (0.0 MB, 1 row) is too large to send; it is kept at {tmp_path}/a.csv."


@pytest.mark.long
def test_size_limit_is_for_all_files_together(tmp_path: Path) -> None:
    first, second = export(tmp_path, large(1.2)), tmp_path / "b.csv"
    second.write_bytes(b"a,b\r\n1,2\r\n")
    small = ExportedFile("case_details", second.name, 1, 10)
    size = len(packed(tmp_path, large(1.2)).files[0].content)
    for room, names in (
        (size + 20, [f"{REPORT}.csv.zip", "case_details.csv"]),
        (size + 5, [f"{REPORT}.csv.zip"]),
        (size - 1, ["case_details.csv"]),
        (-1, []),
    ):
        result = packed_exports((first, small), ExportFolder(tmp_path), raw=False, room=room)
        assert [file.name for file in result.files] == names
        assert len(result.left_out) == 2 - len(names)


def test_damaged_or_missing_export_is_an_error(tmp_path: Path) -> None:
    for content in (b"a,b\n1,\xe4\n", b'a,b\n1,"2', b'a,b\n1,"2"x\n'):
        with pytest.raises(TemplateFailed, match=rf"{REPORT}\.csv was exported, but cannot be read again"):
            packed(tmp_path, content)
    with pytest.raises(TemplateFailed, match="cannot be read again"):
        packed_exports(
            (ExportedFile(REPORT, "gone.csv", 1, 1),), ExportFolder(tmp_path), raw=False, room=ROOM
        )


# --- messages -------------------------------------------------------------------------------------


def to(channel: str, *, raw: bool = False, **attach: object) -> Recipient:
    return Recipient(channel, "x", attach=Attach(csv=True, **attach), raw_csv=raw)  # type: ignore[arg-type]


def edition(folder: Path, content: bytes) -> Edition:
    return replace(EMPTY, exports=(export(folder, content, kept_until="22 December 2026"),))


def test_messages_get_guarded_copy_folder_gets_original(tmp_path: Path) -> None:
    shown, renderer = edition(tmp_path, b"a,b\r\n=1,2\r\n"), Renderer(exports=ExportFolder(tmp_path))
    for files in (renderer.slack(shown, to("slack")).files, renderer.email(shown, to("email")).attachments):
        assert [file.content for file in files] == [b"\xef\xbb\xbfa,b\r\n'=1,2\r\n"]
    bundle = renderer.bundle(shown)
    assert bundle.csvs == (StoredCsv(REPORT, f"{REPORT}.csv", str(tmp_path / "a.csv")),)
    assert bundle.email.attachments[1:] == renderer.email(shown, to("email")).attachments


def test_raw_csv_is_unchanged(tmp_path: Path) -> None:
    shown, renderer = edition(tmp_path, b"a,b\r\n=1,2\r\n"), Renderer(exports=ExportFolder(tmp_path))
    assert renderer.email(shown, to("email", raw=True)).attachments[0].content == b"a,b\r\n=1,2\r\n"
    assert renderer.slack(shown, to("slack", raw=True)).files[0].content == b"a,b\r\n=1,2\r\n"
    assert renderer.email(shown, to("email")).attachments[0].content != b"a,b\r\n=1,2\r\n"


def test_recipients_share_last_packed_exports(tmp_path: Path) -> None:
    shown, renderer = edition(tmp_path, large(1.1)), Renderer(exports=ExportFolder(tmp_path))
    first = renderer.email(shown, to("email")).attachments[0]
    assert renderer.email(replace(shown), to("email")).attachments[0] is first
    assert renderer.email(shown, to("email", csvs=())).attachments == ()


@pytest.mark.long
def test_message_names_files_left_out(tmp_path: Path) -> None:
    """Random text hardly packs: 14 MB of it are above what a mail may carry, and below Slack's limit."""
    chance = random.Random(3)
    lines = (chance.randbytes(40).hex() for _ in range(180_000))
    shown = edition(tmp_path, b"id\r\n" + "\r\n".join(lines).encode())
    renderer = Renderer(exports=ExportFolder(tmp_path))
    mail = renderer.email(shown, to("email"))
    note = f"{REPORT}.csv (15 MB, 1 row) is too large to send; it is kept at {tmp_path}/a.csv until 22 December 2026."
    assert mail.attachments == ()
    assert note in mail.html
    assert note in mail.text.replace("\n", " ")
    slack = renderer.slack(shown, to("slack"))
    assert [file.name for file in slack.files] == [f"{REPORT}.csv.zip"]
    assert ATTACHMENTS_LIMIT[Format.EMAIL] < len(slack.files[0].content) < ATTACHMENTS_LIMIT[Format.SLACK]
    assert "too large" not in slack_words(slack)
    assert "too large" not in renderer.email(shown, to("email", csvs=())).text


def test_slack_names_files_left_out(tmp_path: Path) -> None:
    from bot.render.slack.message import slack_message
    from bot.render.templates import environment

    note = "x.csv (512 MB, 9 rows) is too large to send; it is kept at /var/x.csv."
    assert note in slack_words(slack_message(environment(), EMPTY, (), (), "", (note,)))


# --- memory ---------------------------------------------------------------------------------------


def peak(work: object) -> int:
    tracemalloc.start()
    try:
        work()  # type: ignore[operator]
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.long
def test_copies_are_made_in_chunks(tmp_path: Path) -> None:
    small, big = tmp_path / "small.csv", tmp_path / "big.csv"
    small.write_bytes(large(1))
    big.write_bytes(large(5))
    for way in (guarded_copy, raw_copy):
        peaks = [peak(lambda way=way, file=file: [None for _ in way(file)]) for file in (small, big)]
        assert peaks[1] < peaks[0] * 1.25
        assert peaks[1] < 1_000_000


@pytest.mark.long
def test_packing_stops_at_the_limit(tmp_path: Path) -> None:
    content = large(5)
    assert peak(lambda: packed(tmp_path, content, room=200_000)) < 1_500_000


def test_nothing_is_left_on_disk(tmp_path: Path) -> None:
    packed(tmp_path, large(1.2))
    packed(tmp_path, large(1.2), room=1000)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
