"""A save of reports.yaml takes effect while the service runs; a broken one is said once and changes nothing."""

import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.cli.run import load_parts, read_again
from bot.config import load
from bot.ledger import Ledger
from bot.model import DeliveryState, OccurrenceState
from bot.service import Service, WatchedFile
from bot.service.config_reload import LOOK_SECONDS, MISSING_LOOKS
from bot.settings import Settings
from tests.ledger.factories import TurnedClock

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FILE = """\
timezone: UTC
on_failure:
  - folder: alerts
digests:
  care-daily:
    title: Social care, daily
    schedule: every day at 09:00
    window: yesterday
    reports: [summary]
    recipients:
      - folder: outbox
"""
BROKEN = FILE.replace("every day at 09:00", "every day at 25:00")


@dataclass
class Here:
    """A service over a real file and a real database, whose ticker is this test."""

    file: Path
    app: App
    ledger: Ledger
    clock: TurnedClock
    service: Service

    def save(self, text: str) -> None:
        """As an editor does: a new file in the place of the old one."""
        beside = self.file.with_name(".reports.yaml.new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(self.file)

    def tick(self, seconds: int = 1) -> None:
        """So many seconds of the ticker's job; a reading that was begun is waited for."""
        for _ in range(seconds):
            self.clock.sleep(1.0)
            self.service.look_at_file()
            assert self.service.file is not None
            self.service.file.wait()

    @property
    def schedule(self) -> str:
        return self.service.configuration.digests[0].schedule.phrase

    def alerts(self) -> list[str]:
        return [record.occurrence.id for record, _ in self.ledger.history("_bot")]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "reports.yaml"
    file.write_text(FILE, encoding="utf-8")
    clock = TurnedClock(MONDAY)
    settings = Settings.from_environment(
        {"ACTIVITY_API_TOKEN": "canary", "BOT_DATA_DIR": str(tmp_path / "var")}
    )
    app = App(settings, load(Path("reports.yaml")), clock)
    with app.open_ledger() as ledger:
        yield Here(file, app, ledger, clock, _service(app, ledger, clock))


def _service(app: App, ledger: Ledger, clock: TurnedClock) -> Service:
    loaded = load_parts(app, ledger, lambda text: None, background=True)
    service = Service(
        loaded.configuration, loaded.runtime, app.settings.data_dir, lambda result: None, loaded.upkeep
    )
    service.file = WatchedFile(app.configuration, lambda: read_again(app, ledger), clock)
    return service


def test_save_takes_effect_within_ten_seconds(here: Here, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    here.service.plan_once()
    here.save(FILE.replace("09:00", "08:30").replace("outbox", "other"))
    here.tick(4 // LOOK_SECONDS)
    assert here.schedule == "every day at 08:30"
    here.clock.sleep(1800)
    here.service.plan_once()
    [(record, [pending])] = here.ledger.history(None)
    assert record.occurrence.id == "care-daily@2026-11-23T08:30:00Z"
    assert pending.delivery.recipient.address.endswith("other")
    assert "care-daily: sent every day at 08:30 instead of every day at 09:00" in caplog.messages
    assert any("other now gets it" in words for words in caplog.messages)


def test_everything_made_from_the_file_is_made_anew(here: Here) -> None:
    before = here.service.runtime
    (here.file.parent / "own").mkdir()
    more = "templates: own\nretention: {ledger: 100d}\nemail: {from: a@example.com, allowed_domains: [example.com]}\n"
    here.save(more + FILE.replace("alerts", "elsewhere"))
    here.tick(4)
    after = here.service.runtime
    assert after is not before
    assert here.service.configuration.operators[0].address.endswith("elsewhere")
    assert after.retention.ledger_seconds == 8_640_000
    assert here.service.upkeep is not None
    assert here.service.upkeep.retention == after.retention
    assert after.renderer is not before.renderer


def test_a_template_saved_in_the_files_folder_is_seen(here: Here) -> None:
    own = here.file.parent / "own"
    own.mkdir()
    here.save("templates: own\n" + FILE)
    here.tick(4)
    before = here.service.runtime
    here.tick(4)
    assert here.service.runtime is before
    (own / "message.json.j2").write_text("{}", encoding="utf-8")
    here.tick(4)
    assert here.service.runtime is not before


def test_what_was_planned_keeps_its_definition(here: Here) -> None:
    here.service.plan_once()
    here.clock.sleep(3660)
    here.service.plan_once()
    here.save(FILE.replace("Social care, daily", "Another title").replace("outbox", "other"))
    here.tick(4)
    assert here.service.configuration.digests[0].title == "Another title"
    [(record, [pending])] = here.ledger.history("care-daily")
    assert record.definition.title == "Social care, daily"
    assert pending.delivery.recipient.address.endswith("outbox")
    assert record.state is OccurrenceState.PLANNED


def test_broken_save_alerts_once(here: Here, caplog: pytest.LogCaptureFixture) -> None:
    here.service.plan_once()
    here.save(BROKEN)
    here.tick(4)
    assert here.schedule == "every day at 09:00"
    standing = here.service.status().file
    assert standing is not None
    assert not standing.is_good
    assert "reports.yaml:7:15: " in standing.faults[0]
    assert "^" in standing.faults[0]
    assert sum("7:15" in words for words in caplog.messages) == 1
    here.save(BROKEN + "# still broken\n")
    here.tick(4)
    assert len(here.alerts()) == 1
    here.service.deliver_once()
    [told] = here.ledger.history("_bot")
    assert [pending.state for pending in told[1]] == [DeliveryState.SENT]
    said = next((here.file.parent / "alerts").rglob("email.txt")).read_text(encoding="utf-8")
    assert "The file that was saved Mon 23 November 2026 at 08:00, UTC time, cannot be used." in " ".join(
        said.split()
    )
    assert 'reports.yaml:7:15: schedule: "25:00" is not a time of day' in " ".join(said.split())
    assert "^" not in said


def test_it_is_told_again_after_it_was_good(here: Here) -> None:
    for text in (BROKEN, FILE, BROKEN):
        here.save(text)
        here.tick(4)
    assert len(here.alerts()) == 2
    here.save(FILE)
    here.tick(4)
    standing = here.service.status().file
    assert standing is not None
    assert standing.is_good


def test_broken_file_alert_is_planned_at_once(here: Here) -> None:
    """A process that dies now tells it all the same: what it says is written in the same transaction."""
    here.save(BROKEN)
    here.tick(4)
    [(record, deliveries)] = here.ledger.history("_bot")
    assert "7:15" in record.payload["faults"][0]
    assert len(deliveries) == 1


def test_missing_secret_makes_the_save_unusable(here: Here) -> None:
    here.save(FILE + '      - slack: "#care"\n')
    here.tick(4)
    standing = here.service.status().file
    assert standing is not None
    assert standing.faults == (
        "SLACK_BOT_TOKEN is not set (nor SLACK_BOT_TOKEN_FILE). See .env.example for what it is.",
    )
    assert len(here.service.configuration.digests[0].recipients) == 1
    assert len(here.alerts()) == 1


def test_truncated_file_is_not_read(here: Here) -> None:
    here.file.write_text("", encoding="utf-8")
    here.tick(1)
    here.file.write_text(FILE.replace("09:00", "10:00"), encoding="utf-8")
    here.tick(4)
    assert here.schedule == "every day at 10:00"
    assert here.alerts() == []


def test_a_file_replaced_in_two_steps_is_never_gone(here: Here) -> None:
    here.file.unlink()
    here.tick(MISSING_LOOKS - 1)
    here.save(FILE.replace("09:00", "10:00"))
    here.tick(4)
    assert here.schedule == "every day at 10:00"
    assert here.alerts() == []


def test_changed_symlink_is_a_save(here: Here) -> None:
    """As Kubernetes does with a ConfigMap: the file is a link to a link to a folder that is replaced."""
    for name, text in (("one", FILE), ("two", FILE.replace("09:00", "10:00"))):
        (here.file.parent / name).mkdir()
        (here.file.parent / name / "reports.yaml").write_text(text, encoding="utf-8")
    data = here.file.parent / "data"
    data.symlink_to("one")
    here.file.unlink()
    here.file.symlink_to(data / "reports.yaml")
    here.tick(4)
    beside = here.file.parent / "data-new"
    beside.symlink_to("two")
    beside.replace(data)
    here.tick(4)
    assert here.schedule == "every day at 10:00"
    assert here.alerts() == []


def test_missing_file_keeps_the_configuration(here: Here) -> None:
    here.file.unlink()
    here.tick(MISSING_LOOKS + 3)
    standing = here.service.status().file
    assert standing is not None
    assert "this file does not exist" in standing.faults[0]
    assert here.schedule == "every day at 09:00"
    assert len(here.alerts()) == 1
    here.save(FILE)
    here.tick(4)
    assert here.service.status().file.is_good  # type: ignore[union-attr]


def test_save_during_a_read_is_read_again(here: Here) -> None:
    """The reading that was overtaken counts for nothing, whatever it found."""
    texts = iter([BROKEN, FILE.replace("09:00", "11:00")])

    def read() -> object:
        here.save(next(texts, FILE))
        return read_again(here.app, here.ledger)

    here.service.file = WatchedFile(here.app.configuration, read, here.clock)  # type: ignore[arg-type]
    here.save(FILE.replace("09:00", "10:00"))
    here.tick(20)
    assert here.schedule == "every day at 09:00"
    assert here.alerts() == []


def test_a_save_between_reading_and_watching_is_not_lost(here: Here) -> None:
    stamp = os.stat(here.file)
    seen = {"reports.yaml": (stamp.st_mtime_ns, stamp.st_size, stamp.st_ino)}
    here.save(FILE.replace("09:00", "10:00"))
    here.service.file = WatchedFile(
        here.app.configuration, lambda: read_again(here.app, here.ledger), here.clock, seen
    )
    here.tick(4)
    assert here.schedule == "every day at 10:00"


def test_reading_never_keeps_the_ticker_waiting(here: Here) -> None:
    """The reading stands still until the ticker has looked again; were it waited for, this would hang."""
    looked = threading.Event()

    def read() -> object:
        assert looked.wait(10)
        return read_again(here.app, here.ledger)

    file = WatchedFile(here.app.configuration, read, here.clock)  # type: ignore[arg-type]
    here.save(FILE.replace("09:00", "10:00"))
    looks = [file.look() for _ in range(4)]
    looked.set()
    file.wait()
    found = file.look()
    assert looks == [None] * 4
    assert found is not None
    assert found.configuration.digests[0].schedule.phrase == "every day at 10:00"


def test_bug_while_loading_is_a_broken_file(here: Here) -> None:
    def read() -> object:
        raise KeyError("a bug")

    here.service.file = WatchedFile(here.app.configuration, read, here.clock)  # type: ignore[arg-type]
    here.save(FILE + "\n")
    here.tick(4)
    assert here.service.status().file.faults == ("this is a bug: KeyError; the log has its place",)  # type: ignore[union-attr]


def test_new_digest_is_registered_at_the_save(here: Here) -> None:
    here.service.plan_once()
    here.save(
        FILE
        + FILE[FILE.index("  care-daily") :]
        .replace("care-daily", "care-late")
        .replace("yesterday", "last week")
    )
    here.tick(4)
    assert here.ledger.register_digest("care-late", here.clock.now() + timedelta(days=1))[1] is False


def test_a_file_with_many_faults_is_told_with_twenty(here: Here) -> None:
    here.save(FILE + "".join(f"      - nonsense{n}: x\n" for n in range(25)))
    here.tick(4)
    standing = here.service.status().file
    assert standing is not None
    assert len(standing.faults) == 21
    assert standing.faults[-1] == "and 30 more: digestbot check shows all"


def test_a_save_with_many_changes_is_told_with_fifty(here: Here, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    more = "".join(f"      - folder: out{n}\n" for n in range(60))
    here.save(FILE + more)
    here.tick(4)
    assert sum("now gets it" in words for words in caplog.messages) == 50
    assert "and 10 more changes" in caplog.messages


def test_a_save_that_says_the_same_is_said_to(here: Here, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    here.save(FILE + "# nothing new\n")
    here.tick(4)
    assert "it says what it said before; templates and logos are read anew" in caplog.messages
