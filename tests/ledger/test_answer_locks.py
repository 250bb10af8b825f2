"""The kept answers on SQLite: guards with and without, and words for trouble; see `tests/ledger` for the rest."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import LedgerError
from bot.ledger import AnswerCache, Ledger, open_ledger
from bot.model import ExportJob, KeptAnswer
from tests.ledger.factories import NOW
from tests.ledger.processes import start

KEY = "5e884898da28047151d0e56f8dc62927"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(f"sqlite:///{tmp_path}/bot.db", owner="elsewhere:1:a") as opened:
        yield opened


def test_killed_process_leaves_its_job_and_not_its_right(ledger: Ledger) -> None:
    code = (
        "import os, sys; from bot.ledger import AnswerCache, open_ledger; from bot.model import ExportJob\n"
        "from tests.ledger.factories import NOW\n"
        "owner = f'there:{os.getpid()}:a'\n"
        "answers = AnswerCache(open_ledger(sys.argv[1], owner=owner))\n"
        "answers.lock(sys.argv[2]); answers.keep_job(sys.argv[2], ExportJob('a3f1', NOW))\n"
        "os.kill(os.getpid(), 9)"
    )
    process = start(code, str(ledger.engine.url), KEY)
    process.communicate(timeout=60)
    assert process.returncode == -9
    answers = AnswerCache(ledger)
    assert not answers.lock(KEY)
    ledger.reap(NOW)
    assert answers.lock(KEY)
    assert answers.job(KEY) == ExportJob("a3f1", NOW)


def test_errors_show_no_answers(ledger: Ledger) -> None:
    answers = AnswerCache(ledger)
    with ledger.engine.begin() as connection:
        connection.execute(text("DROP TABLE answers"))
    with pytest.raises(LedgerError) as caught:
        answers.keep(KEY, KeptAnswer("secret figures", NOW, settled=True))
    assert "secret figures" not in str(caught.value) + str(caught.value.__cause__)
    assert answers.lock(KEY), "nothing is half done"
