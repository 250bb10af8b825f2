"""Independent programs judge the mails: SpamAssassin the whole mail, caniemail its HTML."""

import re
from pathlib import Path

import pytest

from tests.checkers.documents import Documents
from tests.checkers.running import run, script

pytestmark = pytest.mark.check

SPAM_LIMIT = 0.5
CLIENTS = "gmail.*,outlook.*"
REFINES = "phone widths, dark mode and table lines only; the inlined mail is whole without them"

# What some program of Gmail's or Outlook's lacks altogether, and what its readers get.
UNKNOWN = {
    "<style> element": REFINES,
    "@media": REFINES,
    "Class selector": REFINES,
    "Descendant combinator": REFINES,
    "Type selector": REFINES,
    "<body> element": "replaced by another element; the ground's colour stands on the outer table too",
    "border-radius": "square corners",
    "display:none": "of the preheader; where it is unknown, max-height and overflow hide it",
    "float": "`none` only: it takes back the align=left that sets tiles side by side in Outlook for Windows",
    "overflow": "of the preheader, which mso-hide hides from Outlook for Windows, and of tables, which fit its width",
    "role attribute": "of layout tables, in a program that Microsoft has ended",
    "table-layout": "of the page, for telephones, where a wide table would widen it; Outlook for Windows runs on none",
}
# What some program knows with limits, and why ours is within them or does no harm beyond.
PARTLY = {
    "<style> element": "ours stands in the head, before it is used",
    "@media": "only widths and colour schemes are asked for",
    "Class selector": REFINES,
    "Descendant combinator": REFINES,
    "Type selector": REFINES,
    "<body> element": UNKNOWN["<body> element"],
    "align attribute": "of tiles: where tables ignore it, display: inline-table sets them side by side",
    "background": "only colours",
    "border": "1 and 3 px; a warning may lose the bar at its left, and keeps its colour",
    "display": "inline-table of tiles: where it is unknown, align=left sets them side by side",
    "display:none": "of the preheader, which holds no table and no picture",
    "float": UNKNOWN["float"],
    "font-size": "pixels only",
    "font-weight": "400, 600 and 700, so normal and bold",
    "height attribute": "pixels only",
    "height property": "of table cells and pictures only; pictures have the attribute too",
    "letter-spacing": "at most 0.3 px less",
    "line-height": "lines may stand a pixel or two further apart",
    "margin": "negative for the row of tiles only, which else stands 4 px further in; never auto",
    "max-width": "of the page, a table; pictures have the width attribute",
    "overflow": UNKNOWN["overflow"],
    "padding": "of cells; the notices' words may stand close to their ground's edge",
    "text-align": "left only",
    "width attribute": "pixels, and per cent on tables only",
    "width property": "of tables; pictures have the attribute too",
}


def test_spamassassin_finds_the_mails_harmless(
    documents: Documents, capsys: pytest.CaptureFixture[str]
) -> None:
    mails = documents.files("email.eml")
    scores = dict(zip(mails, spam_scores(mails), strict=True))
    with capsys.disabled():
        print()
        for mail, rules in scores.items():
            hits = ", ".join(f"{name} {score:.1f}" for name, score in rules.items())
            print(
                f"SpamAssassin: {sum(rules.values()):.1f} {mail.parent.relative_to(documents.index.parent)}: {hits}"
            )
    assert all(rules for rules in scores.values())
    assert {mail: rules for mail, rules in scores.items() if sum(rules.values()) > SPAM_LIMIT} == {}


def spam_scores(mails: tuple[Path, ...]) -> list[dict[str, float]]:
    """Each mail's rules that hit, with their points; one start of SpamAssassin for all mails."""
    judged = run("spamassassin", "-x", "-L", "-t", *mails)
    tables = [report.split("\n\n")[1] for report in judged.split("Content analysis details:")[1:]]
    return [
        {name: float(score) for score, name in re.findall(r"^ *(-?[0-9.]+) +([A-Z][A-Z0-9_]+) ", table, re.M)}
        for table in tables
    ]


def test_spamassassin_is_asked_and_not_only_started(tmp_path: Path) -> None:
    """A mail that spammers would send scores far over the limit."""
    spam = tmp_path / "spam.eml"
    spam.write_text(
        "Subject: YOU WON $$$ CASH\nContent-Type: text/html\n\n<font size=1>Viagra!!! click</font>\n"
    )
    assert sum(spam_scores((spam,))[0].values()) > 5


def test_mail_programs_show_what_we_send(documents: Documents) -> None:
    lacking = script("caniemail.mjs", CLIENTS, *documents.files("email.html"))
    assert [pair for pair in lacking["unknown"] if pair[1] not in UNKNOWN] == []
    assert [pair for pair in lacking["partly"] if pair[1] not in PARTLY] == []


def test_caniemail_knows_what_outlook_lacks(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<p style="display: flex; position: sticky">x</p>')
    assert ["outlook.windows", "display:flex"] in script("caniemail.mjs", CLIENTS, page)["unknown"]
