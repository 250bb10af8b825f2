"""The crash points are all there are, and a few of them; the whole matrix is a slow suite (tests/crashes)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crashes.matrix import ROWS, Outcome, Row, prepared
from tests.crashes.sites import ELSEWHERE, sites, unreached
from tests.crashes.stage import stage

pytestmark = pytest.mark.long

NEW_CALLS = """\
import os
import requests
from bot.ledger.database import transact


def told(url):
    return requests.post(url)


class Kept:
    def keep(self):
        transact(self.engine, lambda c: None)
        os.replace("a", "b")
"""


@pytest.fixture(scope="module")
def rows(emulator_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Row]]:
    with stage(emulator_folder) as here:
        yield {name: prepared(here, name, tmp_path_factory.mktemp("row")) for name in ROWS}


def test_every_side_effect_has_a_crash_point(
    rows: dict[str, Row],
) -> None:
    points = [point for row in rows.values() for point in row.points]
    left = {site.place for site in unreached(sites(), points)}
    assert left == ELSEWHERE.keys()
    assert all(ELSEWHERE.values())


def test_a_call_that_somebody_adds_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger/new.py").write_text(NEW_CALLS, encoding="utf-8")
    found = sites(tmp_path)
    assert [(site.place, site.call) for site in found] == [
        ("ledger/new.py told", "requests.post"),
        ("ledger/new.py Kept.keep", "transact"),
        ("ledger/new.py Kept.keep", "os.replace"),
    ]
    assert unreached(found, ()) == found


def killed(row: Row, begins: str) -> Outcome:
    """Kill at the first such point of the run that delivers; return what came of it."""
    return row.kill_at(next(p for p in row.points if p.scenario == "due" and p.name.startswith(begins)))


def test_kill_during_file_share_adopts_the_message(rows: dict[str, Row]) -> None:
    outcome = killed(
        rows["slack"], "before request channels/slack/api.py post < channels/slack/files.py share"
    )
    assert (outcome.verdict, outcome.problem) == ("adopted", "")


def test_kill_after_mail_data_resends_same_id(rows: dict[str, Row]) -> None:
    outcome = killed(rows["mail, resend"], "after mail bytes channels/email/smtp.py Session._finish")
    assert (outcome.verdict, outcome.arrived.ids, outcome.problem) == ("twice", 1, "")


def test_kill_after_mail_data_stays_unknown_on_hold(rows: dict[str, Row]) -> None:
    outcome = killed(rows["mail, hold"], "after mail bytes channels/email/smtp.py Session._finish")
    assert (outcome.verdict, outcome.arrived.count, outcome.problem) == ("unknown", 1, "")


def test_kill_before_rename_leaves_no_partial_file(rows: dict[str, Row]) -> None:
    outcome = killed(rows["folder"], "before rename channels/folder.py _replace")
    assert (outcome.verdict, outcome.problem) == ("once", "")


def test_a_double_whose_answer_had_come_would_be_seen(rows: dict[str, Row]) -> None:
    """The measure itself: a second mail is a problem where the first one's answer was written down."""
    [row] = [row for name, row in rows.items() if name == "mail, resend"]
    first = killed(row, "after mail bytes channels/email/smtp.py Session._finish")
    settled = Outcome(first.row, first.point, first.status, 1, True, first.state, first.arrived, first.whole)
    assert "of which the answer was lost 0 times" in settled.problem
