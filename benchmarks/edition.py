"""The edition that the benchmarks render: a believable week over two pages."""

from dataclasses import dataclass, field

from bot.model import Attach, Edition, Recipient
from bot.render import Renderer
from bot.render.pdf.document import render_pdf
from bot.render.templates import environment
from tests.editions.samples import NAMED, without_exports
from tests.render.sample_edition import EDITION


@dataclass(frozen=True)
class TwoPages:
    """An edition and ways to render it without a cache."""

    edition: Edition

    def pdf(self) -> bytes:
        """Return the PDF's bytes; nothing is remembered between calls but the warm libraries."""
        return render_pdf(self.edition, env=environment()).content

    def html(self) -> str:
        """Return the mail's HTML."""
        return Renderer().email(self.edition, Recipient("email", "dana@example.com", attach=Attach())).html


def two_pages() -> TwoPages:
    """Return the sample edition."""
    return TwoPages(EDITION)


FIRST = Recipient("email", "dana@example.com", attach=Attach(pdf=True, csv=True))
SECOND = Recipient("email", "lee@example.com", attach=Attach(pdf=True, csv=True))
ROOM = Recipient("slack", "#care", attach=Attach(pdf=True))


def made_here(edition: Edition, overrides: str, marking: str) -> bytes:
    """Render the PDF in this process instead of a child, so that its CPU time counts."""
    return render_pdf(edition, env=environment(overrides), marking=marking).content


@dataclass(frozen=True)
class ReferenceWeek:
    """Twelve reports and thirty agents; `kept` has rendered it before, as for an earlier recipient."""

    edition: Edition
    kept: Renderer = field(default_factory=lambda: Renderer(make_pdf=made_here))

    def warm_up(self) -> None:
        """Render everything once, so that what is imported and read is there."""
        self.kept.bundle(self.edition)
        self.kept.email(self.edition, FIRST)
        self.kept.slack(self.edition, ROOM)

    def pdf(self) -> bytes:
        """Render the PDF without a cache."""
        return render_pdf(self.edition, env=environment()).content

    def every_form(self) -> object:
        """Render every form without a cache."""
        return Renderer(make_pdf=made_here).bundle(self.edition)

    def second_recipient(self) -> object:
        """Render a further mail and message of what was rendered before."""
        return self.kept.email(self.edition, SECOND), self.kept.slack(self.edition, ROOM)


def reference_week() -> ReferenceWeek:
    """Return the edition that pages and milliseconds are promised for."""
    return ReferenceWeek(without_exports(NAMED["reference-week"]()))
