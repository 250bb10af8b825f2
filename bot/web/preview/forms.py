"""Each form as a browser can show it. Nothing is made but what is looked at."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bot.model import Attach, Attachment, Edition, EmailMessage, MailSettings, Picture, Recipient
from bot.model.channel_types import CHANNEL_TYPES, EMAIL, Format
from bot.render.email.mime import safe_name
from bot.render.slack.page import shipped, slack_html
from bot.render.templates import render_template
from bot.web.preview.csv_tables import csv_table
from bot.web.preview.documents import Document, Shelf
from bot.web.preview.file_state import Renderers
from bot.web.preview.pdf_pictures import page_pictures

SLACK_WIDTH, WIDE, PHONE, TEXT_WIDTH, PAGE_WIDTH = 730, 700, 380, 700, 820
"""CSS pixels: Slack's messages on a desktop, a mail's two usual widths, a line of text, a sheet."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One document to look at, `width` CSS pixels wide (0: as wide as there is room).

    A `viewer` is not a page of ours: the browser's own viewer shows it.
    """

    url: str
    title: str
    width: int = 0
    viewer: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What one form came to: what stands around it (`facts`, name and value), and its documents."""

    frames: tuple[Frame, ...]
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Making:
    """What a form is made from."""

    renderers: Renderers
    edition: Edition
    reader: Recipient
    mail: MailSettings
    shelf: Shelf


def slack(given: Making) -> Made:
    """The message as Slack's desktop window draws it, and what goes into its thread."""
    message = given.renderers.messages.slack(given.edition, _whole(given.reader))
    urls = [given.shelf.put(Document("png", picture.png)) for picture in message.pictures]
    page = _page(given.shelf, slack_html(message, urls))
    facts = (("Notification", message.text), *_going_along("In its thread", message.files))
    return Made((Frame(page, "The Slack message", SLACK_WIDTH),), facts)


def mail(given: Making) -> Made:
    """The mail's HTML, on a desktop and on a telephone."""
    message = _email(given)
    page = _page(given.shelf, _with_pictures(message, given.shelf))
    frames = (
        Frame(page, "The mail, 700 pixels wide", WIDE),
        Frame(page, "On a phone, 380 pixels wide", PHONE),
    )
    return Made(frames, _envelope(given, message))


def text(given: Making) -> Made:
    """The mail's text part."""
    message = _email(given)
    page = _page(given.shelf, render_template(shipped(), "shared/preview_text.html.j2", text=message.text))
    return Made((Frame(page, "The mail's text part", TEXT_WIDTH),), _envelope(given, message))


def pdf(given: Making) -> Made:
    """The PDF's pages as pictures, where a program here draws them; else in the browser's own viewer."""
    document = given.renderers.files.pdf(given.edition)
    url = given.shelf.put(Document("pdf", document.content))
    facts = (("File", f"{document.name}, {_size(len(document.content))}"),)
    links = (("Open the PDF", url),)
    pictures = page_pictures(document.content)
    if not pictures:
        return Made((Frame(url, f"The PDF {document.name}", viewer=True),), facts, links)
    shown = tuple(given.shelf.put(Document("png", picture)) for picture in pictures)
    page = render_template(shipped(), "shared/preview_pdf.html.j2", file=document.name, pages=shown)
    return Made((Frame(_page(given.shelf, page), "The PDF's pages", PAGE_WIDTH),), facts, links)


def csv(given: Making) -> Made:
    """Each CSV as a table, its first rows."""
    picked = given.reader.attach.csvs if given.reader.attach.csv else None
    files = given.renderers.files.csvs(given.edition)
    tables = tuple(csv_table(file) for file in files if picked is None or file.report in picked)
    page = _page(given.shelf, render_template(shipped(), "shared/preview_csv.html.j2", tables=tables))
    facts = (("Files", ", ".join(table.name for table in tables) or "none"),)
    return Made((Frame(page, "The CSV files"),), facts)


FORMS: Final[Mapping[str, Callable[[Making], Made]]] = {
    "slack": slack,
    "mail": mail,
    "text": text,
    "pdf": pdf,
    "csv": csv,
}


def _whole(reader: Recipient) -> Recipient:
    """Into a folder goes every file."""
    takes_all = CHANNEL_TYPES[reader.channel].format is Format.FILES
    return replace(reader, attach=Attach(pdf=True, csv=True)) if takes_all else reader


def _email(given: Making) -> EmailMessage:
    return given.renderers.messages.email(given.edition, _whole(given.reader))


def _envelope(given: Making, message: EmailMessage) -> tuple[tuple[str, str], ...]:
    sender = (("From", given.mail.sender),) if given.mail.sender else ()
    address = given.reader.address if given.reader.channel == EMAIL.name else ""
    reader = (("To", address),) if address else ()
    return (("Subject", message.subject), *sender, *reader, *_going_along("Attached", message.attachments))


def _going_along(name: str, files: tuple[Attachment, ...]) -> tuple[tuple[str, str], ...]:
    """Their names, and the sizes of those that are there already: a PDF is made when it is looked at."""
    sized = (f"{file.name} ({_size(len(file.content))})" if file.content else file.name for file in files)
    words = ", ".join(sized)
    return ((name, words),) if words else ()


def _with_pictures(message: EmailMessage, shelf: Shelf) -> str:
    """The HTML with the addresses of its pictures here; what is no picture of the mail stays as it is."""
    urls = {safe_name(picture.name, "chart"): _picture(picture, shelf) for picture in message.pictures}
    if message.logo:
        urls[safe_name(message.logo.name)] = _picture(message.logo, shelf)
    pattern = r"(?<=[\"'])cid:([A-Za-z0-9._-]+)(?=[\"'])"
    return re.sub(pattern, lambda found: urls.get(found[1], found[0]), message.html)


def _picture(picture: Picture, shelf: Shelf) -> str:
    return shelf.put(Document("jpg" if picture.name.endswith((".jpg", ".jpeg")) else "png", picture.png))


def _page(shelf: Shelf, html: str) -> str:
    return shelf.put(Document("html", html.encode("utf-8", "replace")))


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{max(count / 1000, 0.1):.1f} kB"
