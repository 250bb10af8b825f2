"""The demo's folder holds what it promises."""

import re
from pathlib import Path

import pytest

from tests.checkers.documents import of_demo
from tests.checkers.running import run

pytestmark = pytest.mark.check

FORMS = {"slack.json", "email.eml", "email.html", "email.txt", "report.pdf"}


def test_each_digest_has_every_form(demo: Path) -> None:
    folders = of_demo(demo).folders
    assert len(folders) >= 2
    for folder in folders:
        names = {file.name for file in folder.iterdir()}
        assert names >= FORMS
        assert any(name.startswith("chart-") for name in names)
        assert any(name.endswith(".csv") for name in names)


def test_the_pdf_is_short_and_says_sample(demo: Path) -> None:
    for pdf in of_demo(demo).files("report.pdf"):
        pages = re.search(r"Pages:\s+(\d+)\n", run("pdfinfo", pdf))
        assert pages is not None
        assert int(pages[1]) <= (4 if "care-weekly" in pdf.parts else 10)
        assert "SAMPLE" in run("pdftotext", "-layout", pdf, "-")
