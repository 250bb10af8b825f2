"""`subject:` placeholders: a fixed list, expanded once; values add nothing."""

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from bot.compose.figures.wording import Wording
from bot.compose.opening.story import LONGEST_HEADLINE, subject_text
from bot.config.addresses import LEAVING_NAMES
from bot.config.values import SUBJECT_NAMES
from bot.model import Brand, EmailMessage, Headline, Sentence
from bot.model.names import filled, names_in, unknown_in
from bot.render.email.footer import unsubscribe_addresses
from bot.render.email.mime import build_mail
from tests.compose.data import dataset
from tests.compose.data import digest as a_digest
from tests.render.test_mime import INJECTIONS, NOW

HEADLINE = Headline((Sentence("Customers waited longer."), Sentence("More.")))
NAMED = a_digest(title="Social care, weekly", brand=Brand("Acme Care"))


def subject(pattern: str, *, headline: Headline = HEADLINE, **changes: object) -> str:
    digest = replace(NAMED, subject=pattern, **changes)  # type: ignore[arg-type]
    return subject_text(digest, dataset(), Wording(digest.locale, digest.zone), headline)


def test_subject_placeholders() -> None:
    window = subject("{window}")
    assert subject("{title}") == "Social care, weekly"
    assert subject("{brand}") == "Acme Care"
    assert subject("{headline}") == "Customers waited longer."
    assert subject("[{brand}] {title}: {headline} ({window})") == (
        f"[Acme Care] Social care, weekly: Customers waited longer. ({window})"
    )
    assert window
    assert subject("") == f"Social care, weekly: {window}"


def test_placeholders_match_file() -> None:
    every = " ".join(f"{{{name}}}" for name in SUBJECT_NAMES)
    assert "{" not in subject(every)
    (way,) = unsubscribe_addresses([" ".join(f"{{{name}}}" for name in LEAVING_NAMES)], "a@x.example", "d")
    assert way == "a%40x.example d"


def test_values_are_not_expanded() -> None:
    assert subject("{title}", title="{brand} {{x}} {0.__class__}") == "{brand} {{x}} {0.__class__}"
    assert subject("{headline}", headline=Headline((Sentence("{title}"),))) == "{title}"


def test_doubled_braces() -> None:
    assert subject("{{title}} {title}") == "{title} Social care, weekly"
    for pattern in (
        "{title.__class__}",
        "{title!r}",
        "{title:>99999999}",
        "{0}",
        "{}",
        "{ title }",
        "a { b",
        "a } b",
    ):
        assert unknown_in(pattern, SUBJECT_NAMES) is not None
        assert filled(pattern, {"title": "T"}) == pattern
    assert list(names_in("{{a}} {b} {c}")) == ["b", "c"]


def test_long_headline_is_cut() -> None:
    text = subject("{headline}", headline=Headline((Sentence("word " * 100),)))
    assert len(text) <= LONGEST_HEADLINE
    assert text.endswith("word…")
    assert subject("{headline}", headline=Headline(())) == ""


@pytest.mark.parametrize("text", INJECTIONS)
def test_subject_stays_one_header(text: str) -> None:
    """Names from the API and texts of the file cannot add a header."""
    header = subject(
        "{brand}: {headline} {title}",
        title=text,
        brand=Brand(text),
        headline=Headline((Sentence(text),)),
    )
    mail = build_mail(
        EmailMessage(header, "hello", ""),
        sender="r@example.com",
        recipient="dana@example.com",
        reply_to="",
        message_id_key="k",
        now=NOW,
    )
    read = message_from_bytes(mail.as_bytes(), policy=policy.default)
    assert "bcc" not in {name.lower() for name in read}
    assert str(read.get_payload()).strip() == "hello"
    assert not set("\r\n") & set(str(read["Subject"]))
