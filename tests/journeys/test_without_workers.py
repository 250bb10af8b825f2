"""On SQLite nothing of the extra `[workers]` is imported: neither the job queue nor PostgreSQL's driver."""

import subprocess
import sys

import pytest

from tests.journeys.test_status_page import Running
from tests.journeys.world import World

pytestmark = pytest.mark.long

WITHOUT = (
    "import sys\n"
    "sys.modules.update(procrastinate=None, psycopg=None)  # importing either one fails\n"
    "from bot.cli import main\n"
    "sys.exit(main(sys.argv[1:]))"
)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", WITHOUT, *arguments]


@pytest.mark.parametrize("arguments", ["--help", "check", "run --once"])
def test_command_needs_no_extra(here: World, arguments: str) -> None:
    done = subprocess.run(
        command(*arguments.split()), cwd=here.folder, env=here.env(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_service_needs_no_extra(here: World) -> None:
    log = here.folder / "log"
    with log.open("w", encoding="utf-8") as lines:
        process = subprocess.Popen(command("run"), cwd=here.folder, env=here.env(), stderr=lines)
    running = Running(here, log)
    running.until((here.folder / "var/last_tick").exists, 60)
    process.terminate()
    assert process.wait(60) == 0


def test_postgresql_needs_the_extra(here: World) -> None:
    environment = here.env(BOT_DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none")
    done = subprocess.run(
        command("run", "--once"), cwd=here.folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "pip install 'digestbot[postgres]'" in done.stderr
