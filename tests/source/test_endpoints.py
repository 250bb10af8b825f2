"""Which addresses may be used at all: encrypted ones, and plain ones only on this machine or by name."""

import pytest

from bot.errors import UsageError
from bot.source import Endpoints, check_endpoints
from tests.source.conftest import MakeApi

API, STATUS, S3 = "https://api.lexer.io/v1", "https://clients.lexer.io/status", ("*.s3.amazonaws.com",)


def test_default_endpoints_are_accepted() -> None:
    check_endpoints(Endpoints(API, STATUS, ("*.s3.amazonaws.com", "*.s3.*.amazonaws.com")))


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/v1", "http://localhost:9/v1", "http://[::1]:9/v1"])
def test_plain_http_is_for_this_machine(url: str) -> None:
    check_endpoints(Endpoints(url, url, ("http://127.0.0.1:*", "http://localhost:*", "http://[::1]:81")))


def test_plain_http_needs_exact_listed_host_and_port() -> None:
    listed = ("emulator:8080", "emulator:8081")
    check_endpoints(Endpoints("http://emulator:8080/v1", "http://emulator:8081/s", S3, listed))
    check_endpoints(Endpoints(API, STATUS, ("http://emulator:8080",), listed))
    for url in ("http://emulator:8082/v1", "http://emulator/v1", "http://emulator.evil.example:8080/v1"):
        with pytest.raises(UsageError, match="unencrypted"):
            check_endpoints(Endpoints(url, STATUS, S3, listed))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.lexer.io/v1",
        "ftp://api.lexer.io",
        "file:///etc/passwd",
        "https://",
        "https:///v1",
        "https://user:hidden@api.lexer.io/v1",
        "https://user:hid#den@api.lexer.io/v1",
        "https://api.lexer.io/v1?x=1",
        "https://api.lexer.io/v1#x",
        "https://api.lexer.io:99999/v1",
        "https://api.lexer.io:hidden/v1",
        "https://api lexer.io/v1",
        "https://api.lexer.io\\@evil.example/v1",
        "https://api.lexer.io/v1\n",
        "https://аpi.lexer.io/v1",
        "http://api.lexer.io/v1",
        "http://127.0.0.1.evil.example/v1",
        "http://0.0.0.0/v1",
        "http://10.0.0.1/v1",
        "https://[::1/v1",
    ],
)
def test_unsafe_address_error_names_the_variable(url: str) -> None:
    with pytest.raises(UsageError, match="ACTIVITY_API_URL") as caught:
        check_endpoints(Endpoints(url, STATUS, S3))
    assert "hidden" not in str(caught.value)
    with pytest.raises(UsageError, match="ACTIVITY_STATUS_URL"):
        check_endpoints(Endpoints(API, url, S3))


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "*.com",
        "*.*.com",
        "s3.*.com",
        "s3.amazonaws.*",
        "*.S3.amazonaws.com",
        "bucket.s3.amazonaws.com:443",
        "bucket.s3.amazonaws.com/path",
        "",
        "a..b",
        ".amazonaws.com",
        "https://bucket.s3.amazonaws.com",
        "http://emulator:8082",
        "http://emulator:*",
        "http://10.0.0.1:*",
        "http://*:80",
        "http://127.0.0.1",
        "http://127.0.0.1:*/x",
    ],
)
def test_wide_or_unencrypted_export_hosts_are_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="ACTIVITY_EXPORT_HOSTS"):
        check_endpoints(Endpoints(API, STATUS, (pattern,)))


def test_no_export_hosts_at_all_are_refused() -> None:
    with pytest.raises(UsageError, match="ACTIVITY_EXPORT_HOSTS"):
        check_endpoints(Endpoints(API, STATUS, ()))


def test_client_checks_its_endpoints(make_api: MakeApi) -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        make_api(endpoints=Endpoints("http://api.lexer.io/v1", STATUS, S3))
