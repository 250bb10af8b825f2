"""A whole world on loopback: the emulator, a strict local Slack, an SMTP server, and the command line."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from activity_emulator import Emulator
from tests.doubles.slack_server import SlackServer
from tests.doubles.slack_workspace import Workspace
from tests.doubles.smtp_server import SmtpServer
from tests.journeys.warm import run_warm

ROOT = Path(__file__).parents[2]
API_TOKEN = "canary-api-token-5d1f"
SLACK_TOKEN = "xoxb-canary-slack-77"
NOW = datetime(2026, 11, 22, 23, 5, tzinfo=UTC)

REPORTS_YAML = """\
timezone: Australia/Sydney
locale: en_AU
brand: {name: Acme Care}
email:
  from: "Care reports <reports@example.com>"
  reply_to: care-ops@example.com
  allowed_domains: [example.com]
digests:
  care-weekly:
    title: Social care, weekly
    schedule: every monday at 09:00
    window: last week
    group: Social Customer Care
    reports: [summary, states_volume, user_summary, case_details]
    targets: {broke_sla_share: 10%, avg_response_time: 2h}
    recipients:
      - slack: "#social-care"
        agents: names
        attach: [pdf, csv]
      - email: dana@example.com
        attach: [pdf, csv]
      - folder: outbox
"""


@dataclass
class World:
    """One folder with a reports.yaml, and the three servers that its environment points at."""

    folder: Path
    emulator: Emulator
    slack: SlackServer
    smtp: SmtpServer
    environment: dict[str, str]

    def bot(
        self, *arguments: str, seconds: float = 120, **changes: str | None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line in a process of its own, for at most `seconds`.

        A change of None removes a variable.
        """
        return run_warm(arguments, self.folder, self.env(**changes), seconds)

    def env(self, **changes: str | None) -> dict[str, str]:
        merged = {**self.environment, **changes}
        return {name: value for name, value in merged.items() if value is not None}

    def history(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.bot("history", "--json").stdout)
        return rows

    def write(self, text: str) -> None:
        (self.folder / "reports.yaml").write_text(text, encoding="utf-8")


@contextmanager
def world(folder: Path, kept: Path, **changes: Any) -> Iterator[World]:
    """Start the servers. `kept` caches the emulator's generated log; `changes` are the emulator's own."""
    manners: dict[str, Any] = {"limit": None, "export_delay": 0.0, **changes}
    emulator = Emulator(data_dir=kept, now=NOW, token=API_TOKEN, **manners)
    with (
        emulator,
        SlackServer(token=SLACK_TOKEN, workspace=Workspace(polls_until_ready=0)) as slack,
        SmtpServer() as smtp,
    ):
        emulator_environment = {
            "ACTIVITY_API_TOKEN": API_TOKEN,
            "ACTIVITY_API_URL": emulator.api_url,
            "ACTIVITY_STATUS_URL": emulator.status_url,
            "ACTIVITY_EXPORT_HOSTS": emulator.export_hosts,
        }
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "SLACK_BOT_TOKEN": SLACK_TOKEN,
            "SLACK_API_URL": slack.url,
            "SMTP_URL": smtp.url(),
            **emulator_environment,
        }
        made = World(folder, emulator, slack, smtp, environment)
        made.write(REPORTS_YAML)
        yield made
