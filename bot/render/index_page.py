"""The demo's index page: every digest as Slack message, mail, PDF and files."""

from dataclasses import dataclass
from urllib.parse import quote

from bot.model import SlackMessage
from bot.render.slack.page import drawn_blocks, shipped
from bot.render.templates import render_template

KINDS = {
    "slack.json": "the Slack message, as sent to chat.postMessage",
    "email.eml": "the mail as it is sent",
    "email.html": "the mail's HTML",
    "email.txt": "the mail's text part",
    "report.pdf": "the PDF",
}
ENDINGS = {".png": "a chart", ".csv": "figures for a spreadsheet"}


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One digest's folder: its path relative to the index, its files, and its Slack message.

    The page shows a mail if `files` has `email.html`, a PDF if it has `report.pdf`. The message's pictures
    lie in the folder under their own names.
    """

    title: str
    folder: str
    slack: SlackMessage
    window_text: str
    files: tuple[str, ...]
    schedule_text: str = ""


def index_html(entries: tuple[IndexEntry, ...]) -> str:
    """Return the page as HTML; it loads nothing but files beside it. Raise TemplateFailed."""
    shown = tuple(_shown(number, entry) for number, entry in enumerate(entries, start=1))
    return render_template(shipped(), "shared/index.html.j2", entries=shown)


def _shown(number: int, entry: IndexEntry) -> dict[str, object]:
    pictures = [_url(entry, picture.name) for picture in entry.slack.pictures]
    return {
        "anchor": f"digest-{number}",
        "title": entry.title,
        "window_text": entry.window_text,
        "schedule_text": entry.schedule_text,
        "notification": entry.slack.text,
        "blocks": drawn_blocks(entry.slack, pictures),
        "mail": _url(entry, "email.html") if "email.html" in entry.files else "",
        "pdf": _url(entry, "report.pdf") if "report.pdf" in entry.files else "",
        "files": tuple({"name": n, "url": _url(entry, n), "meaning": _meaning(n)} for n in entry.files),
    }


def _url(entry: IndexEntry, name: str) -> str:
    """Return a relative URL: quoting leaves no scheme, and a leading slash is removed."""
    return quote(f"{entry.folder}/{name}".lstrip("/"))


def _meaning(name: str) -> str:
    meanings = (meaning for ending, meaning in ENDINGS.items() if name.endswith(ending))
    return KINDS.get(name) or next(meanings, "a file")
