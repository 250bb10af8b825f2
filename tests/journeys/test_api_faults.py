"""Each fault of the emulator, met by the real command line: the rows of docs/reliability.md."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journeys.world import API_TOKEN, World, world
from tests.render.pdf_words import read

pytestmark = pytest.mark.long

AT = "2018-05-07T09:00"
SEND = ("send", "care-weekly", "--at", AT)
OCCURRENCE = "care-weekly@2018-05-06T23:00:00Z"
BEFORE, DUE = "2018-05-06T12:00:00Z", "2018-05-06T23:00:30Z"
READER, OPERATOR = "dana@example.com", "ops@example.com"


def file_with(reports: str, group: str = "Social Customer Care") -> str:
    return f"""\
timezone: Australia/Sydney
email: {{from: "r@example.com", allowed_domains: [example.com]}}
on_failure: [{{email: {OPERATOR}}}]
digests:
  care-weekly:
    schedule: every monday at 09:00
    window: last week
    group: {group}
    reports: [{reports}]
    recipients: [{{email: {READER}}}]
"""


@pytest.fixture
def here(here: World) -> World:
    here.write(file_with("summary, states_volume, user_summary"))
    return here


def mail(here: World, whom: str) -> str:
    """Return the text of the only mail to an address, on one line."""
    [got] = [message for message in here.smtp.messages if message.recipients == [whom]]
    body = got.parsed.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().replace("\n! ", "\n").split())


def readers(here: World) -> list[str]:
    return [address for message in here.smtp.messages for address in message.recipients]


def states(here: World) -> dict[str, str]:
    return {row["recipient"]: row["state"] for row in here.history()}


def statuses(here: World, report_type: str) -> list[int]:
    return [request.status for request in here.emulator.requests if request.report_type == report_type]


def squeezed(text: str) -> str:
    return "".join(text.split())


def errors(done: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in done.stderr
    return "\n".join(line for line in done.stderr.splitlines() if line.startswith("error: "))


def sent_whole(here: World, done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, errors(done)) == (0, "")
    assert "could not be loaded" not in mail(here, READER)
    assert states(here) == {READER: "sent"}


# Passing faults


@pytest.mark.covers("slow answers: delay")
def test_delay_costs_time_and_nothing_else(here: World) -> None:
    here.emulator.faults.add("delay=0.3@summary")
    sent_whole(here, here.bot(*SEND))
    # The group's and everybody's, of two windows.
    assert statuses(here, "summary") == [200] * 4
    assert [r.faults for r in here.emulator.requests if r.report_type == "summary"] == [("delay",)] * 4


@pytest.mark.covers("429 Rate limited exceeded with Retry-After: 429=30")
def test_429_with_retry_after_is_waited_for(here: World) -> None:
    here.emulator.faults.add("429=1@summary*1")
    sent_whole(here, here.bot(*SEND))
    assert statuses(here, "summary") == [429] + [200] * 4
    refused, *later = [r.admitted_at for r in here.emulator.requests if r.report_type == "summary"]
    assert refused is not None
    assert max(at for at in later if at is not None) - refused >= 1.0


@pytest.mark.covers("429 without a usable Retry-After: 429")
def test_429_without_retry_after_uses_jitter(here: World) -> None:
    here.emulator.faults.add("429@groups*1")
    sent_whole(here, here.bot(*SEND))
    assert [r.status for r in here.emulator.requests if r.path == "/v1/groups"] == [429, 200]


@pytest.mark.covers(
    "5xx, 408, 425: 500 to 599", "HTML or other text instead of JSON: html", "a truncated answer: cut"
)
def test_transient_500_html_and_cut_are_retried(here: World) -> None:
    here.emulator.faults.add("500@summary*1", "html@users*1", "cut@states_volume*1", "503@groups*1")
    sent_whole(here, here.bot(*SEND))
    met = Counter(name for request in here.emulator.requests for name in request.faults)
    assert met == {"500": 1, "html": 1, "cut": 1, "503": 1}


# Faults that stay


@pytest.mark.covers(
    "5xx, 408, 425: 500 to 599", "HTML or other text instead of JSON: html", "a truncated answer: cut"
)
def test_lasting_500_html_and_cuts_are_noted(here: World) -> None:
    """Readers get the rest, with what is missing and why above everything; cron sees status 3."""
    here.write(file_with("summary, states_volume, case_summary, user_summary"))
    here.emulator.faults.add("500@summary", "html@case_summary", "cut@user_summary")
    done = here.bot(*SEND)
    reasons = (
        "“Key figures” could not be loaded: The Activity API failed to answer summary (HTTP 500).",
        "“Case figures” could not be loaded: 127.0.0.1 answered case_summary with something that is not JSON.",
        "“Agents” could not be loaded: The Activity API did not answer user_summary: the connection to "
        "127.0.0.1 failed or was cut.",
    )
    assert (done.returncode, errors(done)) == (3, "\n".join(f"error: {reason}" for reason in reasons))
    said = mail(here, READER)
    for reason in reasons:
        assert said.index(reason) < said.index("The busiest day was")
    assert states(here) == {READER: "sent"}
    here.emulator.faults.clear()
    again = here.bot(*SEND)
    assert (again.returncode, "nothing to send" in again.stdout) == (0, True)


def test_preview_shows_missing_reports(here: World) -> None:
    here.emulator.faults.add("html@user_summary")
    done = here.bot("preview", "care-weekly", "--at", AT)
    assert done.returncode == 0, done.stderr
    reason = "“Agents” could not be loaded: 127.0.0.1 answered user_summary with something that is not JSON."
    folder = here.folder / "preview/care-weekly"
    assert reason in (folder / "email.html").read_text(encoding="utf-8")
    assert reason in (folder / "slack.json").read_text(encoding="utf-8")
    paper = read((folder / "report.pdf").read_bytes()).squeezed
    in_its_place = paper[paper.index("Messagesaday") : paper.index("Howthiswasmade")]
    assert squeezed(reason) in paper[: paper.index("Messagesaday")]
    assert squeezed(reason) in in_its_place


@pytest.mark.covers("HTML or other text instead of JSON: html")
def test_preview_of_nothing_at_all_is_3(here: World) -> None:
    here.emulator.faults.add("html")
    done = here.bot("preview", "care-weekly", "--at", AT)
    assert done.returncode == 3
    assert "not JSON" in errors(done)
    assert not (here.folder / "preview").exists()


@pytest.mark.covers("5xx, 408, 425: 500 to 599")
def test_total_outage_is_retried_within_the_grace(
    here: World,
) -> None:
    here.bot("run", "--once", "--now", BEFORE)
    here.emulator.faults.add("500")
    failed = here.bot("run", "--once", "--now", DUE)
    assert (failed.returncode, "HTTP 500" in errors(failed)) == (3, True)
    [row] = here.history()
    assert (row["state"], "HTTP 500" in row["error"]) == ("pending", True)
    here.emulator.faults.clear()
    here.emulator.requests.clear()
    too_soon = here.bot("run", "--once", "--now", "2018-05-06T23:01:00Z")
    assert ("nothing is due" in too_soon.stdout, len(here.emulator.requests)) == (True, 0)
    sent_whole(here, here.bot("run", "--once", "--now", "2018-05-06T23:02:30Z"))


@pytest.mark.covers("5xx, 408, 425: 500 to 599")
def test_after_the_grace_it_is_failed_and_said(here: World) -> None:
    here.write(file_with("summary").replace("    group:", "    grace: 5m\n    group:"))
    here.bot("run", "--once", "--now", BEFORE)
    here.emulator.faults.add("html")
    for now in (DUE, "2018-05-06T23:02:30Z"):
        assert here.bot("run", "--once", "--now", now).returncode == 3
    [row] = [row for row in here.history() if "/_failed" not in row["occurrence"]]
    assert (row["state"], "not JSON" in row["error"]) == ("failed", True)
    assert "nothing is due" in here.bot("run", "--once", "--now", "2018-05-07T08:00:00Z").stdout
    [alert] = here.smtp.messages  # to the operators, never to the readers
    assert alert.recipients == [OPERATOR]


@pytest.mark.covers("400 Invalid report - starting date is a future date")
def test_future_window_is_refused_by_the_api(here: World) -> None:
    done = here.bot("preview", "care-weekly", "--at", "2030-05-06T09:00")
    assert done.returncode == 3
    assert '(HTTP 400): "Invalid report - starting date is a future date"' in errors(done)


# Exports


EXPORTS = "case_details, nps_submissions: {form: Support Survey}, mention_sla_export"
FILES = f"summary, states_volume, user_summary, {EXPORTS}"


@dataclass
class Spoiled:
    """What came of one `send` whose three exports each met a fault of their own."""

    world: World
    done: subprocess.CompletedProcess[str]

    def asked(self, report_type: str) -> Counter[tuple[str, int]]:
        found = [r for r in self.world.emulator.requests if r.report_type == report_type]
        return Counter((r.host, r.status) for r in found)


def spoiled(folder: Path, kept: Path, *faults: str) -> Iterator[Spoiled]:
    with world(folder, kept) as here:
        here.write(file_with(FILES))
        here.emulator.faults.add(*faults)
        yield Spoiled(here, here.bot(*SEND))


@pytest.fixture(scope="module")
def passing(tmp_path_factory: pytest.TempPathFactory, emulator_folder: Path) -> Iterator[Spoiled]:
    """Faults after which each file comes in the end."""
    faults = ("export-fails@case_details*1", "cut@download*1")
    yield from spoiled(tmp_path_factory.mktemp("passing"), emulator_folder, *faults)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory, emulator_folder: Path) -> Iterator[Spoiled]:
    """Faults after which two of the files do not come at all."""
    faults = ("export-fails@case_details", "export-expires@nps_submissions", "export-cut@mention_sla_export")
    yield from spoiled(tmp_path_factory.mktemp("lasting"), emulator_folder, *faults)


def test_exports_whose_faults_pass_all_come(passing: Spoiled) -> None:
    sent_whole(passing.world, passing.done)


@pytest.mark.covers("an export that fails: export-fails")
def test_an_export_that_failed_once_is_started_afresh(passing: Spoiled) -> None:
    asked = passing.asked("case_details")
    assert (asked["api", 200], asked["status", 200]) == (2, 2)


@pytest.mark.covers("a truncated download: export-cut")
def test_a_download_that_was_cut_once_starts_again(passing: Spoiled) -> None:
    downloads = [r for r in passing.world.emulator.requests if r.host == "download" and r.status == 200]
    assert len(downloads) == 4  # three files, and half of one
    assert [r.faults for r in downloads].count(("cut",)) == 1


@pytest.mark.covers("an expired download address: export-expires")
def test_an_address_that_had_expired_is_asked_for_anew(lasting: Spoiled) -> None:
    asked = lasting.asked("nps_submissions")
    assert (asked["api", 200], asked["status", 200], asked["download", 200]) == (1, 2, 1)
    assert [r.status for r in lasting.world.emulator.requests].count(403) == 1
    assert "nps_submissions" not in errors(lasting.done)


@pytest.mark.covers("an export that fails: export-fails")
def test_export_that_failed_twice_is_noted(lasting: Spoiled) -> None:
    assert lasting.done.returncode == 3
    reason = "The export case_details came to nothing 2 times: the API says that it failed."
    assert reason in errors(lasting.done)
    assert reason in mail(lasting.world, READER)
    assert lasting.asked("case_details")["api", 200] == 2
    assert states(lasting.world) == {READER: "sent"}


@pytest.mark.covers("a truncated download: export-cut")
def test_cut_export_download_leaves_no_file(lasting: Spoiled) -> None:
    reason = "The export mention_sla_export could not be downloaded"
    assert reason in errors(lasting.done)
    assert reason in mail(lasting.world, READER)
    asked = lasting.asked("mention_sla_export")
    assert (asked["api", 200], asked["status", 200], asked["download", 200]) == (1, 1, 4)
    [kept] = (lasting.world.folder / "var/exports").iterdir()
    assert kept.name.startswith("nps-submissions-")


@pytest.mark.covers("an export that stays pending: export-never")
def test_unfinished_export_continues_after_a_kill(here: World) -> None:
    here.write(file_with("user_summary, case_details"))
    here.emulator.faults.add("export-never")
    killed = subprocess.Popen(
        [sys.executable, "-m", "bot", *SEND],
        cwd=here.folder,
        env=here.env(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert killed.stderr is not None
    with killed.stderr as lines:
        assert any("waiting for the export" in line for line in lines)
        killed.kill()
    assert killed.wait(timeout=20) == -signal.SIGKILL
    here.emulator.faults.clear()
    done = here.bot(*SEND)
    assert "going on with the export that was started before" in done.stderr
    sent_whole(here, done)
    hosts = Counter(r.host for r in here.emulator.requests if r.report_type == "case_details")
    assert (hosts["api"], hosts["download"]) == (1, 1)
    assert statuses(here, "user_summary") == [200, 200]


# The filter, and the document's other shape


def held(here: World, done: subprocess.CompletedProcess[str], reason: str) -> None:
    """Status 3, the readers get nothing, the operators the reason and both ways out."""
    assert done.returncode == 3
    assert f"{OCCURRENCE} is held" in errors(done)
    assert reason in errors(done)
    assert readers(here) == [OPERATOR]
    told = mail(here, OPERATOR)
    for words in ("is held and was not sent", reason, f"release {OCCURRENCE}", f"discard {OCCURRENCE}"):
        assert words in told
    assert states(here) == {OPERATOR: "sent", READER: "held"}


STRANGERS = "it names agents who never belonged to the group that was asked for"
THE_SAME = "the answer with the filter is the same as the one for everybody"


@pytest.mark.covers("the group filter ignored: filter-ignored")
def test_filter_ignored_is_held_and_release_sends_it(here: World) -> None:
    here.emulator.faults.add("filter-ignored")
    held(here, here.bot(*SEND), STRANGERS)
    assert "KEY FIGURES" not in mail(here, OPERATOR)
    again = here.bot(*SEND)
    assert (again.returncode, readers(here)) == (3, [OPERATOR])
    asked_before = len(here.emulator.requests)
    released = here.bot("release", OCCURRENCE)
    assert (released.returncode, errors(released)) == (0, "")
    assert readers(here) == [OPERATOR, READER]
    assert "The API did not limit these figures to group Social Customer Care." in mail(here, READER)
    assert len(here.emulator.requests) == asked_before
    assert states(here) == {OPERATOR: "sent", READER: "sent"}


@pytest.mark.covers("the group filter ignored: filter-ignored")
def test_ignored_filter_is_held_until_discard(here: World) -> None:
    here.bot("run", "--once", "--now", BEFORE)
    here.emulator.faults.add("filter-ignored")
    held(here, here.bot("run", "--once", "--now", DUE), STRANGERS)
    discarded = here.bot("discard", OCCURRENCE)
    assert (discarded.returncode, "nobody gets it" in discarded.stdout) == (0, True)
    assert states(here) == {OPERATOR: "sent", READER: "skipped"}
    too_late = here.bot("release", OCCURRENCE)
    assert (too_late.returncode, "not held" in errors(too_late)) == (2, True)
    assert "nothing is due" in here.bot("run", "--once", "--now", "2018-05-06T23:10:00Z").stdout
    assert readers(here) == [OPERATOR]


@pytest.mark.covers("the group filter ignored: filter-ignored")
def test_unverifiable_filter_is_shown_to_operators(here: World) -> None:
    here.write(file_with("summary"))
    here.emulator.faults.add("filter-ignored")
    held(here, here.bot(*SEND), THE_SAME)
    [alert] = here.smtp.messages
    assert "FILTER NOT VERIFIED" in str(alert.parsed["Subject"])
    assert "KEY FIGURES" in mail(here, OPERATOR)
    here.bot("release", OCCURRENCE)
    assert "KEY FIGURES" in mail(here, READER)
    assert "FILTER NOT VERIFIED" not in mail(here, READER)


@pytest.mark.covers("the group filter ignored: filter-ignored")
def test_ignored_filter_in_preview_and_dry_run(here: World) -> None:
    here.emulator.faults.add("filter-ignored")
    shown = here.bot("preview", "care-weekly", "--at", AT)
    assert (shown.returncode, "send would hold this. user_summary" in shown.stdout) == (0, True)
    dry = here.bot(*SEND, "--dry-run")
    assert (dry.returncode, f"would hold {OCCURRENCE}" in dry.stdout) == (3, True)
    assert (here.smtp.messages, here.history()) == ([], [])


@pytest.mark.covers("the document's other answer to user_volume: user-volume-states")
def test_user_volume_states_notes_missing_agents(
    here: World,
) -> None:
    here.write(file_with("states_volume, workflow_states, user_volume, user_summary"))
    here.emulator.faults.add("user-volume-states")
    done = here.bot(*SEND)
    reason = (
        "“Messages by agent and state” could not be loaded: user_volume cannot be read: the API answered with "
        "workflow states instead of agents."
    )
    assert (done.returncode, errors(done)) == (3, f"error: {reason}")
    said = mail(here, READER)
    assert said.index(reason) < said.index("WHERE MESSAGES STAND")
    assert statuses(here, "user_volume") == [200] * 4, "the group's and everybody's, of two windows"


# The token


@pytest.mark.covers("401 Unauthorized - api token not matching, 403")
def test_wrong_token_exits_2_and_is_retried(here: World) -> None:
    here.bot("run", "--once", "--now", BEFORE)
    wrong = here.bot("run", "--once", "--now", DUE, ACTIVITY_API_TOKEN="wrong-token-91c2")
    assert wrong.returncode == 2
    for words in ("Unauthorized - api token not matching", "Manager (Edit Team)", "Integrate"):
        assert words in errors(wrong)
    assert "wrong-token-91c2" not in wrong.stdout + wrong.stderr
    assert [r.status for r in here.emulator.requests] == [401]
    assert here.smtp.messages == []
    later = here.bot("run", "--once", "--now", "2018-05-06T23:02:30Z", ACTIVITY_API_TOKEN=API_TOKEN)
    sent_whole(here, later)
