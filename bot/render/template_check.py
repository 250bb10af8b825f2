"""Check of template overrides before anything is sent: every fault once, with its file and line.

Rendering stops at the first fault. So an override that fails is excluded, the shipped template takes its
place, and the page is rendered again, until it succeeds or the fault is not in an override.
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
from bot.render.email.footer import foot
from bot.render.email.message import email_message
from bot.render.escaping import clean
from bot.render.pdf.document import font_rules, pdf_html, stylesheet
from bot.render.pdf.layout import LOGO
from bot.render.sample_editions import BARE, FULL
from bot.render.slack.message import slack_message
from bot.render.templates import environment, shipped_folders, shown_path

TEMPLATE_ENDINGS = (".j2", ".css", ".html", ".txt")
NOT_REPLACED = "shared/"
"""Pages that are always made from the shipped templates, such as the demo's index."""

FILES = (PdfDocument("trial.pdf", b""), CsvFile("user_summary", "user_summary.csv", b""))
_IGNORED = re.compile(r"(Ignored .*?) at (\d+):\d+, (.*)", re.DOTALL)


class TemplateCheck:
    """Render with the templates in `overrides` ('' for none) and collect their `faults`."""

    def __init__(self, overrides: str = "", mail: MailSettings = MailSettings()) -> None:  # noqa: B008
        self._overrides = overrides
        self._mail = mail
        self._excluded: set[str] = set()
        self._faults: dict[str, TemplateFailed] = {}

    @property
    def faults(self) -> tuple[TemplateFailed, ...]:
        """Return each fault once, in the order of occurrence."""
        return tuple(self._faults.values())

    def run(self) -> None:
        """Render the invented editions, and check the style sheet of the PDF."""
        for edition in (FULL, BARE):
            self.render(edition)
        if "pdf/report.css" in self._override_names() - self._excluded:
            for fault in self._css_faults():
                self.add(fault)

    def render(self, edition: Edition) -> None:
        """Render every text form of an edition: Slack, both parts of the mail, the PDF's page and style."""
        for make in text_forms(clean(edition), self._mail):
            self._collect(make)

    def add(self, fault: TemplateFailed) -> None:
        """Add a fault; the same message counts once."""
        self._faults.setdefault(str(fault), fault)

    def unused(self) -> Iterator[str]:
        """Yield a sentence for each file that overrides no template, such as a misspelt name."""
        env = environment(self._overrides)
        overrides, shipped = self._override_names(), _shipped()
        used = {name for override in overrides for name in _referenced(env, override)}
        for name in sorted(overrides - shipped - used):
            close = difflib.get_close_matches(name, shipped, n=1)
            hint = f"did you mean {close[0]}?" if close else "see docs/templates.md for the names"
            yield f"{shown_path(str(Path(self._overrides) / name))} takes the place of no template; {hint}"

    def _collect(self, make: Callable[[Environment], object]) -> None:
        while True:
            try:
                make(environment(self._overrides, self._excluded))
                return
            except TemplateFailed as fault:
                self.add(fault)
                name = os.path.relpath(fault.file, self._overrides or ".").replace(os.sep, "/")
                if name not in self._override_names() - self._excluded:
                    return
                self._excluded.add(name)

    def _override_names(self) -> set[str]:
        paths = Path(self._overrides).rglob("*") if self._overrides else ()
        files = (path.relative_to(self._overrides) for path in paths if path.suffix in TEMPLATE_ENDINGS)
        return {path.as_posix() for path in files if not any(part.startswith(".") for part in path.parts)}

    def _css_faults(self) -> Iterator[TemplateFailed]:
        """Yield what WeasyPrint ignores in an overriding style sheet; readers would not notice why."""
        env, file = environment(self._overrides), Path(self._overrides) / "pdf/report.css"
        offset, has_same_lines = font_rules(True).count("\n"), "{%" not in file.read_text(encoding="utf-8")
        for warning in _css_warnings(stylesheet(FULL, env)):
            match = _IGNORED.match(warning)
            line = int(match[2]) - offset if match else 0
            place = shown_path(str(file)) + (f":{line}" if match and has_same_lines else "")
            message = f"{match[1]}, {match[3]}" if match else warning
            yield TemplateFailed(f"{place}: {' '.join(message.split())}", str(file))


def _shipped() -> set[str]:
    names = {path.relative_to(top).as_posix() for top in shipped_folders() for path in Path(top).rglob("*")}
    return {name for name in names if name.endswith(TEMPLATE_ENDINGS) and not name.startswith(NOT_REPLACED)}


def _referenced(env: Environment, name: str) -> set[str]:
    """Return the names that a template includes, imports or extends as literals."""
    try:
        source = env.loader.get_source(env, name)[0] if env.loader else ""
        return {name for name in meta.find_referenced_templates(env.parse(source)) if name}
    except (TemplateError, UnicodeDecodeError):
        return set()


def _css_warnings(css: str) -> tuple[str, ...]:
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    from bot.render.pdf.adapter import AssetFetcher

    handler = _ListHandler()
    log = logging.getLogger("weasyprint")
    log.addHandler(handler)
    try:
        CSS(string=css, url_fetcher=AssetFetcher(), font_config=FontConfiguration())
    finally:
        log.removeHandler(handler)
    return tuple(handler.messages)


class _ListHandler(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def text_forms(edition: Edition, mail: MailSettings) -> tuple[Callable[[Environment], object], ...]:
    """Return what makes the Slack message, the mail, the PDF's page and its style of a clean edition."""
    pictures, footer = _pictures(edition), foot(edition, mail, mail.sender)
    return (
        lambda env: slack_message(env, edition, pictures, FILES),
        lambda env: email_message(env, edition, pictures, FILES, footer=footer),
        lambda env: pdf_html(edition, env, logo=LOGO if edition.brand.name else ""),
        lambda env: stylesheet(edition, env),
    )


def _pictures(edition: Edition) -> tuple[Picture, ...]:
    charts = [block for block in edition.blocks if isinstance(block, Chart)]
    return tuple(
        Picture(chart.report, f"chart-{number}.png", b"", chart.alt, 640, 360)
        for number, chart in enumerate(charts)
    )
