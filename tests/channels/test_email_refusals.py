"""What a mail server's codes and words mean: the account, the size, the mailbox, the content, or the mail."""

from dataclasses import replace

import pytest

from bot.channels.email.channel import _without
from bot.channels.email.refusals import About, about
from bot.errors import ChannelAuthError, ChannelStopped, Retryability
from bot.model import Agents, Attach, EmailMessage, Recipient
from bot.render import Renderer
from tests.channels.renditions import CSV, PDF, mail
from tests.channels.test_email import failure, send
from tests.doubles.smtp_server import SmtpServer
from tests.editions.samples import many_agents

REPLIES = {
    About.ACCOUNT: """\
550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to
550 5.4.5 Daily sending quota exceeded. pw9sm377827lbb.2 - gsmtp
554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message
554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded
452 4.5.3 Your message has too many recipients.
421 4.7.0 Too many connections
421 4.7.0 Try again later, closing connection.
421 Too many concurrent SMTP connections; please try again later.
421 4.4.2 Message submission rate for this client has exceeded the configured limit
432 4.3.2 Concurrent connections limit exceeded.
450 4.2.1 Peak SMTP relay limit exceeded for customer. This is a temporary error.
454 4.7.0 Too many login attempts, please try again later.
550 5.2.254 Sender throttled due to continuous too many recipients errors.
550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients
550 5.7.232 Your message can't be sent because your trial tenant has exceeded its daily limit
550 Hourly sending limit reached""",
    About.SIZE: """\
554 Transaction failed: Message length is more than 10485760 bytes long
550 5.3.4 Message size exceeds fixed maximum message size
550 5.2.3 too large for this recipient
552 5.2.3 Your message exceeded Google's message size limits.
552 Message exceeds fixed maximum message size
554 5.6.0 message too big
552 Requested mail action aborted: exceeded storage allocation""",
    About.CONTENT: """\
552 5.7.0 This message was blocked because its content presents a potential security issue.
554 5.7.1 This message looks like spam""",
    About.MAILBOX: """\
552 5.2.2 The email account that you tried to reach is over quota
452 4.2.2 The email account that you tried to reach is over quota
552 Mailbox full
552 Quota exceeded (mailbox for user is full)""",
    About.MAIL: """\
421 4.7.0 IP not in whitelist for RCPT domain, closing connection.
450 4.2.1 The user you are trying to contact is receiving mail too quickly.
450 4.7.1 Greylisted, try again later
452 4.3.1 Insufficient system storage
550 5.1.1 The email account that you tried to reach does not exist.
550 5.7.1 Unable to relay
552 5.3.1 mail system full
554 5.7.1 <x@example.com>: Recipient address rejected: Quota exceeded""",
    About.LOGIN: "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
}
CASES = [(reply, matter) for matter, replies in REPLIES.items() for reply in replies.splitlines()]


@pytest.mark.parametrize(("reply", "matter"), CASES)
def test_reply_is_about(reply: str, matter: About) -> None:
    assert about(int(reply[:3]), reply[4:]) is matter


@pytest.mark.promise(
    "the mail account's limit is reached (`550 5.4.5`, `554 5.2.0 …SubmissionQuotaExceeded`, `421 4.7.0 too many`)",
    "temporary, about the account: one try an hour (a 4yz reply: after 15 minutes), the others wait within their "
    "grace, operators are told once",
)
@pytest.mark.parametrize("reply", REPLIES[About.ACCOUNT].splitlines())
def test_limit_of_the_account_stops_the_channel(reply: str) -> None:
    with SmtpServer(data_replies=[reply]) as server:
        fault = failure(server)
    assert isinstance(fault, ChannelStopped)
    assert not isinstance(fault, ChannelAuthError)
    assert fault.retry_after == (900.0 if reply[0] == "4" else 3600.0)
    assert f"takes no more from this account for now: {reply[:3]}" in str(fault)


def test_limit_of_the_account_at_the_recipient_or_the_login_stops_the_channel() -> None:
    with SmtpServer(replies={"dana@example.com": "550 5.4.5 Daily user sending limit exceeded"}) as server:
        assert isinstance(failure(server), ChannelStopped)


@pytest.mark.promise(
    "a mail is refused for its size by any code (`552`, `554 … length`, `550 5.3.4`, `5.2.3`)",
    "sent once more without attachments, with a line that says so; the foot names only what is attached",
)
@pytest.mark.parametrize("reply", REPLIES[About.SIZE].splitlines())
def test_refused_size_drops_attachments(reply: str) -> None:
    foot = f"Reply time rose.\n-- \nAttached: {PDF.name}, {CSV.name}\n"
    page = f"<p>Attached: {PDF.name}, {CSV.name}</p></body>"
    with SmtpServer(data_replies=[reply]) as server:
        send(server, message=mail(text=foot, html=page))
    [letter] = server.messages
    assert list(letter.parsed.iter_attachments()) == []
    for kind in ("plain", "html"):
        body = letter.parsed.get_body((kind,))
        assert body is not None
        content = body.get_content()
        assert "Attached: nothing" in content
        assert f"Not attached because the mail server takes no message this large: {PDF.name}" in content


def test_login_by_password_that_ended_leads_to_access_tokens() -> None:
    reply = "535 5.7.139 Authentication unsuccessful, basic authentication is disabled."
    with SmtpServer(data_replies=[reply]) as server:
        fault = failure(server)
    assert isinstance(fault, ChannelAuthError)
    assert "SMTP_OAUTH" in str(fault)


def test_refused_size_without_attachments_is_final() -> None:
    reply = "550 5.3.4 Message size exceeds fixed maximum message size"
    with SmtpServer(data_replies=[reply] * 2) as server:
        fault = failure(server)
    assert (fault.retryability, "finds the mail too large" in str(fault)) == (Retryability.PERMANENT, True)


@pytest.mark.promise(
    "`552 5.7.0` (content) and `552 5.2.2` (mailbox full)",
    "not taken for the size: fails with the true reason, in the server's words",
)
@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("552 5.7.0 blocked because its content presents a potential security issue", "refused the content"),
        ("552 5.2.2 The email account is over quota", "says that the mailbox is full"),
        ("552 Mailbox full", "says that the mailbox is full"),
    ],
)
def test_other_552_is_not_the_size(reply: str, words: str) -> None:
    with SmtpServer(data_replies=[reply]) as server:
        fault = failure(server)
    assert (isinstance(fault, ChannelStopped), server.messages) == (False, [])
    assert f"The mail server {words}: {reply}" in str(fault)


def rendered() -> EmailMessage:
    """Return a mail of the real templates, whose table of agents is longer than the mail shows."""
    recipient = Recipient("email", "dana@example.com", Agents.NAMES, Attach(csv=True))
    return Renderer().email(many_agents(), recipient)


@pytest.mark.parametrize("left", [1, None])
def test_rendered_mail_names_only_what_is_attached(left: int | None) -> None:
    message = rendered()
    names = [file.name for file in message.attachments]
    assert all(f"Attached: {', '.join(names)}" in body for body in (message.text, message.html))
    assert " more in user_" in message.text
    smaller = _without(message, message.attachments[:left], None)
    kept = names[len(message.attachments[:left]) :]
    for body in (smaller.text, smaller.html):
        assert f"Attached: {', '.join(kept) or 'nothing'}" in body
        assert not any(f" more in {name}" in body for name in names if name not in kept)
    assert replace(smaller, text="", html="") == replace(
        message, text="", html="", attachments=smaller.attachments
    )
