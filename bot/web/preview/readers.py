"""Who reads a form: each recipient gets their own, with the agents and files that the file says."""

from bot.model import Agents, Attach, Digest, Recipient

HOW = {"slack": "in Slack", "email": "by mail", "folder": "as files"}

NOBODY = {
    "slack": Recipient("slack", "", Agents.NONE, Attach(pdf=True)),
    "mail": Recipient("email", "", Agents.NAMES, Attach(pdf=True)),
    "text": Recipient("email", "", Agents.NAMES, Attach(pdf=True)),
    "pdf": Recipient("folder", "", Agents.NAMES, Attach(pdf=True)),
    "csv": Recipient("folder", "", Agents.NAMES, Attach(csv=True)),
}
"""Whom a form is made for that no recipient of the digest gets."""


def readers(digest: Digest, form: str) -> tuple[Recipient, ...]:
    """The recipients who get this form, folders last; () when nobody does."""
    found = [recipient for recipient in digest.recipients if _gets(recipient, form)]
    return tuple(sorted(found, key=lambda recipient: recipient.channel == "folder"))


def label(recipient: Recipient) -> str:
    """'#social-care in Slack, agents not named'."""
    agents = {
        Agents.NAMES: "agents named",
        Agents.INITIALS: "agents by initials",
        Agents.NONE: "agents not named",
    }[recipient.agents]
    return f"{recipient.address} {HOW[recipient.channel]}, {agents}"


def _gets(recipient: Recipient, form: str) -> bool:
    if recipient.channel == "folder":
        return True  # every form is written there
    if form == "pdf":
        return recipient.attach.pdf
    if form == "csv":
        return recipient.attach.csv
    return form in {"slack": ("slack",), "email": ("mail", "text")}[recipient.channel]
