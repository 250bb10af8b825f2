"""One host fetches an export and is gone; another sends the same bytes and asks for nothing."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.world import World, world
from tests.ledger.databases import POSTGRES_URL, empty_postgres, kinds
from tests.slow.large_csv import large_csv

REPORT = "mention_sla_export"
REPORTS_YAML = f"""\
timezone: Australia/Sydney
email: {{from: care@example.com, allowed_domains: [example.com]}}
digests:
  first: &digest
    title: Social care, weekly
    schedule: every monday at 09:00
    window: last week
    reports: [{REPORT}]
    recipients:
      - folder: outbox/first
  second:
    <<: *digest
    recipients:
      - folder: outbox/second
"""
BY_MAIL = "- {email: dana@example.com, attach: [csv], personal_data: true}"


def sent(here: World, digest: str, host: str, **changes: Any) -> bytes:
    """Send a digest from a host with a data folder of its own; the export that went out."""
    done = here.bot("send", digest, "--at", "2018-05-07T09:00", BOT_DATA_DIR=f"hosts/{host}", **changes)
    assert done.returncode == 0, done.stdout + done.stderr
    [file] = (here.folder / "outbox" / digest).rglob(f"{REPORT}.csv")
    return file.read_bytes()


def send_from_two_hosts(folder: Path, kept: Path, kind: str, megabytes: int) -> None:
    """On SQLite both work in one folder: it is one host."""
    export = large_csv(folder / "hub" / "mentions.csv", megabytes)
    if kind == "postgresql":
        empty_postgres()
    url = POSTGRES_URL if kind == "postgresql" else f"sqlite:///{folder}/bot.db"
    second = "b" if kind == "postgresql" else "a"
    with world(folder, kept, export_files={REPORT: export}) as here:
        here.write(REPORTS_YAML)
        assert sent(here, "first", "a", BOT_DATABASE_URL=url) == export.read_bytes()
        if kind == "postgresql":
            shutil.rmtree(here.folder / "hosts" / "a")
        before = len(here.emulator.requests)
        assert sent(here, "second", second, BOT_DATABASE_URL=url) == export.read_bytes()
        assert len(here.emulator.requests) == before


@pytest.mark.long
@pytest.mark.parametrize("kind", kinds())
def test_another_host_sends_an_export_of_5_mb(kind: str, tmp_path: Path, emulator_folder: Path) -> None:
    send_from_two_hosts(tmp_path, emulator_folder, kind, 5)


if POSTGRES_URL:

    @pytest.mark.long
    def test_what_is_too_large_to_be_shared_is_too_large_to_send(
        tmp_path: Path, emulator_folder: Path
    ) -> None:
        """Another host composes from the cached answer, and says so where the first would have said more."""
        empty_postgres()
        export = large_csv(tmp_path / "hub" / "mentions.csv", 5)
        with world(tmp_path, emulator_folder, export_files={REPORT: export}) as here:
            here.write(REPORTS_YAML.replace("- folder: outbox/second", BY_MAIL))
            shared: dict[str, Any] = {"BOT_DATABASE_URL": POSTGRES_URL, "BOT_SHARED_EXPORT_MB": "4.5"}
            sent(here, "first", "a", **shared)
            before = len(here.emulator.requests)
            done = here.bot("send", "second", "--at", "2018-05-07T09:00", BOT_DATA_DIR="hosts/b", **shared)
            assert done.returncode == 0, done.stdout + done.stderr
            assert len(here.emulator.requests) == before
            [mail] = here.smtp.messages
            body = mail.parsed.get_body(("plain",))
            assert body
            size = f"{export.stat().st_size / 1e6:.1f} MB"
            text = " ".join(body.get_content().split())
            assert f"{REPORT}.csv ({size}, 20,000 rows) is too large to send." in text
