"""The Slack message: layout, text, and that it never exceeds Slack's limits."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.errors import TemplateFailed
from bot.model import (
    Edition,
    Headline,
    Hint,
    Kpis,
    LookHere,
    Note,
    Sentence,
    SlackMessage,
    TableBlock,
    picture_placeholder,
)
from bot.render.escaping import units
from bot.render.slack.message import CAPACITIES, TEMPLATE
from bot.render.slack.rules import TOTAL_LIMIT, check_message, texts
from bot.render.templates import environment
from tests.render.pieces import (
    ROOT,
    figures,
    slack,
    slack_words,
    with_agent,
)
from tests.render.sample_edition import AGENTS_TABLE, EDITION, EMPTY, INCOMPLETE, STATES


def test_one_screen_in_the_agreed_order() -> None:
    message = slack(EDITION)
    kinds = [block["type"] for block in message.blocks]
    assert kinds == ["header", "context", "rich_text", "section", "image", "rich_text", "table", "context"]
    assert sum(units(text) for block in message.blocks for text in texts(block)) <= 2_500
    assert message.blocks[4]["slack_file"] == {"id": picture_placeholder(0)}
    assert message.blocks[4]["alt_text"] == STATES.alt
    assert [picture.report for picture in message.pictures] == ["states_volume"]
    assert [picture.report for picture in message.thread_pictures] == ["response_volume", "user_summary"]


def test_every_figure_stands_in_the_message() -> None:
    shown = slack_words(slack(EDITION))
    for wording in figures(EDITION):
        assert wording in shown


def test_notification_tells_the_story_in_figures() -> None:
    message = slack(EDITION, "TEST")
    assert message.text == f"[SAMPLE · TEST] {EDITION.title}: {EDITION.summary_text}"


@pytest.mark.parametrize(
    ("sample", "marking", "shown"),
    [
        (False, "", None),
        (False, "TEST", "TEST: a trial send, not the regular delivery"),
        (True, "", "SAMPLE: the data is invented"),
        (True, "SAMPLE", "SAMPLE: the data is invented"),
        (True, "TEST", "SAMPLE: the data is invented · TEST: a trial send, not the regular delivery"),
    ],
)
def test_marking(sample: bool, marking: str, shown: str | None) -> None:
    message = slack(replace(EDITION, sample=sample), marking)
    second = message.blocks[1]
    assert (second["elements"][0]["text"] if second["type"] == "context" else None) == shown
    assert message.text.startswith("[") == bool(shown)


def test_figures_align_right_and_cells_are_literal() -> None:
    table = next(block for block in slack(EDITION).blocks if block["type"] == "table")
    assert [setting["align"] for setting in table["column_settings"]] == ["left"] + ["right"] * 4
    assert {cell["type"] for row in table["rows"] for cell in row} == {"raw_text"}
    assert "5 of 14 shown" in slack_words(slack(EDITION))
    hostile = "<script>alert(1)</script> {{ 7*7 }} <!channel>"
    shown = next(b for b in slack(with_agent(EDITION, hostile)).blocks if b["type"] == "table")
    assert shown["rows"][-1][0]["text"] == hostile


def test_agent_names_are_only_in_literal_text() -> None:
    name = "Quentin Unmistakable"
    for block in slack(with_agent(EDITION, name)).blocks:
        if block["type"] not in ("table", "rich_text"):
            assert name not in str(block)


def test_rows_are_cut_and_one_table_sent() -> None:
    rows = AGENTS_TABLE.rows * 10
    second = replace(AGENTS_TABLE, title="Topics")
    edition = replace(EDITION, blocks=(replace(AGENTS_TABLE, rows=rows, total=600), second))
    tables = [block for block in slack(edition).blocks if block["type"] == "table"]
    assert [len(table["rows"]) for table in tables] == [6]


def test_empty_window_is_stated_once() -> None:
    shown = slack_words(slack(EMPTY))
    assert shown.count("No messages in this window.") == 1


def test_unavailable_part_is_stated_once() -> None:
    assert slack_words(slack(INCOMPLETE)).count("Agents could not be loaded") == 1


def test_note_about_whole_edition_is_shown() -> None:
    sentence = "Whether the API limited these figures to group Care is not verified."
    about_all, about_one = Note(sentence), Note("131 cases were worked on.", "info", "case_details", "Cases")
    shown = slack_words(slack(replace(EDITION, blocks=(*EDITION.blocks, about_all, about_one))))
    assert sentence in shown
    assert about_one.text not in shown


def test_late_and_incomplete_are_stated() -> None:
    shown = slack_words(slack(replace(EDITION, late_text="Two days late.", incomplete=("NPS is missing.",))))
    assert "Two days late." in shown
    assert "NPS is missing." in shown


def _stuffed() -> Edition:
    long = "&<>_*😀" * 300
    row = tuple(replace(cell, text=long) for cell in AGENTS_TABLE.rows[0])
    columns = tuple(replace(column, label=long) for column in AGENTS_TABLE.columns)
    kpis = next(block for block in EDITION.blocks if isinstance(block, Kpis))
    tiles = tuple(replace(item, label=long, figure=replace(item.figure, text=long)) for item in kpis.items)
    return replace(
        EDITION,
        title=long,
        summary_text=long,
        window_text=long,
        filter_text=long,
        incomplete=(long, long + "1", long + "2", long + "3", long + "4"),
        blocks=(
            Headline((Sentence(long),) * 4),
            Kpis(tiles * 4),
            replace(STATES, title=long, alt=long),
            TableBlock("r", long, long, columns, (row,) * 60, 60),
        ),
    )


def test_longest_texts_make_a_valid_message() -> None:
    assert check_message(slack(_stuffed())) == ()


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("not json", "does not make JSON"),
        ("[]", "must make an object"),
        ('{"text": "a", "blocks": "b"}', "must be a list"),
        ('{"text": "a", "blocks": [{"type": "header"}]}', "block 0: header text is missing"),
        ('{"text": {{ edition.gone | tojson }}, "blocks": []}', "message.json.j2:1: "),
    ],
)
def test_override_that_slack_refuses_fails_with_reason(tmp_path: Path, template: str, reason: str) -> None:
    (tmp_path / "slack").mkdir()
    (tmp_path / "slack" / "message.json.j2").write_text(template)
    with pytest.raises(TemplateFailed, match=re.escape(reason)):
        slack(EDITION, env=environment(str(tmp_path)))


RICH = replace(
    EDITION,
    incomplete=tuple(f"Part {n} could not be loaded. " + "Why. " * 50 for n in range(4)),
    blocks=(
        *EDITION.blocks,
        LookHere(tuple(Hint(f"Look at {n}. " * 10, "Evidence. " * 20) for n in range(3))),
    ),
)
"""Three hints, a table of more than five rows, four gaps."""


@pytest.fixture
def filling(tmp_path: Path) -> Environment:
    """Our template and, before the headline, the edition's `occurrence`: more than our own limits let through."""
    ours = (ROOT / "templates" / TEMPLATE).read_text()
    filler = """{% for n in range(0, edition.occurrence | length, 1400) %}
    , {{ blocks.context(edition.occurrence[n:n + 1400]) }}
{% endfor %}
{% if sentences %}"""
    (tmp_path / "slack").mkdir()
    (tmp_path / TEMPLATE).write_text(ours.replace("{% if sentences %}", filler))
    return environment(str(tmp_path))


def _shown(message: SlackMessage) -> tuple[int, int, int]:
    """Return how many hints, rows and gaps a message shows."""
    hints = rows = gaps = 0
    for block in message.blocks:
        if block["type"] == "table":
            rows = len(block["rows"]) - 1
        for element in block.get("elements", ()):
            if element["type"] == "rich_text_list":
                hints = len(element["elements"])
            elif element.get("elements") and element["elements"][0].get("style", {}).get("italic"):
                gaps = len(element["elements"])
    return hints, rows, gaps


@pytest.mark.long
def test_long_message_drops_hints_then_rows_then_gaps(
    filling: ImmutableSandboxedEnvironment,
) -> None:
    whole = sum(units(text) for block in slack(RICH).blocks for text in texts(block))
    just_fits = TOTAL_LIMIT - whole

    def with_more(size: int) -> tuple[int, int, int]:
        return _shown(slack(replace(RICH, occurrence="x" * size), env=filling))

    wanted = [(capacity.hints, capacity.rows, capacity.gaps) for capacity in CAPACITIES]
    sizes = iter(range(just_fits, TOTAL_LIMIT, 50))
    seen = [with_more(next(sizes))]
    while seen[-1] != wanted[-1]:
        seen.append(with_more(next(sizes)))
    assert list(dict.fromkeys(seen)) == wanted
    with pytest.raises(TemplateFailed, match="all blocks hold"):
        with_more(TOTAL_LIMIT)


def test_shipped_template_always_fits() -> None:
    """Everything as long as it can be, in characters that grow when they are escaped."""
    long_text = "&" * 500
    kpis = tuple(
        replace(item, label=long_text, explanation=long_text, change=replace(item.change, text=long_text))
        for block in EDITION.blocks
        if isinstance(block, Kpis)
        for item in block.items
    )
    row = tuple(replace(cell, text=long_text) for cell in AGENTS_TABLE.rows[0])
    table = replace(AGENTS_TABLE, title=long_text, caption=long_text, rows=(row,) * 60, total=600)
    hints = LookHere((Hint(long_text, long_text),) * 5)
    blocks = (Headline((Sentence(long_text),) * 5), Kpis(kpis), replace(STATES, alt=long_text), table, hints)
    gaps = tuple(f"{n} {long_text}" for n in range(9))
    message = slack(replace(EDITION, title=long_text, summary_text=long_text, incomplete=gaps, blocks=blocks))
    assert check_message(message) == ()
    assert _shown(message)[2] >= 1


@pytest.mark.parametrize("length", [10, 60, 70, 200])
def test_notification_is_short_and_keeps_the_story(length: int) -> None:
    edition = replace(EDITION, title="T" * length)
    text = slack(edition, "TEST").text
    assert units(text) <= 200
    assert text.startswith("[SAMPLE · TEST] ")
    assert "1,469 messages" in text
