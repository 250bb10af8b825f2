"""A disk that is full, or without permission to write: real ones, small, in a mount namespace of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.small_disk import SmallDisk, small_disk
from tests.journeys.world import World, world

pytestmark = pytest.mark.check

BEFORE, DUE, LATER = "2018-05-06T12:00:00Z", "2018-05-06T23:00:30Z", "2018-05-06T23:10:00Z"
ROUND = ("-m", "bot", "run", "--once", "--now")


@dataclass
class Here:
    """A world, and a small disk over one of its folders."""

    world: World
    disk: SmallDisk

    def python(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Python on that disk, in the world's folder."""
        folder = self.world.folder
        places = {"BOT_DATABASE_URL": f"sqlite:///{folder}/db/bot.db", "BOT_DATA_DIR": f"{folder}/data"}
        command = self.disk.inside(folder, sys.executable, *arguments)
        return subprocess.run(
            command, env=self.world.env(**places), capture_output=True, text=True, timeout=120
        )

    def states(self) -> dict[str, str]:
        rows: list[dict[str, Any]] = json.loads(self.python("-m", "bot", "history", "--json").stdout)
        return {row["channel"]: row["state"] for row in rows}

    @property
    def arrived(self) -> tuple[int, int]:
        return len(self.world.slack.messages), len(self.world.smtp.messages)


@pytest.fixture
def here(tmp_path: Path, emulator_folder: Path, request: pytest.FixtureRequest) -> Iterator[Here]:
    """Provide a world after its first round, with the small disk mounted over the folder that the test names."""
    with world(tmp_path, emulator_folder) as made, small_disk(tmp_path / request.param, "2m") as disk:
        one = Here(made, disk)
        assert one.python(*ROUND, BEFORE).returncode == 0
        yield one


def refusal(done: "subprocess.CompletedProcess[str]") -> str:
    [line] = done.stderr.strip().splitlines()
    assert done.returncode == 2
    return line


@pytest.mark.covers("The disk of the database is full")
@pytest.mark.parametrize("here", ["db"], indirect=True)
def test_full_database_disk_delays_the_delivery(here: Here) -> None:
    here.disk.fill()
    for _ in range(2):
        assert "The disk of the database is full" in refusal(here.python(*ROUND, DUE))
    assert here.arrived == (0, 0)
    here.disk.clear()
    assert here.python(*ROUND, DUE).returncode == 0
    assert here.python(*ROUND, LATER).returncode == 0
    assert here.arrived == (1, 1)
    assert set(here.states().values()) == {"sent"}


@pytest.mark.covers("The disk of the database fills up right after a provider accepted a message")
@pytest.mark.parametrize("here", ["db"], indirect=True)
def test_full_disk_after_sending_is_reconciled(here: Here) -> None:
    """The proof cannot be written down: the delivery is unknown soon, looked up and adopted."""
    text = (here.world.folder / "reports.yaml").read_text(encoding="utf-8")
    here.world.write(text.replace("      - folder: outbox\n", ""))
    done = here.python("-m", "tests.faults.filling", str(here.disk.folder), DUE)
    assert done.returncode == 0, done.stderr
    before, after = done.stdout.split("room again rendered\n")
    assert "#social-care took it (C0SOCIAL01/" in before
    assert "could not be written down: The disk of the database is full" in before
    assert "dana@example.com: The disk of the database is full" in before
    assert after.splitlines() == [
        "60 slack sent 1",
        "60 email sent 1",
        "180 slack sent 1",
        "180 email sent 1",
        "1 slack sent 1",
        "1 email sent 1",
    ]
    assert here.arrived == (1, 1)


@pytest.mark.covers("The disk of BOT_DATA_DIR is full")
@pytest.mark.parametrize("here", ["data"], indirect=True)
def test_full_exports_disk_is_noted_in_the_edition(here: Here) -> None:
    here.disk.fill()
    done = here.python(*ROUND, DUE)
    assert done.returncode == 3
    assert "case_details could not be written to disk: No space left on device" in done.stderr
    assert here.arrived == (1, 1)
    assert "“Cases” could not be loaded" in str(here.world.slack.messages[0].arguments)
    assert set(here.states().values()) == {"sent"}


@pytest.mark.covers("The disk of a delivery folder is full")
@pytest.mark.parametrize("here", ["outbox"], indirect=True)
def test_full_outbox_is_retried_alone(here: Here) -> None:
    here.disk.fill()
    done = here.python(*ROUND, DUE)
    assert done.returncode == 5
    assert "outbox could not be written: No space left on device" in done.stderr
    assert here.states() == {"slack": "sent", "email": "sent", "folder": "pending"}
    assert not [name for name in _files(here.disk.seen) if name != "ballast"]
    here.disk.clear()
    assert here.python(*ROUND, LATER).returncode == 0
    assert set(here.states().values()) == {"sent"}
    assert "report.pdf" in _files(here.disk.seen)
    assert here.arrived == (1, 1)


@pytest.mark.covers("A delivery folder is read-only")
@pytest.mark.parametrize("here", ["outbox"], indirect=True)
def test_read_only_outbox_fails_until_resend(here: Here) -> None:
    here.disk.lock_writing(True)
    done = here.python(*ROUND, DUE)
    assert done.returncode == 5
    assert "outbox could not be written: Read-only file system" in done.stderr
    assert here.states() == {"slack": "sent", "email": "sent", "folder": "failed"}
    here.disk.lock_writing(False)
    assert here.python("-m", "bot", "resend", "care-weekly@2018-05-06T23:00:00Z").returncode == 0
    assert set(here.states().values()) == {"sent"}
    assert here.arrived == (1, 1)


@pytest.mark.covers("The database is read-only")
@pytest.mark.parametrize("here", ["db"], indirect=True)
def test_read_only_database_folder_is_refused(here: Here) -> None:
    here.disk.lock_writing(True)
    assert "cannot be opened; see its folder's permissions" in refusal(here.python(*ROUND, DUE))
    assert here.arrived == (0, 0)
    here.disk.lock_writing(False)
    assert here.python(*ROUND, DUE).returncode == 0
    assert here.arrived == (1, 1)


@pytest.mark.parametrize("here", ["data"], indirect=True)
def test_the_disk_is_full_for_others_too(here: Here) -> None:
    """The measure itself: what cannot be written by hand cannot be written by the bot."""
    here.disk.fill()
    code = f"import pathlib; pathlib.Path({str(here.disk.folder / 'x')!r}).write_text('x' * 9)"
    assert "No space left on device" in here.python("-c", code).stderr
    here.disk.clear()
    assert here.python("-c", code).returncode == 0


def _files(folder: Path) -> list[str]:
    return [name for _, _, names in os.walk(folder) for name in names]
