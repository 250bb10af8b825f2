"""The limit as the server counts it, kept by three `send` at once over many digests.

Each request is up to 200 ms on its way by chance. SLOW_SHARE=short sends fewer digests.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.journeys.world import World, world

pytestmark = pytest.mark.slow

LIMIT, SPAN = 20, 2.0
PROCESSES = 3
ROUNDS = 1 if os.environ.get("SLOW_SHARE") == "short" else 3
DIGESTS = tuple(f"last-{days}-days" for days in range(2, 2 + ROUNDS * PROCESSES))
REPORTS = (
    "summary, states_volume, workflow_states, classifications, response_volume, user_summary, user_volume, "
    "case_summary, case_volume, case_classifications"
)
QUERIES = 2 * 9
"""Of each digest: its window and the one before; workflow states and the agents' are one question."""

HEAD = """\
timezone: Australia/Sydney
activity_api: {rate_limit: {requests: 20, per: 2s, reserve: 0}}
digests:
"""


def entry(name: str) -> str:
    return f"""\
  {name}:
    title: {name}
    schedule: every monday at 09:00
    window: {name.replace("-", " ")}
    reports: [{REPORTS}]
    recipients: [{{folder: outbox}}]
"""


def sent_by_three(here: World) -> list[tuple[int, str]]:
    """Status and words of `send` for every digest, three at once."""
    with ThreadPoolExecutor(PROCESSES) as pool:
        done = pool.map(lambda name: here.bot("send", name, "--at", "2018-05-07T09:00"), DIGESTS)
        return [(one.returncode, one.stdout + one.stderr) for one in done]


def test_three_sends_at_once_are_never_refused_and_ask_nothing_twice(
    tmp_path: Path, emulator_folder: Path
) -> None:
    with world(tmp_path, emulator_folder, limit=(LIMIT, SPAN), faults=("delay=0-0.2",)) as here:
        here.write(HEAD + "".join(map(entry, DIGESTS)))
        for status, output in sent_by_three(here):
            assert status == 0, output
        assert len(here.emulator.requests) == QUERIES * len(DIGESTS)
        assert {record.status for record in here.emulator.requests} == {200}
        assert here.emulator.requests.most_admitted(SPAN) <= LIMIT
    assert len(list((here.folder / "outbox").glob("*/*/report.pdf"))) == len(DIGESTS)
