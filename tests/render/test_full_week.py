"""The reference week in every form: complete, within each form's limits, and rendered once for all recipients."""

import re
import struct
from dataclasses import replace

import pytest
from rich.cells import cell_len

from bot.model import Attach, Chart, Recipient, TableBlock
from bot.render import Renderer
from bot.render.charts import DISPLAY_WIDTH, DRAWN_WIDTH, PIXEL_RATIO, picture
from bot.render.email.message import HTML_LIMIT
from bot.render.escaping import units
from bot.render.parts import missing, warnings
from bot.render.slack.rules import TOTAL_LIMIT, texts
from tests.editions.samples import NAMED
from tests.render.full_week import AGENTS, BLOCKS, FULL_WEEK, LOAD, LOOK, TOPICS, cells
from tests.render.pieces import email, figures, read_page, slack, slack_words, words

MAIL = email(FULL_WEEK)


def test_mail_has_every_block_in_order() -> None:
    titles = [title for block in BLOCKS if (title := getattr(block, "title", ""))]
    shown = re.findall(r"<h2[^>]*>([^<]*)</h2>", MAIL.html)
    assert [words(title) for title in shown] == [*titles, "Look here"]
    headings = [line for line in MAIL.text.splitlines() if line.isupper()]
    assert [title.upper() for title in titles if title.upper() not in headings] == []


def test_every_key_figure_is_in_both_messages() -> None:
    for figure in figures(FULL_WEEK):
        assert figure in slack_words(slack(FULL_WEEK))
        assert figure in words(MAIL.html)
        assert figure in " ".join(MAIL.text.split())


def test_messages_have_only_chart_pictures() -> None:
    """Sparklines are for paper: in a mail each would be an attachment."""
    charts = [block for block in BLOCKS if isinstance(block, Chart)]
    images = [value for tag, name, value in read_page(MAIL.html).attributes if (tag, name) == ("img", "src")]
    assert len(images) == len(charts)
    assert sum(block["type"] == "image" for block in slack(FULL_WEEK).blocks) == 1


def test_mail_stays_small_for_fifty_agents() -> None:
    rows = tuple(
        cells("user_summary", f"Agent {n} Longname", "100", "80 %", "1 h 12 min", "5 min", "9 %")
        for n in range(50)
    )
    many = replace(AGENTS, rows=rows, total=50)
    blocks = tuple(many if block is AGENTS else block for block in BLOCKS)
    message = email(replace(FULL_WEEK, blocks=blocks))
    assert len(message.html.encode()) <= HTML_LIMIT
    assert "and 30 more" in message.html


def test_text_part_is_at_most_78_columns() -> None:
    assert [line for line in MAIL.text.splitlines() if cell_len(line) > 78] == []


def test_wide_table_becomes_lines_in_text_part() -> None:
    wide = replace(
        AGENTS,
        columns=tuple(replace(AGENTS.columns[n % 6], label=f"Column of figures {n}") for n in range(9)),
        rows=(cells("user_summary", "Jane Pear", *(f"{n},000 messages" for n in range(8))),),
        total=1,
    )
    text = email(replace(FULL_WEEK, blocks=(wide,))).text
    assert [line for line in text.splitlines() if cell_len(line) > 78] == []
    assert "Jane Pear: Column of figures 1 0,000 messages · Column of figures 2" in " ".join(text.split())


def test_figures_are_never_broken_from_their_units() -> None:
    for line in MAIL.text.splitlines():
        assert not re.match(r"\s*(%|min|h|days)\b", line)


def test_slack_shows_one_screen() -> None:
    message = slack(FULL_WEEK)
    kinds = [block["type"] for block in message.blocks]
    assert kinds == [
        *("header", "rich_text", "section", "rich_text"),
        *("image", "rich_text", "table", "context"),
    ]
    assert len(message.blocks[2]["fields"]) == 6
    assert sum(units(text) for block in message.blocks for text in texts(block)) <= 2_500 < TOTAL_LIMIT
    assert units(message.text) <= 200
    for text in (FULL_WEEK.window_text, FULL_WEEK.filter_text, FULL_WEEK.compared_text, "every monday"):
        assert text in message.blocks[-1]["elements"][0]["text"]


def table_of(blocks) -> list[str]:
    message = slack(replace(FULL_WEEK, blocks=tuple(blocks)))
    tables = [block for block in message.blocks if block["type"] == "table"]
    return [cell["text"] for cell in tables[0]["rows"][0]] if tables else []


def test_slack_table_preference() -> None:
    agents = {"user_summary", "user_volume"}
    assert table_of(BLOCKS)[0] == "Agent"
    nobody = [block for block in BLOCKS if getattr(block, "report", "") not in agents]
    assert table_of(nobody) == ["Topic", "This window"]
    message = slack(replace(FULL_WEEK, blocks=tuple(nobody)))
    rows = next(block["rows"] for block in message.blocks if block["type"] == "table")
    assert [cell["text"] for cell in rows[1]] == [TOPICS.labels[0], TOPICS.value_labels[0]]
    topics = {"classifications", "case_classifications"}
    rest = [block for block in nobody if getattr(block, "report", "") not in topics]
    assert table_of(rest)[0] == "State"
    assert table_of([block for block in rest if not isinstance(block, TableBlock)]) == []


def test_picture_text_is_legible_in_slack() -> None:
    drawn = picture(LOAD, "#0f6f6b")
    wide, _ = struct.unpack(">II", drawn.png[16:24])
    assert wide == PIXEL_RATIO * DISPLAY_WIDTH
    assert 12 * wide / DRAWN_WIDTH >= 24


def to(channel: str, address: str) -> Recipient:
    return Recipient(channel, address, attach=Attach(pdf=channel == "email", csv=True))  # type: ignore[arg-type]


@pytest.mark.long
@pytest.mark.parametrize("form", ["slack", "email"])
def test_second_recipient_of_same_edition_reuses_everything(form: str) -> None:
    """Text, pictures and files are those of the first recipient."""
    renderer = Renderer()
    make = getattr(renderer, form)
    first, second = make(FULL_WEEK, to(form, "a")), make(replace(FULL_WEEK), to(form, "b"))
    words_of = (lambda message: message.blocks) if form == "slack" else (lambda mail: mail.html)
    files_of = (lambda message: message.files) if form == "slack" else (lambda mail: mail.attachments)
    assert words_of(first) is words_of(second)
    assert first.pictures is second.pictures
    assert [a is b for a, b in zip(files_of(first), files_of(second), strict=True)].count(False) == 0


@pytest.mark.long
def test_message_lists_own_attachments() -> None:
    renderer = Renderer()
    none = renderer.email(FULL_WEEK, Recipient("email", "a"))
    all_files = renderer.email(FULL_WEEK, to("email", "b"))
    assert none.attachments == ()
    assert "Attached: care-weekly.pdf" in all_files.text
    assert "Attached:" not in none.text


def test_hints_are_last_block() -> None:
    assert BLOCKS[-1] is LOOK
    assert MAIL.text.index("LOOK HERE") < MAIL.text.index("Fetched")


def test_many_missing_parts_are_summarised_at_top() -> None:
    """Six red boxes above the headline would hide it."""
    shown = NAMED["half-unavailable"]()
    (summed,) = warnings(shown)
    assert summed.startswith("6 parts could not be loaded: “Messages over time”, “What it was about”, ")
    page = words(email(shown).html)
    assert page.index(summed) < page.index("14% of replies")
    assert all(page.count(reason) == 1 for reason in shown.incomplete)
    assert summed in slack_words(slack(shown))
    assert [summed] == list(missing(shown))
    few = replace(shown, blocks=shown.blocks[:1], incomplete=shown.incomplete[:3])
    assert warnings(few) == few.incomplete
