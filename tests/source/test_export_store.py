"""Stored exports: used again as long as their file is unchanged, and never another file."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import SourceUnclear
from bot.lib.export_folder import ExportFolder
from bot.model import ApiSettings, Column, ExportFile, Insight, KeptAnswer, Query, Table, Unit
from bot.source import ActivityApi
from bot.source.exports.store import read_export, write_export
from tests.source.conftest import Hosts, MakeApi
from tests.source.loopback import LATER, NOW, TurnedClock, reply
from tests.source.samples import APRIL, CASES
from tests.source.stored_answers import StoredAnswers
from tests.source.test_exports_resumed import QUERY, complete, file_of


def fetched(api: ActivityApi, hosts: Hosts, query: Query, due: datetime = NOW) -> ExportFile:
    """Fetch an export that the API has to generate."""
    hosts.api.says(complete(hosts))
    hosts.files.says(reply(CASES))
    return file_of(api.fetch(query, due))


def test_cached_export_is_reused_with_insights(
    make_api: MakeApi, hosts: Hosts, answers: StoredAnswers, tmp_path: Path
) -> None:
    file = fetched(make_api(), hosts, QUERY)
    assert file.insights
    assert file_of(make_api(answers=answers.beside()).fetch(QUERY, NOW)) == file
    newer = fetched(make_api(), hosts, QUERY, LATER)
    assert newer.name != file.name
    assert (tmp_path / "exports" / file.name).exists()  # an edition that was kept may still attach it


def test_settled_export_is_kept_for_ever(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    query = replace(QUERY, window=APRIL)
    file = fetched(make_api(), hosts, query)
    clock.turn(86400 * 30)
    assert file_of(make_api().fetch(query, LATER)) == file


def test_correction_refetches_settled_export(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    query = replace(QUERY, window=APRIL)
    file = fetched(make_api(), hosts, query)
    clock.turn(60)
    hosts.api.says(complete(hosts))
    hosts.files.says(reply(CASES))
    newer = file_of(make_api().fetch(query, clock.now(), anew=True))
    assert newer.name != file.name
    assert file_of(make_api().fetch(query, clock.now(), anew=True)) == newer, "once for each correction"


def test_export_settlement_uses_job_start(make_api: MakeApi, hosts: Hosts, clock: TurnedClock) -> None:
    query = replace(QUERY, window=APRIL)
    settle = (NOW - APRIL.end).total_seconds() + 3
    hosts.api.says(reply({"status": "pending", "url": None, "token": "first"}))
    hosts.status.says(complete(hosts))
    hosts.files.says(reply(CASES))
    make_api(api=ApiSettings(settle_seconds=settle)).fetch(query, NOW)
    assert clock.slept == [5.0]
    fetched(make_api(), hosts, query, LATER)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def linked(path: Path) -> None:
    other = path.with_name("other.csv")
    path.rename(other)
    path.symlink_to(other)


@pytest.mark.parametrize("harm", [Path.unlink, emptied, linked, lambda path: shutil.rmtree(path.parent)])
def test_cached_export_without_file_is_refetched(
    make_api: MakeApi, hosts: Hosts, tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    file = fetched(make_api(), hosts, QUERY)
    harm(tmp_path / "exports" / file.name)
    anew = fetched(make_api(), hosts, QUERY)
    assert anew.name != file.name
    assert (tmp_path / "exports" / anew.name).read_bytes() == CASES


def test_cached_export_cannot_name_other_files(
    make_api: MakeApi, hosts: Hosts, answers: StoredAnswers, tmp_path: Path
) -> None:
    file = fetched(make_api(), hosts, QUERY)
    outside = tmp_path / "secret.csv"
    outside.write_bytes(CASES)
    link = tmp_path / "exports" / "link.csv"
    link.symlink_to(outside)
    (key,) = answers.shelf.answers
    for planted in (
        replace(file, name=str(outside)),
        replace(file, name="../secret.csv"),
        replace(file, name=link.name),
        replace(file, name=link.name, size=link.lstat().st_size),
    ):
        answers.shelf.answers[key] = KeptAnswer(write_export(planted), NOW, settled=True)
        assert fetched(make_api(), hosts, QUERY).name != planted.name


def test_written_export_round_trips(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"abc")
    columns = (Column("day"), Column("answers", Unit.COUNT), Column("wait", Unit.SECONDS))
    table = Table(columns, (("2018-04-01", 12, None), ("12", 0.1, 7.0)))
    file = ExportFile(
        path.name, 2, 3, ("Näme", "ID"), (Insight("by_day", table), Insight("none", Table((), ())))
    )
    assert read_export(write_export(file), ExportFolder(tmp_path)) == file


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"name": 7}', "[" * 100_000, '{"name": "\\u0000"}'])
def test_damaged_cached_export_is_a_miss(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceUnclear):
        read_export(text, ExportFolder(tmp_path))


def test_invalid_cached_name_is_unclear(tmp_path: Path) -> None:
    with pytest.raises(SourceUnclear):
        read_export(write_export(ExportFile("a\0b", 0, 0, ())), ExportFolder(tmp_path))


def test_forget_deletes_only_old_plain_files(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    (folder / "below").mkdir(parents=True)
    for name in ("old.csv", "old.part", "young.csv", "below/old.csv"):
        (folder / name).write_text(name)
    for name in ("old.csv", "old.part", "below/old.csv"):
        os.utime(folder / name, (0, 0))
    outside = tmp_path / "outside.csv"
    outside.write_text("theirs")
    os.utime(outside, (0, 0))
    (folder / "link.csv").symlink_to(outside)
    assert ExportFolder(folder).forget(datetime(2018, 5, 7, tzinfo=UTC)) == 2
    assert sorted(path.name for path in folder.iterdir()) == ["below", "link.csv", "young.csv"]
    assert outside.exists()


def test_exactly_as_old_as_allowed_stays(tmp_path: Path) -> None:
    (tmp_path / "export.csv").touch()
    os.utime(tmp_path / "export.csv", (1_000_000, 1_000_000))
    assert ExportFolder(tmp_path).forget(datetime.fromtimestamp(1_000_000, UTC)) == 0
    assert ExportFolder(tmp_path).forget(datetime.fromtimestamp(1_000_001, UTC)) == 1


def test_sweep_without_folder_does_nothing(tmp_path: Path) -> None:
    assert ExportFolder(tmp_path / "none").forget(datetime(2018, 5, 7, tzinfo=UTC)) == 0
