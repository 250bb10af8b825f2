"""XOAUTH2 against a real token endpoint (https) and a real mail server, both on loopback."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.app import App
from bot.channels import EmailChannel
from bot.channels.email.oauth import GOOGLE, MICROSOFT, AccessTokens, OAuthApp, oauth_app
from bot.channels.email.smtp import MailServer
from bot.errors import ChannelAuthError, DeliveryError, Retryability, UsageError
from bot.model import Configuration, Finding, State
from bot.settings import Settings
from tests.channels.renditions import NOW, TurnedClock, delivery, mail
from tests.channels.test_email import SETTINGS
from tests.doubles.smtp_server import Certificate, SmtpServer, certificate_for
from tests.doubles.token_server import TokenServer, granted, refused

USER = "reports@example.com"
SECRET, REFRESH, ACCESS = "s3cret-canary", "1//refresh-canary", "ya29.access-canary"
APP = OAuthApp("https://token.example.com/", "client-1", SECRET, REFRESH)
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_for(tmp_path_factory.mktemp("ca"), "localhost", "127.0.0.1")


@dataclass
class Place:
    """A mail server that takes one access token, a token endpoint, and a channel between them."""

    mail: SmtpServer
    tokens: TokenServer
    clock: TurnedClock
    channel: EmailChannel

    def send(self, name: str = "dana") -> None:
        self.channel.send(delivery("email", f"{name}@example.com"), mail(attachments=()), NOW)

    def failure(self) -> DeliveryError:
        with pytest.raises(DeliveryError) as caught:
            self.send()
        assert "canary" not in str(caught.value)
        return caught.value

    def findings(self) -> dict[str, Finding]:
        return {finding.about: finding for finding in self.channel.probe(())}


@contextmanager
def place(certificate: Certificate, ca_file: str | None = None) -> Iterator[Place]:
    with (
        SmtpServer(bearers={USER: ACCESS}) as server,
        TokenServer(certificate, [granted(ACCESS)]) as endpoint,
    ):
        clock, app = TurnedClock(), replace(APP, endpoint=endpoint.url)
        tokens = AccessTokens(app, clock, str(certificate.ca_file) if ca_file is None else ca_file)
        url = server.url().replace("//", f"//{USER.replace('@', '%40')}@")
        channel = EmailChannel(smtp_url=url, mail=SETTINGS, tokens=tokens)
        yield Place(server, endpoint, clock, channel)
        channel.close()


@pytest.fixture
def here(certificate: Certificate) -> Iterator[Place]:
    with place(certificate) as made:
        yield made


@pytest.mark.promise(
    "the mail server takes no password any more (Google Workspace, Microsoft 365)",
    "XOAUTH2: an access token by refresh token, kept in memory until a minute before it expires",
)
def test_token_is_asked_for_once_and_again_before_it_expires(here: Place) -> None:
    here.send()
    here.channel.close()
    here.clock.sleep(3500)
    here.send()
    assert len(here.tokens.forms) == 1
    here.channel.close()
    here.clock.sleep(50)
    here.send()
    assert (
        here.tokens.forms
        == [
            {
                "grant_type": "refresh_token",
                "client_id": "client-1",
                "client_secret": SECRET,
                "refresh_token": REFRESH,
            }
        ]
        * 2
    )
    assert [message.login for message in here.mail.messages] == [USER] * 3


def test_token_that_was_revoked_early_is_replaced(here: Place) -> None:
    here.send()
    here.channel.close()
    here.mail.bearers[USER] = "ya29.two-canary"
    here.tokens.answers = [granted("ya29.two-canary")]
    here.send()
    assert len(here.mail.messages) == 2
    assert here.mail.answers == [b""]  # the challenge got its empty line


def test_fresh_token_that_is_refused_is_a_rejected_login(here: Place) -> None:
    here.tokens.answers = [granted("ya29.another-canary")]
    fault = here.failure()
    assert isinstance(fault, ChannelAuthError)
    assert "535" in str(fault)
    assert len(here.mail.logins) == 1
    assert here.findings()["mail server"].state is State.WRONG


ERRORS = {
    "invalid_grant": ("the refresh token was revoked or expired", "Token has been expired or revoked."),
    "invalid_client": ("SMTP_OAUTH_CLIENT_SECRET is wrong", "AADSTS7000215: Invalid client secret provided."),
    "unauthorized_client": ("consent to that again", "AADSTS65001"),
    "something_new": ("the app or its secrets are wrong", f"no {SECRET} {REFRESH}"),
}


@pytest.mark.promise(
    "the refresh token of the mail account was revoked",
    "a rejected login: the channel stops, operators are told what to renew, in the provider's words",
)
@pytest.mark.parametrize("error", ERRORS)
def test_refusal_of_the_endpoint_says_what_to_renew(here: Place, error: str) -> None:
    advice, words = ERRORS[error]
    here.tokens.answers = [refused(error, words, 401 if error == "invalid_client" else 400)]
    fault = here.failure()
    assert isinstance(fault, ChannelAuthError)
    assert advice in str(fault)
    assert error in str(fault)
    assert here.mail.connections == 0
    finding = here.findings()["mail server"]
    assert (finding.state, advice in finding.seen) == (State.WRONG, True)


@pytest.mark.parametrize(
    "answer",
    [
        (503, b"<html>"),
        refused("temporarily_unavailable", "later", 503),
        refused("slow_down", "", 429),
        (200, b"{}"),
        (200, b"["),
        (200, b'{"access_token": "a\\r\\nb"}'),
        (302, b""),
    ],
)
def test_other_ends_are_tried_again(here: Place, answer: tuple[int, bytes]) -> None:
    here.tokens.answers = [answer]
    fault = here.failure()
    assert type(fault) is DeliveryError
    assert fault.retryability is Retryability.RETRYABLE


def test_missing_endpoint_is_tried_again(certificate: Certificate) -> None:
    with place(certificate) as here:
        here.tokens._http.server_close()
        assert here.failure().retryability is Retryability.RETRYABLE


def test_untrusted_endpoint_never_gets_the_secrets(certificate: Certificate) -> None:
    with place(certificate, ca_file="") as here:
        assert "certificate" in str(here.failure())
        assert here.tokens.forms == []


def test_working_login_is_said(here: Place) -> None:
    assert "logged in with XOAUTH2" in here.findings()["mail server"].seen


def test_server_without_xoauth2_is_named(here: Place) -> None:
    here.mail.bearers, here.mail.users = {}, {USER: "x"}
    fault = here.failure()
    assert isinstance(fault, ChannelAuthError)
    assert "does not offer XOAUTH2" in str(fault)


def test_echoed_token_is_hidden() -> None:
    server = MailServer("smtp", "127.0.0.1", 1, USER, ACCESS, oauth=True)
    echoed = " ".join(server.secrets)
    assert server.quote(echoed) == " ".join(["(hidden)"] * len(server.secrets))
    assert "canary" not in repr(server) + repr(APP)


def test_endpoints_of_the_providers() -> None:
    google, microsoft = (oauth_app(name, "id", SECRET, REFRESH) for name in ("google", "microsoft"))
    assert google
    assert microsoft
    assert (google.endpoint, "scope" in google.form()) == (GOOGLE, False)
    assert (microsoft.endpoint, microsoft.form()["scope"]) == (
        MICROSOFT,
        "https://outlook.office.com/SMTP.Send",
    )


def test_environment_makes_the_tokens(tmp_path: Path) -> None:
    def app_of(**more: str) -> App:
        secrets = {"SMTP_OAUTH_CLIENT_ID": "id", "SMTP_OAUTH_REFRESH_TOKEN": REFRESH} | more
        names = {"BOT_DATA_DIR": str(tmp_path), "SMTP_URL": "smtps://reports%40example.com@mail.example.com"}
        configuration = Configuration("reports.yaml", (), mail=SETTINGS)
        return App(Settings.from_environment(names | secrets), configuration, TurnedClock())

    old, new = app_of(SMTP_OAUTH="google"), app_of(SMTP_OAUTH="google", SMTP_OAUTH_REFRESH_TOKEN="new")
    with old.open_ledger() as ledger:
        assert isinstance(old.channels(ledger, print)["email"], EmailChannel)
        with pytest.raises(UsageError, match="SMTP_OAUTH is not set"):
            app_of().channels(ledger, print)["email"]
    assert old._credentials() != new._credentials()  # a new refresh token closes the circuit


def test_microsoft_app_may_log_in_as_itself() -> None:
    tenant = "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token"
    app = oauth_app(tenant, "id", SECRET, "")
    assert app
    assert app.form() == {
        "grant_type": "client_credentials",
        "client_id": "id",
        "client_secret": SECRET,
        "scope": "https://outlook.office365.com/.default",
    }


@pytest.mark.parametrize(
    ("endpoint", "client", "secret", "refresh", "named"),
    [
        ("", "id", "", "", "SMTP_OAUTH is not set"),
        ("", "", SECRET, "", "SMTP_OAUTH is not set"),
        ("yahoo", "id", SECRET, REFRESH, "https://"),
        ("http://127.0.0.1/token", "id", SECRET, REFRESH, "https://"),
        ("https://user:pw@example.com/", "id", SECRET, REFRESH, "https://"),
        ("google", "", SECRET, REFRESH, "SMTP_OAUTH_CLIENT_ID is not set"),
        ("google", "id", SECRET, "", "SMTP_OAUTH_REFRESH_TOKEN is not set"),
        ("microsoft", "id", "", "", "SMTP_OAUTH_REFRESH_TOKEN is not set"),
    ],
)
def test_incomplete_settings_are_named(
    endpoint: str, client: str, secret: str, refresh: str, named: str
) -> None:
    with pytest.raises(UsageError, match=named) as caught:
        oauth_app(endpoint, client, secret, refresh)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("login", ["", "reports%40example.com:password-canary@"])
def test_address_with_a_password_or_without_a_user_is_refused(login: str) -> None:
    with pytest.raises(UsageError, match="SMTP_OAUTH") as caught:
        EmailChannel(
            smtp_url=f"smtps://{login}mail.example.com",
            mail=SETTINGS,
            tokens=AccessTokens(APP, TurnedClock()),
        )
    assert "canary" not in str(caught.value)
