"""Hostile names and titles in every sink; each guard is switched off once to show the attack."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from bot.errors import TemplateFailed
from bot.model import Brand, Edition, Headline, Note, Sentence, SlackMessage
from bot.render.index_page import IndexEntry, index_html
from bot.render.slack.page import slack_html
from bot.render.slack.rules import check_message
from bot.render.templates import environment, render_template
from tests.render.pieces import email, pictures, slack, slack_words, tags, with_agent, words
from tests.render.sample_edition import EDITION, STATES

NAMES = [
    "{{ 7*7 }}",
    "{% include '/etc/passwd' %}",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</table></td><h1>x",
    '" onmouseover="alert(1)',
    "<!channel>",
    "<@U012AB3CD>",
    "<https://evil.example|click>",
    '"}, {"type": "rich_text", "elements": [{"type": "broadcast", "range": "channel"}]}, {"a": "',
    "&lt;b&gt; &amp;",
    "*bold* _it_ `x`",
    "a\r\nBcc: x@example.com",
    "]]><!-- x",
]

Place = Callable[[str], Edition]
PLACES: dict[str, Place] = {
    "agent": lambda name: with_agent(EDITION, name),
    "title": lambda name: replace(EDITION, title=name),
    "subject": lambda name: replace(EDITION, subject=name),
    "brand": lambda name: replace(EDITION, brand=Brand(name, EDITION.brand.color)),
    "group": lambda name: replace(EDITION, filter_text=f"group {name}"),
    "summary": lambda name: replace(EDITION, summary_text=name),
    "schedule": lambda name: replace(EDITION, schedule_text=name),
    "incomplete": lambda name: replace(EDITION, incomplete=(name,)),
    "headline": lambda name: replace(EDITION, blocks=(Headline((Sentence(name), Sentence(name))),)),
    "note": lambda name: replace(EDITION, blocks=(Note(name, "unavailable", "r", name),)),
    "chart": lambda name: replace(EDITION, blocks=(replace(STATES, title=name, caption=name, alt=name),)),
}


def kinds(message: SlackMessage) -> list[str]:
    return [block["type"] for block in message.blocks]


@pytest.mark.parametrize("place", PLACES)
def test_name_changes_words_but_never_structure(place: str) -> None:
    quiet_kinds, quiet_tags = kinds(slack(PLACES[place]("A"))), tags(email(PLACES[place]("A")).html)
    for name in NAMES:
        message, mail = slack(PLACES[place](name)), email(PLACES[place](name))
        assert check_message(message) == (), name
        assert kinds(message) == quiet_kinds, name
        assert tags(mail.html) == quiet_tags, name
        assert not set("\r\n") & set(mail.subject), name
        assert "49" not in slack_words(message) + mail.text + words(mail.html), name


@pytest.mark.parametrize("name", NAMES)
def test_drawn_pages_keep_their_structure_too(name: str) -> None:
    def pages(text: str) -> tuple[list[str], list[str]]:
        message = slack(replace(with_agent(EDITION, text), title=text))
        entry = IndexEntry(text, text, message, text, (text, "email.html", "report.pdf"), text)
        return tags(slack_html(message, [text])), tags(index_html((entry,)))

    assert pages(name) == pages("A")


def test_template_syntax_in_name_is_literal() -> None:
    edition = with_agent(EDITION, "{{ 7*7 }}")
    for shown in (slack_words(slack(edition)), email(edition).text, words(email(edition).html)):
        assert "{{ 7*7 }}" in shown


def test_unguarded_name_runs_as_template() -> None:
    assert Environment(autoescape=True).from_string("{{ 7*7 }}").render() == "49"


def weakened() -> Environment:
    """Return an environment to take guards from; it shares no compiled templates with the others."""
    env = environment()
    env.bytecode_cache = None
    return env


def test_without_escaping_a_name_becomes_html() -> None:
    env = weakened()
    env.autoescape = False
    hostile = with_agent(EDITION, "<img src=x onerror=alert(1)>")
    assert tags(email(hostile, env=env).html) != tags(email(with_agent(EDITION, "A")).html)


def test_without_mrkdwn_filter_rules_stop_a_ping() -> None:
    env = weakened()
    env.filters["mrkdwn"] = lambda text, limit=0: text
    hostile = replace(with_agent(EDITION, "A"), filter_text="<!channel>")
    with pytest.raises(TemplateFailed, match="could ping"):
        slack(hostile, env=env)
    assert "<!channel>" not in json.dumps(slack(hostile).blocks)


def test_without_tojson_title_injects_blocks() -> None:
    env = weakened()
    env.filters["tojson"] = lambda value: f'"{value}"' if isinstance(value, str) else json.dumps(value)
    hostile = 'a"}, {"type": "divider"}, {"type": "text", "text": "b'
    context = {"sentences": (Sentence(hostile),)}
    naive = json.loads(_headline(env, context))
    guarded = json.loads(_headline(environment(), context))
    assert len(naive["elements"][0]["elements"]) == 3
    assert len(guarded["elements"][0]["elements"]) == 1


def _headline(env: Environment, context: Mapping[str, object]) -> str:
    """Return the headline block alone, as the template renders it."""
    return str(env.get_template("slack/blocks.j2").module.headline(**context))  # type: ignore[attr-defined]


def test_without_cleaning_override_character_is_rendered() -> None:
    from bot.render.slack.message import slack_message

    hostile = with_agent(EDITION, "\u202egnp.exe")
    raw = slack_message(environment(), hostile, pictures(hostile), ())
    assert "\u202e" in slack_words(raw)
    assert "\u202e" not in slack_words(slack(hostile))


ANY_NAME = st.text(st.characters(exclude_categories=()), max_size=80)
QUIET_TAGS = tags(email(with_agent(EDITION, "A")).html)


@pytest.mark.long
@settings(max_examples=80, deadline=None)
@given(ANY_NAME)
def test_any_name_gives_valid_message_and_html(name: str) -> None:
    edition = with_agent(EDITION, name)
    assert check_message(slack(edition)) == ()
    assert tags(email(edition).html) == QUIET_TAGS


@settings(max_examples=40, deadline=None)
@given(ANY_NAME)
def test_any_title_gives_valid_message(text: str) -> None:
    edition = replace(EDITION, title=text, filter_text=text, summary_text=text, incomplete=(text,))
    message = slack(edition)
    assert check_message(message) == ()
    assert render_template(environment(), "shared/slack_page.html.j2", text=message.text, blocks=())
