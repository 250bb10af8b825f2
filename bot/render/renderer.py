"""One renderer for a run: it makes each picture and file once and shares it among recipients."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import TypeVar, cast

from bot.model import (
    Attach,
    Attachment,
    Bundle,
    Chart,
    CsvFile,
    Edition,
    EmailMessage,
    PdfDocument,
    Picture,
    Recipient,
    SlackMessage,
)
from bot.render import parts
from bot.render.csv_files import csv_files
from bot.render.environment import environment
from bot.render.escaping import clean
from bot.render.slack import slack_message

Made = TypeVar("Made")
EVERYTHING = Attach(pdf=True, csv=True)
KEPT = 24


class Renderer:
    """Renders editions. `overrides`: folder of templates that replace ours ('' for none).

    `exports_root`: folder that exported files must lie in ('' for no check). Safe to share among
    threads: one piece is made at a time. All methods raise TemplateFailed.
    """

    def __init__(self, *, overrides: str = "", exports_root: str = "") -> None:
        self._env = environment(overrides)
        self._exports_root = exports_root
        self._made: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = threading.RLock()

    def slack(self, edition: Edition, recipient: Recipient, *, marking: str = "") -> SlackMessage:
        """The message for a Slack recipient, with the files it asks for."""
        return self._slack(edition, recipient.attach, _marking(edition, marking))

    def email(self, edition: Edition, recipient: Recipient, *, marking: str = "") -> EmailMessage:
        """The mail for a recipient, with the files it asks for."""
        return self._email(edition, recipient.attach, _marking(edition, marking))

    def bundle(self, edition: Edition, *, marking: str = "") -> Bundle:
        """Every form at once, the messages with every file."""
        mark = _marking(edition, marking)
        return Bundle(
            slack=self._slack(edition, EVERYTHING, mark),
            email=self._email(edition, EVERYTHING, mark),
            pdf=self.pdf(edition, marking=mark),
            csvs=self.csvs(edition),
            pictures=self.pictures(edition),
        )

    def pictures(self, edition: Edition) -> tuple[Picture, ...]:
        """The charts as PNG, in order, each under a name of its own."""
        return self._once(("pictures", edition), lambda: _pictures(clean(edition)))

    def pdf(self, edition: Edition, *, marking: str = "") -> PdfDocument:
        """The PDF."""
        mark = _marking(edition, marking)
        return self._once(("pdf", edition, mark), lambda: self._pdf(clean(edition), mark))

    def csvs(self, edition: Edition) -> tuple[CsvFile, ...]:
        """Every CSV of the edition."""
        return self._once(("csv", edition), lambda: csv_files(edition, self._exports_root))

    def _slack(self, edition: Edition, attach: Attach, mark: str) -> SlackMessage:
        files = self._files(edition, attach, mark)
        return slack_message(self._env, clean(edition), self.pictures(edition), files, mark)

    def _email(self, edition: Edition, attach: Attach, mark: str) -> EmailMessage:
        from bot.render.email import email_message

        files = self._files(edition, attach, mark)
        return email_message(self._env, clean(edition), self.pictures(edition), files, mark)

    def _pdf(self, edition: Edition, mark: str) -> PdfDocument:
        from bot.render.pdf import render_pdf

        return render_pdf(edition, env=self._env, marking=mark)

    def _files(self, edition: Edition, attach: Attach, mark: str) -> tuple[Attachment, ...]:
        """The files a recipient asked for: the PDF first, then all CSVs or the picked ones."""
        pdf: tuple[Attachment, ...] = (self.pdf(edition, marking=mark),) if attach.pdf else ()
        if not attach.csv:
            return pdf
        picked = attach.csvs
        return pdf + tuple(file for file in self.csvs(edition) if picked is None or file.report in picked)

    def _once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            self._made.move_to_end(key)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
            return cast(Made, self._made[key])


def _marking(edition: Edition, asked: str) -> str:
    return " · ".join(parts.marks(edition, asked))


def _pictures(edition: Edition) -> tuple[Picture, ...]:
    from bot.render.pdf_layout import grouping
    from bot.render.pictures import picture

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
