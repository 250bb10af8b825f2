"""The footer of a mail: why the reader gets it, whom to ask, how to unsubscribe."""

from dataclasses import replace

from bot.model import MailSettings, Recipient
from bot.render import Renderer
from bot.render.email.footer import foot, unsubscribe_addresses
from tests.render.pieces import read_page, words
from tests.render.sample_edition import EMPTY

WEB = "https://example.com/leave?who={recipient}&list={digest}"
MAIL = MailSettings("Care <r@example.com>", "Ops <care-ops@example.com>", ("example.com",), (WEB,))


def test_footer_says_why_and_whom_to_ask() -> None:
    footer = foot(EMPTY, MAIL, "dana@example.com")
    assert (
        footer.why
        == "Why you get this: you are on the list of Social care, weekly, sent every monday at 09:00."
    )
    assert footer.questions == "Questions? Reply to this mail, or write to care-ops@example.com."
    assert footer.leave == "https://example.com/leave?who=dana%40example.com&list=care-weekly"


def test_footer_omits_what_is_not_configured() -> None:
    footer = foot(replace(EMPTY, schedule_text=""), MailSettings(), "")
    assert footer.why == "Why you get this: you are on the list of Social care, weekly."
    assert (footer.questions, footer.leave) == ("Questions? Reply to this mail.", "")


def test_web_page_precedes_mail_address() -> None:
    ways = ("mailto:leave@example.com", WEB)
    assert foot(EMPTY, replace(MAIL, unsubscribe=ways), "a@example.com").leave.startswith("https:")
    assert foot(EMPTY, replace(MAIL, unsubscribe=ways[:1]), "a@example.com").leave == ways[0]


def test_address_is_percent_encoded_in_unsubscribe_url() -> None:
    (way,) = unsubscribe_addresses((WEB,), "o'a+b&list=x#y@example.com", "a&b")
    assert way == "https://example.com/leave?who=o%27a%2Bb%26list%3Dx%23y%40example.com&list=a%26b"
    assert unsubscribe_addresses((WEB,), "Dana <dana@example.com>", "d")[0].endswith(
        "who=dana%40example.com&list=d"
    )
    assert unsubscribe_addresses((WEB,), "a@x.example, b@x.example", "d")[0].endswith("who=&list=d")


def test_each_reader_has_own_unsubscribe_address() -> None:
    renderer = Renderer(mail=MAIL)
    to = {name: renderer.email(EMPTY, Recipient("email", f"{name}@example.com")) for name in ("dana", "lee")}
    for name, other in (("dana", "lee"), ("lee", "dana")):
        mail = to[name]
        links = [value for _, kind, value in read_page(mail.html).attributes if kind == "href"]
        assert links == [f"https://example.com/leave?who={name}%40example.com&list=care-weekly"]
        assert f"Leave this list: {links[0]}" in mail.text
        assert "care-ops@example.com" in words(mail.html)
        assert f"{other}%40" not in mail.html + mail.text


def test_footer_fits_78_columns() -> None:
    renderer = Renderer(mail=replace(MAIL, unsubscribe=()))
    long = replace(EMPTY, title="A long title " * 12, schedule_text="every monday at 09:00, and more " * 4)
    text = renderer.email(long, Recipient("email", "dana@example.com")).text
    assert max(map(len, text.split("-- ")[1].splitlines())) <= 78
