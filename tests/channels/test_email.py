"""Delivery to a real mail server over loopback: envelopes, encryption, and what each failure means."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from bot.channels import EmailChannel
from bot.channels.email.channel import allowed_mailbox, list_label
from bot.channels.email.smtp import MailServer, Session, Waits, _stuffed, parse_smtp_url
from bot.errors import ChannelAuthError, DeliveryError, Retryability, UsageError
from bot.model import CsvFile, MailSettings, PdfDocument, Picture, Receipt
from tests.channels.renditions import CSV, NOW, PDF, bundle, delivery, mail
from tests.doubles.smtp_server import Certificate, SmtpServer, certificate_for

SETTINGS = MailSettings("Care reports <reports@example.com>", "care-ops@example.com", ("example.com",))
PASSWORD = "p4ss:w/rd-canary"
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
QUICK = Waits(step=5.0, content=5.0, reply=0.4)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_for(tmp_path_factory.mktemp("ca"), "localhost", "127.0.0.1")


@contextmanager
def channel_to(url: str, **more: Any) -> Iterator[EmailChannel]:
    channel = EmailChannel(smtp_url=url, mail=more.pop("mail", SETTINGS), **({"waits": QUICK} | more))
    try:
        yield channel
    finally:
        channel.close()


def send(server: SmtpServer, address: str = "dana@example.com", message: Any = None, **more: Any) -> Receipt:
    url = more.pop("url", server.url())
    with channel_to(url, **more) as channel:
        return channel.send(delivery("email", address), message or mail(), NOW)


def failure(server: SmtpServer, address: str = "dana@example.com", **more: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(server, address, **more)
    assert PASSWORD not in str(caught.value)
    return caught.value


def test_mail_arrives_whole() -> None:
    with SmtpServer() as server:
        receipt = send(server)
    (received,) = server.messages
    assert (received.sender, received.recipients) == ("reports@example.com", ["dana@example.com"])
    letter = received.parsed
    assert letter["Subject"] == "Social care, 30 April to 6 May"
    assert letter["Message-ID"] == receipt.provider_id
    assert letter["List-Id"] == "<care-weekly.example.com>"
    assert receipt.detail == "250 2.0.0 queued as 7F00"
    files = {part.get_filename(): part.get_payload(decode=True) for part in letter.iter_attachments()}
    assert files == {PDF.name: PDF.content, CSV.name: CSV.content}


def test_headers_used_for_sorting() -> None:
    web = "https://example.com/leave?who={recipient}&list={digest}"
    mail_settings = replace(SETTINGS, unsubscribe=(web, "mailto:leave@example.com"))
    with SmtpServer() as server:
        send(server, "dana+x@example.com", mail=mail_settings)
    letter = server.messages[0].parsed
    filled = "https://example.com/leave?who=dana%2Bx%40example.com&list=care-weekly"
    assert letter["List-Unsubscribe"].replace(" ", "") == f"<{filled}>,<mailto:leave@example.com>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Id"] == "<care-weekly.example.com>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Reply-To"].addresses[0].addr_spec == "care-ops@example.com"
    assert letter["Date"].datetime == NOW
    assert letter["From"].addresses[0].addr_spec == "reports@example.com"


def test_no_unsubscribe_header_unless_configured() -> None:
    with SmtpServer() as server:
        send(server)
    assert [name for name in server.messages[0].parsed if "unsubscribe" in name.lower()] == []


def test_each_recipient_gets_a_separate_mail() -> None:
    names = ("dana", "lee", "noor")
    ways = ("https://example.com/leave?who={recipient}",)
    with (
        SmtpServer() as server,
        channel_to(server.url(), mail=replace(SETTINGS, unsubscribe=ways)) as channel,
    ):
        for name in names:
            channel.send(delivery("email", f"{name}@example.com"), mail(), NOW)
    assert [received.recipients for received in server.messages] == [
        [f"{name}@example.com"] for name in names
    ]
    for name, received in zip(names, server.messages, strict=True):
        assert [box.addr_spec for box in received.parsed["To"].addresses] == [f"{name}@example.com"]
        assert not {"cc", "bcc"} & {header.lower() for header in received.parsed}
        others = set(names) - {name}
        assert [other for other in others if other.encode() in received.content.split(b"\r\n\r\n")[0]] == []


def test_message_id_is_stable_per_delivery() -> None:
    with SmtpServer() as server:
        assert send(server).provider_id == send(server).provider_id
        assert send(server, "lee@example.com").provider_id != send(server).provider_id


# --- encryption and login -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_encrypted_and_logged_in(kind: Any, certificate: Certificate) -> None:
    with SmtpServer(kind, certificate, users={"bot@example.com": PASSWORD}) as server:
        send(server, url=server.url("bot@example.com", PASSWORD), ca_file=str(certificate.ca_file))
    (received,) = server.messages
    assert received.encrypted
    assert received.login == "bot@example.com"


def test_authority_may_come_from_the_environment(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.ca_file))
    with SmtpServer("tls", certificate) as server:
        send(server)
    assert len(server.messages) == 1


@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_unknown_authority_is_refused_before_login(kind: Any, certificate: Certificate) -> None:
    with SmtpServer(kind, certificate, users={"bot": PASSWORD}) as server:
        fault = failure(server, url=server.url("bot", PASSWORD))
    assert isinstance(fault, ChannelAuthError)
    assert "could not be trusted" in str(fault)
    assert (server.messages, server.logins) == ([], [])


@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_certificate_for_another_host_is_refused(kind: Any, tmp_path: Path) -> None:
    other = certificate_for(tmp_path, "mail.example.com")
    with SmtpServer(kind, other, users={"bot": PASSWORD}) as server:
        fault = failure(server, url=server.url("bot", PASSWORD), ca_file=str(other.ca_file))
    assert isinstance(fault, ChannelAuthError)
    assert server.logins == []


def test_smtplib_alone_accepts_any_certificate(tmp_path: Path) -> None:
    import smtplib

    other = certificate_for(tmp_path, "mail.example.com")
    with SmtpServer("starttls", other) as server, smtplib.SMTP("127.0.0.1", server.port) as client:
        assert client.starttls()[0] == 220


def test_no_login_or_mail_without_starttls() -> None:
    with SmtpServer("plain", users={"bot": PASSWORD}) as server:
        url = f"smtp+starttls://bot:{PASSWORD.replace('/', '%2F')}@127.0.0.1:{server.port}"
        fault = failure(server, url=url)
    assert isinstance(fault, ChannelAuthError)
    assert "STARTTLS" in str(fault)
    assert (server.messages, server.logins) == ([], [])


def test_wrong_password_is_auth_error_and_hidden(certificate: Certificate) -> None:
    with SmtpServer("starttls", certificate, users={"bot": "another"}) as server:
        fault = failure(server, url=server.url("bot", PASSWORD), ca_file=str(certificate.ca_file))
    assert isinstance(fault, ChannelAuthError)
    assert "535" in str(fault)


def test_missing_login_is_auth_error(certificate: Certificate) -> None:
    """530: the server wants a login that SMTP_URL does not have."""
    with SmtpServer("starttls", certificate, users={"bot": PASSWORD}) as server:
        fault = failure(server, url=server.url(), ca_file=str(certificate.ca_file))
    assert isinstance(fault, ChannelAuthError)
    assert "530" in str(fault)


@pytest.mark.parametrize("reply", ["550 5.1.1 no such user", "552 5.2.2 over quota", "554 5.7.1 spam"])
def test_refused_mail_does_not_stop_others(reply: str) -> None:
    with SmtpServer(replies={"dana@example.com": reply}) as server:
        fault = failure(server)
    assert not isinstance(fault, ChannelAuthError)
    assert fault.retryability is Retryability.PERMANENT


def test_echoed_password_is_not_in_error() -> None:
    server = MailServer("smtp", "127.0.0.1", 1, "bot", PASSWORD)
    echoed = f"535 no: {PASSWORD} {server.secrets[1]} {server.secrets[2]}"
    assert server.quote(echoed) == "535 no: (hidden) (hidden) (hidden)"
    assert PASSWORD not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "smtp://mail.example.com:25",
        "smtp://user:pw-canary@mail.example.com:25",
        "smtp://user:pw-canary@10.0.0.1",
        "smtp://127.0.0.1.example.com",
        "http://127.0.0.1",
        "smtp+starttls://",
        "smtps://host:port-canary",
        "mail.example.com",
        "",
    ],
)
def test_unencrypted_or_invalid_urls_are_refused_unshown(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        EmailChannel(smtp_url=url, mail=SETTINGS)
    assert "canary" not in str(caught.value)


def test_listed_relay_may_be_unencrypted_without_password() -> None:
    named = ("relay:25",)
    assert parse_smtp_url("smtp://relay", named).port == 25
    for url in ("smtp://user:pw@relay:25", "smtp://relay:26", "smtp://user@relay:25"):
        with pytest.raises(UsageError):
            parse_smtp_url(url, named)


def test_url_gives_port_and_login() -> None:
    server = parse_smtp_url("smtp+starttls://a%40b:p%2Fw@mail.example.com")
    assert (server.port, server.user, server.password) == (587, "a@b", "p/w")
    assert parse_smtp_url("smtps://mail.example.com").port == 465


def test_missing_sender_or_authority_is_usage_error() -> None:
    with pytest.raises(UsageError, match=r"email\.from"):
        EmailChannel(smtp_url="smtp://localhost", mail=MailSettings("", "", ("example.com",)))
    with pytest.raises(UsageError, match="certificates"):
        EmailChannel(smtp_url="smtp://localhost", mail=SETTINGS, ca_file="/nowhere.pem")


# --- whom it goes to ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "dana@evil.example",
        "dana@example.com.evil.example",
        "dana@notexample.com",
        "dana@example.com, x@evil.example",
        '"dana@example.com"@evil.example',
        "dana@example.com>\r\nRCPT TO:<x@evil.example",
        "Dana <dana@example.com>, x@evil.example",
    ],
)
def test_disallowed_domains_are_refused_before_connecting(address: str) -> None:
    with SmtpServer() as server:
        assert failure(server, address).retryability is Retryability.PERMANENT
    assert server.connections == 0


def test_no_allowed_domain_allows_nobody() -> None:
    with pytest.raises(DeliveryError, match="allowed_domains"):
        allowed_mailbox("dana@example.com", ())


def test_domain_comparison_is_whole_and_case_insensitive() -> None:
    assert allowed_mailbox("Dana@EXAMPLE.com", ("example.com",)).address == "Dana@example.com"
    assert allowed_mailbox("d@care.example.com", ("example.com",)).domain == "care.example.com"


def test_smtplib_sends_to_first_of_two_addresses() -> None:
    """Why the recipient is parsed by us: the second address is dropped without a word."""
    import smtplib

    with SmtpServer() as server, smtplib.SMTP("127.0.0.1", server.port) as client:
        client.sendmail("a@example.com", "dana@example.com, lee@example.com", "Subject: x\r\n\r\nx")
    assert server.messages[0].recipients == ["dana@example.com"]


# --- answers and lost connections -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "retryability"),
    [
        ("450 4.2.1 try later", Retryability.RETRYABLE),
        ("451 4.7.1 greylisted", Retryability.RETRYABLE),
        ("452 4.2.2 full", Retryability.RETRYABLE),
        ("550 5.1.1 no such user", Retryability.PERMANENT),
        ("553 5.1.3 bad address", Retryability.PERMANENT),
        ("554 5.7.1 denied", Retryability.PERMANENT),
    ],
)
def test_refused_recipient(reply: str, retryability: Retryability) -> None:
    with SmtpServer(replies={"dana@example.com": reply}) as server:
        fault = failure(server)
    assert fault.retryability is retryability
    assert reply in str(fault)


@pytest.mark.parametrize(
    ("reply", "retryability"),
    [
        ("421 4.3.2 closing", Retryability.RETRYABLE),
        ("451 4.3.0 local error", Retryability.RETRYABLE),
        ("550 5.7.1 spam", Retryability.PERMANENT),
        ("xyz", Retryability.UNKNOWN),
        ("354 go on", Retryability.UNKNOWN),
    ],
)
def test_message_refused_after_its_last_byte(reply: str, retryability: Retryability) -> None:
    with SmtpServer(data_replies=[reply]) as server:
        fault = failure(server)
    assert fault.retryability is retryability
    assert server.messages == []


def test_server_message_is_cleaned() -> None:
    with SmtpServer(data_replies=["550 \x1b[31mred\u202e " + "x" * 400]) as server:
        message = str(failure(server))
    assert "\x1b" not in message
    assert "\u202e" not in message
    assert len(message) < 400


@pytest.mark.parametrize("step", ["greeting", "mail", "data"])
def test_connection_lost_before_final_dot_is_retryable(step: Any) -> None:
    """The mail is larger than what the two machines hold between them, so the dot cannot have left."""
    size = 6_000_000 if step == "data" else 1_000
    large = mail(attachments=(PdfDocument("large.pdf", bytes(size)),))
    with SmtpServer(drop_at=step) as server:
        assert failure(server, message=large).retryability is Retryability.RETRYABLE
    assert server.messages == []


@pytest.mark.parametrize(("step", "kept"), [("dot", 0), ("accepted", 1)])
def test_connection_lost_after_final_dot_is_unknown(step: Any, kept: int) -> None:
    """Two servers that look the same from here: one lost the mail, one kept it."""
    with SmtpServer(drop_at=step) as server:
        assert failure(server).retryability is Retryability.UNKNOWN
    assert len(server.messages) == kept


@pytest.mark.long
def test_silence_after_the_last_dot_is_unknown() -> None:
    with SmtpServer(mute_after_dot=True) as server:
        assert failure(server).retryability is Retryability.UNKNOWN


def test_final_reply_timeout_is_ten_minutes() -> None:
    assert Waits().reply == 600


def test_no_server_at_all_is_retryable() -> None:
    with SmtpServer() as gone:
        url = gone.url()
    assert failure(gone, url=url).retryability is Retryability.RETRYABLE


def test_dripping_server_is_abandoned() -> None:
    """A byte now and then never lets a socket's own limit fire; the deadline ends it."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"2")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        waits = Waits(step=0.3, content=1.0, reply=1.0)
        with SmtpServer() as unused:
            url = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
            assert failure(unused, url=url, waits=waits).retryability is Retryability.RETRYABLE
    finally:
        stop.set()
        thread.join(5)
        listener.close()


# --- size -----------------------------------------------------------------------------------------

BIG = CsvFile("messages", "messages.csv", b"id,text\n" + b"1,hello hello hello\n" * 20_000)


def test_csvs_are_dropped_first_with_a_note() -> None:
    with SmtpServer(size_limit=100_000) as server:
        send(server, message=mail(attachments=(PDF, CSV, BIG)))
    letter = server.messages[0].parsed
    assert [part.get_filename() for part in letter.iter_attachments()] == [PDF.name, CSV.name]
    note = "Not attached because the mail server takes at most 0.1 MB: messages.csv (20000 rows, 0.4 MB)."
    for kind in ("plain", "html"):
        body = letter.get_body((kind,))
        assert body is not None
        assert note in body.get_content()


def test_note_on_zipped_file_states_row_count() -> None:
    packed = CsvFile("mentions", "mentions.csv.zip", b"\n" * 400_000, 12_345)
    with SmtpServer(size_limit=100_000) as server:
        send(server, message=mail(attachments=(packed,)))
    assert "mentions.csv.zip (12345 rows, 0.4 MB)" in server.messages[0].content.decode().replace("=\r\n", "")


def size_of(message: Any) -> int:
    """How many bytes the mail has on the wire, before the dots are doubled (RFC 1870, section 5)."""
    with SmtpServer() as server:
        send(server, message=message)
    return len(server.messages[0].content)


def test_size_limit_applies_to_encoded_size() -> None:
    """Base64 makes four bytes of three: files of three quarters of the limit are already too much."""
    pdf = PdfDocument("care.pdf", bytes(76_000))
    assert len(pdf.content) < 100_000 < size_of(mail(attachments=(pdf,)))
    with SmtpServer(size_limit=100_000) as server:
        send(server, message=mail(attachments=(pdf,)))
    (received,) = server.messages
    assert len(received.content) <= 100_000
    assert list(received.parsed.iter_attachments()) == []
    assert b"care.pdf (0.1 MB)" in received.content


@pytest.mark.parametrize(("spare", "files"), [(0, [PDF.name, CSV.name]), (-1, [PDF.name])])
def test_last_byte_decides(spare: int, files: list[str]) -> None:
    with SmtpServer(size_limit=size_of(mail()) + spare) as server:
        send(server)
    assert [part.get_filename() for part in server.messages[0].parsed.iter_attachments()] == files


def test_both_bodies_name_dropped_files() -> None:
    other = CsvFile("nps_volume", "nps_volume.csv", b"day\n" + b"2026-01-01\n" * 20_000)
    logo = Picture("", "logo.png", b"logo", "Logo", 40, 40)
    with SmtpServer(size_limit=50_000) as server:
        send(server, message=mail(attachments=(PDF, CSV, BIG, other), logo=logo))
    letter = server.messages[0].parsed
    assert [part.get_filename() for part in letter.iter_attachments()] == [PDF.name, CSV.name]
    assert [part["Content-ID"] for part in letter.walk() if part["Content-ID"]] == [
        "<logo.png>",
        "<chart-summary>",
    ]
    for kind in ("plain", "html"):
        body = letter.get_body((kind,))
        assert body is not None
        assert "messages.csv (20000 rows, 0.4 MB), nps_volume.csv (20000 rows, 0.2 MB)." in body.get_content()


def test_server_refuses_oversized_mail() -> None:
    with SmtpServer(size_limit=50_000) as server:
        session = Session(parse_smtp_url(server.url()), ssl.create_default_context(), "example.com", QUICK)
        with pytest.raises(DeliveryError, match="552"):
            session.transmit("r@example.com", "dana@example.com", b"Subject: x\r\n\r\n" + b"x\r\n" * 20_000)
        session.close()
    assert server.messages == []


def test_oversized_pdf_is_dropped() -> None:
    pdf = PdfDocument("big.pdf", b"%PDF" + b"x" * 400_000)
    with SmtpServer(size_limit=100_000) as server:
        send(server, message=mail(attachments=(pdf, CSV)))
    assert list(server.messages[0].parsed.iter_attachments()) == []


def test_mail_too_large_without_attachments_is_permanent() -> None:
    with SmtpServer(size_limit=1_000) as server:
        assert failure(server).retryability is Retryability.PERMANENT


def test_late_size_refusal_drops_all_attachments() -> None:
    with SmtpServer(data_replies=["552 5.3.4 too large"]) as server:
        send(server)
    (received,) = server.messages
    assert list(received.parsed.iter_attachments()) == []
    assert PDF.name.encode() in received.content


# --- what is inside cannot become a second message ------------------------------------------------

SMUGGLED = [
    "hi\r\n.\r\nMAIL FROM:<x@evil.example>\r\nRCPT TO:<y@example.com>\r\nDATA\r\nevil\r\n.\r\n",
    "hi\n.\nMAIL FROM:<x@evil.example>\nRCPT TO:<y@example.com>\nDATA\nevil\n.\n",
    "hi\r.\rMAIL FROM:<x@evil.example>\r",
    "hi\n.\r\nMAIL FROM:<x@evil.example>\r\n",
    "hi\r.\r\nMAIL FROM:<x@evil.example>\r\n",
    "hi\r\n.\nMAIL FROM:<x@evil.example>\r\n",
    "hi\r\n.\rMAIL FROM:<x@evil.example>\r\n",
    "hi\x00\r\n.\r\n",
    ".\r\n",
    "..\r\n.x\r\n",
]


@pytest.mark.parametrize("text", SMUGGLED)
def test_bodies_stay_one_message(text: str) -> None:
    with SmtpServer() as server:
        send(server, message=mail(text=text, html=f"<p>{text}</p>"))
    (received,) = server.messages
    body = received.parsed.get_body(("plain",))
    assert body is not None
    cleaned = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == cleaned.rstrip("\n")


def test_without_dot_stuffing_mail_is_split() -> None:
    """The same bytes, handed over as they are: the server sees a second mail."""
    import smtplib

    raw = b"Subject: x\r\n\r\n" + SMUGGLED[0].encode()
    assert _stuffed(raw).count(b"\r\n..\r\n") == 2
    with SmtpServer() as server:
        client = smtplib.SMTP("127.0.0.1", server.port, timeout=60)
        client.helo("example.com")
        client.mail("a@example.com")
        client.rcpt("b@example.com")
        client.docmd("DATA")
        client.send(raw)
        for _ in range(5):  # the first mail's answer, three commands of the smuggled one, and its answer
            client.getreply()
        client.close()
    assert [received.sender for received in server.messages] == ["a@example.com", "x@evil.example"]


@pytest.mark.parametrize("content", [b"a\nb\r\n", b"a\rb\r\n", b"\n.\n", b"\r.\r\n"])
def test_mixed_line_ends_never_leave(content: bytes) -> None:
    with SmtpServer() as server:
        where = parse_smtp_url(server.url())
        session = Session(where, ssl.create_default_context(), "example.com", QUICK)
        with pytest.raises(DeliveryError, match="end in different ways"):
            session.transmit("a@example.com", "b@example.com", content)
        session.close()
    assert server.messages == []


@pytest.mark.parametrize(
    "subject",
    ["x\r\nBcc: y@evil.example", "=?utf-8?q?x=0D=0ABcc=3A_y?=", "x\x00y", "\udc80", "x\u2028Bcc: y"],
)
def test_subjects_add_nothing_on_the_wire(subject: str) -> None:
    with SmtpServer() as server:
        send(server, message=mail(subject=subject))
    (received,) = server.messages
    assert "Bcc" not in received.parsed
    assert received.recipients == ["dana@example.com"]
    assert received.content == received.parsed.as_bytes(policy=SMTP.clone(refold_source="none"))


# --- connections ----------------------------------------------------------------------------------


@pytest.mark.long
def test_connection_is_kept_for_fifty_messages() -> None:
    with SmtpServer() as server:
        with channel_to(server.url()) as channel:
            for _ in range(51):
                channel.send(delivery("email", "dana@example.com"), mail(pictures=(), attachments=()), NOW)
        assert len(server.messages) == 51
        assert server.connections == 2


def test_connection_that_died_meanwhile_is_replaced() -> None:
    with SmtpServer() as server, channel_to(server.url()) as channel:
        channel.send(delivery("email", "dana@example.com"), mail(), NOW)
        server.hang_up()
        channel.send(delivery("email", "dana@example.com"), mail(), NOW)
        assert len(server.messages) == 2


def test_refusal_does_not_affect_next_mail() -> None:
    with SmtpServer(replies={"no@example.com": "550 no"}) as server, channel_to(server.url()) as channel:
        with pytest.raises(DeliveryError):
            channel.send(delivery("email", "no@example.com"), mail(), NOW)
        channel.send(delivery("email", "dana@example.com"), mail(), NOW)
        assert [received.recipients for received in server.messages] == [["dana@example.com"]]
        assert server.connections == 1


def test_two_threads_do_not_share_a_connection() -> None:
    with SmtpServer() as server, channel_to(server.url()) as channel:

        def run(address: str) -> None:
            for _ in range(5):
                channel.send(delivery("email", address), mail(), NOW)

        names = [f"p{number}@example.com" for number in range(3)]
        threads = [threading.Thread(target=run, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(received.recipients[0] for received in server.messages) == sorted(names * 5)


def test_other_message_type_raises_type_error() -> None:
    with SmtpServer() as server, pytest.raises(TypeError):
        send(server, message=bundle())


@pytest.mark.parametrize(
    ("occurrence", "label"),
    [
        ("care-weekly@2018-05-06T23:00:00Z", "care-weekly"),
        ("per-group/billing@2018-05-06T23:00:00Z", "per-group/billing"),
        ("care-weekly/_corrected-2@2018-05-06T23:00:00Z", "care-weekly"),
        ("per-group/_corrected-2-billing@2018-05-06T23:00:00Z", "per-group/billing"),
    ],
)
def test_correction_has_same_list_id(occurrence: str, label: str) -> None:
    assert list_label(occurrence) == label
