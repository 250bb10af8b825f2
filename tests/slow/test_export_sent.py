"""`send` of a digest with an export of half a gigabyte, as a person types it; SLOW_SHARE=short takes 60 MB.

The memory of the whole process tree is watched from outside; the servers it talks to are apart.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.world import World, world
from tests.slow.large_csv import large_csv
from tests.slow.memory import Watched

pytestmark = pytest.mark.slow

MEGABYTES = 60 if os.environ.get("SLOW_SHARE") == "short" else 500
MOST_MB = 200
REPORT = "mention_sla_export"
SEND = (sys.executable, "-m", "bot", "send", "care-weekly", "--at", "2018-05-07T09:00")
REPORTS_YAML = f"""\
timezone: Australia/Sydney
email: {{from: "Care reports <reports@example.com>", allowed_domains: [example.com]}}
digests:
  care-weekly:
    title: Social care, weekly
    schedule: every monday at 09:00
    window: last week
    reports: [summary, {REPORT}]
    recipients:
      - folder: outbox
      - email: dana@example.com
        attach: [pdf]
"""


@pytest.fixture
def here(tmp_path: Path, emulator_folder: Path) -> Iterator[World]:
    export = large_csv(tmp_path / "hub" / "mentions.csv", MEGABYTES)
    with world(tmp_path, emulator_folder, export_files={REPORT: export}) as made:
        made.write(REPORTS_YAML)
        yield made
    # A gigabyte and a half, that pytest would keep for its next three runs.
    for copy in tmp_path.rglob("*.csv"):
        copy.unlink()


def started(here: World) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        SEND, cwd=here.folder, env=here.env(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def asked(here: World, host: str) -> int:
    """How often the export was asked for at this host."""
    return sum(record.host == host and record.report_type == REPORT for record in here.emulator.requests)


def killed_while_it_downloads(here: World) -> None:
    """SIGKILL once a part of the file is on the disk."""
    bot, exports = started(here), here.folder / "var" / "exports"
    while not any(part.stat().st_size for part in exports.glob("*.part")):
        assert bot.poll() is None, bot.communicate()[0]
        time.sleep(0.001)
    bot.kill()
    bot.communicate()
    (part,) = exports.iterdir()
    assert part.suffix == ".part"
    assert 0 < part.stat().st_size < size_of_export(here)


def size_of_export(here: World) -> int:
    return (here.folder / "hub" / "mentions.csv").stat().st_size


def test_killed_and_started_again_half_a_gigabyte_arrives_by_the_same_job_in_less_than_200_mb(
    here: World,
) -> None:
    killed_while_it_downloads(here)
    assert here.smtp.messages == []
    bot = started(here)
    with Watched(bot.pid) as watched:
        output, _ = bot.communicate()
    assert bot.returncode == 0, output
    assert asked(here, "api") == 1
    assert asked(here, "download") == 2
    (copy,) = (here.folder / "outbox").rglob(f"{REPORT}.csv")
    assert copy.stat().st_size == size_of_export(here)
    [mail] = here.smtp.messages
    assert [part.get_filename() for part in mail.parsed.iter_attachments()] == ["care-weekly.pdf"]
    (kept,) = (here.folder / "var" / "exports").iterdir()
    assert kept.suffix == ".csv"
    assert 50 < watched.peak_mb < MOST_MB
