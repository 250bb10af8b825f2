"""Forgetting on time: what goes when, and that no byte of it stays in the database's files."""

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.ledger import AnswerCache, Ledger, open_ledger
from bot.lib.export_folder import ExportFolder
from bot.model import Agents, DeliveryState, KeptAnswer, Outcome, Pruned, Receipt, Retention
from bot.service import Upkeep, prune
from tests.ledger.factories import NOW, deliveries_of, digest, edition, later, occurrence

CANARY = "Wilhelmina Featherstonehaugh"
RETENTION = Retention(30 * 86_400.0, 400 * 86_400.0, 800 * 86_400.0)


def upkeep(ledger: Ledger, folder: Path) -> Upkeep:
    return Upkeep(ledger, AnswerCache(ledger), ExportFolder(folder / "exports"), RETENTION)


def fill(ledger: Ledger, folder: Path, count: int = 40) -> None:
    """Weeks of editions and answers that name an agent, and an export."""
    answers = AnswerCache(ledger)
    for week in range(count):
        of = occurrence(due=NOW + timedelta(days=week))
        ledger.plan(of, digest(), deliveries_of(of), NOW, late=False)
        claim = ledger.claim_occurrence(of.id, NOW)
        assert claim is not None
        said = {Agents.NONE: edition(of), Agents.NAMES: edition(of, f"{CANARY} {week} " * 200)}
        ledger.save_snapshot(claim, said, NOW)
        sending = ledger.claim_delivery(deliveries_of(of)[0], NOW)
        assert sending is not None
        ledger.finish_attempt(sending, Outcome(DeliveryState.SENT, Receipt("1", "250 ok")), NOW)
        ledger.finish(of.id, NOW)
        answers.keep(f"key-{week}", KeptAnswer(f'{{"users": "{CANARY} {week}"}}' * 50, NOW, settled=True))
    (folder / "exports").mkdir()
    (folder / "exports/mentions.csv").write_text(CANARY)
    os.utime(folder / "exports/mentions.csv", (NOW.timestamp(),) * 2)


def found(folder: Path) -> list[str]:
    """Files below the folder in which the name stands, or any of its parts."""
    parts = [part.encode() for part in CANARY.split()]
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path.name for path in files if any(part in path.read_bytes() for part in parts)]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(f"sqlite:///{tmp_path}/bot.db", owner="here:1:a")


@pytest.mark.long
def test_pruned_names_leave_no_byte(ledger: Ledger, tmp_path: Path) -> None:
    with ledger:
        fill(ledger, tmp_path)
        assert {"bot.db-wal", "mentions.csv"} <= set(found(tmp_path))
        gone = prune(upkeep(ledger, tmp_path), later(days=31))
        assert (gone.files, gone.answers, gone.kept, gone.clean) == (1, 40, Pruned(personal=40), True)
        assert found(tmp_path) == [], "while the database is open"
    assert found(tmp_path) == [], "and after it was closed"


@pytest.mark.long
def test_deleting_alone_would_leave_the_name_in_the_log(ledger: Ledger, tmp_path: Path) -> None:
    with ledger:
        fill(ledger, tmp_path)
        with sqlite3.connect(tmp_path / "bot.db") as plain:
            plain.execute("DELETE FROM editions")
            plain.execute("DELETE FROM answers")
        assert "bot.db-wal" in found(tmp_path)


@pytest.mark.long
def test_open_reader_makes_prune_unclean(ledger: Ledger, tmp_path: Path) -> None:
    with ledger:
        fill(ledger, tmp_path, count=3)
        reader = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM editions").fetchone()
        first = prune(upkeep(ledger, tmp_path), later(days=31))
        assert not first.clean
        reader.close()
        assert ledger.compact()
        assert found(tmp_path) == []


def test_the_three_retentions_are_three(ledger: Ledger, tmp_path: Path) -> None:
    with ledger:
        fill(ledger, tmp_path, count=2)
        whole = upkeep(ledger, tmp_path)
        of = occurrence(due=NOW).id
        assert prune(whole, later(days=30)).nothing
        assert prune(whole, later(days=31)).kept == Pruned(personal=2)
        assert set(ledger.editions(of)) == {Agents.NONE}
        assert prune(whole, later(days=401)).kept == Pruned(figures=2)
        assert (dict(ledger.editions(of)), len(ledger.history(None))) == ({}, 2)
        assert prune(whole, later(days=801)).kept == Pruned(occurrences=2)
        assert ledger.history(None) == ()


def test_without_anything_old_the_database_is_not_written_anew(ledger: Ledger, tmp_path: Path) -> None:
    with ledger:
        fill(ledger, tmp_path, count=1)
        before = (tmp_path / "bot.db").stat().st_mtime_ns
        assert prune(upkeep(ledger, tmp_path), datetime(2018, 5, 8, tzinfo=UTC)).nothing
        assert (tmp_path / "bot.db").stat().st_mtime_ns == before
