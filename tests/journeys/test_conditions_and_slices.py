"""From reports.yaml to many editions or none: for_each, send_when, when_empty, over loopback."""

import json
import re
from urllib.request import Request, urlopen

import pytest

from tests.journeys.test_journey import kill
from tests.journeys.world import API_TOKEN, World

BEFORE, DUE, LATER = "2018-05-06T12:00:00Z", "2018-05-06T23:00:30Z", "2018-05-06T23:05:00Z"
HEAD = """\
timezone: Australia/Sydney
locale: en_AU
email: {from: reports@example.com, allowed_domains: [example.com]}
digests:
  care:
    title: Social care
    schedule: every monday at 09:00
    window: last week
"""

pytestmark = pytest.mark.long


def digest(*lines: str) -> str:
    return HEAD + "".join(f"    {line}\n" for line in lines)


def everybody(here: World) -> dict[str, str]:
    """Everybody's first and last name by mail address, from the API's list."""
    asked = Request(f"{here.emulator.api_url}/users", headers={"Auth-Api-Token": API_TOKEN})
    with urlopen(asked) as answer:
        users = json.load(answer)
    return {user["email"]: f"{user['first_name']} {user['last_name']}" for user in users if user["email"]}


def test_each_group_edition_is_sent_once(here: World) -> None:
    here.write(digest("for_each: group", "reports: [summary]", "recipients: [{email: members}]"))
    assert "first seen" in here.bot("run", "--once", "--now", BEFORE).stdout
    done = here.bot("run", "--once", "--now", DUE)
    assert done.returncode == 0, done.stderr + done.stdout
    rows = here.history()
    assert rows
    slices = {row["occurrence"] for row in rows}
    assert len(slices) > 1
    assert all(re.fullmatch(r"care/[a-z0-9-]+@2018-05-06T23:00:00Z", one) for one in slices)
    assert {row["state"] for row in rows} <= {"sent", "skipped"}
    sent = len(here.smtp.messages)
    assert sent == sum(row["state"] == "sent" for row in rows)
    lists = [record.path for record in here.emulator.requests if record.path.endswith(("/users", "/groups"))]
    assert len(lists) == 2, "the lists are fetched once for all of them"
    assert "nothing is due" in here.bot("run", "--once", "--now", LATER).stdout
    assert len(here.smtp.messages) == sent
    whole = here.bot("explain", "care@2018-05-06T23:00:00Z").stdout
    assert "one for each: " in whole


@pytest.mark.parametrize("moment", ["before-expand", "after-expand", "after-keep"])
def test_killed_at_any_step_every_slice_goes_out_once(here: World, moment: str) -> None:
    here.write(digest("for_each: group", "reports: [summary]", "recipients: [{email: members}]"))
    kill(here, moment)
    assert here.smtp.messages == []
    after = here.bot("run", "--once", "--now", LATER)
    assert after.returncode == 0, after.stderr
    mails = [(mail.recipients[0], str(mail.parsed["Subject"])) for mail in here.smtp.messages]
    assert len(mails) > 2
    assert len(set(mails)) == len(mails)
    assert len(mails) == sum(row["state"] == "sent" for row in here.history())
    assert "nothing is due" in here.bot("run", "--once", "--now", LATER).stdout
    assert len(here.smtp.messages) == len(mails)


def test_one_group_by_hand_is_its_real_slice(here: World) -> None:
    here.write(digest("for_each: group", "reports: [summary]", "recipients: [{folder: 'out/{group.slug}'}]"))
    here.bot("run", "--once", "--now", BEFORE)
    sent = here.bot("send", "care", "--at", "2018-05-07T09:00", "--group", "Social Customer Care")
    assert sent.returncode == 0, sent.stderr
    mine = here.folder / "out/social-customer-care/care/20180506T230000Z/social-customer-care"
    assert (mine / "email.html").exists()
    assert len(here.history()) == 1
    here.bot("run", "--once", "--now", DUE)
    rows = here.history()
    assert len(rows) > 1
    assert all(row["attempts"] == 1 for row in rows)
    shown = here.bot("preview", "care", "--group", "Social Customer Care", "--at", "2018-05-07T09:00")
    assert "this is social-customer-care" in shown.stdout
    planned = here.bot("plan", "--now", BEFORE, "--days", "7")
    assert re.search(r"for each group \([0-9]+ last time\)", planned.stdout)
    checked = here.bot("check", "--no-render")
    assert checked.returncode == 0, checked.stderr


def test_each_agent_gets_a_card_with_nobody_elses_name(here: World) -> None:
    here.write(
        digest(
            "for_each: agent",
            "group: Social Customer Care",
            "reports: [summary, user_summary, user_volume]",
            "recipients: [{email: self}]",
        )
    )
    here.bot("run", "--once", "--now", BEFORE)
    done = here.bot("run", "--once", "--now", DUE)
    assert done.returncode == 0, done.stderr + done.stdout
    mails = here.smtp.messages
    assert len(mails) > 2
    readers = [mail.recipients[0] for mail in mails]
    assert len(set(readers)) == len(readers)
    names = everybody(here)
    assert set(readers) <= set(names)
    medians = 0
    for mail in mails:
        text = mail.parsed.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert names[mail.recipients[0]] in text
        others = set(names.values()) - {names[mail.recipients[0]]}  # two people are called Jane Pear
        assert not [name for name in others if name in text]
        medians += "Median of Social Customer" in text
    assert medians


def test_only_when_a_target_is_missed(here: World) -> None:
    lines = ("reports: [summary]", 'recipients: [{slack: "#social-care"}]', "send_when: target_missed")
    here.write(digest(*lines, "targets: {broke_sla_share: 100%}"))
    here.bot("run", "--once", "--now", BEFORE)
    done = here.bot("run", "--once", "--now", DUE)
    assert done.returncode == 0, done.stderr
    assert "skipped care@2018-05-06T23:00:00Z: no target was missed (send_when)" in done.stdout
    assert here.slack.messages == []
    [row] = here.history()
    assert (row["state"], row["error"]) == ("skipped", "no target was missed (send_when)")
    assert "no target was missed" in here.bot("explain", "care@2018-05-06T23:00:00Z").stdout
    here.write(digest(*lines, "targets: {broke_sla_share: 0%}"))
    assert here.bot("run", "--once", "--now", "2018-05-13T23:00:30Z").returncode == 0
    assert len(here.slack.messages) == 1


def test_nothing_came_in_is_one_short_note_or_nothing(here: World) -> None:
    lines = ("reports: [summary, states_volume]", "recipients: [{folder: outbox}]")
    here.write(digest(*lines, "when_empty: note"))
    ask = ("send", "care", "--at", "2001-05-07T09:00")
    assert here.bot(*ask).returncode == 0
    said = json.loads((here.folder / "outbox/care/20010506T230000Z/slack.json").read_text(encoding="utf-8"))
    assert said["text"].endswith("Nothing came in: no messages and no answers in this window.")
    here.write(digest(*lines, "when_empty: skip"))
    done = here.bot("send", "care", "--at", "2001-05-14T09:00")
    assert "nothing came in (when_empty: skip)" in done.stdout
    assert done.returncode == 0


def test_manual_send_of_every_slice_is_not_repeated(here: World) -> None:
    here.write(digest("for_each: group", "reports: [summary]", "recipients: [{folder: 'out/{group.slug}'}]"))
    here.bot("run", "--once", "--now", BEFORE)
    ask = ("send", "care", "--at", "2018-05-07T09:00")
    dry = here.bot(*ask, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "would send care/social-customer-care@2018-05-06T23:00:00Z" in dry.stdout
    assert here.history() == []
    done = here.bot(*ask)
    assert done.returncode == 0, done.stderr + done.stdout
    rows = here.history()
    assert len(rows) > 1
    assert {(row["state"], row["attempts"]) for row in rows} == {("sent", 1)}
    assert "a person asked" not in here.bot("explain", rows[0]["occurrence"]).stdout
    again = here.bot(*ask)
    assert "nothing to send" in again.stdout
    here.bot("run", "--once", "--now", DUE)
    assert [row["attempts"] for row in here.history()] == [1] * len(rows)
    whole = here.bot("resend", "care@2018-05-06T23:00:00Z")
    assert whole.returncode == 2
    assert "goes out as one edition for each group" in whole.stderr


def test_test_send_uses_one_slice(here: World) -> None:
    here.write(digest("for_each: agent", "reports: [summary]", "recipients: [{email: self}]"))
    done = here.bot("send", "care", "--at", "2018-05-07T09:00", "--to", "lee@example.com")
    assert done.returncode == 0, done.stderr + done.stdout
    [mail] = here.smtp.messages
    assert mail.recipients == ["lee@example.com"]
    [row] = here.history()
    assert (row["test"], row["state"]) == (True, "sent")


def test_too_many_slices_and_check_of_the_sample(here: World) -> None:
    here.write(
        digest("for_each: agent", "at_most: 2", "reports: [user_summary]", "recipients: [{email: self}]")
    )
    here.bot("run", "--once", "--now", BEFORE)
    done = here.bot("run", "--once", "--now", DUE)
    assert done.returncode == 2
    assert "at most 2 are allowed" in done.stderr
    assert here.smtp.messages == []
    checked = here.bot("check")
    assert checked.returncode == 0, checked.stderr + checked.stdout
    filled = here.bot("backfill", "care", "--windows", "1")
    assert "at most 2 are allowed" in filled.stderr
    assert filled.returncode == 2


def test_check_online_looks_for_the_channel_of_each_group(here: World) -> None:
    to = "recipients: [{slack: '#team-{group.slug}'}, {slack: members}]"
    here.write(digest("for_each: group", "reports: [summary]", to))
    done = here.bot("check", "--online", "--no-render")
    assert "Slack #team-social-customer-care" in done.stdout
    assert "{group.slug}" not in done.stdout
    assert re.search(r"Slack \S+@example\.com", done.stdout)
