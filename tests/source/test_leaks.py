"""The token and signed addresses are in no error and no log, at any level, in any fault."""

import base64
import logging
import traceback
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

import pytest
import requests
import urllib3

from bot.errors import SourceError
from bot.model import ExportQuery
from tests.source.conftest import Hosts, MakeApi
from tests.source.loopback import NOW, TOKEN, Reply, cut_after, reply
from tests.source.samples import APRIL, CASES, summary_query

SIGNATURE = "X-Amz-Signature=c4nary+S1gned/="
JOB = "j0b-canary"


def forms(secret: str) -> tuple[str, ...]:
    return secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")


SECRETS = (*forms(TOKEN), *forms(SIGNATURE), *forms(JOB))

FAULTS: dict[str, Callable[[], Reply]] = {
    "echo": lambda: reply({"error": f"{TOKEN} https://s3.example/x?{SIGNATURE}"}, 400),
    "unauthorised": lambda: reply(f"token {TOKEN} is wrong".encode(), 401),
    "redirect": lambda: reply(b"", 302, {"Location": f"https://evil.example/?{SIGNATURE}&t={TOKEN}"}),
    "cut": lambda: cut_after(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nx"),
    "reset": lambda: cut_after(b""),
    "malformed headers": lambda: b"HTTP/1.1 500 X\r\nA: b\r\nno colon here\r\n\r\nx",
    "not http": lambda: f"{TOKEN} {SIGNATURE}\r\n\r\n".encode(),
    "not json": lambda: reply(f"<p>{TOKEN}{SIGNATURE}".encode()),
    "wrong shape": lambda: reply({"status": 5, "url": f"https://x/?{SIGNATURE}", "token": [TOKEN]}),
    "bad gzip": lambda: reply(b"nope", headers={"Content-Encoding": "gzip"}),
    "failing": lambda: reply(b"", 503),
}


class Everything(logging.Handler):
    """Keeps each record with its arguments and traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter().format(record) + repr(record.args))


@pytest.fixture
def logged() -> "Callable[[], str]":
    handler = Everything()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)

    def text() -> str:
        root.removeHandler(handler)
        root.setLevel(level)
        return "\n".join(handler.lines)

    return text


def whole_chain(error: BaseException | None) -> str:
    """Everything that could be shown of an error: its contexts too, which a logger may walk."""
    if error is None:
        return ""
    own = f"{error!r} {error} {error.args} {vars(error)} {''.join(traceback.format_exception(error))}"
    return own + whole_chain(error.__cause__) + whole_chain(error.__context__)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", ["query", "list", "start", "poll", "download"])
def test_no_secret_in_errors_or_logs(
    make_api: MakeApi, hosts: Hosts, logged: Callable[[], str], step: str, fault: str
) -> None:
    api = make_api(deadline=0.6, export=4.0)
    signed = f"{hosts.files.url}/x?{SIGNATURE}"
    pending, done = {"status": "pending", "url": None, "token": JOB}, {"status": "complete", "url": signed}
    before = {"poll": [reply(pending)], "download": [reply(done)]}
    hosts.api.says(*before.get(step, []))
    target = {"poll": hosts.status, "download": hosts.files}.get(step, hosts.api)
    target.script += [FAULTS[fault]() for _ in range(30)]
    ask = {"query": lambda: api.fetch(summary_query(), NOW), "list": api.groups}
    with pytest.raises(SourceError) as caught:
        ask.get(step, lambda: api.fetch(ExportQuery("case_details", APRIL), NOW))()
    shown = whole_chain(caught.value) + logged() + "\n".join(hosts.progress)
    assert [secret for secret in SECRETS if secret in shown] == []
    for server in (hosts.api, hosts.status, hosts.files):
        server.script.clear()
        server.surprises.clear()


def test_job_name_is_redacted_from_server_message(make_api: MakeApi, hosts: Hosts) -> None:
    hosts.api.says(reply({"status": "pending", "url": None, "token": JOB}))
    hosts.status.says(reply({"error": f"job {JOB} is not yours"}, 400))
    with pytest.raises(SourceError, match=r"job \[secret\] is not yours"):
        make_api().fetch(ExportQuery("case_details", APRIL), NOW)


def test_successful_export_does_not_log_url(
    make_api: MakeApi, hosts: Hosts, logged: Callable[[], str]
) -> None:
    hosts.api.says(reply({"status": "complete", "url": f"{hosts.files.url}/x?{SIGNATURE}", "token": JOB}))
    hosts.files.says(reply(CASES))
    slot = make_api().fetch(ExportQuery("case_details", APRIL), NOW)
    shown = logged() + repr(slot) + "\n".join(hosts.progress)
    assert [secret for secret in SECRETS if secret in shown] == []


def test_library_shows_addresses_without_the_guards(hosts: Hosts, logged: Callable[[], str]) -> None:
    talkative = logging.getLogger("urllib3"), logging.getLogger("urllib3.connectionpool")
    levels = [logger.level for logger in talkative]
    for logger in talkative:
        logger.setLevel(logging.DEBUG)
    hosts.files.says(reply({}))
    with requests.Session() as session:
        session.trust_env = False
        session.get(f"{hosts.files.url}/x?{SIGNATURE}")
        with pytest.raises(requests.ConnectionError) as caught, suppress(urllib3.exceptions.HTTPError):
            session.get(f"http://127.0.0.1:9/x?{SIGNATURE}", timeout=1)
    for logger, level in zip(talkative, levels, strict=True):
        logger.setLevel(level)
    assert SIGNATURE in logged()
    assert SIGNATURE in str(caught.value)
