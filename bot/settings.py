"""The environment as one frozen value: addresses, folders and secrets."""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from bot.errors import UsageError
from bot.model.channel_types import CHANNEL_TYPES

API_URL = "https://api.lexer.io/v1"
STATUS_URL = "https://clients.lexer.io/api/public/v1/activity/reports/status"
EXPORT_HOSTS = "*.s3.amazonaws.com,*.s3.*.amazonaws.com"
SLACK_API_URL = "https://slack.com/api/"
CHANNEL_SECRETS = tuple(
    name for row in CHANNEL_TYPES.values() for name in (row.secret, *row.more_secrets) if name
)
SECRETS = ("ACTIVITY_API_TOKEN", *CHANNEL_SECRETS, "HEARTBEAT_URL", "STATUS_TOKEN", "BOT_DATABASE_URL")
STATE, DATABASE = "var", "bot.db"
SHARED_EXPORT_MB, MEGABYTE = 256, 1_000_000


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that never shows itself: only `reveal()` gives it, at the wire."""

    _value: str

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment says. Secrets are None, or not in the mapping, where it has none."""

    api_token: Secret | None
    channel_secrets: Mapping[str, Secret]
    api_url: str
    status_url: str
    export_hosts: tuple[str, ...]
    slack_api_url: str
    smtp_oauth: str
    smtp_oauth_client_id: str
    plaintext: tuple[str, ...]
    database_url: str = field(repr=False)
    data_dir: Path
    shared_export_bytes: int = SHARED_EXPORT_MB * MEGABYTE
    log_format: str = "text"
    secret_files: tuple[str, ...] = ()
    heartbeat_url: Secret | None = None
    status_token: Secret | None = None

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, *, beside: Path = Path()
    ) -> "Settings":
        """Read the variables of docs/configuration.md. Raises UsageError for an unreadable secret file.

        State is kept in a folder `beside` which reports.yaml is, unless a variable names another.
        """
        env = os.environ if environment is None else environment
        data_dir = Path(env.get("BOT_DATA_DIR") or beside / STATE)
        database_url = _secret(env, "BOT_DATABASE_URL")
        return cls(
            api_token=_secret(env, "ACTIVITY_API_TOKEN"),
            channel_secrets={
                name: secret for name in CHANNEL_SECRETS if (secret := _secret(env, name)) is not None
            },
            heartbeat_url=_secret(env, "HEARTBEAT_URL"),
            status_token=_secret(env, "STATUS_TOKEN"),
            api_url=(env.get("ACTIVITY_API_URL") or API_URL).rstrip("/"),
            status_url=env.get("ACTIVITY_STATUS_URL") or STATUS_URL,
            export_hosts=_items(env.get("ACTIVITY_EXPORT_HOSTS") or EXPORT_HOSTS),
            slack_api_url=(env.get("SLACK_API_URL") or SLACK_API_URL).rstrip("/") + "/",
            smtp_oauth=env.get("SMTP_OAUTH", "").strip(),
            smtp_oauth_client_id=env.get("SMTP_OAUTH_CLIENT_ID", "").strip(),
            plaintext=_items(env.get("BOT_ALLOW_PLAINTEXT", "")),
            database_url=database_url.reveal() if database_url else f"sqlite:///{data_dir / DATABASE}",
            data_dir=data_dir,
            shared_export_bytes=_bytes(env, "BOT_SHARED_EXPORT_MB", SHARED_EXPORT_MB),
            log_format=_one_of(env, "BOT_LOG_FORMAT", "text", "json"),
            secret_files=tuple(
                env[f"{name}_FILE"] for name in SECRETS if env.get(f"{name}_FILE", "").strip()
            ),
        )

    def required(self, name: str) -> Secret:
        """Return the secret of that variable. Raise UsageError that names it if it is not set."""
        secret = self.api_token if name == "ACTIVITY_API_TOKEN" else self.channel_secrets.get(name)
        if secret is None:
            raise UsageError(f"{name} is not set (nor {name}_FILE). See .env.example for what it is.")
        return secret

    def exposed_files(self) -> tuple[str, ...]:
        """Return the secret files that every user of this machine may read."""
        return tuple(path for path in self.secret_files if os.stat(path).st_mode & stat.S_IROTH)

    def redact(self, text: str) -> str:
        """Return `text` without secrets, including the passwords in SMTP_URL and BOT_DATABASE_URL."""
        for value in self._values():
            text = text.replace(value, "[secret]")
        return text

    def _values(self) -> tuple[str, ...]:
        secrets = (
            self.api_token,
            *self.channel_secrets.values(),
            self.heartbeat_url,
            self.status_token,
        )
        values = [secret.reveal() for secret in secrets if secret is not None]
        for value in (*values, self.database_url):
            passwords = re.findall(r"://[^:/@]*:([^@]+)@", value)
            values += [*passwords, *map(unquote, passwords)]
        return tuple(sorted((v for v in values if len(v) >= 4), key=len, reverse=True))


def _bytes(env: Mapping[str, str], name: str, default: int) -> int:
    """Return a size in megabytes as bytes. Raise UsageError unless it is a positive number."""
    text = env.get(name, "").strip() or str(default)
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII) and float(text) > 0:
        return round(float(text) * MEGABYTE)
    raise UsageError(f"{name}: {text!r} is not a size in MB; write a number above 0, such as {default}.")


def _one_of(env: Mapping[str, str], name: str, *values: str) -> str:
    """Return one of these values, the first by default. Raise UsageError for another."""
    text = env.get(name, "").strip() or values[0]
    if text not in values:
        raise UsageError(f"{name}: {text!r} is not known; write {' or '.join(values)}.")
    return text


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def _secret(env: Mapping[str, str], name: str) -> Secret | None:
    value = env.get(name, "").strip()
    path = env.get(f"{name}_FILE", "").strip()
    if value and path:
        raise UsageError(f"{name} and {name}_FILE are both set; keep one.")
    if path:
        value = _read_secret(name, Path(path))
    return Secret(value) if value else None


def _read_secret(name: str, path: Path) -> str:
    """Return the file's text without the newline at its end."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"{name}_FILE: {path} cannot be read: {reason}.") from None
    return text
