"""In which form: an edition becomes a Slack message, a mail, or every form at once.

Pictures, the PDF and the CSVs are made once per distinct edition and marking, whoever receives
them. Nothing heavy is imported until it is needed.
"""

from collections.abc import Callable, Mapping

from bot.model import Edition, Recipient, Rendition
from bot.render.pdf.process import prepare
from bot.render.renderer import Renderer
from bot.render.telling import told

RENDER: Mapping[str, Callable[[Renderer, Edition, Recipient, str], Rendition]] = {
    "slack": lambda renderer, edition, to, marking: renderer.slack(edition, to, marking=marking),
    "email": lambda renderer, edition, to, marking: renderer.email(edition, to, marking=marking),
    "folder": lambda renderer, edition, to, marking: renderer.bundle(edition, marking=marking),
}


def render(renderer: Renderer, edition: Edition, recipient: Recipient, *, marking: str = "") -> Rendition:
    """The form that the recipient's channel carries. Raises TemplateFailed."""
    return RENDER[recipient.channel](renderer, edition, recipient, marking)


def has_pdf(recipient: Recipient) -> bool:
    """Whether what this recipient gets has a PDF in it."""
    return recipient.attach.pdf or recipient.channel == "folder"


__all__ = ["RENDER", "Renderer", "has_pdf", "prepare", "render", "told"]
