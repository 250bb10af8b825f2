"""The download itself: whole or not at all, bounded, private; and the silent cut without the guard."""

import gzip
import resource
import socket
import tracemalloc
from pathlib import Path

import pytest
import requests

from bot.errors import SourceError, SourceRefused, SourceUnavailable, SourceUnclear, UsageError
from bot.lib.export_folder import make_private, open_private
from bot.source.exports.download import Downloader, ExportUrl
from bot.source.exports.store import new_name
from bot.source.http.sockets import loopback_only
from bot.source.http.transport import Transport
from tests.source.conftest import Hosts
from tests.source.loopback import TurnedClock, cut_after, many, reply

BODY = b"a,b\r\n1,2\r\n"


@pytest.fixture
def downloader(clock: TurnedClock, hosts: Hosts, tmp_path: Path) -> Downloader:
    return Downloader(
        Transport(clock), clock, tmp_path / "exports", hosts.progress.append, lambda: 0.5, 10**8
    )


def download(downloader: Downloader, hosts: Hosts, seconds: float = 600.0) -> Path:
    address = ExportUrl(f"{hosts.files.url}/x?signature=canary", "127.0.0.1", loopback_only)
    return downloader.download(
        address, "case_details", "case_details", downloader.clock.monotonic() + seconds
    )


def left(downloader: Downloader) -> list[Path]:
    return list(downloader.folder.iterdir())


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + end


def test_cut_download_restarts_from_first_byte(downloader: Downloader, hosts: Hosts) -> None:
    hosts.files.says(
        cut_after(reply(BODY)[:-4]), cut_after(chunked(BODY, end=b"")), chunked(BODY[:4], BODY[4:])
    )
    path = download(downloader, hosts)
    assert path.read_bytes() == BODY
    assert left(downloader) == [path]
    assert all("range" not in got.headers for got in hosts.files.received)


def test_repeatedly_cut_download_is_unavailable(downloader: Downloader, hosts: Hosts) -> None:
    hosts.files.says(*[cut_after(reply(BODY)[:-4])] * 4)
    with pytest.raises(SourceUnavailable, match="could not be downloaded"):
        download(downloader, hosts)
    assert left(downloader) == []


@pytest.mark.covers("a download of unknown length")
def test_body_of_unknown_length_is_not_accepted(downloader: Downloader, hosts: Hosts) -> None:
    endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY[:-5]
    hosts.files.says(*[endless] * 5)
    with pytest.raises(SourceUnclear, match="may be cut off"):
        download(downloader, hosts)
    assert left(downloader) == []
    # Without the guard the cut is silent.
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(hosts.files.url).content == BODY[:-5]


def zipped(content: bytes, cut: int = 0) -> bytes:
    packed = gzip.compress(content)
    return reply(packed[: len(packed) - cut], headers={"Content-Encoding": "gzip"})


def test_gzip_download_is_decompressed(downloader: Downloader, hosts: Hosts) -> None:
    two = reply(gzip.compress(BODY) + gzip.compress(BODY), headers={"Content-Encoding": "x-gzip"})
    hosts.files.says(zipped(BODY), two)
    assert download(downloader, hosts).read_bytes() == BODY
    assert download(downloader, hosts).read_bytes() == BODY * 2


def test_truncated_gzip_download_restarts(downloader: Downloader, hosts: Hosts) -> None:
    """The Content-Length is right: the file was already cut at its source."""
    rows = b"a,b\r\n" + b"1,2\r\n" * 50_000
    damaged = reply(gzip.compress(rows)[:40] + b"\0" * 9, headers={"Content-Encoding": "gzip"})
    hosts.files.says(zipped(rows, cut=1), zipped(rows, cut=100), damaged, zipped(rows))
    assert download(downloader, hosts).read_bytes() == rows
    # Without the guard the cut is silent.
    hosts.files.says(zipped(rows, cut=100))
    with requests.Session() as session:
        session.trust_env = False
        assert 0 < len(session.get(hosts.files.url).content) < len(rows)


def test_gzip_download_is_bounded_by_its_decoded_size(downloader: Downloader, hosts: Hosts) -> None:
    small = Downloader(downloader.transport, downloader.clock, downloader.folder, print, lambda: 0.5, 10**6)
    hosts.files.says(zipped(bytes(10**6 + 1)), zipped(bytes(10**6)))
    with pytest.raises(SourceRefused, match="larger than"):
        download(small, hosts)
    assert download(small, hosts).stat().st_size == 10**6


def test_partial_files_of_a_killed_download_are_swept(downloader: Downloader, hosts: Hosts) -> None:
    make_private(downloader.folder)
    names = ["case-details-1.part", "case-details-1.csv", "nps-submissions-1.part"]
    for name in names:
        (downloader.folder / name).touch()
    hosts.files.says(reply(BODY))
    path = download(downloader, hosts)
    assert {file.name for file in left(downloader)} == {path.name, *names[1:]}


def test_oversized_download_is_refused_before_and_during(downloader: Downloader, hosts: Hosts) -> None:
    small = Downloader(downloader.transport, downloader.clock, downloader.folder, print, lambda: 0.5, 8)
    announced = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"
    hosts.files.says(cut_after(announced), reply(BODY), chunked(BODY))
    for _ in range(3):
        with pytest.raises(SourceRefused, match="larger than"):
            download(small, hosts)
    assert left(downloader) == []


@pytest.mark.parametrize(("status", "error"), [(500, SourceUnavailable), (401, SourceRefused)])
def test_other_answers_of_the_file_host(
    downloader: Downloader, hosts: Hosts, status: int, error: type[SourceError]
) -> None:
    hosts.files.says(*[reply(b"<Error/>", status)] * (4 if error is SourceUnavailable else 1))
    with pytest.raises(error, match=f"HTTP {status}"):
        download(downloader, hosts)


def test_large_file_uses_little_memory(downloader: Downloader, hosts: Hosts) -> None:
    piece = b"x" * 65536
    pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (640 * len(piece)), *[piece] * 640]
    hosts.files.says(many(pieces))
    tracemalloc.start()
    try:
        path = download(downloader, hosts)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.stat().st_size == 40 * 1024 * 1024
    assert peak < 4 * 1024 * 1024
    assert hosts.progress == [f"case_details: {size} MB downloaded" for size in (8, 16, 24, 32, 40)]


def test_deadline_ends_endless_download(downloader: Downloader, hosts: Hosts, clock: TurnedClock) -> None:
    def turn_and_wait(connection: socket.socket) -> None:
        clock.turn(599.8)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx")
        connection.recv(1)

    hosts.files.says(turn_and_wait)
    with pytest.raises(SourceUnavailable):
        download(downloader, hosts)
    assert left(downloader) == []


def test_full_disk_is_not_a_network_error(downloader: Downloader, hosts: Hosts) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    hosts.files.says(reply(b"x" * 200_000))
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(SourceUnavailable, match="written to disk: File too large"):
            download(downloader, hosts)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert left(downloader) == []


def test_vanished_folder_is_a_disk_error(downloader: Downloader, hosts: Hosts) -> None:
    def answer(connection: socket.socket) -> None:
        downloader.folder.rmdir()
        connection.sendall(reply(BODY))

    hosts.files.says(answer)
    with pytest.raises(SourceUnavailable, match="written to disk: No such file"):
        download(downloader, hosts)


def test_symlink_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    link = tmp_path / "x.part"
    link.symlink_to(victim)
    with pytest.raises(FileExistsError):
        open_private(link)
    assert victim.read_text() == "precious"
    # Without the guard the link is followed.
    link.write_text("gone")
    assert victim.read_text() == "gone"


def test_folder_is_private_and_symlink_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    make_private(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(UsageError, match="link"):
        make_private(link)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UsageError):
        make_private(file)


@pytest.mark.parametrize("stem", ["../../x", "C:\\x", "a\x00b", "CON", "", "…", "x" * 300])
def test_names_are_our_own(stem: str) -> None:
    name = new_name(stem)
    assert name.endswith(".csv")
    assert set(name[:-4]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(name) <= 68
    assert name != new_name(stem)
