"""Templates tried out before anything is sent: every fault once, with the file and line where it is.

A page stops at its first fault. So a file of somebody's own that failed is set aside, ours takes its
place, and the page is made again, until nothing fails or the fault is not in a file of theirs.
"""

import difflib
import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from jinja2 import Environment, TemplateError, meta

from bot.errors import TemplateFailed
from bot.model import Chart, CsvFile, Edition, MailSettings, PdfDocument, Picture
from bot.render.escaping import clean
from bot.render.sample_editions import BARE, FULL
from bot.render.templates import environment, shipped_folders, shown_path

TEMPLATE_ENDINGS = (".j2", ".css", ".html", ".txt")
NOT_REPLACED = "shared/"
"""Our own pages (the demo's index): they are made from our templates whatever a folder holds."""

FILES = (PdfDocument("trial.pdf", b""), CsvFile("user_summary", "user_summary.csv", b""))
_IGNORED = re.compile(r"(Ignored .*?) at (\d+):\d+, (.*)", re.DOTALL)


class Trial:
    """Tries the templates in `overrides` ('' for none); `faults` holds what was found so far."""

    def __init__(self, overrides: str = "", mail: MailSettings = MailSettings()) -> None:  # noqa: B008
        self._overrides = overrides
        self._mail = mail
        self._aside: set[str] = set()
        self._found: dict[str, TemplateFailed] = {}

    @property
    def faults(self) -> tuple[TemplateFailed, ...]:
        """Each fault once, in the order found."""
        return tuple(self._found.values())

    def begin(self) -> None:
        """Everything that can be known without data of anybody."""
        for edition in (FULL, BARE):
            self.try_out(edition)
        if "pdf/report.css" in self._own() and "pdf/report.css" not in self._aside:
            for fault in self._css_faults():
                self.add(fault)

    def try_out(self, edition: Edition) -> None:
        """Every text form of an edition: Slack, both parts of the mail, and the PDF's page and style."""
        shown = clean(edition)
        for make in (_slack, _mail, _page, _style):
            self._until_whole(lambda env, make=make: make(env, shown, self._mail))  # type: ignore[misc]

    def add(self, fault: TemplateFailed) -> None:
        """Remember a fault; the same words count once."""
        self._found.setdefault(str(fault), fault)

    def idle(self) -> Iterator[str]:
        """A sentence for each file that takes nothing's place, so that a typing mistake shows."""
        env = environment(self._overrides)
        own, ours = self._own(), _shipped()
        used = {name for one in own for name in _referenced(env, one)}
        for name in sorted(own - ours - used):
            close = difflib.get_close_matches(name, ours, n=1)
            hint = f"did you mean {close[0]}?" if close else "see docs/templates.md for the names"
            yield f"{shown_path(str(Path(self._overrides) / name))} takes the place of no template; {hint}"

    def _until_whole(self, make: Callable[[Environment], object]) -> None:
        while True:
            try:
                make(environment(self._overrides, self._aside))
            except TemplateFailed as fault:
                self.add(fault)
                name = os.path.relpath(fault.file, self._overrides or ".").replace(os.sep, "/")
                if name not in self._own() - self._aside:
                    return
                self._aside.add(name)
            else:
                return

    def _own(self) -> set[str]:
        """Names of the templates in the folder of overrides."""
        found = Path(self._overrides).rglob("*") if self._overrides else ()
        files = (path.relative_to(self._overrides) for path in found if path.suffix in TEMPLATE_ENDINGS)
        return {path.as_posix() for path in files if not any(part.startswith(".") for part in path.parts)}

    def _css_faults(self) -> Iterator[TemplateFailed]:
        """What WeasyPrint leaves out of somebody's style sheet, which it does without a word to readers."""
        from bot.render.pdf.document import font_rules, stylesheet

        env, file = environment(self._overrides), Path(self._overrides) / "pdf/report.css"
        before, same = font_rules(True).count("\n"), "{%" not in file.read_text(encoding="utf-8")
        for words in _complaints(stylesheet(FULL, env)):
            match = _IGNORED.match(words)
            line = int(match[2]) - before if match else 0
            place = shown_path(str(file)) + (f":{line}" if match and same else "")
            said = f"{match[1]}, {match[3]}" if match else words
            yield TemplateFailed(f"{place}: {' '.join(said.split())}", str(file))


def _shipped() -> set[str]:
    """Names that a file may take the place of."""
    names = (
        path.relative_to(folder).as_posix()
        for folder in shipped_folders()
        for path in Path(folder).rglob("*")
    )
    return {name for name in names if name.endswith(TEMPLATE_ENDINGS) and not name.startswith(NOT_REPLACED)}


def _referenced(env: Environment, name: str) -> set[str]:
    """Names of the templates that one includes, imports or extends, as far as they are written there."""
    try:
        source = env.loader.get_source(env, name)[0] if env.loader else ""
        return {found for found in meta.find_referenced_templates(env.parse(source)) if found}
    except (TemplateError, UnicodeDecodeError):
        return set()


def _complaints(css: str) -> tuple[str, ...]:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    from bot.render.pdf.fetcher import AssetFetcher

    heard = _Listener()
    log = logging.getLogger("weasyprint")
    log.addHandler(heard)
    try:
        CSS(string=css, url_fetcher=AssetFetcher(), font_config=FontConfiguration())
    finally:
        log.removeHandler(heard)
    return tuple(heard.words)


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.words.append(record.getMessage())


def _pictures(edition: Edition) -> tuple[Picture, ...]:
    charts = [block for block in edition.blocks if isinstance(block, Chart)]
    return tuple(
        Picture(chart.report, f"chart-{number}.png", b"", chart.alt, 640, 360)
        for number, chart in enumerate(charts)
    )


def _slack(env: Environment, edition: Edition, mail: MailSettings) -> None:
    from bot.render.slack.message import slack_message

    slack_message(env, edition, _pictures(edition), FILES)


def _mail(env: Environment, edition: Edition, mail: MailSettings) -> None:
    from bot.render.email.footer import foot
    from bot.render.email.message import email_message

    email_message(env, edition, _pictures(edition), FILES, said=foot(edition, mail, mail.sender))


def _page(env: Environment, edition: Edition, mail: MailSettings) -> None:
    from bot.render.pdf.document import pdf_html
    from bot.render.pdf.fetcher import LOGO

    pdf_html(edition, env, logo=LOGO if edition.brand.name else "")


def _style(env: Environment, edition: Edition, mail: MailSettings) -> None:
    from bot.render.pdf.document import stylesheet

    stylesheet(edition, env)
