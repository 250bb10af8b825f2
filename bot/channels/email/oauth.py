"""Access tokens for mail servers that take no password: Google Workspace and Microsoft 365.

RFC 6749, sections 4.4 and 6. https://developers.google.com/workspace/gmail/imap/xoauth2-protocol,
https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from bot.errors import ChannelAuthError, DeliveryError, Retryability, UsageError
from bot.lib.sanitize import one_line, without_secrets
from bot.model import Clock

GOOGLE: Final = "https://oauth2.googleapis.com/token"
MICROSOFT: Final = "https://login.microsoftonline.com/organizations/oauth2/v2.0/token"
ENDPOINTS: Final = {"google": GOOGLE, "microsoft": MICROSOFT}
MICROSOFT_HOST: Final = "login.microsoftonline.com"
SCOPES: Final = {
    "refresh_token": "https://outlook.office.com/SMTP.Send",
    "client_credentials": "https://outlook.office365.com/.default",
}
SECONDS: Final = 30.0
LARGEST_ANSWER: Final = 65_536
EARLY_SECONDS: Final = 60.0
"""A token is replaced that long before it expires."""

ADVICE: Final[Mapping[str, str]] = {
    "invalid_grant": "the refresh token was revoked or expired: put a new one in SMTP_OAUTH_REFRESH_TOKEN",
    "invalid_client": "SMTP_OAUTH_CLIENT_ID or SMTP_OAUTH_CLIENT_SECRET is wrong, or the secret has expired",
    "unauthorized_client": "the app may not ask for this: allow it to send mail, and consent to that again",
    "invalid_scope": "the app may not send mail: allow it to, and consent to that again",
}
"""What to do about each error of RFC 6749, section 5.2, that a person has to see to."""


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """What an app shows to get access tokens; without a refresh token it logs in as itself."""

    endpoint: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)

    def form(self) -> dict[str, str]:
        """Return the request for an access token."""
        grant = "refresh_token" if self.refresh_token else "client_credentials"
        secrets = {"client_secret": self.client_secret, "refresh_token": self.refresh_token}
        is_microsoft = urlsplit(self.endpoint).hostname == MICROSOFT_HOST
        scope = {"scope": SCOPES[grant]} if is_microsoft else {}
        given = {name: value for name, value in secrets.items() if value}
        return {"grant_type": grant, "client_id": self.client_id, **given, **scope}


def oauth_app(endpoint: str, client_id: str, client_secret: str, refresh_token: str) -> OAuthApp | None:
    """Return the app of SMTP_OAUTH: `google`, `microsoft` or an https address, or None. Raise UsageError."""
    if not endpoint:
        if client_id or client_secret or refresh_token:
            raise UsageError(
                "SMTP_OAUTH is not set: write google, microsoft, or the token endpoint's address"
            )
        return None
    url = ENDPOINTS.get(endpoint, endpoint)
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or parts.fragment:
        raise UsageError("SMTP_OAUTH must be google, microsoft, or an address that begins with https://")
    if not client_id:
        raise UsageError("SMTP_OAUTH_CLIENT_ID is not set; SMTP_OAUTH needs it")
    if not refresh_token and not (client_secret and parts.hostname == MICROSOFT_HOST):
        raise UsageError("SMTP_OAUTH_REFRESH_TOKEN is not set (nor SMTP_OAUTH_REFRESH_TOKEN_FILE)")
    return OAuthApp(url, client_id, client_secret, refresh_token)


class AccessTokens:
    """The access token of one app, in memory alone."""

    def __init__(self, app: OAuthApp, clock: Clock, ca_file: str = "") -> None:
        self._app, self._clock, self._ca_file = app, clock, ca_file
        self._token, self._until = "", 0.0

    def kept(self) -> str:
        """Return the last token if it is valid for another minute, else ''."""
        return self._token if self._clock.monotonic() < self._until else ""

    def new(self) -> str:
        """Request a token. Raise ChannelAuthError for what a person has to see to, else DeliveryError."""
        status, answer = self._ask()
        token, seconds = answer.get("access_token"), str(answer.get("expires_in"))
        if status != 200 or not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise self._refused(status, answer)
        lifetime = float(seconds) if re.fullmatch("[0-9]{1,9}", seconds) else 0.0
        self._token, self._until = token, self._clock.monotonic() + lifetime - EARLY_SECONDS
        return token

    def _ask(self) -> tuple[int, Mapping[str, Any]]:
        """Return status and answer, {} if it is no JSON object. Neither proxies nor .netrc count."""
        host = urlsplit(self._app.endpoint).hostname
        try:
            with requests.Session() as session:
                session.trust_env = False
                response = session.post(
                    self._app.endpoint,
                    data=self._app.form(),
                    timeout=SECONDS,
                    allow_redirects=False,
                    stream=True,
                    verify=self._ca_file or True,
                )
                body = response.raw.read(LARGEST_ANSWER, decode_content=True)
        except requests.exceptions.SSLError:
            raise ChannelAuthError(f"{host} could not be trusted: its certificate was not accepted") from None
        except (requests.RequestException, HTTPError, OSError) as fault:
            sentence = f"{host} gave no access token for mail ({type(fault).__name__})"
            raise DeliveryError(sentence, Retryability.RETRYABLE) from None
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        return response.status_code, answer if isinstance(answer, dict) else {}

    def _refused(self, status: int, answer: Mapping[str, Any]) -> DeliveryError:
        """Return the error of an answer without a token, in the endpoint's words without our secrets."""
        code, words = (str(answer.get(name) or "") for name in ("error", "error_description"))
        secrets = (self._app.client_secret, self._app.refresh_token)
        said = one_line(without_secrets(f"{code}: {words}" if words else code, secrets, "(hidden)"), 300)
        where = urlsplit(self._app.endpoint).hostname
        if 400 <= status < 500 and status not in (408, 429) and code:
            advice = ADVICE.get(code, "the app or its secrets are wrong")
            return ChannelAuthError(f"{where} gives no access token for mail: {advice}. It said: {said}")
        sentence = (
            f"{where} gave no access token for mail (HTTP status {status}{f', {said}' if said else ''})"
        )
        return DeliveryError(sentence, Retryability.RETRYABLE)
