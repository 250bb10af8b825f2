"""The renderer: makes each picture and file once and shares it among recipients."""

import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from bot.errors import PdfFailed
from bot.lib.export_folder import ExportFolder
from bot.model import (
    Attach,
    Attachment,
    Bundle,
    Chart,
    CsvFile,
    Edition,
    EmailMessage,
    ExportedFile,
    MailSettings,
    PdfDocument,
    Picture,
    Recipient,
    Rendition,
    SlackMessage,
    StoredCsv,
)
from bot.model.channel_types import FOLDER, Format
from bot.render import parts
from bot.render.csv_files import ATTACHMENTS_LIMIT, Packed, packed_exports, stored_exports, table_files
from bot.render.email.footer import ANY_READER, foot, for_reader
from bot.render.escaping import clean, cut
from bot.render.pdf.process import MakePdf, pdf_in_child, stop_idle_workers
from bot.render.slack.message import slack_message
from bot.render.templates import environment

log = logging.getLogger("bot.render")

Result = TypeVar("Result")
EVERYTHING = Recipient(FOLDER.name, "", attach=Attach(pdf=True, csv=True))
CACHE_SIZE = 48
LARGE_EXPORTS = 10_000_000
"""Bytes of exports above which idle PDF workers are stopped first: packing takes memory too."""
MAX_REASON = 200
NO_MAIL_SETTINGS = MailSettings()
NO_EXPORTS = ExportFolder(Path())


@dataclass(frozen=True, slots=True)
class Enclosures:
    """The files of one message, and a sentence for each file that is left out."""

    files: tuple[Attachment, ...]
    left_out: tuple[str, ...] = ()

    @property
    def key(self) -> Hashable:
        """Return what the text of a message depends on: names of files, and what is left out."""
        return tuple(file.name for file in self.files), self.left_out

    def with_files(self, files: tuple[Attachment, ...], left_out: tuple[str, ...] = ()) -> "Enclosures":
        """Return these files and more."""
        return Enclosures(self.files + files, self.left_out + left_out)


class Renderer:
    """Render editions as Slack messages, mails, PDFs and CSVs.

    `overrides` is the folder of template overrides, `exports` that of exports, `mail` what the footer of a
    mail needs. With `forgiving`, a message whose PDF fails goes
    out without it and says so; otherwise it raises PdfFailed. Thread-safe: one result is made at a time.
    All methods raise TemplateFailed.
    """

    def __init__(
        self,
        *,
        overrides: str = "",
        exports: ExportFolder = NO_EXPORTS,
        mail: MailSettings = NO_MAIL_SETTINGS,
        forgiving: bool = False,
        make_pdf: MakePdf = pdf_in_child,
    ) -> None:
        self._env = environment(overrides)
        self._mail = mail
        self._overrides, self._exports = overrides, exports
        self._forgiving, self._make_pdf = forgiving, make_pdf
        self._cache: OrderedDict[Hashable, object] = OrderedDict()
        self._last_packed: tuple[Hashable, Packed] = (), Packed()
        self._lock = threading.RLock()

    def slack(self, edition: Edition, recipient: Recipient, *, marking: str = "") -> SlackMessage:
        """Return the message for a Slack recipient, with the attachments of its settings."""
        mark = _marking(edition, marking)
        enclosed = self._enclosures(edition, recipient, ATTACHMENTS_LIMIT[Format.SLACK], mark)
        return self._slack(edition, enclosed, mark)

    def email(self, edition: Edition, recipient: Recipient, *, marking: str = "") -> EmailMessage:
        """Return the mail for a recipient, with the attachments of its settings."""
        mark = _marking(edition, marking)
        enclosed = self._enclosures(edition, recipient, ATTACHMENTS_LIMIT[Format.EMAIL], mark)
        return self._email(edition, enclosed, mark, recipient.address)

    def bundle(self, edition: Edition, *, marking: str = "") -> Bundle:
        """Return every form at once, the messages with all files but Slack's exports (no one reads them)."""
        mark = _marking(edition, marking)
        paper = self._paper(edition, mark)
        in_mail = self._enclosures(edition, EVERYTHING, ATTACHMENTS_LIMIT[Format.EMAIL], mark)
        return Bundle(
            slack=self._slack(edition, paper.with_files(self._tables(edition)), mark),
            email=self._email(edition, in_mail, mark, self._mail.sender),
            pdf=next((file for file in paper.files if isinstance(file, PdfDocument)), None),
            csvs=self.csvs(edition),
            pictures=self.pictures(edition),
        )

    def pictures(self, edition: Edition) -> tuple[Picture, ...]:
        """Return the charts as PNG, in order, with distinct names."""
        return self._once(("pictures", edition), lambda: _pictures(self._cleaned(edition)))

    def pdf(self, edition: Edition, *, marking: str = "") -> PdfDocument:
        """Return the PDF. Raise PdfFailed; a failure is cached and not tried again."""
        mark = _marking(edition, marking)
        result = self._once(("pdf", edition, mark), lambda: self._pdf(edition, mark))
        if isinstance(result, PdfFailed):
            raise result
        return result

    def csvs(self, edition: Edition) -> tuple[CsvFile | StoredCsv, ...]:
        """Return every CSV of the edition, exports unchanged."""
        return self._tables(edition) + stored_exports(edition, self._exports)

    def _tables(self, edition: Edition) -> tuple[CsvFile, ...]:
        return self._once(("csv", edition), lambda: table_files(edition))

    def _slack(self, edition: Edition, enclosed: Enclosures, mark: str) -> SlackMessage:
        """Render once for all recipients with files of the same names; the files are each recipient's own."""

        def make() -> SlackMessage:
            cleaned, pictures = self._cleaned(edition), self.pictures(edition)
            message = slack_message(self._env, cleaned, pictures, enclosed.files, mark, enclosed.left_out)
            return replace(message, files=())

        return replace(self._once(("slack", edition, mark, enclosed.key), make), files=enclosed.files)

    def _email(self, edition: Edition, enclosed: Enclosures, mark: str, reader: str) -> EmailMessage:
        from bot.render.email.message import email_message

        def make() -> EmailMessage:
            cleaned, pictures = self._cleaned(edition), self.pictures(edition)
            footer = foot(cleaned, self._mail, ANY_READER)
            files, left_out = enclosed.files, enclosed.left_out
            mail = email_message(self._env, cleaned, pictures, files, mark, left_out, footer)
            return replace(mail, attachments=())

        mail = self._once(("email", edition, mark, enclosed.key), make)
        return replace(for_reader(mail, reader), attachments=enclosed.files)

    def _cleaned(self, edition: Edition) -> Edition:
        return self._once(("clean", edition), lambda: clean(edition))

    def _pdf(self, edition: Edition, mark: str) -> PdfDocument | PdfFailed:
        """Return the PDF or the error, to be cached: ten recipients do not wait ten times for a bomb."""
        try:
            return PdfDocument(f"{edition.digest}.pdf", self._make_pdf(edition, self._overrides, mark))
        except PdfFailed as error:
            log.error("no PDF of %s: %s", edition.occurrence, error)
            return error

    def _paper(self, edition: Edition, mark: str) -> Enclosures:
        try:
            return Enclosures((self.pdf(edition, marking=mark),))
        except PdfFailed as error:
            if not self._forgiving:
                raise
            return Enclosures((), (f"No PDF: {cut(str(error), MAX_REASON)}.",))

    def _enclosures(self, edition: Edition, recipient: Recipient, limit: int, mark: str) -> Enclosures:
        """Return what the recipient's `attach` asks for: the PDF, then tables, then exports."""
        attach = Attach() if edition.brief else recipient.attach
        paper = self._paper(edition, mark) if attach.pdf else Enclosures(())
        if not attach.csv:
            return paper
        tables = tuple(table for table in self._tables(edition) if _is_picked(table, attach))
        carried = paper.with_files(tables)
        exports = tuple(export for export in edition.exports if _is_picked(export, attach))
        room = limit - sum(len(file.content) for file in carried.files)
        packed = self._packed(exports, recipient.raw_csv, room)
        return carried.with_files(packed.files, packed.left_out)

    def _packed(self, exports: tuple[ExportedFile, ...], raw: bool, room: int) -> Packed:
        """Pack exports. Only the last result is cached, for the next recipient: exports are large."""
        with self._lock:
            if self._last_packed[0] != (exports, raw, room):
                self._last_packed = (), Packed()
                if sum(export.size for export in exports) > LARGE_EXPORTS:
                    stop_idle_workers()
                packed = packed_exports(exports, self._exports, raw=raw, room=room)
                self._last_packed = (exports, raw, room), packed
            return self._last_packed[1]

    def _once(self, key: Hashable, make: Callable[[], Result]) -> Result:
        with self._lock:
            if key not in self._cache:
                self._cache[key] = make()
            self._cache.move_to_end(key)
            while len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)
            return cast(Result, self._cache[key])


def _is_picked(file: CsvFile | ExportedFile, attach: Attach) -> bool:
    return attach.csvs is None or file.report in attach.csvs


def _marking(edition: Edition, marking: str) -> str:
    return " · ".join(parts.marks(edition, marking))


def _pictures(edition: Edition) -> tuple[Picture, ...]:
    from bot.render.charts import picture
    from bot.render.pdf.layout import grouping

    charts, thousands = parts.of_kind(edition, Chart), grouping(edition.locale)
    return _named_apart(tuple(picture(chart, edition.brand.color, thousands) for chart in charts))


def _named_apart(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
    """Add a number to the second and later charts of a report: names are file names and cids."""
    seen: Counter[str] = Counter()
    named = []
    for picture in pictures:
        seen[picture.name] += 1
        stem, dot, ending = picture.name.rpartition(".")
        number = f"-{seen[picture.name]}" if seen[picture.name] > 1 else ""
        named.append(replace(picture, name=f"{stem}{number}{dot}{ending}"))
    return tuple(named)


def describe(rendition: Rendition) -> str:
    """Describe a rendition for the ledger: 'rendered as a message with 1 picture and 3 files (812 kB)'."""
    if isinstance(rendition, SlackMessage):
        return _description("a message", rendition.pictures + rendition.thread_pictures, rendition.files)
    if isinstance(rendition, EmailMessage):
        size = len(rendition.html) + len(rendition.text)
        return _description("a mail", rendition.pictures, rendition.attachments, size)
    pdfs = (rendition.pdf,) if rendition.pdf is not None else ()
    return _description("every form", rendition.pictures, (*pdfs, *rendition.csvs))


def _description(
    form: str, pictures: Sequence[Picture], files: Sequence[Attachment | StoredCsv], size: int = 0
) -> str:
    size += sum(len(picture.png) for picture in pictures)
    size += sum(len(file.content) for file in files if not isinstance(file, StoredCsv))
    counts = f"{_counted(len(pictures), 'picture')} and {_counted(len(files), 'file')}"
    return f"rendered as {form} with {counts} ({max(1, round(size / 1000)):,} kB)"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
