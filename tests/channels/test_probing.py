"""`check --online` at Slack and the mail server: what is found of each trouble, and that nothing is sent."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.channels import EmailChannel, SlackChannel
from bot.model import Attach, Finding, MailSettings, Recipient, State
from tests.channels.renditions import TOKEN, Book
from tests.doubles.slack_server import SlackServer, dropped, refused
from tests.doubles.slack_workspace import SCOPE_OF
from tests.doubles.smtp_server import SmtpServer
from tests.source.loopback import TurnedClock

CARE = Recipient("slack", "#social-care", attach=Attach(pdf=True))
MAIL = MailSettings("Care <care@example.com>", allowed_domains=("example.com",))


@dataclass
class ReadBook(Book):
    """An address book that must not be written: that fails the test."""

    def put(self, written: str, address: str, at: datetime) -> None:
        raise AssertionError(written)


def probe_slack(
    slack: SlackServer, *recipients: Recipient, token: str = TOKEN, known: dict[str, str] | None = None
) -> dict[str, Finding]:
    book, clock, before = ReadBook(known or {}), TurnedClock(), len(slack.requests)
    channel = SlackChannel(token=token, api_url=slack.url, address_book=book, clock=clock)
    findings = {finding.about: finding for finding in channel.probe(recipients)}
    writing = ("chat.", "files.", "conversations.open", "conversations.join", "upload")
    assert not [call.method for call in slack.requests[before:] if call.method.startswith(writing)]
    return findings


def at(name: str) -> Recipient:
    return replace(CARE, address=name)


def test_all_is_well(slack: SlackServer) -> None:
    findings = probe_slack(slack, CARE, at("dana@example.com"), at("G0LEADS001"), at("U0DANA0001"))
    assert {finding.state for finding in findings.values()} == {State.FINE}
    assert findings["Slack token"].seen == "accepted; the bot is @digestbot in Example"
    assert findings["Slack #social-care"].seen == "the bot is in it"
    assert findings["Slack dana@example.com"].seen == "found: U0DANA0001"


def test_invalid_token_ends_probe(slack: SlackServer) -> None:
    findings = probe_slack(slack, CARE, token="xoxb-other")
    assert list(findings) == ["Slack token"]
    assert findings["Slack token"].state is State.WRONG
    assert "SLACK_BOT_TOKEN" in findings["Slack token"].seen


def test_unreachable_slack_is_not_a_config_fault(slack: SlackServer) -> None:
    slack.fault("auth.test", dropped())
    [finding] = probe_slack(slack, CARE).values()
    assert (finding.state, finding.todo) == (State.FAILED, "try again later")


@pytest.mark.parametrize(
    ("scope", "recipient", "state", "reason"),
    [
        ("chat:write", CARE, State.WRONG, "nothing can be posted"),
        ("files:write", CARE, State.WRONG, "files cannot be attached"),
        ("files:write", replace(CARE, attach=Attach()), State.UNCLEAR, "charts stay out of the message"),
        ("files:read", CARE, State.WRONG, "files cannot be attached"),
        ("groups:read", CARE, State.UNCLEAR, "private channels cannot be looked at"),
        ("channels:history", CARE, State.UNCLEAR, "stays unknown"),
        ("users:read.email", at("dana@example.com"), State.WRONG, "by their address"),
        ("im:write", at("dana@example.com"), State.WRONG, "by their address"),
    ],
)
def test_missing_scope_is_named_with_its_effect(
    slack: SlackServer, scope: str, recipient: Recipient, state: State, reason: str
) -> None:
    slack.workspace.scopes = " ".join(name for name in slack.workspace.scopes.split() if name != scope)
    finding = probe_slack(slack, recipient)[f"scope {scope}"]
    assert finding.state is state
    assert reason in finding.seen
    assert "install the app again" in finding.todo


def test_only_used_scopes_are_required(slack: SlackServer) -> None:
    slack.workspace.scopes = slack.workspace.scopes.replace("users:read users:read.email im:write", "")
    assert not [about for about in probe_slack(slack, CARE) if about.startswith("scope ")]


@pytest.mark.parametrize(
    ("name", "state", "reason"),
    [
        ("#socal-care", State.WRONG, "Did you mean #social-care?"),
        ("C0SECRET01", State.WRONG, "private and the bot was not invited"),
        ("C0OLD00001", State.WRONG, "archived"),
        ("#public-but-not-in", State.FINE, "joins with the first message"),
        ("lee@example.com", State.WRONG, "nobody in the workspace has this address"),
    ],
)
def test_every_recipient_is_looked_up(slack: SlackServer, name: str, state: State, reason: str) -> None:
    finding = probe_slack(slack, at(name))[f"Slack {name}"]
    assert finding.state is state
    assert reason in finding.seen


def test_unjoinable_channel_explains_invitation(slack: SlackServer) -> None:
    slack.workspace.scopes = slack.workspace.scopes.replace("channels:join", "")
    finding = probe_slack(slack, at("#public-but-not-in"))["Slack #public-but-not-in"]
    assert (finding.state, finding.todo) == (State.WRONG, "type there: /invite @digestbot")


def test_invisible_channel_does_not_stop_other_probes(slack: SlackServer) -> None:
    slack.fault("conversations.info", refused("internal_error"))
    findings = probe_slack(slack, CARE, at("#ops"))
    assert findings["Slack #social-care"].state is State.FAILED
    assert findings["Slack #ops"].state is State.FINE


def probe_mail(server: SmtpServer, url: str = "") -> dict[str, Finding]:
    channel = EmailChannel(smtp_url=url or server.url(), mail=MAIL)
    findings = {finding.about: finding for finding in channel.probe(())}
    assert server.messages == []
    return findings


def test_working_mail_server_passes() -> None:
    with SmtpServer(size_limit=25_000_000) as server:
        findings = probe_mail(server)
    assert [finding.state for finding in findings.values()] == [State.FINE] * 3
    assert "let us in, not encrypted, no login asked for" in findings["mail server"].seen
    assert findings["mail size"].seen == "up to 25.0 MB with attachments, as sent"
    assert findings["mail sender"].seen == "care@example.com may send"


def test_refused_login_hides_password() -> None:
    with SmtpServer(users={"bot": "right"}) as server:
        [finding] = probe_mail(server, server.url().replace("smtp://", "smtp://bot:wrong-canary@")).values()
    assert finding.state is State.WRONG
    assert "canary" not in finding.seen


def test_unreachable_mail_server_is_retryable() -> None:
    with SmtpServer() as server:
        url = server.url()
    [finding] = probe_mail(server, url).values()
    assert (finding.state, finding.todo) == (State.FAILED, "try again later")


def test_refused_sender_is_reported() -> None:
    with SmtpServer(drop_at="mail") as server:
        findings = probe_mail(server)
    assert findings["mail sender"].state is State.FAILED


@pytest.mark.promise(
    "Slack's answer is lost, and the app was made from `.env.example`",
    "the example and the production page name every scope, also those for looking up a message",
)
def test_example_and_page_name_the_scopes_that_the_code_needs(slack: SlackServer) -> None:
    root, name = Path(__file__).parents[2], re.compile(r"\b[a-z]+:[a-z]+(?:\.[a-z]+)?\b")
    example = (root / ".env.example").read_text(encoding="utf-8")
    page = (root / "docs/howto/production.md").read_text(encoding="utf-8")
    slack.workspace.scopes = ""
    findings = probe_slack(slack, CARE, at("dana@example.com"))
    wanted = {about.removeprefix("scope ") for about in findings if about.startswith("scope ")}
    wanted |= set(SCOPE_OF.values()) - {""}
    named = example.partition("# Slack:")[2].partition("SLACK_BOT_TOKEN")[0]
    table = page.partition("| scope | for |")[2].partition("\n\n")[0]
    assert set(name.findall(named)) == set(name.findall(table)) == wanted
