"""An edition in a form that a channel can carry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as PNG at twice its display size; `width` and `height` are display pixels."""

    report: str
    name: str
    png: bytes
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PdfDocument:
    """A PDF and the file name that people see."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV of one report that goes along: its name (`<report type>.csv`, `….csv.zip` when packed) and bytes.

    `rows` counts those below the header; None where they were not counted.
    """

    report: str
    name: str
    content: bytes
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class StoredCsv:
    """An export as it came, too large to hold: its name, and the path where it is kept and read from."""

    report: str
    name: str
    path: str


Attachment = PdfDocument | CsvFile


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """The arguments of chat.postMessage, pictures to upload first, and files for its thread.

    In `blocks` an image block's `slack_file.id` is `placeholder(n)` for `pictures[n]`; the
    channel puts the uploaded file's id there.
    """

    text: str
    blocks: tuple[Mapping[str, Any], ...]
    pictures: tuple[Picture, ...] = ()
    files: tuple[Attachment, ...] = ()
    thread_pictures: tuple[Picture, ...] = ()


def picture_placeholder(index: int) -> str:
    """Return a valid-looking file id for picture `index`, used until it is uploaded."""
    return f"F{index:010d}"


@dataclass(frozen=True, slots=True)
class EmailMessage:
    """A mail's content, before headers: subject, both bodies, inline pictures, attachments.

    The HTML refers to pictures and to the logo as `cid:<name>`; the logo is PNG or JPEG by its name.
    """

    subject: str
    text: str
    html: str
    pictures: tuple[Picture, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    logo: Picture | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """Every form at once, as the folder channel, the demo and the preview write them.

    `csvs` are the tables and the exports as they came; the Slack message carries no exports of its own.
    `pdf` is None where none could be made; the messages then say why.
    """

    slack: SlackMessage
    email: EmailMessage
    pdf: PdfDocument | None
    csvs: tuple[CsvFile | StoredCsv, ...]
    pictures: tuple[Picture, ...]


Rendition = SlackMessage | EmailMessage | Bundle
