"""A save is seen, once, when it is over."""

import os
from itertools import pairwise
from pathlib import Path

from bot.config.watch import MAX_FILES, Debounced, Watched


def watched(folder: Path) -> Watched:
    return Watched((str(folder / "reports.yaml"),), (str(folder / "own"),))


def test_every_kind_of_save_is_seen(tmp_path: Path) -> None:
    file, template = tmp_path / "reports.yaml", tmp_path / "own/slack/message.json.j2"
    template.parent.mkdir(parents=True)
    looks = [watched(tmp_path).look()]
    file.write_text("a", encoding="utf-8")
    looks.append(watched(tmp_path).look())
    template.write_text("b", encoding="utf-8")
    looks.append(watched(tmp_path).look())
    other = tmp_path / "reports.yaml.new"
    other.write_text("c", encoding="utf-8")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    os.replace(other, file)  # same size, same time: another file all the same
    looks.append(watched(tmp_path).look())
    template.unlink()
    looks.append(watched(tmp_path).look())
    assert all(before != after for before, after in pairwise(looks))


def test_editor_files_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    before = watched(tmp_path).look()
    for name in (".message.json.j2.swp", "message.json.j2~"):
        (tmp_path / "own" / name).write_text("x", encoding="utf-8")
    assert watched(tmp_path).look() == before


def test_folder_is_limited(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 5):
        (tmp_path / f"{number}.j2").touch()
    assert len(Watched((), (str(tmp_path),)).look()) == MAX_FILES


def test_save_is_debounced() -> None:
    empty, half, whole = {"f": (1, 0, 1)}, {"f": (2, 5, 1)}, {"f": (3, 9, 1)}
    debounced = Debounced(empty)
    assert [debounced.is_new(seen) for seen in (empty, half, whole, whole, whole)] == [
        False,
        False,
        False,
        True,
        False,
    ]
