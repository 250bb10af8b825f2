"""What changes for whom: every difference of two files has a sentence, and nothing where there is none."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.config.diff import changes
from bot.model import (
    Agents,
    ApiSettings,
    Attach,
    Brand,
    Compare,
    Configuration,
    Digest,
    Holidays,
    MailSettings,
    OnHoliday,
    Recipient,
    Report,
    SendWhen,
    Target,
)
from bot.timetable import parse_schedule, parse_window

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
CARE = Recipient("slack", "#care")
DANA = Recipient("email", "dana@example.com", Agents.NAMES, Attach(pdf=True))
WEEKLY = Digest(
    name="weekly",
    title="Weekly",
    schedule=parse_schedule("every monday at 09:00"),
    window=parse_window("last week"),
    reports=(Report("summary"), Report("user_summary")),
    recipients=(CARE, DANA),
    zone="Australia/Sydney",
    locale="en_AU",
)


def sentences(old: Digest, new: Digest) -> tuple[str, ...]:
    every = changes(Configuration("a", (old,)), Configuration("b", (new,)), NOW)
    return tuple(sentence for change in every for sentence in change.sentences)


OTHER: dict[str, tuple[Any, str]] = {
    "title": ("Week", "title is Week instead of Weekly"),
    "schedule": (
        parse_schedule("every tuesday at 09:00"),
        "sent every tuesday at 09:00 instead of every monday at 09:00",
    ),
    "window": (parse_window("last 2 weeks"), "about last 2 weeks instead of last week"),
    "reports": ((Report("summary"), Report("nps_summary", form="A")), "also has nps_summary of A"),
    "recipients": ((CARE,), "email dana@example.com no longer gets it"),
    "zone": ("Europe/Paris", "times and windows are of Europe/Paris instead of Australia/Sydney"),
    "locale": ("de_DE", "locale is de_DE instead of en_AU"),
    "paper": ("Letter", "paper is Letter instead of A4"),
    "brand": (Brand(name="Acme"), "brand name is Acme instead of nothing"),
    "compare": (Compare.NONE, "compare is none instead of previous window"),
    "groups": (("Care",), "shows Care instead of everybody"),
    "users": (("jane@example.com",), "of agents it shows jane@example.com instead of all"),
    "targets": ((Target("avg_response_time", 7200.0),), "target of Customer wait: 2 h instead of none"),
    "holidays": (Holidays("AU-NSW", (date(2026, 12, 24),)), "holidays: AU-NSW, 2026-12-24 instead of none"),
    "on_holiday": (OnHoliday.SKIP, "on holiday is skip instead of send"),
    "late_after_seconds": (3600.0, "operators are told when it is 1 h late instead of 15 min"),
    "grace_seconds": (7200.0, "still sent when at most 2 h late instead of 24 h"),
    "catch_up": ("none", "catch up is none instead of latest"),
    "paused": (True, "paused: nothing goes out"),
    "until": (date(2026, 12, 31), "until is 2026-12-31 instead of nothing"),
    "subject": ("{title}", "subject is {title} instead of nothing"),
    "send_when": (
        SendWhen("change", 0.2),
        "sent when the first key figure changed by more than 20% instead of always",
    ),
    "when_empty": ("note", "when empty is note instead of send"),
    "if_incomplete": ("hold", "if incomplete is hold instead of mark"),
    "for_each": ("group", "goes out as one edition for each group instead of one edition in all"),
    "at_most": (5, "at most is 5 instead of 200"),
    "peers": (("7",), "peers is 7 instead of nothing"),
}


@pytest.mark.parametrize("field", [field.name for field in fields(Digest) if field.name != "name"])
def test_every_changed_field_has_a_sentence(field: str) -> None:
    value, sentence = OTHER[field]
    assert sentence in [
        text.replace("\xa0", " ") for text in sentences(WEEKLY, replace(WEEKLY, **{field: value}))
    ]


def test_no_change_no_sentence() -> None:
    assert sentences(WEEKLY, WEEKLY) == ()


def test_moved_digest_names_next_edition() -> None:
    [_, following] = sentences(WEEKLY, replace(WEEKLY, schedule=parse_schedule("every tuesday at 09:00")))
    assert following.startswith("next Tue 1 December 2026 at 09:00, Sydney time")
    assert following.endswith("about Mon 23 – Sun 29 November 2026, Sydney time")


@pytest.mark.parametrize(
    ("dana", "sentence"),
    [
        (
            replace(DANA, attach=Attach(pdf=True, csv=True)),
            "email dana@example.com: gets the PDF and all CSVs with it instead of the PDF",
        ),
        (
            replace(DANA, attach=Attach(csv=True, csvs=("case_details",))),
            "email dana@example.com: gets the CSVs of case_details with it instead of the PDF",
        ),
        (replace(DANA, attach=Attach()), "email dana@example.com: gets no file with it instead of the PDF"),
        (
            replace(DANA, agents=Agents.INITIALS),
            "email dana@example.com: sees agents as initials instead of names",
        ),
        (replace(DANA, raw_csv=True), "email dana@example.com: raw csv is yes instead of no"),
    ],
)
def test_changed_recipient_is_named(dana: Recipient, sentence: str) -> None:
    assert sentences(WEEKLY, replace(WEEKLY, recipients=(CARE, dana))) == (sentence,)


def test_shared_channel_is_a_wider_audience() -> None:
    wider = "also where another organisation reads it (a wider audience)"
    shared, other = replace(CARE, shared_channel=True), Recipient("slack", "#all", shared_channel=True)
    assert sentences(WEEKLY, replace(WEEKLY, recipients=(shared, DANA, other))) == (
        f"slack #care: {wider}",
        f"slack #all now gets it, {wider}",
    )
    assert sentences(replace(WEEKLY, recipients=(shared, DANA)), WEEKLY) == (
        "slack #care: no longer sent where another organisation reads it",
    )


def test_added_and_removed_recipients() -> None:
    lee = Recipient("email", "lee@example.com", Agents.NAMES, Attach(pdf=True))
    new = replace(WEEKLY, recipients=(CARE, lee))
    [change] = changes(Configuration("a", (WEEKLY,)), Configuration("b", (new,)), NOW)
    assert change.sentences == (
        "email lee@example.com now gets it, with the PDF",
        "email dana@example.com no longer gets it",
    )
    assert change.whom == ("slack #care", "email lee@example.com", "email dana@example.com")


def test_added_removed_and_renamed_digests() -> None:
    daily = replace(WEEKLY, name="daily", schedule=parse_schedule("every day at 08:00"))
    named = replace(WEEKLY, name="team-weekly")
    every = changes(Configuration("a", (WEEKLY,)), Configuration("b", (daily, named)), NOW)
    assert [(change.about, change.sentences[0]) for change in every] == [
        ("daily", "new: sent every day at 08:00 (Australia/Sydney), about last week, for everybody"),
        (
            "team-weekly",
            "weekly is now called team-weekly: its history begins anew, and what it was compared with",
        ),
        ("weekly", "removed: nobody gets it any more"),
    ]


def test_keys_of_the_file() -> None:
    old = Configuration("a", (WEEKLY,))
    new = Configuration(
        "b",
        (WEEKLY,),
        api=ApiSettings(limit_requests=50),
        mail=MailSettings(sender="x@example.com"),
        templates="mine",
        operators=(CARE,),
    )
    [change] = changes(old, new, NOW)
    assert change.about == ""
    assert change.sentences == (
        "activity_api: limit requests is 50 instead of 100",
        "email: sender is x@example.com instead of nothing",
        "templates come from mine instead of ours alone",
        "slack #care now hears of what goes wrong",
    )


@pytest.mark.parametrize(
    ("time", "minute", "grace", "words"),
    [
        ("08:30", -15, 24.0, "goes out at once, late: its new time, Mon 23 November 2026 at 08:30"),
        (
            "08:30",
            -15,
            0.1,
            "falls out: its new time, Mon 23 November 2026 at 08:30, Sydney time, has passed",
        ),
        (
            "10:00",
            30,
            24.0,
            "Mon 23 November 2026 at 10:00, Sydney time is skipped, for the edition about Mon 16",
        ),
        ("08:30", 30, 24.0, ""),
        ("10:00", -15, 24.0, ""),
    ],
)
def test_moved_time_says_what_becomes_of_the_edition(
    time: str, minute: int, grace: float, words: str
) -> None:
    """Monday is 23 November in Sydney; `minute` counts from 09:00, when it went out."""
    now = datetime(2026, 11, 22, 22, 0, tzinfo=UTC) + timedelta(minutes=minute)
    old = replace(WEEKLY, grace_seconds=grace * 3600)
    new = replace(old, schedule=parse_schedule(f"every monday at {time}"))
    [change] = changes(Configuration("a", (old,)), Configuration("b", (new,)), now)
    said = " ".join(change.sentences[2:]).replace("\xa0", " ")
    assert (words in said) if words else said == ""
