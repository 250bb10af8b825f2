"""Edition to rendition: a Slack message, a mail, or every form at once.

Pictures, the PDF and the CSVs are made once per edition and marking, for all recipients. Heavy libraries
are imported when they are needed.
"""

from collections.abc import Callable, Mapping

from bot.model import Edition, Recipient, Rendition
from bot.model.channel_types import CHANNEL_TYPES, Format
from bot.render.pdf.process import prepare
from bot.render.renderer import Renderer, describe

RENDER: Mapping[Format, Callable[[Renderer, Edition, Recipient, str], Rendition]] = {
    Format.SLACK: lambda renderer, edition, to, marking: renderer.slack(edition, to, marking=marking),
    Format.EMAIL: lambda renderer, edition, to, marking: renderer.email(edition, to, marking=marking),
    Format.FILES: lambda renderer, edition, to, marking: renderer.bundle(edition, marking=marking),
}


def render(renderer: Renderer, edition: Edition, recipient: Recipient, *, marking: str = "") -> Rendition:
    """Return the edition in the form that the recipient's channel carries. Raises TemplateFailed."""
    return RENDER[CHANNEL_TYPES[recipient.channel].format](renderer, edition, recipient, marking)


def has_pdf(recipient: Recipient) -> bool:
    """Return whether the recipient's rendition contains a PDF."""
    return recipient.attach.pdf or CHANNEL_TYPES[recipient.channel].format is Format.FILES


__all__ = ["RENDER", "Renderer", "describe", "has_pdf", "prepare", "render"]
