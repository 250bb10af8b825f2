"""PDFs are made in child processes with limits; a PDF over its limits ends the child, not the message."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import PdfFailed
from bot.model import Attach, Brand, Recipient
from bot.render import Renderer
from bot.render.pdf.process import Limits, pdf_in_child
from tests.render.sample_edition import EDITION, EMPTY

FLEXED = '<div style="display:flex">'
BOMB = f"<html><body>{FLEXED * 40}x</body></html>"
NESTED = "<html><body>{% for n in range(3000) %}<div>{% endfor %}x</body></html>"
WIDE = "<html><body><table><tr>{% for n in range(400) %}<td colspan=100000>x</td>{% endfor %}</table></body></html>"
LONG = "<html><body>{% for n in range(1000) %}<p>{{ n }} of very many</p>{% endfor %}</body></html>"
OUT_OF_MEMORY = "needs more than 200 MB of memory|the process that made it ended|as when memory runs out"
SHORT = Limits(seconds=1.5)
MAIL = Recipient("email", "x", attach=Attach(pdf=True, csv=True))


def overriding(folder: Path, page: str) -> str:
    (folder / "pdf").mkdir(exist_ok=True)
    (folder / "pdf/report.html.j2").write_text(page)
    return str(folder)


@pytest.mark.long
def test_child_and_parent_make_same_pdf() -> None:
    from bot.render.pdf.document import render_pdf
    from bot.render.templates import environment

    assert pdf_in_child(EDITION, "", "") == render_pdf(EDITION, env=environment()).content


@pytest.mark.long
def test_this_process_does_not_import_weasyprint() -> None:
    code = (
        "import sys; from bot.render import Renderer; from tests.render.sample_edition import EMPTY\n"
        "assert Renderer().bundle(EMPTY).pdf.content.startswith(b'%PDF')\n"
        "print('weasyprint' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.long
@pytest.mark.parametrize("page", [BOMB, NESTED, WIDE])
def test_endless_render_is_killed_with_reason_in_mail(page: str, tmp_path: Path) -> None:
    began = time.monotonic()
    renderer = Renderer(
        overrides=overriding(tmp_path, page),
        forgiving=True,
        make_pdf=lambda edition, folder, mark: pdf_in_child(edition, folder, mark, SHORT),
    )
    mail = renderer.email(EDITION, MAIL)
    assert time.monotonic() - began < 60
    assert "No PDF: " in mail.text
    assert "No PDF: " in mail.html
    assert [file.name for file in mail.attachments] == ["user_summary.csv", "states_volume.csv"]


@pytest.mark.long
def test_bomb_runs_on_without_time_limit(tmp_path: Path) -> None:
    """The same page without the limit of 1.5 seconds is still at work after twice that."""
    with pytest.raises(PdfFailed, match="longer than 4 seconds"):
        pdf_in_child(EMPTY, overriding(tmp_path, BOMB), "", Limits(seconds=4.0))


@pytest.mark.long
def test_time_limit_is_named(tmp_path: Path) -> None:
    with pytest.raises(PdfFailed, match=r"longer than 1\.5 seconds"):
        pdf_in_child(EMPTY, overriding(tmp_path, BOMB), "", SHORT)


@pytest.mark.long
def test_memory_is_limited(tmp_path: Path) -> None:
    """Python raises MemoryError or a library kills the child; both are reported. Without the limit it works."""
    page = overriding(tmp_path, LONG)
    with pytest.raises(PdfFailed, match=OUT_OF_MEMORY):
        pdf_in_child(EMPTY, page, "", Limits(memory=200_000_000))
    assert pdf_in_child(EMPTY, page, "").startswith(b"%PDF")


def test_size_is_limited() -> None:
    with pytest.raises(PdfFailed, match="larger than 0 MB"):
        pdf_in_child(EMPTY, "", "", Limits(output=100))


def test_broken_template_is_named_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PdfFailed, match=r"^pdf/report\.html\.j2:2: ") as raised:
        pdf_in_child(EMPTY, overriding(tmp_path, "<p>\n{{ nothing }}</p>"), "")
    assert raised.value.file.endswith("pdf/report.html.j2")


@pytest.mark.long
def test_logo_beside_the_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plain = pdf_in_child(EMPTY, "", "")
    (tmp_path / "logo.png").write_bytes(Renderer().pictures(EDITION)[0].png)
    assert len(pdf_in_child(replace(EMPTY, brand=Brand(logo="logo.png")), "", "")) > len(plain) + 1_000


@pytest.mark.long
def test_no_temporary_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that is ended cannot clean up after itself."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    pdf_in_child(EMPTY, "", "")
    with pytest.raises(PdfFailed):
        pdf_in_child(EMPTY, overriding(tmp_path, BOMB), "", Limits(seconds=1.0))
    assert list(scratch.iterdir()) == []


def failing(reason: str, tries: list[str]) -> Callable[..., bytes]:
    def make(*of: object) -> bytes:
        tries.append(reason)
        raise PdfFailed(reason)

    return make


def test_failed_pdf_is_tried_once_and_omitted() -> None:
    tries: list[str] = []
    renderer = Renderer(forgiving=True, make_pdf=failing("it took longer than 30 seconds", tries))
    bundle = renderer.bundle(EDITION)
    slack = renderer.slack(EDITION, Recipient("slack", "x", attach=Attach(pdf=True)))
    mail = renderer.email(EDITION, Recipient("email", "x", attach=Attach(pdf=True)))
    sentence = "No PDF: it took longer than 30 seconds."
    assert bundle.pdf is None
    assert (slack.files, mail.attachments) == ((), ())
    for text in (str(slack.blocks), str(bundle.slack.blocks), mail.text, bundle.email.text):
        assert sentence in text
    assert len(tries) == 1


def test_recipient_without_pdf_gets_no_failure_note() -> None:
    renderer = Renderer(forgiving=True, make_pdf=failing("why", []))
    assert "No PDF" not in renderer.email(EDITION, Recipient("email", "x")).text


def test_preview_and_check_end_with_the_reason() -> None:
    renderer = Renderer(make_pdf=failing("why", []))
    with pytest.raises(PdfFailed, match=r"^why$") as raised:
        renderer.bundle(EDITION)
    assert raised.value.exit_status == 4


@pytest.mark.long
def test_secrets_stay_out_of_the_child(tmp_path: Path) -> None:
    """A page cannot read the environment; neither can code that escapes from one."""
    code = (
        "import os; from bot.render.pdf import process\n"
        "from tests.render.test_pdf_process import child_environment\n"
        "print(child_environment())"
    )
    env = {**os.environ, "SLACK_BOT_TOKEN": "xoxb-canary"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert "SLACK_BOT_TOKEN" not in done.stdout
    assert "PATH" in done.stdout


def child_environment() -> list[str]:
    """Return the names of environment variables in an isolated child."""
    from multiprocessing import Pipe

    from bot.render.pdf.process import _context

    receiver, sender = Pipe(duplex=False)
    child = _context().Process(target=_tell, args=(sender,))
    child.start()
    names: list[str] = receiver.recv()
    child.join()
    return names


def _tell(there: object) -> None:
    from bot.render.pdf.process import _isolate

    _isolate()
    there.send(sorted(os.environ))  # type: ignore[attr-defined]


def child_pid() -> int:
    """Return the process id of the idle child."""
    from bot.render.pdf.process import _idle

    [worker] = _idle
    assert worker.child.pid is not None
    return worker.child.pid


@pytest.mark.long
def test_child_is_reused_until_a_failure(tmp_path: Path) -> None:
    first = pdf_in_child(EDITION, "", "")
    pid = child_pid()
    assert pdf_in_child(EDITION, "", "") == first
    assert child_pid() == pid
    with pytest.raises(PdfFailed):
        pdf_in_child(EMPTY, overriding(tmp_path, BOMB), "", Limits(seconds=1.0))
    assert pdf_in_child(EDITION, "", "") == first
    assert child_pid() != pid


def test_dead_idle_child_is_replaced() -> None:
    pdf_in_child(EMPTY, "", "")
    os.kill(child_pid(), signal.SIGKILL)
    assert pdf_in_child(EMPTY, "", "").startswith(b"%PDF")


@pytest.mark.long
def test_exit_kills_idle_children() -> None:
    code = (
        "from bot.render.pdf.process import pdf_in_child, _idle\n"
        "from tests.render.sample_edition import EMPTY\n"
        "pdf_in_child(EMPTY, '', ''); print(_idle[0].child.pid)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


def test_killed_forkserver_is_restarted() -> None:
    from multiprocessing import forkserver

    pdf_in_child(EMPTY, "", "")
    pid = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    os.kill(pid, signal.SIGKILL)
    assert pdf_in_child(EMPTY, "", "").startswith(b"%PDF")
