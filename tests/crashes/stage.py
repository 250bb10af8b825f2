"""Where processes are killed: an emulator for all, and for each try a folder and providers of its own."""

import asyncio
import json
import select
import shutil
import smtplib
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from activity_emulator import Emulator
from bot.ledger import open_ledger
from bot.ledger.queries import History
from tests.doubles.slack_server import SlackServer
from tests.doubles.slack_workspace import Workspace
from tests.doubles.smtp_server import SmtpServer
from tests.journeys.world import API_TOKEN, NOW, ROOT, SLACK_TOKEN

Die = str
"""The name of the point to die at, '' for none."""


@dataclass
class Nursery:
    """Forks a process of the bot for each order."""

    process: "subprocess.Popen[str]"

    def begin(self, order: Mapping[str, Any]) -> int:
        """Start one; its process id."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self._line())

    def ends_within(self, seconds: float) -> bool:
        """Wait at most that long for the one that was begun."""
        assert self.process.stdout is not None
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def end(self) -> int:
        """How it ended: its exit status, or minus the signal that killed it."""
        status = int(self._line())
        return -(status & 0x7F) if status & 0x7F else status >> 8

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the nursery is gone"
        return line


@contextmanager
def nursery() -> Iterator[Nursery]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crashes.nursery"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # PDF children whose parent was killed complain; the bot's own words are kept
        text=True,
        bufsize=1,
    )
    with process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()


@dataclass
class Stage:
    """What all tries share."""

    emulator: Emulator
    nursery: Nursery

    @contextmanager
    def scene(self, folder: Path, reports: str, page: str) -> "Iterator[Scene]":
        """Provide a folder, as it is or made, with this reports.yaml and PDF template, and empty providers."""
        template = folder / "my-templates/pdf/report.html.j2"
        template.parent.mkdir(parents=True, exist_ok=True)
        template.write_text(page, encoding="utf-8")
        (folder / "reports.yaml").write_text(reports, encoding="utf-8")
        workspace = Workspace(polls_until_ready=0)
        with SlackServer(SLACK_TOKEN, workspace) as slack, SmtpServer() as smtp:
            yield Scene(self, folder, slack, smtp)


@dataclass
class Scene:
    """One reports.yaml with its database and its providers."""

    stage: Stage
    folder: Path
    slack: SlackServer
    smtp: SmtpServer

    def run(self, *arguments: str, die_at: Die = "", log: Path | None = None) -> int:
        """Run the command in a process of its own, whose long sleeps take no time; return how it ended."""
        self.begin(*arguments, die_at=die_at, log=log or self.folder / "points.jsonl", turned=True)
        status = self.stage.nursery.end()
        self.let_finish()
        return status

    def begin(self, *arguments: str, die_at: Die = "", log: Path | None = None, turned: bool = False) -> int:
        """Start the command; its process id."""
        order = {
            "folder": str(self.folder),
            "environment": self.environment,
            "arguments": arguments,
            "die_at": die_at,
            "log": str(log) if log else "",
            "turned": turned,
        }
        return self.stage.nursery.begin(order)

    @property
    def environment(self) -> dict[str, str]:
        emulator = self.stage.emulator
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "ACTIVITY_API_TOKEN": API_TOKEN,
            "ACTIVITY_API_URL": emulator.api_url,
            "ACTIVITY_STATUS_URL": emulator.status_url,
            "ACTIVITY_EXPORT_HOSTS": emulator.export_hosts,
            "SLACK_BOT_TOKEN": SLACK_TOKEN,
            "SLACK_API_URL": self.slack.url,
            "SMTP_URL": self.smtp.url(),
        }

    def let_finish(self) -> None:
        """Wait until the providers have done what a killed process had asked of them.

        A connection of our own is answered after those that were there before it.
        """
        try:
            urllib.request.urlopen(self.slack.url, timeout=60)
        except urllib.error.HTTPError as answer:
            answer.close()
        for thread in threading.enumerate():
            if "process_request_thread" in thread.name:
                thread.join(10)
        with smtplib.SMTP("127.0.0.1", self.smtp.port, timeout=60) as own:
            own.noop()
        asyncio.run_coroutine_threadsafe(self._mail_is_quiet(), self.smtp._loop).result(10)

    async def _mail_is_quiet(self) -> None:
        while any(session.transport is not None for session in self.smtp._sessions):
            await asyncio.sleep(0.002)

    def history(self) -> History:
        """Return the ledger's rows; () before there is one."""
        database = self.folder / "var" / "bot.db"
        if not database.exists():
            return ()
        with open_ledger(f"sqlite:///{database}", owner="onlooker") as ledger:
            return ledger.history(None)

    @property
    def said(self) -> str:
        """Everything its processes have said."""
        return (self.folder / "said.txt").read_text(encoding="utf-8")

    def copy_to(self, folder: Path) -> None:
        """Copy the folder as it is, with its database."""
        shutil.copytree(self.folder, folder)


@contextmanager
def stage(kept: Path, now: datetime = NOW) -> Iterator[Stage]:
    """`kept` is where the emulator's generated log is cached, `now` where it ends."""
    emulator = Emulator(data_dir=kept, now=now, token=API_TOKEN, limit=None, export_delay=0.0)
    with emulator, nursery() as children:
        yield Stage(emulator, children)
