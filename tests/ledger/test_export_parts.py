"""Exports in the database: every host reads the same bytes, whole, or none."""

import os
import random
import signal
from collections.abc import Set
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.errors import SourceUnavailable
from bot.ledger import ExportParts, Ledger
from bot.ledger.export_parts import PIECE
from bot.ledger.schema import export_parts
from bot.lib.export_folder import ExportFolder
from tests.ledger.factories import NOW
from tests.ledger.processes import start, told

CONTENT = random.Random(7).randbytes(2 * PIECE + PIECE // 2)
NAME = "case-details-0123.csv"


def host(folder: Path, ledger: Ledger, largest: int = 10**9) -> ExportFolder:
    folder.mkdir(exist_ok=True)
    return ExportFolder(folder, ExportParts(ledger), largest)


def exported(there: ExportFolder, content: bytes = CONTENT, name: str = NAME) -> Path:
    """Write an export and share it."""
    path = there.root / name
    path.write_bytes(content)
    os.utime(path, (NOW.timestamp(),) * 2)
    there.keep(name)
    return path


def test_another_host_reads_the_same_bytes(ledger: Ledger, other: Ledger, tmp_path: Path) -> None:
    exported(host(tmp_path / "a", ledger)).unlink()
    here = host(tmp_path / "b", other)
    path = here.find(NAME, len(CONTENT))
    assert path == tmp_path / "b" / NAME
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in here.root.iterdir()] == [NAME]


def test_a_stored_piece_is_no_longer_than_its_part_of_the_file(ledger: Ledger, tmp_path: Path) -> None:
    text = b"2018-05-01,Twitter,Responded\r\n" * 100_000
    exported(host(tmp_path / "a", ledger), text)
    with ledger.engine.connect() as connection:
        stored = connection.execute(select(export_parts.c.content).order_by(export_parts.c.part)).scalars()
        sizes = [len(content) for content in stored]
    assert len(sizes) == -(-len(text) // PIECE)
    assert sum(sizes) < len(text) / 10, "compressed"


def test_pieces_are_stored_as_they_are(ledger: Ledger) -> None:
    """PostgreSQL would try to compress them again."""
    if ledger.engine.dialect.name == "postgresql":
        query = "SELECT attstorage FROM pg_attribute WHERE attrelid = 'export_parts'::regclass AND attname = 'content'"
        with ledger.engine.connect() as connection:
            assert connection.exec_driver_sql(query).scalar() in ("e", b"e")


def test_retention_counts_from_the_day_of_the_export(ledger: Ledger, other: Ledger, tmp_path: Path) -> None:
    a, b = host(tmp_path / "a", ledger), host(tmp_path / "b", other)
    exported(a)
    exported(a, b"id\r\n1\r\n", "other.csv").unlink()
    assert b.find(NAME, len(CONTENT))
    assert a.forget(NOW) == 0, "exactly as old as allowed"
    later = NOW + timedelta(seconds=1)
    assert a.forget(later) == 2, "a file and its pieces are one"
    assert b.forget(later) == 1
    assert host(tmp_path / "c", other).find(NAME, len(CONTENT)) is None


def test_a_file_kept_twice_is_there_once(ledger: Ledger, tmp_path: Path) -> None:
    a = host(tmp_path / "a", ledger)
    exported(a, CONTENT + CONTENT)
    exported(a)
    found = host(tmp_path / "b", ledger).find(NAME, len(CONTENT))
    assert found
    assert found.read_bytes() == CONTENT


@pytest.mark.parametrize("size", [len(CONTENT) - 1, len(CONTENT) + 1, 0])
def test_a_file_of_another_size_is_not_the_one(ledger: Ledger, tmp_path: Path, size: int) -> None:
    exported(host(tmp_path / "a", ledger))
    here = host(tmp_path / "b", ledger)
    assert here.find(NAME, size) is None
    assert list(here.root.iterdir()) == []


def test_a_damaged_piece_is_found(ledger: Ledger, tmp_path: Path) -> None:
    exported(host(tmp_path / "a", ledger))
    with ledger.engine.begin() as connection:
        piece = connection.execute(
            select(export_parts.c.content).where(export_parts.c.part == 1)
        ).scalar_one()
        damaged = piece[:1000] + bytes([piece[1000] ^ 1]) + piece[1001:]
        connection.execute(update(export_parts).where(export_parts.c.part == 1).values(content=damaged))
    assert host(tmp_path / "b", ledger).find(NAME, len(CONTENT)) is None


def test_only_plain_names_are_looked_up(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"canary")
    here = host(tmp_path / "b", ledger)
    for name in ("../secret", str(tmp_path / "secret"), "", ".", "..", "a\0b", ".x.part"):
        assert here.find(name, 6) is None


def test_a_file_too_large_to_be_shared_stays_where_it_was_exported(ledger: Ledger, tmp_path: Path) -> None:
    a, b = (host(tmp_path / name, ledger, len(CONTENT) - 1) for name in "ab")
    exported(a)
    assert a.find(NAME, len(CONTENT))
    assert b.is_unshared(len(CONTENT))
    assert b.find(NAME, len(CONTENT)) is None
    with ledger.engine.connect() as connection:
        assert connection.execute(select(export_parts.c.name)).all() == []


def test_a_full_disk_is_said(ledger: Ledger, tmp_path: Path) -> None:
    exported(host(tmp_path / "a", ledger))
    here = replace(host(tmp_path / "b", ledger), shared=NoSpace())
    with pytest.raises(SourceUnavailable, match="could not be written to disk: No space left on device"):
        here.find(NAME, len(CONTENT))
    assert list(here.root.iterdir()) == []


class NoSpace:
    """A store whose bytes fit on no disk."""

    def keep(self, name: str, path: Path) -> None: ...

    def fetch(self, name: str, path: Path) -> datetime | None:
        path.write_bytes(CONTENT[:100])
        raise OSError(28, "No space left on device")

    def forget(self, before: datetime) -> Set[str]:
        return frozenset()


# --- killed -----------------------------------------------------------------------------------------

KEEP = """
import sys
import zlib
from pathlib import Path
from bot.ledger import ExportParts, open_ledger
from bot.ledger.export_parts import PIECE
from bot.ledger.schema import export_parts

url, path, name, guard = sys.argv[1:]
with open_ledger(url, owner="dying:1:a") as ledger:
    print("ready", flush=True)
    if guard == "on":
        ExportParts(ledger).keep(name, Path(path))
    with open(path, "rb") as file:
        for part in range(9):
            content = zlib.compress(file.read(PIECE), 1)
            with ledger.engine.begin() as connection:
                row = {"name": name, "part": part, "content": content, "written_at": 1}
                connection.execute(export_parts.insert(), row)
"""


@pytest.mark.parametrize("guard", ["on", "off"])
def test_a_killed_writer_leaves_no_half_file(ledger: Ledger, tmp_path: Path, guard: str) -> None:
    """The writer reads from a pipe that never ends; without the transaction half the file is stored."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    url = ledger.engine.url.render_as_string(hide_password=False)
    writer = start(KEEP, url, str(pipe), NAME, guard)
    assert told(writer) == "ready"
    with pipe.open("wb") as end:
        end.write(CONTENT)
        end.flush()  # the pipe holds a few kilobytes: all but the last piece is stored
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    half = tmp_path / "half.csv"
    if guard == "on":
        assert ExportParts(ledger).fetch(NAME, half) is None
    else:
        assert ExportParts(ledger).fetch(NAME, half)
        assert 0 < half.stat().st_size < len(CONTENT)
    assert host(tmp_path / "b", ledger).find(NAME, len(CONTENT)) is None


FETCH = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from bot.lib.export_folder import ExportFolder

class Dies:
    def fetch(self, name, path):
        path.write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)

root, name, guard = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
if guard == "on":
    ExportFolder(root, Dies(), 10**9).find(name, 1000)
Dies().fetch(name, root / name)
"""


@pytest.mark.parametrize("guard", ["on", "off"])
def test_a_killed_reader_leaves_no_half_file(ledger: Ledger, tmp_path: Path, guard: str) -> None:
    """Written under its name at once, half of it would be read by whoever trusts the name."""
    exported(host(tmp_path / "a", ledger))
    here = host(tmp_path / "b", ledger)
    reader = start(FETCH, str(here.root), NAME, guard)
    reader.communicate()
    assert reader.returncode == -signal.SIGKILL
    assert (here.root / NAME).exists() == (guard == "off")
    path = here.find(NAME, len(CONTENT))
    assert path
    assert path.read_bytes() == CONTENT
    far = datetime.now(UTC) + timedelta(days=1)
    here.forget(far)
    assert list(here.root.iterdir()) == [], "its half goes with the rest"
