"""The drawn Slack message and the demo's index."""

import re
from dataclasses import replace

from bot.model import SlackMessage
from bot.render.index_page import IndexEntry, index_html
from bot.render.slack.page import mrkdwn_runs, slack_html
from tests.render.pieces import figures, read_page, slack, tags, words
from tests.render.sample_edition import EDITION, EMPTY

FILES = (
    "slack.json",
    "email.html",
    "email.eml",
    "email.txt",
    "report.pdf",
    "chart-a.png",
    "case_details.csv",
)


def entry(folder: str = "care-weekly/20261122T220000Z", **changes: object) -> IndexEntry:
    default = IndexEntry(
        EDITION.title, folder, slack(EDITION), EDITION.window_text, FILES, EDITION.schedule_text
    )
    return replace(default, **changes)  # type: ignore[arg-type]


def test_drawn_message_shows_what_the_blocks_say() -> None:
    page = slack_html(slack(EDITION), ["chart.png"])
    for figure in figures(EDITION):
        assert figure in words(page)
    assert ("img", "src", "chart.png") in read_page(page).attributes
    assert "<b>1,469</b>" in page
    assert page.count("<th ") == 5


def test_mention_is_drawn_as_one() -> None:
    runs = list(mrkdwn_runs("hi <!channel>, *R&amp;D* &lt;!here&gt;"))
    assert [(run.text, run.style) for run in runs] == [
        ("hi ", ""),
        ("@!channel", "live"),
        (", ", ""),
        ("R&D", "bold"),
        (" <!here>", ""),
    ]
    pinging = SlackMessage("a", ({"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>"}},))
    assert "mark" in tags(slack_html(pinging, []))


def test_index_shows_every_form_of_every_digest() -> None:
    page = read_page(index_html((entry(), entry("nps", title="NPS", slack=slack(EMPTY)))))
    frames = [value for tag, name, value in page.attributes if (tag, name) == ("iframe", "src")]
    assert frames == [
        "care-weekly/20261122T220000Z/email.html",
        "care-weekly/20261122T220000Z/report.pdf",
        "nps/email.html",
        "nps/report.pdf",
    ]
    links = [value for tag, name, value in page.attributes if (tag, name) == ("a", "href")]
    for name in FILES:
        assert f"nps/{name}" in links
    assert "#digest-2" in links
    assert ("section", "id", "digest-2") in page.attributes
    assert "SAMPLE" in "".join(page.words)


def test_missing_form_is_not_linked() -> None:
    assert "iframe" not in tags(index_html((entry(files=("slack.json",)),)))


def test_index_loads_no_remote_content_or_script() -> None:
    page = index_html((entry(),))
    assert not re.search(r"https?:|//|url\(|@import|<script", page.replace("<!--", ""))
    frames = [
        value for tag, name, value in read_page(page).attributes if (tag, name) == ("iframe", "sandbox")
    ]
    assert frames == ["allow-same-origin"]


def test_folder_name_cannot_become_another_address() -> None:
    for folder in ("javascript:alert(1)", "//evil.example", "/etc", "https://evil.example"):
        for tag, name, value in read_page(index_html((entry(folder),))).attributes:
            if name in ("href", "src") and tag != "use":
                assert not value.startswith("/")
                assert ":" not in value


def test_every_frame_and_picture_has_alt_text() -> None:
    attributes = read_page(index_html((entry(),))).attributes
    titles = [value for tag, name, value in attributes if (tag, name) == ("iframe", "title")]
    assert titles == [f"The mail of {EDITION.title}", f"The PDF of {EDITION.title}"]
    assert all(value for tag, name, value in attributes if (tag, name) == ("img", "alt"))
