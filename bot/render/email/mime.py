"""A mail as it goes over the wire: mixed( alternative( plain, related( html, png… ) ), pdf, csv ).

Headers contain text from reports.yaml and names from the API. They are cleaned and encoded here, then parsed
from the finished bytes and compared. The standard library's header folding is not used: CPython 3.11.7
turns `=?utf-8?q?hi=0D=0ABcc=3A_x?=` in a subject into further headers, and garbles long display names that
are not ASCII. The same content, sender, recipient, key and time give the same bytes.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email import policy as policies
from email.feedparser import BytesFeedParser
from email.header import Header
from email.headerregistry import AddressHeader
from email.message import EmailMessage as MimeMail
from email.utils import format_datetime
from textwrap import wrap
from typing import Final

from bot.errors import DeliveryError, Retryability
from bot.lib.sanitize import visible
from bot.model import Attachment, EmailMessage, PdfDocument

WIRE: Final = policies.SMTP.clone(refold_source="none")
MAX_LINE: Final = 78
MAX_HEADER: Final = 200
MAX_NAME: Final = 100
_CHUNK: Final = 64 * 1024
_BODY_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff]")
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"({_LOCAL})@({_LABEL}(?:\.{_LABEL})*)", re.ASCII)
_UNSUBSCRIBE = re.compile(r"(?:https|mailto):[!-;=?-~]+")
_RESERVED_NAMES = re.compile(r"(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox: a display name ('' for none), local part, and domain (ASCII, lower case)."""

    name: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        """Return `local@domain`, as in the envelope."""
        return f"{self.local}@{self.domain}"


def parse_mailbox(text: str) -> Mailbox:
    """Parse exactly one mailbox, `a@x` or `Name <a@x>`; IDN domains become punycode.

    Lists, comments, quoted local parts and source routes are refused: mail programs disagree about whom
    they mean. Raise ValueError with a sentence for people.
    """
    named = re.fullmatch(r'\s*"?([^<>"]*)"?\s*<([^<>]*)>\s*', text)
    name, address = (named[1], named[2]) if named else ("", text)
    local, at, domain = address.strip().rpartition("@")
    try:
        candidate = f"{local}{at}{domain.lower().encode('idna').decode('ascii')}"
    except UnicodeError:
        candidate = ""
    match = _ADDRESS.fullmatch(candidate)
    if not match or len(candidate) > 254 or len(local) > 64 or "@" in name:
        raise ValueError(f"{header_text(text)!r} is not one mail address")
    return Mailbox(header_text(name), match[1], match[2])


def header_text(text: str, limit: int = MAX_HEADER) -> str:
    """Clean `text` for a header: one line, nothing invisible, no encoded words, at most `limit` long."""
    unencoded = re.sub(r"=(?=\?)", "= ", visible(text))
    return " ".join(unencoded.split())[:limit].rstrip()


def safe_name(name: str, otherwise: str = "file") -> str:
    """Return a file name of ASCII letters, digits, `-`, `_` and `.` that is safe on every system."""
    last = unicodedata.normalize("NFKD", re.split(r"[/\\]", name)[-1])
    ascii_name = last.encode("ascii", "ignore").decode()
    stem, dot, ending = re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_name).rpartition(".")
    stem, ending = (stem, f".{ending[:8].strip('-')}".rstrip(".")) if dot else (ending, "")
    stem = stem.strip(".-") or otherwise
    if _RESERVED_NAMES.match(stem):
        stem = f"_{stem}"
    return stem[: MAX_NAME - len(ending)] + ending


def message_id(key: str, domain: str) -> str:
    """Return `<32 hex digits@domain>`, the same at every attempt for the same key."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def build_mail(
    message: EmailMessage,
    *,
    sender: str,
    recipient: str,
    reply_to: str,
    message_id_key: str,
    now: datetime,
    list_id: str = "",
    unsubscribe: tuple[str, ...] = (),
) -> MimeMail:
    """Return the mail for one recipient, ready for `as_bytes()` (CRLF, 7-bit).

    `sender`, `recipient` and `reply_to` ('' for none) are one mailbox each. `now` (aware) is the time of
    the attempt, `list_id` a label such as the digest's name, `unsubscribe` a list of `https:` and `mailto:`
    addresses. Headers follow RFC 5322, 3834, 2919, 2369 and 8058. Raise DeliveryError (permanent) for a
    malformed mailbox, or if the bytes do not read back as intended.
    """
    author = _box(sender)
    headers: list[tuple[str, Mailbox | str]] = [
        ("From", author),
        ("To", _box(recipient)),
        ("Subject", header_text(message.subject)),
        ("Date", format_datetime(now)),
        ("Message-ID", message_id(message_id_key, author.domain)),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
    ]
    if reply_to:
        headers.append(("Reply-To", _box(reply_to)))
    if list_id:
        list_label = re.sub(r"[^a-z0-9]+", "-", list_id.lower()).strip("-")[:60] or "digest"
        headers.append(("List-Id", f"<{list_label}.{author.domain}>"))
    headers += _unsubscribe_headers(unsubscribe)
    head = "".join(_folded(name, value) for name, value in headers).encode("ascii")
    raw = head + _body_bytes(message, message_id_key)
    mail = _read_back(raw)
    _compare(mail, raw, headers)
    return mail


def _unsubscribe_headers(urls: tuple[str, ...]) -> list[tuple[str, Mailbox | str]]:
    if not all(_UNSUBSCRIBE.fullmatch(url) for url in urls):
        raise DeliveryError("email.unsubscribe cannot stand in a mail's header", Retryability.PERMANENT)
    headers: list[tuple[str, Mailbox | str]] = []
    if urls:
        headers.append(("List-Unsubscribe", ", ".join(f"<{url}>" for url in urls)))
    if any(url.startswith("https:") for url in urls):
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return headers


def _box(text: str) -> Mailbox:
    """Parse a mailbox; the local part becomes its name if it has none, which spam filters expect."""
    try:
        box = parse_mailbox(text)
    except ValueError as fault:
        raise DeliveryError(str(fault), Retryability.PERMANENT) from None
    name = box.name or re.sub(r"[^A-Za-z0-9]+", " ", box.local).strip() or "Reader"
    return Mailbox(name, box.local, box.domain)


def _folded(name: str, value: Mailbox | str) -> str:
    """Return one header in ASCII, folded (RFC 5322 section 2.2.3), other letters as RFC 2047 words."""
    if isinstance(value, str):
        content = _subject(value) if name == "Subject" else value
    else:
        content = f"{_phrase(name, value.name)} <{value.address}>"
    line = f"{name}: {content}"
    if len(line.split("\r\n")[-1]) > MAX_LINE and " " in content:
        line = "\r\n ".join(line.rsplit(" ", 1))
    return (line if len(line.split("\r\n")[0]) <= MAX_LINE else f"{name}: \r\n {content}") + "\r\n"


def _subject(text: str) -> str:
    """Return readable ASCII in lines as it is, anything else in encoded words."""
    if text.isascii() and max(map(len, text.split()), default=0) < 60:
        return "\r\n ".join(wrap(text, MAX_LINE - 10, break_long_words=False, break_on_hyphens=False))
    return _encoded("Subject", text)


def _encoded(name: str, text: str) -> str:
    return Header(text, "utf-8", maxlinelen=MAX_LINE - 2, header_name=name).encode(linesep="\r\n")


def _phrase(name: str, text: str) -> str:
    """Return a display name as a quoted string if it is short ASCII, else in encoded words."""
    if text.isascii() and len(text) < 50:
        return text if re.fullmatch(r"[A-Za-z0-9 ]+", text) else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    return _encoded(name, text)


def _body_bytes(message: EmailMessage, key: str) -> bytes:
    """Return the body's bytes; its parts are freed before the bytes are read back."""
    body = MimeMail(policy=policies.SMTP)
    body.set_content(_body(message.text), cte="quoted-printable")
    if message.html:
        body.add_alternative(_body(message.html), subtype="html", cte="quoted-printable")
        _relate_pictures(body, message)
    for attachment in message.attachments:
        _attach(body, attachment)
    _set_boundaries(body, key)
    return body.as_bytes()


def _read_back(raw: bytes) -> MimeMail:
    """Parse the mail in chunks: all at once takes five times its size in memory."""
    parser = BytesFeedParser(MimeMail, policy=WIRE)
    for start in range(0, len(raw), _CHUNK):
        parser.feed(raw[start : start + _CHUNK])
    return parser.close()


def _body(text: str) -> str:
    """Normalise line ends and drop controls: a lone CR or NUL ends mails early."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _BODY_CONTROLS.sub("", lines)


def _relate_pictures(mail: MimeMail, message: EmailMessage) -> None:
    html = next(part for part in mail.walk() if part.get_content_type() == "text/html")
    if not isinstance(html, MimeMail):
        raise TypeError("the standard library made a part without methods")
    for picture in (*filter(None, (message.logo,)), *message.pictures):
        name = safe_name(picture.name, "chart")
        is_jpeg = name.endswith(".jpg")
        html.add_related(
            picture.png,
            "image",
            "jpeg" if is_jpeg else "png",
            cid=f"<{name}>",
            filename=name if is_jpeg or name.endswith(".png") else f"{name}.png",
            disposition="inline",
        )


def _attach(mail: MimeMail, attachment: Attachment) -> None:
    is_pdf = isinstance(attachment, PdfDocument)
    name = safe_name(attachment.name, "report" if is_pdf else "table")
    if is_pdf or name.endswith(".zip"):
        kind = "pdf" if is_pdf else "zip"
        mail.add_attachment(attachment.content, "application", kind, filename=name)
    else:
        mail.add_attachment(attachment.content, "text", "csv", filename=name, params={"charset": "utf-8"})


def _set_boundaries(body: MimeMail, key: str) -> None:
    """Derive boundaries from the key (`=_` cannot occur in these encodings); keep one MIME-Version."""
    for number, part in enumerate(body.walk()):
        if number:
            del part["MIME-Version"]
        if part.is_multipart():
            name = hashlib.sha256(f"{key}/{number}".encode()).hexdigest()[:32]
            part.set_boundary(f"=_{name}")


def _compare(mail: MimeMail, raw: bytes, intended: list[tuple[str, Mailbox | str]]) -> None:
    """Raise DeliveryError unless the parsed headers are those intended, and no more."""
    parsed = [pair for pair in mail.items() if not pair[0].lower().startswith(("content-", "mime-"))]
    is_intended = [(name, _read(value)) for name, value in parsed] == [
        (name, _without_spaces(value)) for name, value in intended
    ]
    has_crlf_only = raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")
    if not is_intended or not has_crlf_only or mail.as_bytes() != raw:
        raise DeliveryError("The mail did not read back as it was meant", Retryability.PERMANENT)
    if any(part.defects for part in mail.walk()):
        raise DeliveryError("The mail is not well formed", Retryability.PERMANENT)


def _read(value: str) -> Mailbox | str:
    if not isinstance(value, AddressHeader):
        return _without_spaces(str(value))
    if len(value.addresses) != 1:
        return ""
    box = value.addresses[0]
    return _without_spaces(Mailbox(box.display_name, box.username, box.domain))


def _without_spaces(value: Mailbox | str) -> Mailbox | str:
    """Drop blanks: CPython 3.11 keeps one between two encoded words of a name, against RFC 2047, 6.2."""
    if isinstance(value, str):
        return "".join(value.split())
    return Mailbox("".join(value.name.split()), value.local, value.domain)
