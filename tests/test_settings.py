"""The environment: secrets by value or file, never shown."""

from pathlib import Path

import pytest

from bot.errors import UsageError
from bot.settings import Secret, Settings


def test_defaults_are_the_contracts() -> None:
    settings = Settings.from_environment({})
    assert settings.api_url == "https://api.lexer.io/v1"
    assert settings.status_url == "https://clients.lexer.io/api/public/v1/activity/reports/status"
    assert settings.export_hosts == ("*.s3.amazonaws.com", "*.s3.*.amazonaws.com")
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.database_url == "sqlite:///var/bot.db"


def test_a_secret_never_shows_itself() -> None:
    settings = Settings.from_environment(
        {"ACTIVITY_API_TOKEN": "canary-1", "SMTP_URL": "smtps://u:canary-2@h"}
    )
    assert "canary" not in f"{settings} {settings!r} {settings.api_token}"
    assert Secret("x").reveal() == "x"


def test_redaction_takes_values_and_the_password_inside_the_url() -> None:
    settings = Settings.from_environment(
        {"ACTIVITY_API_TOKEN": "canary-1", "SMTP_URL": "smtps://u:canary-2@h"}
    )
    assert (
        settings.redact("canary-1 and canary-2 and smtps://u:canary-2@h")
        == "[secret] and [secret] and [secret]"
    )


def test_secrets_of_access_tokens_are_secrets(tmp_path: Path) -> None:
    (tmp_path / "refresh").write_text("refresh-canary\n")
    names = {
        "SMTP_OAUTH": "google",
        "SMTP_OAUTH_CLIENT_ID": "id",
        "SMTP_OAUTH_CLIENT_SECRET": "secret-canary",
    }
    settings = Settings.from_environment(names | {"SMTP_OAUTH_REFRESH_TOKEN_FILE": str(tmp_path / "refresh")})
    assert (settings.smtp_oauth, settings.smtp_oauth_client_id) == ("google", "id")
    assert settings.redact("secret-canary refresh-canary") == "[secret] [secret]"
    assert "canary" not in repr(settings)


def test_redaction_knows_the_password_as_typed_and_as_meant_and_the_databases() -> None:
    settings = Settings.from_environment(
        {"SMTP_URL": "smtps://u:p%40ss-canary@h", "BOT_DATABASE_URL": "postgresql+psycopg://u:db-canary@h/d"}
    )
    assert settings.redact("p%40ss-canary p@ss-canary db-canary") == "[secret] [secret] [secret]"
    assert "db-canary" not in repr(settings)


def test_a_secret_file_is_read_without_its_newline(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("canary-3\n")
    file.chmod(0o600)
    settings = Settings.from_environment({"SLACK_BOT_TOKEN_FILE": str(file)})
    assert settings.required("SLACK_BOT_TOKEN").reveal() == "canary-3"


def test_database_address_may_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "database_url"
    file.write_text("postgresql+psycopg://u:db-canary@h/d\n")
    file.chmod(0o644)
    settings = Settings.from_environment({"BOT_DATABASE_URL_FILE": str(file)})
    assert settings.database_url == "postgresql+psycopg://u:db-canary@h/d"
    assert settings.redact("db-canary") == "[secret]"
    assert settings.exposed_files() == (str(file),)


def test_a_secret_file_that_everybody_reads_is_told(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("canary-3\n")
    exposed = {}
    for mode in (0o600, 0o644):
        file.chmod(mode)
        exposed[mode] = Settings.from_environment({"SLACK_BOT_TOKEN_FILE": str(file)}).exposed_files()
    assert exposed == {0o600: (), 0o644: (str(file),)}


def test_both_forms_at_once_are_refused() -> None:
    with pytest.raises(UsageError, match="both set"):
        Settings.from_environment({"SMTP_URL": "smtp://x", "SMTP_URL_FILE": "/x"})


def test_a_missing_secret_is_named() -> None:
    with pytest.raises(UsageError, match="SMTP_URL is not set"):
        Settings.from_environment({}).required("SMTP_URL")


def test_a_shared_export_may_have_256_mb_or_what_the_environment_says() -> None:
    assert Settings.from_environment({}).shared_export_bytes == 256_000_000
    assert Settings.from_environment({"BOT_SHARED_EXPORT_MB": " 0.5 "}).shared_export_bytes == 500_000


@pytest.mark.parametrize("text", ["0", "-1", "many", "256 MB", "nan", "inf", "1e3", "0x10", "٢"])
def test_a_shared_export_has_a_positive_number_of_mb(text: str) -> None:
    with pytest.raises(UsageError, match=r"BOT_SHARED_EXPORT_MB: .* is not a size in MB") as caught:
        Settings.from_environment({"BOT_SHARED_EXPORT_MB": text})
    assert caught.value.exit_status == 2
