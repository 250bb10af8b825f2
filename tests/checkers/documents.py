"""The forms of several editions as files, for programs that judge files."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.channels import write_bundle
from bot.model import Edition, MailSettings
from bot.render import Renderer
from bot.render.email.mime import build_mail
from bot.render.index_page import IndexEntry, index_html
from bot.render.pdf.document import pdf_html, stylesheet
from bot.render.templates import environment
from tests.compose.data import edition as composed
from tests.render.sample_edition import AGENTS_CHART, AGENTS_TABLE, EDITION, EMPTY, INCOMPLETE, agent_row

SCRIPTS = ("李明", "김민수", "ゆかり", "नेहा", "שרה", "نور", "Жанна", "Ελένη", "Żółć", "Nguyễn", "🎉😀👍")
MAIL = MailSettings("Care reports <reports@example.com>", "ops@example.com", ("example.com",))
SENT = datetime(2026, 11, 22, 22, 0, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Documents:
    """Folders of one edition each, laid out as a demo's, and the page that shows them side by side.

    `pages`: the HTML that the PDFs are made from, where we have it.
    """

    folders: tuple[Path, ...]
    index: Path
    pages: tuple[Path, ...] = ()

    def files(self, name: str) -> tuple[Path, ...]:
        """Return the form of this name of every edition."""
        return tuple(folder / name for folder in self.folders)


def editions() -> dict[str, Edition]:
    """Editions that differ in what they hold and in what is missing."""
    return {
        "weekly": EDITION,
        "brand": replace(
            EDITION, paper="Letter", brand=replace(EDITION.brand, color="#ffd400"), sample=False
        ),
        "composed": replace(composed(), exports=()),
        "empty": EMPTY,
        "incomplete": INCOMPLETE,
        "scripts": many_scripts(),
    }


def many_scripts() -> Edition:
    """Return the sample with agents' names in all scripts that we ship letters for."""
    rows = tuple(agent_row(name, "1", "2 %", "3 min", "4 %") for name in SCRIPTS)
    charts = tuple(replace(AGENTS_CHART, labels=SCRIPTS[first : first + 5]) for first in (0, 5))
    return replace(EDITION, blocks=(*EDITION.blocks[:2], *charts, replace(AGENTS_TABLE, rows=rows)))


def make(root: Path) -> Documents:
    """Every form of every edition below `root`."""
    renderer = Renderer()
    entries = tuple(_written(renderer, root / name, edition) for name, edition in editions().items())
    index = root / "index.html"
    index.write_text(index_html(entries), encoding="utf-8")
    folders = tuple(root / entry.folder for entry in entries)
    return Documents(folders, index, tuple(folder / "page.html" for folder in folders))


def of_demo(demo: Path) -> Documents:
    """Return what `digestbot demo` left in its folder."""
    folders = sorted(path.parent for path in demo.glob("*/*/slack.json"))
    return Documents(tuple(folders), demo / "index.html")


def _written(renderer: Renderer, folder: Path, edition: Edition) -> IndexEntry:
    bundle = renderer.bundle(edition)
    paths = write_bundle(folder, bundle, mail=MAIL, key=folder.name, now=SENT)
    # As the mail channel sends it: to somebody else, of a list.
    letter = build_mail(
        bundle.email,
        sender=MAIL.sender,
        recipient="Dana <dana@example.com>",
        reply_to=MAIL.reply_to,
        message_id_key=folder.name,
        now=SENT,
        list_id=edition.digest,
    )
    (folder / "email.eml").write_bytes(letter.as_bytes())
    (folder / "page.html").write_text(_page(edition), encoding="utf-8")
    names = tuple(path.name for path in paths)
    title = f"{edition.title} ({folder.name})"
    return IndexEntry(title, folder.name, bundle.slack, edition.window_text, names, edition.schedule_text)


def _page(edition: Edition) -> str:
    env = environment()
    style = f"<style>\n{stylesheet(edition, env)}\n</style>\n</head>"
    return pdf_html(edition, env).replace("</head>", style, 1)
