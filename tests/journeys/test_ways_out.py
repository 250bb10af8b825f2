"""What people do when something went wrong, or is not wanted for a while, over loopback HTTP and SMTP."""

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest

from activity_emulator import Emulator
from tests.doubles.slack_server import dropped, refused
from tests.journeys.test_journey import BEFORE, LATER, kill
from tests.journeys.world import API_TOKEN, NOW, World

pytestmark = pytest.mark.long

AT = "2018-05-07T09:00"
OCCURRENCE = "care-weekly@2018-05-06T23:00:00Z"
CORRECTION = "care-weekly/_corrected-1@2018-05-06T23:00:00Z"
DUE, NEXT = "2018-05-06T23:00:30Z", "2018-05-13T23:00:30Z"


@pytest.fixture
def sent(here: World) -> World:
    """Return a world where the digest went out to everybody."""
    done = here.bot("send", "care-weekly", "--at", AT)
    assert done.returncode == 0, done.stderr
    return here


@contextmanager
def other_figures(here: World, kept: Path) -> Iterator[Emulator]:
    """Provide an API that answers otherwise about the same days: another past."""
    other = Emulator(data_dir=kept, now=NOW, token=API_TOKEN, limit=None, export_delay=0.0, seed=8)
    with other:
        here.environment["ACTIVITY_API_URL"] = other.api_url
        here.environment["ACTIVITY_STATUS_URL"] = other.status_url
        yield other


def plain_text(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def states(here: World) -> dict[str, str]:
    return {row["channel"]: row["state"] for row in here.history() if row["occurrence"] == OCCURRENCE}


def said(here: World, *arguments: str, status: int = 0) -> str:
    done = here.bot(*arguments)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if status == 0 else done.stdout + done.stderr


class TestResend:
    def test_only_those_not_served_get_the_same_figures_again(
        self, here: World, emulator_folder: Path
    ) -> None:
        here.slack.fault("chat.postMessage", refused("restricted_action"))
        assert here.bot("send", "care-weekly", "--at", AT).returncode == 5
        frozen = json.loads((here.folder / "outbox/care-weekly/20180506T230000Z/slack.json").read_text())
        with other_figures(here, emulator_folder) as other:
            text = said(here, "resend", OCCURRENCE)
            assert list(other.requests) == []
        assert "to slack #social-care" in text
        assert states(here) == {"slack": "sent", "email": "sent", "folder": "sent"}
        assert len(here.smtp.messages) == 1
        [message] = here.slack.messages
        assert message.text == frozen["text"]
        assert "nothing to send" in said(here, "resend", OCCURRENCE)
        assert len(here.slack.messages) == 1

    def test_what_slack_took_is_found_and_not_posted_twice(self, here: World) -> None:
        here.slack.fault("chat.postMessage", dropped(accept=True))
        here.slack.workspace.first_ts = time.time()
        here.bot("send", "care-weekly", "--at", AT)
        assert states(here)["slack"] == "unknown"
        assert "its files do not show yet" in said(here, "resend", OCCURRENCE, status=5)
        attempted_earlier(here, seconds=60)
        said(here, "resend", OCCURRENCE)
        assert (len(here.slack.messages), states(here)["slack"]) == (1, "sent")
        assert here.slack.files_in_thread(here.slack.messages[0].ts)
        assert "found in the channel's history" in said(here, "explain", OCCURRENCE)

    def test_what_slack_never_got_is_posted(self, here: World) -> None:
        here.slack.fault("chat.postMessage", dropped(accept=False))
        here.bot("send", "care-weekly", "--at", AT)
        assert (states(here)["slack"], len(here.slack.messages)) == ("unknown", 0)
        attempted_earlier(here, seconds=60)
        said(here, "resend", OCCURRENCE)
        assert (len(here.slack.messages), states(here)["slack"]) == (1, "sent")

    def test_what_cannot_be_looked_up_stays_unknown(self, here: World) -> None:
        here.slack.fault("chat.postMessage", dropped(accept=True))
        here.bot("send", "care-weekly", "--at", AT)
        here.slack.fault("conversations.history", refused("missing_scope", needed="channels:history"))
        assert "still unknown, and not sent again" in said(here, "resend", OCCURRENCE, status=5)
        assert (len(here.slack.messages), states(here)["slack"]) == (1, "unknown")

    def test_resend_overrides_on_unknown_hold(self, here: World) -> None:
        text = (here.folder / "reports.yaml").read_text()
        here.write(text.replace("  reply_to:", "  on_unknown: hold\n  reply_to:"))
        here.smtp.drop_at = "accepted"
        here.bot("send", "care-weekly", "--at", AT)
        here.smtp.drop_at = ""
        attempted_earlier(here, seconds=60)
        assert states(here)["email"] == "unknown"
        here.bot("run", "--once")
        assert states(here)["email"] == "unknown", "the rule holds it"
        said(here, "resend", OCCURRENCE)
        assert states(here)["email"] == "sent"
        assert len({mail.parsed["Message-ID"] for mail in here.smtp.messages}) == 1

    def test_everything_that_failed_since_a_moment(self, here: World) -> None:
        for at in (AT, "2018-05-14T09:00"):
            here.slack.fault("chat.postMessage", refused("restricted_action"))
            here.bot("send", "care-weekly", "--at", at)
        text = said(here, "resend", "--failed", "--since", "2018-05-10")
        assert "2018-05-13" in text
        assert "2018-05-06" not in text
        assert len(here.slack.messages) == 1
        said(here, "resend", "--failed", "--since", "2018-05-01")
        assert len(here.slack.messages) == 2
        assert "nothing failed since then" in said(here, "resend", "--failed", "--since", "2018-05-01")

    def test_one_that_fails_again_does_not_stop_the_others(self, here: World) -> None:
        for at in (AT, "2018-05-14T09:00"):
            here.slack.fault("chat.postMessage", refused("restricted_action"))
            here.bot("send", "care-weekly", "--at", at)
        here.slack.fault("chat.postMessage", refused("restricted_action"))
        text = said(here, "resend", "--failed", "--since", "2018-05-01", status=5)
        assert "slack #social-care is failed" in text
        assert len(here.slack.messages) == 1

    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("--failed",),
            ("--since", "2018-05-01"),
            (OCCURRENCE, "--failed", "--since", "2018-05-01"),
            ("--failed", "--since", "2018-05-01", "--refetch"),
            ("--failed", "--since", "last week"),
            ("care-weekly@2018-05-06T23:00:01Z",),
        ],
    )
    def test_what_cannot_be_meant_is_2(self, sent: World, arguments: tuple[str, ...]) -> None:
        text = said(sent, "resend", *arguments, status=2)
        assert "error: " in text

    def test_an_unknown_occurrence_names_those_there_are(self, sent: World) -> None:
        assert OCCURRENCE in said(sent, "explain", "care-weekly@2018-05-06", status=2)


def attempted_earlier(here: World, seconds: int) -> None:
    """Every attempt, as it were begun so many seconds before: a history may lag behind for some."""
    connection = sqlite3.connect(here.folder / "var/bot.db")
    connection.execute("UPDATE deliveries SET started_at = started_at - ?", (seconds * 1_000_000,))
    connection.commit()
    connection.close()


class TestCorrection:
    def test_correction_edits_slack_and_lists_changes_by_mail(
        self, sent: World, emulator_folder: Path
    ) -> None:
        here, before = sent, sent.slack.messages[0]
        with other_figures(here, emulator_folder):
            said(here, "resend", OCCURRENCE, "--refetch")
        [message] = here.slack.messages
        assert (message.channel, message.ts) == (before.channel, before.ts)
        assert message.text != before.text
        assert "Corrected" in message.text
        [first, second] = [mail.parsed for mail in here.smtp.messages]
        assert second["Subject"] == f"Corrected: {first['Subject']}"
        assert second["Message-ID"] != first["Message-ID"]
        assert second["List-Id"] == first["List-Id"]
        body = plain_text(second)
        assert "WHAT CHANGED" in body
        assert "this replaces what was sent before" in " ".join(body.split())
        folder = here.folder / "outbox/care-weekly"
        assert {path.name for path in folder.iterdir()} == {
            "20180506T230000Z",
            "20180506T230000Z-corrected-1",
        }

    def test_both_versions_are_kept_and_told(self, sent: World, emulator_folder: Path) -> None:
        with other_figures(sent, emulator_folder):
            said(sent, "resend", OCCURRENCE, "--refetch")
        rows = [(row["occurrence"], row["channel"], row["state"]) for row in sent.history()]
        assert rows == [
            (occurrence, channel, "sent")
            for occurrence in (CORRECTION, OCCURRENCE)
            for channel in ("slack", "email", "folder")
        ]
        text = said(sent, "explain", OCCURRENCE)
        assert f"Corrected by {CORRECTION}: done" in text
        told = said(sent, "explain", CORRECTION)
        assert f"It corrects {OCCURRENCE}" in told
        assert "edited in place" in told

    def test_correction_refetches_a_settled_week(self, sent: World) -> None:
        before = [record.report_type for record in sent.emulator.requests]
        said(sent, "resend", OCCURRENCE, "--refetch")
        asked = {record.report_type for record in list(sent.emulator.requests)[len(before) :]}
        assert asked >= {"summary", "states_volume", "user_summary", "case_details"}
        assert "7 asked for now" in said(sent, "explain", CORRECTION)

    def test_equal_figures_say_that_none_differs(self, sent: World) -> None:
        said(sent, "resend", OCCURRENCE, "--refetch")
        body = plain_text(sent.smtp.messages[1].parsed)
        assert "No figure differs." in body
        assert "WHAT CHANGED" not in body

    def test_who_had_not_got_it_gets_only_the_correction(self, here: World, emulator_folder: Path) -> None:
        here.slack.fault("chat.postMessage", refused("restricted_action"))
        here.bot("send", "care-weekly", "--at", AT)
        with other_figures(here, emulator_folder):
            said(here, "resend", OCCURRENCE, "--refetch")
        [message] = here.slack.messages
        assert "Corrected" in message.text
        assert states(here)["slack"] == "cancelled"
        assert "was corrected: this is about" in said(here, "resend", OCCURRENCE)
        assert len(here.slack.messages) == 1

    def test_a_second_one_edits_the_same_message_again(self, sent: World) -> None:
        said(sent, "resend", OCCURRENCE, "--refetch")
        text = said(sent, "resend", CORRECTION, "--refetch")
        assert "care-weekly/_corrected-2@2018-05-06T23:00:00Z" in text
        assert len(sent.slack.messages) == 1
        assert len(sent.slack.calls("chat.update")) == 2
        assert len(sent.smtp.messages) == 3

    def test_one_that_was_broken_off_is_gone_on_with(self, sent: World) -> None:
        sent.slack.fault("chat.update", refused("restricted_action"))
        said(sent, "resend", OCCURRENCE, "--refetch", status=5)
        assert "Corrected" not in sent.slack.messages[0].text
        said(sent, "resend", CORRECTION)
        assert "Corrected" in sent.slack.messages[0].text
        assert len(sent.smtp.messages) == 2, "who got the correction gets no second one"

    def test_a_deleted_message_is_not_posted_anew(self, sent: World) -> None:
        sent.slack.messages.clear()
        text = said(sent, "resend", OCCURRENCE, "--refetch", status=5)
        assert "the message is not there any more" in text
        assert sent.slack.messages == []

    def test_what_nobody_got_cannot_be_corrected(self, here: World) -> None:
        here.bot("run", "--once", "--now", BEFORE)
        here.bot("run", "--once", "--now", NEXT)
        assert "nothing to correct" in said(here, "resend", OCCURRENCE, "--refetch", status=2)
        assert "was never to be sent" in said(here, "resend", OCCURRENCE, status=2)


class TestPause:
    def test_firings_are_skipped_with_the_reason_until_resume(self, here: World) -> None:
        here.bot("run", "--once", "--now", BEFORE)
        with_pause(here, "2018-05-06T20:00:00Z")
        assert "paused by a person since" in said(here, "run", "--once", "--now", DUE)
        assert here.slack.messages == []
        [row] = here.history()
        assert (row["state"], row["channel"]) == ("skipped", None)
        assert row["error"].startswith("paused by a person since")
        said(here, "resume", "care-weekly")
        assert "paused" not in said(here, "plan", "--days", "1", "--now", DUE)

    def test_is_shown_wherever_people_look(self, here: World) -> None:
        said(here, "pause", "care-weekly")
        assert "paused already" in said(here, "pause", "care-weekly")
        for command in (("plan",), ("check", "--no-render"), ("history",)):
            assert "digestbot resume care-weekly" in said(here, *command)
        assert json.loads(said(here, "plan", "--json")) == []
        said(here, "resume", "care-weekly")
        assert json.loads(said(here, "plan", "--json")) != []
        assert "is not paused" in said(here, "resume", "care-weekly", status=2)

    def test_an_unknown_digest_is_2_with_the_nearest_name(self, here: World) -> None:
        assert "Did you mean care-weekly?" in said(here, "pause", "care-wekly", status=2)

    def test_looking_ahead_makes_no_ledger(self, here: World) -> None:
        said(here, "plan")
        assert not (here.folder / "var/bot.db").exists()


def with_pause(here: World, since: str) -> None:
    """Record a pause that began at `since`: the command takes the machine's clock."""
    from datetime import datetime

    from bot.ledger import open_ledger

    with open_ledger(f"sqlite:///{here.folder}/var/bot.db", owner="test:1:x") as ledger:
        assert ledger.pause("care-weekly", datetime.fromisoformat(since))


class TestBackfill:
    def test_past_windows_are_kept_and_nothing_is_sent(self, here: World) -> None:
        text = said(here, "backfill", "care-weekly", "--windows", "2")
        assert "2 of 2 windows fetched; nothing was sent" in text
        assert (here.slack.messages, here.smtp.messages) == ([], [])
        rows = here.history()
        assert [(row["state"], row["channel"]) for row in rows] == [("skipped", None)] * 2
        assert all(row["error"].startswith("backfilled") for row in rows)

    def test_goes_on_where_it_stopped(self, here: World) -> None:
        said(here, "backfill", "care-weekly", "--windows", "1")
        asked = len(here.emulator.requests)
        text = said(here, "backfill", "care-weekly", "--windows", "1")
        assert "known already" in text
        assert len(here.emulator.requests) == asked

    def test_failed_backfill_exits_3_and_can_continue(self, here: World) -> None:
        text = here.bot("backfill", "care-weekly", "--windows", "1", ACTIVITY_API_TOKEN="wrong")
        assert text.returncode == 2, "a wrong token"
        assert "not kept" in text.stdout
        assert here.history() == []
        said(here, "backfill", "care-weekly", "--windows", "1")
        assert len(here.history()) == 1


class TestPrune:
    def test_nothing_personal_is_left_in_any_file(self, here: World) -> None:
        here.write((here.folder / "reports.yaml").read_text() + "retention: {artifacts: 1d}\n")
        said(here, "send", "care-weekly", "--at", AT)
        canaries = names_in(here)
        assert len(canaries) >= 3
        assert found_in(here, canaries) == set(canaries), "the names are there before"
        age(here, days=2)
        text = said(here, "prune")
        assert "raw answer" in text
        assert "edition that may name agents" in text
        assert "exported file" in text
        assert found_in(here, canaries) == set()
        assert states(here) == {"slack": "sent", "email": "sent", "folder": "sent"}
        assert "nothing is older" in said(here, "prune")

    def test_what_is_pruned_can_still_be_corrected(self, here: World) -> None:
        here.write((here.folder / "reports.yaml").read_text() + "retention: {artifacts: 1d}\n")
        here.slack.fault("chat.postMessage", refused("restricted_action"))
        here.bot("send", "care-weekly", "--at", AT)
        age(here, days=2)
        said(here, "prune")
        assert f"digestbot resend {OCCURRENCE} --refetch" in said(here, "resend", OCCURRENCE, status=2)
        said(here, "resend", OCCURRENCE, "--refetch")
        assert len(here.slack.messages) == 1

    def test_service_round_prunes_unless_now_is_given(self, here: World) -> None:
        file = (here.folder / "reports.yaml").read_text() + "retention: {artifacts: 1d}\n"
        here.write(file)
        said(here, "send", "care-weekly", "--at", AT)
        canaries = names_in(here)
        age(here, days=2)
        said(here, "run", "--once", "--now", LATER)
        assert found_in(here, canaries) == set(canaries)
        # Within a day of a real Monday morning the digest would be due, and name the agents anew.
        here.write(file.replace("    window: last week\n", "    window: last week\n    paused: true\n"))
        said(here, "run", "--once")
        assert found_in(here, canaries) == set()


def names_in(here: World) -> list[bytes]:
    """First and last names of agents, as the mail named them."""
    import csv
    import io

    files = {part.get_filename(): part for part in here.smtp.messages[0].parsed.iter_attachments()}
    rows = csv.DictReader(io.StringIO(files["user_summary.csv"].get_content().lstrip("\ufeff")))
    return [f"{row['first_name']} {row['last_name']}".encode() for row in rows]


def found_in(here: World, canaries: list[bytes]) -> set[bytes]:
    """Which names stand in any file below the data folder: database, its log, exports. Also apart."""
    files = [path for path in (here.folder / "var").rglob("*") if path.is_file()]
    content = b"\n".join(path.read_bytes() for path in files)
    return {name for name in canaries if name in content or name.split()[1] in content}


def age(here: World, days: int) -> None:
    """Everything that is kept, as it were some days older."""
    micros, seconds = days * 86_400_000_000, days * 86_400
    connection = sqlite3.connect(here.folder / "var/bot.db")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("UPDATE editions SET kept_at = kept_at - ?", (micros,))
    connection.execute("UPDATE answers SET fetched_at = fetched_at - ?", (micros,))
    connection.commit()
    connection.close()
    for path in (here.folder / "var/exports").iterdir():
        os.utime(path, (time.time() - seconds,) * 2)


class TestExplain:
    def test_tells_every_step_and_each_attempt_with_its_proof(self, sent: World) -> None:
        text = said(sent, "explain", OCCURRENCE)
        for words in (
            f"{OCCURRENCE}: done",
            "planned: 3 to send",
            "7 answers: 7 asked for now",
            "fetched, composed and kept",
            "rendered as a message with",
            "slack #social-care, try 1",
            "C0SOCIAL01/",
            "250 2.0.0 queued",
            "ended: done",
            "--refetch",
        ):
            assert words in text

    def test_explain_shows_provider_error_and_commands(self, here: World) -> None:
        here.slack.fault("chat.postMessage", refused("restricted_action"))
        here.bot("send", "care-weekly", "--at", AT)
        text = said(here, "explain", OCCURRENCE)
        assert "restricted_action" in text
        assert f"digestbot resend {OCCURRENCE}\n" in text

    def test_a_cut_off_send_is_perhaps_sent(self, here: World) -> None:
        kill(here, "in-send")
        here.bot("run", "--once", "--now", LATER)
        text = said(here, "explain", OCCURRENCE)
        assert "perhaps sent" in text
        assert "cut off while sending" in text
