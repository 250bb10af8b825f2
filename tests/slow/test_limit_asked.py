"""The limit as the server counts it, with everything between: three processes that ask the emulator.

Each request is up to 200 ms on its way by chance. SLOW_SHARE=short asks fewer questions.
"""

import math
import os
import time
from pathlib import Path

import pytest

from tests.journeys.world import World, world
from tests.ledger.databases import empty_postgres, on_postgres
from tests.ledger.processes import end, start, tell, told
from tests.slow.asking import LIMIT, SPAN, USABLE

pytestmark = [pytest.mark.slow, pytest.mark.alone]

PROCESSES = 3
QUESTIONS = 191 if os.environ.get("SLOW_SHARE") == "short" else 400
IDEAL_SECONDS = (math.ceil(QUESTIONS / USABLE) - 1) * SPAN
FAULTS = ("delay=0-0.2",)
ASK = "import runpy; runpy.run_module('tests.slow.asking', run_name='__main__')"


def asked_by_three(here: World, database: str) -> tuple[int, float]:
    """How many questions were answered, and the seconds from the first word to the last answer."""
    processes = [
        start(ASK, database, str(here.folder), str(n), str(QUESTIONS), str(PROCESSES), env=here.env())
        for n in range(PROCESSES)
    ]
    assert [told(process) for process in processes] == ["ready"] * PROCESSES
    began = time.monotonic()
    for process in processes:
        tell(process)
    answers, moments = zip(*(end(process).split() for process in processes), strict=True)
    return sum(map(int, answers)), max(map(float, moments)) - began


@pytest.mark.parametrize("database", ["sqlite", *on_postgres()])
def test_400_questions_from_three_processes_keep_to_the_limit_and_lose_no_time(
    database: str, tmp_path: Path, emulator_folder: Path
) -> None:
    if database == "sqlite":
        database = f"sqlite:///{tmp_path}/bot.db"
    else:
        empty_postgres()
    with world(tmp_path, emulator_folder, limit=(LIMIT, SPAN), faults=FAULTS) as here:
        answered, took = asked_by_three(here, database)
        assert answered == QUESTIONS
        assert len(here.emulator.requests) == QUESTIONS
        assert {record.status for record in here.emulator.requests} == {200}
        assert here.emulator.requests.most_admitted(SPAN) <= LIMIT
        assert took <= 1.10 * IDEAL_SECONDS
