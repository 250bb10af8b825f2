"""What operators see and what supervisors may do: alerts, stops, signals, and a PDF that cannot be made."""

import http.server
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.ledger import open_ledger
from tests.journeys.world import World

OPS = "\non_failure:\n  - email: ops@example.com\n"
BEFORE, DUE, LATER = "2018-05-06T12:00:00Z", "2018-05-06T23:00:30Z", "2018-05-06T23:03:00Z"
AT = ("send", "care-weekly", "--at", "2018-05-07T09:00")

pytestmark = pytest.mark.long


def changed(here: World, *changes: tuple[str, str], more: str = "") -> None:
    text = (here.folder / "reports.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    here.write(text + more)


def mails_to(here: World, address: str) -> list[str]:
    return [str(mail.parsed["Subject"]) for mail in here.smtp.messages if mail.recipients == [address]]


def test_cron_round_alerts_about_its_failures(here: World) -> None:
    changed(here, ("#social-care", "#no-such-channel"), more=OPS)
    here.bot("run", "--once", "--now", BEFORE)
    done = here.bot("run", "--once", "--now", DUE)
    assert done.returncode == 5
    assert mails_to(here, "ops@example.com") == ["Failed: Social care, weekly, 30 April – 6 May 2018"]
    [alert] = [mail for mail in here.smtp.messages if mail.recipients == ["ops@example.com"]]
    said = " ".join(alert.parsed.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert "1 of 3 recipients did not surely get it" in said
    assert "The bot sees no Slack channel #no-such-channel" in said
    assert "digestbot resend care-weekly@2018-05-06T23:00:00Z" in said
    here.bot("run", "--once", "--now", LATER)
    assert len(mails_to(here, "ops@example.com")) == 1


def test_refused_token_opens_the_circuit(here: World) -> None:
    changed(here, more=OPS)
    here.bot("run", "--once", "--now", BEFORE)
    refused = here.bot("run", "--once", "--now", DUE, SLACK_BOT_TOKEN="xoxb-canary-old-1")
    assert refused.returncode == 5
    assert "the bot token is not valid" in refused.stderr
    assert mails_to(here, "ops@example.com") == ["Stopped: Slack, 7 May 2018"]
    assert mails_to(here, "dana@example.com")
    tried = len(here.slack.requests)
    here.bot("run", "--once", "--now", LATER, SLACK_BOT_TOKEN="xoxb-canary-old-1")
    assert len(here.slack.requests) == tried, "not before its hour"
    assert here.bot("run", "--once", "--now", "2018-05-06T23:04:00Z").returncode == 0
    assert len(here.slack.messages) == 1
    assert len(mails_to(here, "ops@example.com")) == 1


def test_failed_layout_omits_only_the_pdf(here: World) -> None:
    pages = here.folder / "my-templates/pdf"
    pages.mkdir(parents=True)
    bomb = "<html><body>{% for n in range(3000) %}<div>{% endfor %}x</body></html>"
    (pages / "report.html.j2").write_text(bomb, encoding="utf-8")
    changed(here, ("locale: en_AU", "locale: en_AU\ntemplates: my-templates"))
    done = here.bot(*AT)
    assert done.returncode == 0, done.stderr
    assert "no PDF of care-weekly@2018-05-06T23:00:00Z" in done.stderr
    [mail] = here.smtp.messages
    assert "No PDF: " in mail.parsed.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    names = {part.get_filename() for part in mail.parsed.iter_attachments()}
    assert "case_details.csv" in names
    assert "care-weekly.pdf" not in names
    assert "No PDF: " in str(here.slack.messages[0].arguments)
    folder = here.folder / "outbox/care-weekly/20180506T230000Z"
    assert not (folder / "report.pdf").exists()
    assert "No PDF: " in (folder / "email.html").read_text(encoding="utf-8")
    for command in (("preview", "care-weekly", "--at", "2018-05-07T09:00"), ("check",)):
        assert here.bot(*command).returncode == 4


@contextmanager
def serving(here: World, **changes: str) -> Iterator["subprocess.Popen[str]"]:
    """`run` as a service, once it says that it begins."""
    command = [sys.executable, "-m", "bot", "run"]
    with subprocess.Popen(
        command,
        cwd=here.folder,
        env=here.env(**changes),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as service:
        try:
            assert service.stderr is not None
            for line in service.stderr:
                if "digests from" in line:
                    break
            yield service
        finally:
            if service.poll() is None:
                service.kill()
            service.communicate(timeout=60)


def frozen_but_unsent(here: World) -> None:
    """Kill the process after its edition is kept; a person asks for it, and nothing further is due."""
    here.bot("run", "--once", "--now", BEFORE)
    script = Path(__file__).with_name("dying.py")
    subprocess.run([sys.executable, script, "after-keep", DUE], cwd=here.folder, env=here.env(), timeout=120)
    changed(here, ("    schedule:", "    until: 2018-05-08\n    schedule:"))
    with open_ledger(f"sqlite:///{here.folder}/var/bot.db", owner="a:1:person") as ledger:
        assert ledger.reopen("care-weekly@2018-05-06T23:00:00Z", datetime.now(UTC))  # its grace begins anew


def test_sigterm_finishes_only_the_current_mail(here: World) -> None:
    changed(here, ("dana@example.com", "[dana@example.com, lee@example.com]"))
    frozen_but_unsent(here)
    here.smtp.reply_seconds = 3.0
    with serving(here) as service:
        assert here.smtp.got_content.wait(60)
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0
    states = {row["recipient"]: row["state"] for row in here.history()}
    assert states["dana@example.com"] == "sent"
    assert states["lee@example.com"] == "pending"
    here.smtp.reply_seconds = 0.0
    assert here.bot("run", "--once").returncode == 0
    assert {row["state"] for row in here.history()} == {"sent"}
    assert len(here.smtp.messages) == 2


def test_json_log_names_occurrence_and_delivery(here: World) -> None:
    frozen_but_unsent(here)
    with serving(here, BOT_LOG_FORMAT="json") as service:
        assert service.stderr is not None
        lines: list[dict[str, str]] = []
        while sum(line["message"].startswith("sent ") for line in lines) < 3:
            lines.append(json.loads(service.stderr.readline()))
        service.send_signal(signal.SIGTERM)
        lines += [json.loads(line) for line in service.stderr]
        assert service.wait(30) == 0
    sent = [line for line in lines if line["message"].startswith("sent ")]
    assert {line["occurrence"] for line in sent} == {"care-weekly@2018-05-06T23:00:00Z"}
    assert len({line["delivery"] for line in sent}) == 3
    assert {line["process"].split(":")[:2] == [line["host"], str(service.pid)] for line in lines} == {True}
    assert lines[-1]["message"] == "stopped"
    assert "occurrence" not in lines[-1]


@pytest.mark.covers("A second run on the same SQLite database")
def test_second_scheduler_is_refused(here: World) -> None:
    with serving(here) as service:
        second = here.bot("run")
        assert second.returncode == 2
        assert f"Another scheduler (process {service.pid}) already works with this database" in second.stderr
        assert len(second.stderr.strip().splitlines()) == 1
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    calls: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *of: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/canary-ping", calls
    server.shutdown()
    server.server_close()


def test_a_good_round_is_reported_and_its_address_never(here: World) -> None:
    with listening() as (url, calls):
        here.bot("run", "--once", "--now", BEFORE, HEARTBEAT_URL=url)
        done = here.bot("run", "--once", "--now", DUE, HEARTBEAT_URL=url)
    gone = here.bot("run", "--once", "--now", LATER, HEARTBEAT_URL=url)
    assert calls == ["/canary-ping"] * 2
    assert (done.returncode, gone.returncode) == (0, 0)
    wrong = here.bot("run", "--once", HEARTBEAT_URL="http://hc.example.com/canary-ping")
    assert wrong.returncode == 2
    assert "HEARTBEAT_URL must begin with https://" in wrong.stderr
    for run in (done, gone, wrong):
        assert "canary-ping" not in run.stdout + run.stderr
