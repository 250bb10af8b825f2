"""One renderer for a run: it makes each picture and file once and shares it among recipients."""

import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from bot.errors import PdfFailed
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
    SlackMessage,
    StoredCsv,
)
from bot.render import parts
from bot.render.csv_files import stored_exports, table_files
from bot.render.email.footer import SOMEBODY, foot, for_reader
from bot.render.escaping import clean, cut
from bot.render.export_files import LARGEST, Packed, packed_exports
from bot.render.pdf.process import MakePdf, pdf_in_child, rest
from bot.render.slack.message import slack_message
from bot.render.templates import environment

log = logging.getLogger("bot.render")

Made = TypeVar("Made")
EVERYTHING = Recipient("folder", "", attach=Attach(pdf=True, csv=True))
KEPT = 48
LARGE = 10_000_000
"""Bytes of exports from which the process that makes PDFs gives its memory back before they are packed."""
LONGEST_REASON = 200
NO_MAIL_SETTINGS = MailSettings()


@dataclass(frozen=True, slots=True)
class Luggage:
    """What goes along with one message, and a sentence for each file that does not."""

    files: tuple[Attachment, ...]
    left_out: tuple[str, ...] = ()

    @property
    def key(self) -> Hashable:
        """What a message says of its files: their names, and what is left out."""
        return tuple(file.name for file in self.files), self.left_out

    def with_files(self, files: tuple[Attachment, ...], left_out: tuple[str, ...] = ()) -> "Luggage":
        """The same and more."""
        return Luggage(self.files + files, self.left_out + left_out)


class Renderer:
    """Renders editions. `overrides`: folder of templates that replace ours ('' for none).

    `exports_root`: folder that exported files must lie in ('' for no check); `mail`: what the foot of a
    mail says. `forgiving`: a message goes without its PDF where none can be made, and says so; else that
    raises PdfFailed. Safe to share among threads: one piece is made at a time. All methods raise
    TemplateFailed.
    """

    def __init__(
        self,
        *,
        overrides: str = "",
        exports_root: str = "",
        mail: MailSettings = NO_MAIL_SETTINGS,
        forgiving: bool = False,
        make_pdf: MakePdf = pdf_in_child,
    ) -> None:
        self._env = environment(overrides)
        self._mail = mail
        self._overrides, self._exports_root = overrides, exports_root
        self._forgiving, self._make_pdf = forgiving, make_pdf
        self._made: OrderedDict[Hashable, object] = OrderedDict()
        self._last_packed: tuple[Hashable, Packed] = (), Packed()
        self._lock = threading.RLock()

    def slack(self, edition: Edition, recipient: Recipient, *, marking: str = "") -> SlackMessage:
        """The message for a Slack recipient, with the files it asks for."""
        mark = _marking(edition, marking)
        return self._slack(edition, self._luggage(edition, recipient, LARGEST["slack"], mark), mark)

    def email(self, edition: Edition, recipient: Recipient, *, marking: str = "") -> EmailMessage:
        """The mail for a recipient, with the files it asks for."""
        mark = _marking(edition, marking)
        luggage = self._luggage(edition, recipient, LARGEST["email"], mark)
        return self._email(edition, luggage, mark, recipient.address)

    def bundle(self, edition: Edition, *, marking: str = "") -> Bundle:
        """Every form at once, the messages with every file.

        Slack's exports are never read from a bundle, so they are not made.
        """
        mark = _marking(edition, marking)
        paper = self._paper(edition, mark)
        in_mail = self._luggage(edition, EVERYTHING, LARGEST["email"], mark)
        return Bundle(
            slack=self._slack(edition, paper.with_files(self._tables(edition)), mark),
            email=self._email(edition, in_mail, mark, self._mail.sender),
            pdf=next((file for file in paper.files if isinstance(file, PdfDocument)), None),
            csvs=self.csvs(edition),
            pictures=self.pictures(edition),
        )

    def pictures(self, edition: Edition) -> tuple[Picture, ...]:
        """The charts as PNG, in order, each under a name of its own."""
        return self._once(("pictures", edition), lambda: _pictures(self._cleaned(edition)))

    def pdf(self, edition: Edition, *, marking: str = "") -> PdfDocument:
        """The PDF. Raises PdfFailed, again for the same edition without trying again."""
        mark = _marking(edition, marking)
        made = self._once(("pdf", edition, mark), lambda: self._pdf(edition, mark))
        if isinstance(made, PdfFailed):
            raise made
        return made

    def csvs(self, edition: Edition) -> tuple[CsvFile | StoredCsv, ...]:
        """Every CSV of the edition, exports as they came."""
        return self._tables(edition) + stored_exports(edition, self._exports_root)

    def _tables(self, edition: Edition) -> tuple[CsvFile, ...]:
        return self._once(("csv", edition), lambda: table_files(edition))

    def _slack(self, edition: Edition, luggage: Luggage, mark: str) -> SlackMessage:
        """The words are made once for all who get files of the same names; the files are each one's own."""

        def make() -> SlackMessage:
            shown, pictures = self._cleaned(edition), self.pictures(edition)
            made = slack_message(self._env, shown, pictures, luggage.files, mark, luggage.left_out)
            return replace(made, files=())

        return replace(self._once(("slack", edition, mark, luggage.key), make), files=luggage.files)

    def _email(self, edition: Edition, luggage: Luggage, mark: str, reader: str) -> EmailMessage:
        from bot.render.email.message import email_message

        def make() -> EmailMessage:
            shown, pictures = self._cleaned(edition), self.pictures(edition)
            said = foot(shown, self._mail, SOMEBODY)
            made = email_message(self._env, shown, pictures, luggage.files, mark, luggage.left_out, said)
            return replace(made, attachments=())

        made = self._once(("email", edition, mark, luggage.key), make)
        return replace(for_reader(made, reader), attachments=luggage.files)

    def _cleaned(self, edition: Edition) -> Edition:
        return self._once(("clean", edition), lambda: clean(edition))

    def _pdf(self, edition: Edition, mark: str) -> PdfDocument | PdfFailed:
        """The document, or why there is none: ten recipients do not wait ten times for a bomb."""
        try:
            return PdfDocument(f"{edition.digest}.pdf", self._make_pdf(edition, self._overrides, mark))
        except PdfFailed as error:
            log.error("no PDF of %s: %s", edition.occurrence, error)
            return error

    def _paper(self, edition: Edition, mark: str) -> Luggage:
        """The PDF, or where that is forgiven a sentence in its place."""
        try:
            return Luggage((self.pdf(edition, marking=mark),))
        except PdfFailed as error:
            if not self._forgiving:
                raise
            return Luggage((), (f"No PDF: {cut(str(error), LONGEST_REASON)}.",))

    def _luggage(self, edition: Edition, recipient: Recipient, largest: int, mark: str) -> Luggage:
        """What a recipient asked for: the PDF first, then tables, then exports, all or the picked ones."""
        attach = Attach() if edition.brief else recipient.attach
        paper = self._paper(edition, mark) if attach.pdf else Luggage(())
        if not attach.csv:
            return paper
        carried = paper.with_files(
            tuple(table for table in self._tables(edition) if _is_picked(table, attach))
        )
        exports = tuple(export for export in edition.exports if _is_picked(export, attach))
        room = largest - sum(len(file.content) for file in carried.files)
        packed = self._packed(exports, recipient.raw_csv, room)
        return carried.with_files(packed.files, packed.left_out)

    def _packed(self, exports: tuple[ExportedFile, ...], raw: bool, room: int) -> Packed:
        """Exports as attachments. Only the last ones are kept, for the next recipient: they are large."""
        with self._lock:
            if self._last_packed[0] != (exports, raw, room):
                self._last_packed = (), Packed()
                if sum(export.size for export in exports) > LARGE:
                    rest()  # packing takes memory too
                made = packed_exports(exports, self._exports_root, raw=raw, room=room)
                self._last_packed = (exports, raw, room), made
            return self._last_packed[1]

    def _once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            self._made.move_to_end(key)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
            return cast(Made, self._made[key])


def _is_picked(file: CsvFile | ExportedFile, attach: Attach) -> bool:
    return attach.csvs is None or file.report in attach.csvs


def _marking(edition: Edition, asked: str) -> str:
    return " · ".join(parts.marks(edition, asked))


def _pictures(edition: Edition) -> tuple[Picture, ...]:
    from bot.render.charts import picture
    from bot.render.pdf.layout import grouping

    charts, thousands = parts.of_kind(edition, Chart), grouping(edition.locale)
    return _named_apart(tuple(picture(chart, edition.brand.color, thousands) for chart in charts))


def _named_apart(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
    """A second chart of the same report gets a number in its name: names are file names and cids."""
    seen: Counter[str] = Counter()
    named = []
    for picture in pictures:
        seen[picture.name] += 1
        count = seen[picture.name]
        stem, dot, ending = picture.name.rpartition(".")
        named.append(picture if count == 1 else replace(picture, name=f"{stem}-{count}{dot}{ending}"))
    return tuple(named)
