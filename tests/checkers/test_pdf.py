"""Independent programs judge the PDFs: syntax, fonts, tags, and what a screen reader says."""

import json
import re
from typing import Any

import pytest

from tests.checkers.documents import Documents
from tests.checkers.running import installed, run, tried

pytestmark = pytest.mark.check

OUR_FONTS = re.compile(r"^[A-Z]{6}\+Digest-")
# What outloud finds and may: by rule, which of its words are meant, and why.
OUTLOUD_EXPLAINED = {
    "TXT-003": (
        "Digest-Noto-Devanagari",
        "WeasyPrint gives a cluster's text to one of its glyphs; those of conjuncts are drawn right, but copied badly",
    ),
    "TAG-002": (
        "Page 1 of 1$",
        "the foot of a page that is the only one: nothing repeats there, so it is taken for prose",
    ),
    "LNK-010": (
        "forms[.]example[.]com",
        "a survey's address is shown as the API gives it; to make a link of it would lend it our name",
    ),
}
# What pdfua warns of, and why it may. It says itself that it looks at 16 of 106 rules.
PDFUA_WARNINGS = {
    "UA-15-003": "WeasyPrint ties cells to headers by /Headers on the data cells; pdfua asks the header cells only",
}
# Rules that pdfua 0.1.3 itself breaks down in.
PDFUA_BROKEN = {"UA-14-001": "a heading whose /K is an array; outloud looks for empty elements (TAG-020)"}


def test_qpdf_finds_no_fault(documents: Documents) -> None:
    for pdf in documents.files("report.pdf"):
        assert "No syntax or stream encoding errors found" in run("qpdf", "--check", pdf)


def test_every_font_is_ours_embedded_and_readable(documents: Documents) -> None:
    for pdf in documents.files("report.pdf"):
        for line in run("pdffonts", pdf).splitlines()[2:]:
            name, *_, embedded, subset, unicode, _, _ = line.split()
            assert OUR_FONTS.match(name), line
            assert (embedded, subset, unicode) == ("yes", "yes", "yes"), line


def test_the_pdf_is_tagged_and_titled(documents: Documents) -> None:
    for pdf in documents.files("report.pdf"):
        about = run("pdfinfo", pdf)
        assert re.search(r"Tagged:\s+yes", about)
        assert re.search(r"Title:\s+\S", about)


def test_outloud_finds_nothing_that_is_not_explained(documents: Documents) -> None:
    for pdf in documents.files("report.pdf"):
        _, output = tried(installed("outloud"), "--quiet", "--json", "-", pdf)
        (report,) = json.JSONDecoder().raw_decode(output[output.index("{") :])[0]["results"]
        assert [one for one in report["findings"] if not explained(one)] == [], pdf
        assert report["error"] is None
        assert sum(rule["status"] == "ran" for rule in report["rules"]) >= 40


def explained(finding: dict[str, Any]) -> bool:
    """Whether this is no more than a note, or what OUTLOUD_EXPLAINED answers."""
    pattern, _ = OUTLOUD_EXPLAINED.get(finding["rule"], ("(?!)", ""))
    words = f"{finding['message']} {finding.get('evidence')}"
    return finding["severity"] == "info" or bool(re.search(pattern, words))


def test_pdfua_finds_no_error(documents: Documents) -> None:
    for pdf in documents.files("report.pdf"):
        _, output = tried(installed("pdfua"), "check", "--format", "json", pdf)
        report = json.loads(output)
        assert {finding["rule_id"] for finding in report["findings"]} <= PDFUA_WARNINGS.keys(), output
        assert {rule["rule_id"] for rule in report["skipped"]} <= PDFUA_BROKEN.keys(), output
        assert report["summary"]["errors"] == 0, output
        assert report["summary"]["rules_run"] >= 11, output
