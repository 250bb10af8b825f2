"""Who reads a form: each recipient gets their own, with the agents and files that the file says."""

from collections.abc import Mapping

from bot.model import Agents, Attach, Digest, Recipient
from bot.model.channel_types import CHANNEL_TYPES, EMAIL, FOLDER, SLACK, Format

FORMS_OF: Mapping[Format, tuple[str, ...]] = {Format.SLACK: ("slack",), Format.EMAIL: ("mail", "text")}
"""The forms on this page that each format is made of; files are every form."""

NOBODY = {
    "slack": Recipient(SLACK.name, "", Agents.NONE, Attach(pdf=True)),
    "mail": Recipient(EMAIL.name, "", Agents.NAMES, Attach(pdf=True)),
    "text": Recipient(EMAIL.name, "", Agents.NAMES, Attach(pdf=True)),
    "pdf": Recipient(FOLDER.name, "", Agents.NAMES, Attach(pdf=True)),
    "csv": Recipient(FOLDER.name, "", Agents.NAMES, Attach(csv=True)),
}
"""Whom a form is made for that no recipient of the digest gets."""


def readers(digest: Digest, form: str) -> tuple[Recipient, ...]:
    """The recipients who get this form, folders last; () when nobody does."""
    found = [recipient for recipient in digest.recipients if _gets(recipient, form)]
    return tuple(sorted(found, key=_is_folder))


def label(recipient: Recipient) -> str:
    """'#social-care in Slack, agents not named'."""
    agents = {
        Agents.NAMES: "agents named",
        Agents.INITIALS: "agents by initials",
        Agents.NONE: "agents not named",
    }[recipient.agents]
    return f"{recipient.address} {CHANNEL_TYPES[recipient.channel].phrase}, {agents}"


def _gets(recipient: Recipient, form: str) -> bool:
    if _is_folder(recipient):
        return True
    if form == "pdf":
        return recipient.attach.pdf
    if form == "csv":
        return recipient.attach.csv
    return form in FORMS_OF[CHANNEL_TYPES[recipient.channel].format]


def _is_folder(recipient: Recipient) -> bool:
    return CHANNEL_TYPES[recipient.channel].format is Format.FILES
