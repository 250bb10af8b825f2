"""The bytes of a mail: structure, header injection, and determinism."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMail
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import DeliveryError, Retryability
from bot.model import CsvFile, EmailMessage, PdfDocument, Picture
from bot.render.email.mime import build_mail, header_text, parse_mailbox, safe_name

NOW = datetime(2018, 5, 6, 23, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
MAIL = EmailMessage(
    subject="Social care, 30 April to 6 May",
    text="Reply time rose.\nSecond line.\n",
    html='<html><body><p>Reply time rose.</p><img src="cid:chart-summary"></body></html>',
    pictures=(Picture("summary", "chart-summary", PNG, "alt", 600, 340),),
    attachments=(
        PdfDocument("care-weekly.pdf", b"%PDF-1.7 \x00\xff"),
        CsvFile("user_summary", "user_summary.csv", b"\xef\xbb\xbfagent\r\nDana\r\n"),
    ),
)
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Reply-To",
    "List-Id",
    "MIME-Version",
    "Content-Type",
]


def built(message: EmailMessage = MAIL, **changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "sender": "Care reports <reports@example.com>",
        "recipient": "dana.lee@example.com",
        "reply_to": "care-ops@example.com",
        "message_id_key": "v1-abc",
        "now": NOW,
        "list_id": "care-weekly",
    }
    return build_mail(message, **(arguments | changes)).as_bytes()


def read(raw: bytes) -> MimeMail:
    """As any mail program would read it: without a word of ours."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, MimeMail)
    return message


def outline(part: Any) -> Any:
    if not part.is_multipart():
        return part.get_content_type()
    return (part.get_content_type(), [outline(child) for child in part.get_payload()])


def test_structure() -> None:
    assert outline(read(built())) == (
        "multipart/mixed",
        [
            (
                "multipart/alternative",
                ["text/plain", ("multipart/related", ["text/html", "image/png"])],
            ),
            "application/pdf",
            "text/csv",
        ],
    )


def test_absent_parts_are_left_out() -> None:
    assert outline(read(built(replace(MAIL, html="", pictures=(), attachments=())))) == "text/plain"
    assert outline(read(built(replace(MAIL, pictures=(), attachments=())))) == (
        "multipart/alternative",
        ["text/plain", "text/html"],
    )


def test_parts_round_trip() -> None:
    parts = {part.get_content_type(): part for part in read(built()).walk()}
    assert parts["image/png"].get_content() == PNG
    assert parts["image/png"]["Content-ID"] == "<chart-summary>"
    assert parts["image/png"].get_content_disposition() == "inline"
    assert parts["application/pdf"].get_content() == b"%PDF-1.7 \x00\xff"
    assert parts["text/csv"].get_payload(decode=True) == b"\xef\xbb\xbfagent\r\nDana\r\n"
    assert parts["text/csv"].get_filename() == "user_summary.csv"
    assert parts["text/plain"].get_content().replace("\r\n", "\n") == "Reply time rose.\nSecond line.\n"


def test_headers() -> None:
    mail = read(built())
    assert mail.keys() == HEADERS
    assert mail["From"] == "Care reports <reports@example.com>"
    assert mail["To"] == "dana lee <dana.lee@example.com>"
    assert mail["Reply-To"] == "care ops <care-ops@example.com>"
    assert mail["Date"] == "Sun, 06 May 2018 23:00:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["List-Id"] == "<care-weekly.example.com>"


def test_optional_headers_are_optional() -> None:
    assert read(built(reply_to="", list_id="")).keys() == [
        name for name in HEADERS if name not in {"Reply-To", "List-Id"}
    ]


LEAVE = "https://example.com/leave?who=dana%40example.com&list=care-weekly"
MAILTO = "mailto:leave@example.com?subject=care-weekly"


def test_unsubscribe_by_web_has_one_click_header() -> None:
    """RFC 8058, section 3.1: both headers, and the page's address alone says who leaves."""
    mail = read(built(unsubscribe=(LEAVE, MAILTO)))
    assert mail["List-Unsubscribe"].replace(" ", "") == f"<{LEAVE}>,<{MAILTO}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_mailto_unsubscribe_has_no_one_click_header() -> None:
    mail = read(built(unsubscribe=(MAILTO,)))
    assert mail["List-Unsubscribe"] == f"<{MAILTO}>"
    assert "List-Unsubscribe-Post" not in mail


@pytest.mark.parametrize(
    "text", ["\r\nBcc: x@evil.example", "\nBcc: x", "=?utf-8?q?=0D=0ABcc=3A_x?=", "\x00", "é", ">, <x", " "]
)
def test_unsubscribe_address_adds_no_header(text: str) -> None:
    """The check of reports.yaml refuses these; if one passes all the same, nothing is sent."""
    with pytest.raises(DeliveryError):
        built(unsubscribe=(f"https://example.com/{text}",))


def test_logo_goes_inline_with_its_own_type() -> None:
    for name, kind in (("logo.png", "image/png"), ("logo.jpg", "image/jpeg")):
        logo = Picture("", name, b"bytes of a logo", "Logo of Acme", 160, 40)
        parts = [part for part in read(built(replace(MAIL, logo=logo))).walk() if part["Content-ID"]]
        assert [part["Content-ID"] for part in parts] == [f"<{name}>", "<chart-summary>"]
        assert (parts[0].get_content_type(), parts[0].get_filename()) == (kind, name)
        assert parts[0].get_content_disposition() == "inline"
        assert parts[0].get_content() == b"bytes of a logo"


def test_bytes_and_message_id_are_deterministic() -> None:
    assert built() == built()
    first, other = (read(built(message_id_key=key))["Message-ID"] for key in ("a", "b"))
    assert first != other
    assert first.endswith("@example.com>")
    assert read(built(message_id_key="a", now=datetime(2020, 1, 1, tzinfo=UTC)))["Message-ID"] == first


def test_line_ends_are_uniform_and_lines_short() -> None:
    long = replace(MAIL, subject="Überblick über alles " * 20, text="x" * 5_000 + "\n" + "é" * 5_000)
    raw = built(long)
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 78


INJECTIONS = [
    "hi\r\nBcc: x@evil.example",
    "hi\nBcc: x@evil.example",
    "hi\rBcc: x@evil.example",
    "hi\r\n\r\n<script>body</script>",
    "hi\n\nbody",
    "\r\nBcc: x@evil.example",
    "hi\x0bBcc: x@evil.example",
    "hi\x0cBcc: x@evil.example",
    "hi\x1cBcc: x@evil.example",
    "hi\x1dBcc: x@evil.example",
    "hi\x1eBcc: x@evil.example",
    "hi\x85Bcc: x@evil.example",
    "hi\u2028Bcc: x@evil.example",
    "hi\u2029Bcc: x@evil.example",
    "hi\x00Bcc: x@evil.example",
    "=?utf-8?q?hi=0D=0ABcc=3A_x=40evil.example?=",
    "=?utf-8?b?aGkNCkJjYzogeEBldmlsLmV4YW1wbGU=?=",
    "=?utf-8?q?hi=0ABcc=3A_x?=",
    "=?utf-8?q?hi=0DBcc=3A_x?=",
    "=?utf-8?q?hi=0D=0A=0D=0Abody?=",
    "=?utf-8?Q?hi?= =?utf-8?Q?=0D=0ABcc=3A_x?=",
    "=?utf-8?q?=00?=",
    "=?utf-8?q?=E2=80=A8Bcc=3A_x?=",
    "=?us-ascii?q?hi=0D=0ABcc=3A_x?=",
    "=?utf-7?q?+AA0ACg-Bcc=3A_x?=",
    "==??utf-8?q?hi=0D=0ABcc=3A_x?=",
    "=\x00?utf-8?q?hi=0D=0ABcc=3A_x?=",
    "=\u200b?utf-8?q?hi=0D=0ABcc=3A_x?=",
    "=\r\n?utf-8?q?hi=0D=0ABcc=3A_x?=",
    "\ud800 lone surrogate",
    "\udc0d\udc0aBcc: x",
    "\u202ereversed",
    "\u2066isolated\u2069",
    "\x1b[31mred",
    "\ufeffmark",
    "x@evil.example,",
    "(comment) name",
    '"; x@evil.example; "',
    "a" * 3_000,
    "é" * 3_000 + "\r\nBcc: x",
    "; boundary=evil",
    "\\\r\n",
]


def assert_untouched(raw: bytes, recipients: int = 1) -> None:
    mail = read(raw)
    assert mail.keys() == HEADERS
    assert len(mail["To"].addresses) == len(mail["From"].addresses) == recipients
    assert "text/plain" in str(outline(mail))
    assert not any(part.defects for part in mail.walk())
    head = raw.split(b"\r\n\r\n", 1)[0]
    assert b"\nbcc" not in head.lower()
    assert not any(character < 32 for character in head.replace(b"\r\n", b""))


@pytest.mark.parametrize("text", INJECTIONS)
def test_subject_adds_no_header(text: str) -> None:
    raw = built(replace(MAIL, subject=text))
    assert_untouched(raw)
    shown = str(read(raw)["Subject"])
    assert not any(character in shown for character in "\r\n\0\x1b\u2028\u202e")
    assert len(shown) <= 200


@pytest.mark.parametrize("text", INJECTIONS)
def test_display_name_adds_no_header(text: str) -> None:
    sender = f"{text} <reports@example.com>"
    if set(text) & set('@"<>'):  # not one mailbox: refused before anything is built
        with pytest.raises(DeliveryError) as caught:
            built(sender=sender)
        assert caught.value.retryability is Retryability.PERMANENT
        return
    raw = built(sender=sender)
    assert_untouched(raw)
    assert read(raw)["From"].addresses[0].addr_spec == "reports@example.com"


@pytest.mark.parametrize("text", INJECTIONS)
def test_file_name_adds_no_header(text: str) -> None:
    raw = built(replace(MAIL, attachments=(PdfDocument(f"{text}.pdf", b"%PDF"),)))
    assert_untouched(raw)
    (attachment,) = read(raw).iter_attachments()
    assert attachment.keys() == ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_list_name_adds_no_header(text: str) -> None:
    assert_untouched(built(list_id=text))


def test_injection_works_on_standard_library() -> None:
    """Why there is a guard: 3.11.7 lets the first through; all refuse the second, so it is never sent."""
    from email.policy import SMTP

    spoiled = 0
    for text in INJECTIONS:
        mail = MimeMail(policy=SMTP)
        try:
            mail["Subject"] = text
            mail.set_content("hello")
            raw = mail.as_bytes()
        except (ValueError, UnicodeError):
            spoiled += 1
            continue
        clean = read(raw).keys()[0] == "Subject" and len(read(raw).keys()) == 4 and b"\0" not in raw
        spoiled += not clean or bool(read(raw)["Subject"].defects)
    assert spoiled >= 10


PIECES = ["=?utf-8?q?", "?=", "=", "?", "é", "日", "😀", " ", "a", "\n", "\r", "\0", "'", ",", ";", ":", "("]
PIECES += [")", "\\", "\u2028", "\u202e", "x" * 90, "_", "=0D=0A", "\udc80", "\u00a0", "\u200d", "م"]
NASTY = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@pytest.mark.long
@settings(max_examples=150, deadline=None)
@given(subject=NASTY, name=NASTY)
def test_any_subject_and_name_can_be_sent(subject: str, name: str) -> None:
    """Never lost for its letters: the guard cleans, it does not refuse."""
    plain = EmailMessage(subject, "hello", "")
    raw = built(plain, sender=f"{name} <reports@example.com>")
    mail = read(raw)
    assert set(mail.keys()) == {*HEADERS, "Content-Transfer-Encoding"}
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_readable_subject_stays_as_it_is() -> None:
    for subject in ("Social care, 30 April to 6 May", "Überblick: Köln – 日本 😀", "50 % = fine? yes"):
        assert read(built(replace(MAIL, subject=subject)))["Subject"] == subject


@pytest.mark.parametrize(
    "written",
    [
        "a@x.example, b@y.example",
        "a@x.example; b@y.example",
        "a@x.example b@y.example",
        '"b@x.example"@evil.example',
        "a@x.example, B <b@y.example>",
        "A <a@x.example> <b@y.example>",
        "<a@x.example>, <b@y.example>",
        "a@x.example\r\nRCPT TO:<b@y.example>",
        "@relay.example:a@x.example",
        "a@b@x.example",
        "a%b@x.example@",
        "a(comment)@x.example",
        "a@[127.0.0.1]",
        "a@x..example",
        "a..b@x.example",
        ".a@x.example",
        "a@-x.example",
        "a@",
        "@x.example",
        "",
        "a",
        "a\0@x.example",
        "é@x.example",
        "a" * 65 + "@x.example",
        "a@" + "x" * 64 + ".example",
        "=?utf-8?q?a=40evil.example=2C?=@x.example, c@x.example",
    ],
)
def test_anything_but_one_mailbox_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not one mail address"):
        parse_mailbox(written)
    with pytest.raises(DeliveryError):
        built(recipient=written)


def test_mailboxes_are_parsed() -> None:
    box = parse_mailbox("Dana Lee <Dana.Lee+care@EXAMPLE.com>")
    assert (box.name, box.address, box.domain) == ("Dana Lee", "Dana.Lee+care@example.com", "example.com")
    assert parse_mailbox("dana@bücher.example").domain == "xn--bcher-kva.example"
    assert parse_mailbox('"Lee, Dana" <d@x.example>').name == "Lee, Dana"
    assert read(built(sender='"Lee, Dana" <d@x.example>'))["From"].addresses[0].display_name == "Lee, Dana"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\x.pdf", "x.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("nul", "_nul"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("Käse & Wurst.pdf", "Kase-Wurst.pdf"),
        ("日本.pdf", "file.pdf"),
        ("a\0b.csv", "a-b.csv"),
        ("a\r\nX: y.csv", "a-X-y.csv"),
        (".bashrc", "file.bashrc"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
        ('a";b.pdf', "a-b.pdf"),
    ],
)
def test_file_names_are_safe_everywhere(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_body_loses_controls_and_lone_cr() -> None:
    raw = built(replace(MAIL, text="a\n.\nb\r.\r\nc\x00d\x1b\udc80e", html="<p>\r.\r\n</p>"))
    plain = next(part for part in read(raw).walk() if part.get_content_type() == "text/plain")
    assert plain.get_content().replace("\r\n", "\n") == "a\n.\nb\n.\ncde\n"
    assert raw.count(b"\r") == raw.count(b"\r\n")


def test_header_text_is_one_short_line() -> None:
    assert header_text("a\r\n b\t\tc") == "a b c"
    assert header_text("x" * 900) == "x" * 200


def test_zip_has_zip_content_type() -> None:
    packed = CsvFile("mentions", "mentions.csv.zip", b"PK\x03\x04\x00\xff\n", 9)
    (part,) = read(built(replace(MAIL, attachments=(packed,)))).iter_attachments()
    assert part.get_content_type() == "application/zip"
    assert part.get_filename() == "mentions.csv.zip"
    assert part.get_content() == packed.content
