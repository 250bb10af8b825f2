"""A CSV file is whole or unclear; a cut that keeps the shape of a file is found by its last row."""

import csv
import io
import tracemalloc
from pathlib import Path

import pytest

from bot.errors import SourceUnclear
from bot.source.exports.csv_check import checked_rows

Shape = tuple[tuple[str, ...], int]
"""The header, and the number of rows below it."""


def shape_of(path: Path) -> Shape:
    header, *rows = checked_rows(path, "case_details")
    return tuple(header), len(rows)


def check(tmp_path: Path, content: bytes) -> Shape:
    file = tmp_path / "x.csv"
    file.write_bytes(content)
    return shape_of(file)


@pytest.mark.parametrize(
    ("content", "header", "rows"),
    [
        (b"a,b\r\n1,2\r\n", ("a", "b"), 1),
        (b"a,b\n1,2", ("a", "b"), 1),
        (b"a,b", ("a", "b"), 0),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n\r\n", ("a", "b"), 1),
        (b"a;b\n1,5;2\n", ("a", "b"), 1),
        (b"a\tb\n1\t2\n", ("a", "b"), 1),
        (b'"a,x";b\n1;2\n', ("a,x", "b"), 1),
        (b'a,b\n"line\nbreak, ""quoted""",2\n', ("a", "b"), 1),
        (b"only\nx\ny\n", ("only",), 2),
        ("näme,日本\n1,2\n".encode(), ("näme", "日本"), 1),
        (b"a,b\n=1+1,@x\n", ("a", "b"), 1),
    ],
)
def test_whole_files_are_measured(tmp_path: Path, content: bytes, header: tuple[str, ...], rows: int) -> None:
    assert check(tmp_path, content) == (header, rows)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n",
        b"\xef\xbb\xbf",
        b",,\n1,2,3\n",
        b"a,b\n1,2\n3",
        b"a,b\n1,2,3\n",
        b'a,b\n1,"2',
        b'a,b\n1,"2"x\n',
        b"a,b\n1,\xe4\n",
        b"a,b\n1,\x00\n",
        "a,b\n1,2\n".encode("utf-16"),
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        b"<html>\n</html>\n",
        b'{"error": "AccessDenied"}',
        b"[]",
        b",".join(b"%d" % number for number in range(2000)),
    ],
    ids=lambda content: repr(content[:20]),
)
def test_others_are_unclear(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SourceUnclear, match="case_details cannot be used"):
        check(tmp_path, content)


@pytest.mark.covers("a file that is truncated inside, ragged or not CSV")
def test_every_cut_inside_a_row_is_found(tmp_path: Path) -> None:
    whole = b'Account,Note,Date\r\nAcme,"two\r\nlines",2018\r\n'
    start = whole.index(b"Acme") + 1
    for end in range(start, whole.rindex(b",") + 1):
        with pytest.raises(SourceUnclear):
            check(tmp_path, whole[:end])


def test_cut_is_silent_without_the_guard() -> None:
    rows = list(csv.reader(io.StringIO('a,b\n1,"2', newline="")))
    assert rows == [["a", "b"], ["1", "2"]]


@pytest.mark.long
def test_message_size_limit(tmp_path: Path) -> None:
    assert check(tmp_path, b"a,b\n1," + b"x" * 200_000 + b"\n")[1] == 1
    for content in (b"a,b\n1," + b"x" * 11_000_000, b'a,b\n1,"' + b"x\n" * 6_000_000):
        with pytest.raises(SourceUnclear):
            check(tmp_path, content)


@pytest.mark.long
def test_long_row_is_not_read_into_memory(tmp_path: Path) -> None:
    long = b'"' + b"x\n" * 4_300_000 + b'"'
    with pytest.raises(SourceUnclear, match="a row is over 16 MB"):
        check(tmp_path, b"a,b,c\n" + long + b"," + long + b",1\n")
    assert check(tmp_path, b"a,b,c\n" + (long + b",1,2\n") * 2)[1] == 2


def test_file_without_line_ends_is_not_buffered(tmp_path: Path) -> None:
    with pytest.raises(SourceUnclear, match="over 10 MB"):
        check(tmp_path, b"a,b\n" + b"1," * 6_000_000)


@pytest.mark.long
def test_many_rows_need_little_memory(tmp_path: Path) -> None:
    content = b"a,b,c\n" + b"one,two,three\n" * 100_000
    file = tmp_path / "x.csv"
    file.write_bytes(content)
    tracemalloc.start()
    try:
        assert sum(1 for _ in checked_rows(file, "case_details")) == 100_001
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()
