"""The edition that the benchmarks render: a believable week over two pages."""

from dataclasses import dataclass

from bot.model import Attach, Edition, Recipient
from bot.render import Renderer
from bot.render.environment import environment
from bot.render.pdf import render_pdf
from tests.render.sample_edition import EDITION


@dataclass(frozen=True)
class TwoPages:
    """An edition and ways to render it afresh each time."""

    edition: Edition

    def pdf(self) -> bytes:
        """The PDF's bytes; nothing is remembered between calls but the warm libraries."""
        return render_pdf(self.edition, env=environment()).content

    def html(self) -> str:
        """The mail's HTML."""
        return Renderer().email(self.edition, Recipient("email", "dana@example.com", attach=Attach())).html


def two_pages() -> TwoPages:
    """The sample edition."""
    return TwoPages(EDITION)
