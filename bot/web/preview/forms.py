"""Each form as a browser can show it, and who reads it. Only what is looked at is rendered."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.model import (
    Agents,
    Attach,
    Attachment,
    Digest,
    Edition,
    EmailMessage,
    MailSettings,
    Picture,
    Recipient,
)
from bot.model.channel_types import CHANNEL_TYPES, EMAIL, FOLDER, SLACK, Format
from bot.render.email.mime import safe_name
from bot.render.slack.page import shipped, slack_html
from bot.render.templates import render_template
from bot.web.preview.documents import Document, Shelf, csv_table, page_pictures
from bot.web.preview.state import Renderers

SLACK_WIDTH, WIDE, PHONE, TEXT_WIDTH, PAGE_WIDTH = 730, 700, 380, 700, 820
"""CSS pixels: Slack's messages on a desktop, a mail's two usual widths, a line of text, a sheet."""

FORMS_OF: Mapping[Format, tuple[str, ...]] = {Format.SLACK: ("slack",), Format.EMAIL: ("mail", "text")}
"""The forms on this page that each format is made of; files are every form."""

NOBODY = {
    "slack": Recipient(SLACK.name, "", Agents.NONE, Attach(pdf=True)),
    "mail": Recipient(EMAIL.name, "", Agents.NAMES, Attach(pdf=True)),
    "text": Recipient(EMAIL.name, "", Agents.NAMES, Attach(pdf=True)),
    "pdf": Recipient(FOLDER.name, "", Agents.NAMES, Attach(pdf=True)),
    "csv": Recipient(FOLDER.name, "", Agents.NAMES, Attach(csv=True)),
}
"""The reader of a form that no recipient of the digest gets."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One document to look at, `width` CSS pixels wide (0: as wide as there is room).

    With `viewer` the browser's own viewer shows it: it is no page of ours.
    """

    url: str
    title: str
    width: int = 0
    viewer: bool = False


@dataclass(frozen=True, slots=True)
class ShownForm:
    """One form to look at: its documents, and the `facts` (name and value) and `links` around them."""

    frames: tuple[Frame, ...]
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FormRequest:
    """What a form is made from."""

    renderers: Renderers
    edition: Edition
    reader: Recipient
    mail: MailSettings
    shelf: Shelf


def slack(request: FormRequest) -> ShownForm:
    """Render the message as Slack's desktop window draws it, with the names of the files in its thread."""
    message = request.renderers.messages.slack(request.edition, _with_all_files(request.reader))
    urls = [request.shelf.put(Document("png", picture.png)) for picture in message.pictures]
    page = _page(request.shelf, slack_html(message, urls))
    facts = (("Notification", message.text), *_attached("In its thread", message.files))
    return ShownForm((Frame(page, "The Slack message", SLACK_WIDTH),), facts)


def mail(request: FormRequest) -> ShownForm:
    """Render the mail's HTML, on a desktop and on a telephone."""
    message = _email(request)
    page = _page(request.shelf, _with_pictures(message, request.shelf))
    frames = (
        Frame(page, "The mail, 700 pixels wide", WIDE),
        Frame(page, "On a phone, 380 pixels wide", PHONE),
    )
    return ShownForm(frames, _envelope(request, message))


def text(request: FormRequest) -> ShownForm:
    """Render the mail's text part."""
    message = _email(request)
    page = _page(request.shelf, render_template(shipped(), "shared/preview_text.html.j2", text=message.text))
    return ShownForm((Frame(page, "The mail's text part", TEXT_WIDTH),), _envelope(request, message))


def pdf(request: FormRequest) -> ShownForm:
    """Render the PDF's pages as pictures, or in the browser's own viewer where no program here draws them."""
    document = request.renderers.files.pdf(request.edition)
    url = request.shelf.put(Document("pdf", document.content))
    facts = (("File", f"{document.name}, {_size(len(document.content))}"),)
    links = (("Open the PDF", url),)
    pictures = page_pictures(document.content)
    if not pictures:
        return ShownForm((Frame(url, f"The PDF {document.name}", viewer=True),), facts, links)
    shown = tuple(request.shelf.put(Document("png", picture)) for picture in pictures)
    page = render_template(shipped(), "shared/preview_pdf.html.j2", file=document.name, pages=shown)
    return ShownForm((Frame(_page(request.shelf, page), "The PDF's pages", PAGE_WIDTH),), facts, links)


def csv(request: FormRequest) -> ShownForm:
    """Render the first rows of each CSV as a table."""
    picked = request.reader.attach.csvs if request.reader.attach.csv else None
    files = request.renderers.files.csvs(request.edition)
    tables = tuple(csv_table(file) for file in files if picked is None or file.report in picked)
    page = _page(request.shelf, render_template(shipped(), "shared/preview_csv.html.j2", tables=tables))
    facts = (("Files", ", ".join(table.name for table in tables) or "none"),)
    return ShownForm((Frame(page, "The CSV files"),), facts)


RenderForm = Callable[[FormRequest], ShownForm]
FORMS: Mapping[str, RenderForm] = {"slack": slack, "mail": mail, "text": text, "pdf": pdf, "csv": csv}


def _with_all_files(reader: Recipient) -> Recipient:
    """Return the reader with every file attached if it is a folder: a folder gets all."""
    return replace(reader, attach=Attach(pdf=True, csv=True)) if _is_folder(reader) else reader


def _email(request: FormRequest) -> EmailMessage:
    return request.renderers.messages.email(request.edition, _with_all_files(request.reader))


def _envelope(request: FormRequest, message: EmailMessage) -> tuple[tuple[str, str], ...]:
    sender = (("From", request.mail.sender),) if request.mail.sender else ()
    address = request.reader.address if request.reader.channel == EMAIL.name else ""
    reader = (("To", address),) if address else ()
    return (("Subject", message.subject), *sender, *reader, *_attached("Attached", message.attachments))


def _attached(name: str, files: tuple[Attachment, ...]) -> tuple[tuple[str, str], ...]:
    """Return the files' names, with sizes of those that exist: a PDF is made when it is looked at."""
    sized = (f"{file.name} ({_size(len(file.content))})" if file.content else file.name for file in files)
    names = ", ".join(sized)
    return ((name, names),) if names else ()


def _with_pictures(message: EmailMessage, shelf: Shelf) -> str:
    """Return the HTML with the addresses of its pictures on this server."""
    urls = {safe_name(picture.name, "chart"): _picture(picture, shelf) for picture in message.pictures}
    if message.logo:
        urls[safe_name(message.logo.name)] = _picture(message.logo, shelf)
    pattern = r"(?<=[\"'])cid:([A-Za-z0-9._-]+)(?=[\"'])"
    return re.sub(pattern, lambda match: urls.get(match[1], match[0]), message.html)


def _picture(picture: Picture, shelf: Shelf) -> str:
    return shelf.put(Document("jpg" if picture.name.endswith((".jpg", ".jpeg")) else "png", picture.png))


def _page(shelf: Shelf, html: str) -> str:
    return shelf.put(Document("html", html.encode("utf-8", "replace")))


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{max(count / 1000, 0.1):.1f} kB"


def readers(digest: Digest, form: str) -> tuple[Recipient, ...]:
    """Return the recipients who get this form, folders last; () when nobody does."""
    recipients = [recipient for recipient in digest.recipients if _gets(recipient, form)]
    return tuple(sorted(recipients, key=_is_folder))


def label(recipient: Recipient) -> str:
    """Return a reader's description: '#social-care in Slack, agents not named'."""
    agents = {
        Agents.NAMES: "agents named",
        Agents.INITIALS: "agents by initials",
        Agents.NONE: "agents not named",
    }[recipient.agents]
    return f"{recipient.address} {CHANNEL_TYPES[recipient.channel].phrase}, {agents}"


def _gets(recipient: Recipient, form: str) -> bool:
    if _is_folder(recipient):
        return True
    attached = {"pdf": recipient.attach.pdf, "csv": recipient.attach.csv}
    return attached.get(form, form in FORMS_OF[CHANNEL_TYPES[recipient.channel].format])


def _is_folder(recipient: Recipient) -> bool:
    return CHANNEL_TYPES[recipient.channel].format is Format.FILES
