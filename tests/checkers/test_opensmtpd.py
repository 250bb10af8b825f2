"""A mail server that people run takes our mail: OpenSMTPD, over its own SMTP, into a maildir.

It needs root to start, as `make check` has it in CI and in a container.
"""

import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from bot.channels import EmailChannel
from bot.model import Agents, Attach, Delivery, MailSettings, Recipient
from bot.render import Renderer
from tests.render.sample_edition import EDITION

pytestmark = pytest.mark.check

CONFIGURATION = """\
table anyone {{ "@" = "nobody" }}
listen on 127.0.0.1 port {port}
action "keep" maildir "{maildir}" virtual <anyone>
match from any for any action "keep"
"""


@dataclass
class Server:
    port: int
    maildir: Path

    def mails(self) -> list[bytes]:
        return [file.read_bytes() for file in sorted((self.maildir / "new").glob("*"))]


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(done: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether `done` came true in time; another process's doing can only be asked for again."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if done():
            return True
        threading.Event().wait(0.05)
    return False


def answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="opensmtpd-"))
    maildir = folder / "mail"
    maildir.mkdir()
    for path in (folder, maildir):
        path.chmod(0o755)
    shutil.chown(maildir, "nobody")
    made = Server(free_port(), maildir)
    conf = folder / "smtpd.conf"
    conf.write_text(CONFIGURATION.format(port=made.port, maildir=maildir))
    smtpd = shutil.which("smtpd") or "/usr/sbin/smtpd"
    process = subprocess.Popen([smtpd, "-d", "-f", conf], stderr=subprocess.DEVNULL)
    try:
        assert until(lambda: answers(made.port)), "smtpd did not start: it needs root"
        yield made
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder)


def test_opensmtpd_takes_and_keeps_the_mail(server: Server) -> None:
    mail = MailSettings("Care reports <reports@example.com>", "ops@example.com", ("example.com",))
    recipient = Recipient("email", "dana@example.com", Agents.NAMES, Attach(pdf=True, csv=True))
    delivery = Delivery(EDITION.occurrence, recipient)
    channel = EmailChannel(smtp_url=f"smtp://127.0.0.1:{server.port}", mail=mail)
    receipt = channel.send(delivery, Renderer().email(EDITION, recipient), datetime.now(UTC))
    channel.close()
    assert until(lambda: len(server.mails()) == 1)
    parsed = message_from_bytes(server.mails()[0], policy=policy.default)
    assert parsed["Message-ID"] == receipt.provider_id
    assert [part.defects for part in parsed.walk() if part.defects] == []
    assert "care-weekly.pdf" in {part.get_filename() for part in parsed.walk()}
