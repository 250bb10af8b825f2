"""Texts with `{names}` in them: the mail's subject, and where people leave a list."""

import re
from urllib.parse import urlsplit

from bot.config.addresses import parsed_mailbox
from bot.config.checks import refusal, text
from bot.config.problems import nearest, one_of, quoted
from bot.config.tables import LEAVING_NAMES, SUBJECT_NAMES
from bot.model.placeholders import LONE, unknown_in

_LEAVING = "where people leave, such as https://example.com/leave?who={recipient} or mailto:leave@example.com"
# RFC 2369: printable ASCII; what would end the address in the header stays out, as does a login.
_ADDRESS = re.compile(r"[A-Za-z0-9:/?#\[\]@!$&'*+=._~%{};-]+")
_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]{1,5})?")


def subject(value: object) -> str:
    """One line, perhaps with `{title}`, `{window}`, `{brand}` or `{headline}` in it."""
    written = text(value, "a subject, such as Social care, {window}")
    _require_known(written, SUBJECT_NAMES)
    return written


def leaving(value: object) -> str:
    """`https://…` or `mailto:…`, perhaps with `{recipient}` and `{digest}` in it."""
    written = text(value, _LEAVING)
    _require_known(written, LEAVING_NAMES)
    if not _ADDRESS.fullmatch(written) or "=?" in written or not _leads_somewhere(written):
        raise refusal(f"{quoted(written)} is not an address that mail programs can use; write {_LEAVING}")
    return written


def _leads_somewhere(address: str) -> bool:
    if address.startswith("mailto:"):
        mailbox = address.removeprefix("mailto:").partition("?")[0]
        return "{" not in mailbox and parsed_mailbox(mailbox) is not None
    try:
        return address.startswith("https://") and bool(_HOST.fullmatch(urlsplit(address).netloc))
    except ValueError:
        return False


def _require_known(written: str, names: tuple[str, ...]) -> None:
    unknown = unknown_in(written, names)
    if unknown is None:
        return
    if unknown in LONE:
        raise refusal(f"a brace stands alone in {quoted(written)}; write it twice if it is meant as one")
    close = nearest(unknown, names)
    shown = one_of([f"{{{name}}}" for name in names])
    hint = f'did you mean "{{{close}}}"?' if close else f"write {shown}"
    raise refusal(f"unknown placeholder {quoted(f'{{{unknown}}}')}; {hint}")
