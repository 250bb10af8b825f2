"""A reports.yaml that a test edits, and the page that follows it, over the emulator's figures."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.app import App, default_app
from bot.config import load
from bot.model import Progress, Source
from bot.service import StartedClock
from bot.settings import Settings
from bot.web.preview import Look, Page

NOW = datetime(2026, 11, 22, 23, 5, tzinfo=UTC)  # a Monday, 10:05 in Sydney

REPORTS_YAML = """\
timezone: Australia/Sydney
locale: en_AU
templates: own
email:
  from: "Care reports <reports@example.com>"
  allowed_domains: [example.com]
digests:
  care-weekly:
    title: Social care, weekly
    schedule: every monday at 09:00
    window: last week
    group: Social Customer Care
    reports: [summary, user_summary]
    recipients:
      - slack: "#social-care"
        attach: [pdf]
      - email: [dana@example.com, lee@example.com]
        attach: [csv]
  care-daily:
    title: Social care, daily
    schedule: every day at 08:30
    window: yesterday
    reports: [summary]
    paused: true
    recipients:
      - slack: "#social-care"
"""


class TurnedClock(StartedClock):
    """A clock that stands still until the test turns it."""

    present = NOW

    def now(self) -> datetime:
        return self.present


@dataclass
class Desk:
    """A folder with the file and a folder `own` for templates; `page` follows them; `asked` counts openings."""

    folder: Path
    page: Page
    file: Path
    clock: TurnedClock
    asked: list[str] = field(default_factory=list)

    def save(self, text: str) -> None:
        """Save as an editor does, and look until the save is over."""
        self.file.write_text(text, encoding="utf-8")
        self.look()

    def change(self, old: str, new: str) -> None:
        text = self.file.read_text(encoding="utf-8")
        assert old in text
        self.save(text.replace(old, new))

    def template(self, name: str, text: str) -> Path:
        path = self.folder / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.look()
        return path

    def look(self) -> None:
        self.page.look()
        self.page.look()

    def show(self, digest: str = "care-weekly", form: str = "slack", **wish: Any) -> dict[str, Any]:
        return self.page.show(Look(digest, form, **wish))

    def text(self, shown: dict[str, Any], frame: int = 0) -> str:
        """Return the HTML of one frame."""
        return self.content(shown, frame).decode()

    def content(self, shown: dict[str, Any], frame: int) -> bytes:
        """Return what the browser loads into one frame."""
        document = self.page.shelf.get(shown["frames"][frame]["url"].removeprefix("/made/"))
        assert document is not None
        return document.content


@contextmanager
def desk(folder: Path, source: Source, text: str = REPORTS_YAML) -> Iterator[Desk]:
    """Provide the page of a file in `folder` that says `text`; its figures come from `source`, as a sample."""
    (folder / "own").mkdir()
    file = folder / "reports.yaml"
    file.write_text(text, encoding="utf-8")
    settings = Settings.from_environment({"BOT_DATA_DIR": str(folder / "data")})
    asked: list[str] = []

    @contextmanager
    def open_source(app: App, progress: Progress) -> Iterator[tuple[Source, bool]]:
        asked.append("opened")
        yield source, True

    clock = TurnedClock(NOW)
    page = Page(file, lambda path: default_app(load(path), settings, clock), open_source)
    try:
        yield Desk(folder, page, file, clock, asked)
    finally:
        page.close()
