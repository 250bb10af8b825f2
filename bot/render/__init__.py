"""Edition to rendition: a Slack message, a mail, or every form at once.

Pictures, the PDF and the CSVs are made once per edition and marking, for all recipients. Heavy libraries
are imported when they are needed.
"""

from collections.abc import Callable, Mapping

from bot.model import Edition, Recipient, Rendition
from bot.render.pdf.process import prepare
from bot.render.renderer import Renderer, describe

RENDER: Mapping[str, Callable[[Renderer, Edition, Recipient, str], Rendition]] = {
    "slack": lambda renderer, edition, to, marking: renderer.slack(edition, to, marking=marking),
    "email": lambda renderer, edition, to, marking: renderer.email(edition, to, marking=marking),
    "folder": lambda renderer, edition, to, marking: renderer.bundle(edition, marking=marking),
}


def has_pdf(recipient: Recipient) -> bool:
    """Return whether the recipient's rendition contains a PDF."""
    return recipient.attach.pdf or recipient.channel == "folder"


__all__ = ["RENDER", "Renderer", "describe", "has_pdf", "prepare"]
