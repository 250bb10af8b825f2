"""Independent programs judge what the demo made: the PDF, the mail, the page."""

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.check

FORMS = {"slack.json", "email.eml", "email.html", "email.txt", "report.pdf"}
OUR_FONTS = re.compile(r"^[A-Z]{6}\+Digest-")
SPAM_LIMIT = 1.0


def run(*command: str | Path, stdin: bytes = b"") -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=180)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
    return done.stdout.decode(errors="replace")


def editions(demo: Path) -> list[Path]:
    return sorted(path.parent for path in demo.glob("*/*/slack.json"))


def test_each_digest_has_every_form(demo: Path) -> None:
    assert len(editions(demo)) >= 2
    for folder in editions(demo):
        names = {file.name for file in folder.iterdir()}
        assert names >= FORMS
        assert any(name.startswith("chart-") for name in names)
        assert any(name.endswith(".csv") for name in names)


def test_qpdf_finds_no_fault(demo: Path) -> None:
    for folder in editions(demo):
        assert "No syntax or stream encoding errors found" in run("qpdf", "--check", folder / "report.pdf")


def test_every_font_is_ours_embedded_and_readable(demo: Path) -> None:
    for folder in editions(demo):
        for line in run("pdffonts", folder / "report.pdf").splitlines()[2:]:
            name, *_, embedded, subset, unicode, _, _ = line.split()
            assert OUR_FONTS.match(name), line
            assert (embedded, subset, unicode) == ("yes", "yes", "yes"), line


def test_the_pdf_is_tagged_titled_and_says_sample(demo: Path) -> None:
    for folder in editions(demo):
        about = run("pdfinfo", folder / "report.pdf")
        assert re.search(r"Tagged:\s+yes", about)
        assert re.search(r"Title:\s+\S", about)
        assert re.search(r"Pages:\s+[1-4]\n", about)
        assert "SAMPLE" in run("pdftotext", "-layout", folder / "report.pdf", "-")


def test_spamassassin_finds_the_mail_harmless(demo: Path) -> None:
    for folder in editions(demo):
        judged = run("spamassassin", "-L", "-t", stdin=(folder / "email.eml").read_bytes())
        score = re.search(r"X-Spam-Status:.*?score=(-?[0-9.]+)", judged, re.DOTALL)
        assert score is not None
        assert float(score[1]) <= SPAM_LIMIT, re.findall(r"tests=[^;]*?autolearn", judged, re.DOTALL)


def test_chromium_shows_the_page(demo: Path, tmp_path: Path) -> None:
    quiet = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    )
    profile = f"--user-data-dir={tmp_path}"
    page = run("chromium", *quiet, profile, "--dump-dom", f"file://{demo / 'index.html'}")
    for folder in editions(demo):
        assert f"{folder.parent.name}/{folder.name}/report.pdf" in page
    assert "SAMPLE" in page
