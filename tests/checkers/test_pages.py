"""Independent programs judge the pages that people read: html-validate their source, axe-core what Chromium makes of them."""

from pathlib import Path
from typing import Any

import pytest

from tests.checkers.documents import Documents
from tests.checkers.running import NODE_MODULES, found, run, script, tried

pytestmark = pytest.mark.check

LOOKS = 3  # light, dark, on a phone
GRAVE = {"serious", "critical"}
FAULTY = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Faulty</title></head>
<body><main><h1>Faulty</h1><p style="background: #1fbfb8; color: #fff">low contrast</p>
<img src="chart.png"></main></body></html>"""


def pages(documents: Documents) -> tuple[Path, ...]:
    """Return the mails' HTML, the HTML that PDFs are made from, and the page that shows all."""
    return (*documents.files("email.html"), *documents.pages, documents.index)


def html_validate(*files: Path) -> tuple[int, str]:
    command = NODE_MODULES / ".bin" / "html-validate"
    return tried(found("node"), command, "--preset", "a11y", *files)


def axe(*files: Path) -> list[dict[str, Any]]:
    """For each look at each file: its name, how many rules it passed, and what was found."""
    looked: list[dict[str, Any]] = script("axe.mjs", found("chromium"), *files)
    assert len(looked) == LOOKS * len(files)
    return looked


def grave(looked: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [
        (look["name"], finding["id"], "\n".join(finding["where"]))
        for look in looked
        for finding in look["findings"]
        if finding["impact"] in GRAVE
    ]


def test_html_validate_finds_no_fault(documents: Documents) -> None:
    status, output = html_validate(*pages(documents))
    assert status == 0, output


def test_axe_finds_nothing_serious(documents: Documents) -> None:
    looked = axe(*pages(documents))
    assert all(look["passed"] >= 10 for look in looked)
    assert grave(looked) == []


def test_both_find_faults_that_are_there(tmp_path: Path) -> None:
    page = tmp_path / "faulty.html"
    page.write_text(FAULTY, encoding="utf-8")
    status, output = html_validate(page)
    assert status == 1, output
    assert "alt" in output
    assert {rule for _, rule, _ in grave(axe(page))} == {"color-contrast", "image-alt"}


def test_chromium_shows_the_page(documents: Documents, tmp_path: Path) -> None:
    quiet = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    )
    profile = f"--user-data-dir={tmp_path}"
    page = run(found("chromium"), *quiet, profile, "--dump-dom", documents.index.as_uri())
    for folder in documents.folders:
        assert f"{folder.relative_to(documents.index.parent)}/report.pdf" in page
    assert "SAMPLE" in page
