"""Commands that need only the ledger: they work whatever became of the file, and say which ledger it is."""

import json
from pathlib import Path

import pytest

from bot.cli import main
from bot.cli.options import load_app
from bot.ledger import open_ledger
from tests.channels.renditions import bundle, delivery
from tests.ledger.factories import NOW, claimed, deliveries_of, digest, later, occurrence, said

FILE = """\
timezone: Australia/Sydney
digests:
  care-weekly:
    schedule: every monday at 09:00
    window: last week
    reports: [summary]
    recipients: [{folder: outbox}]
"""
OF = occurrence()
COMMANDS = {
    "history": (["history"], f"{OF.id}  email dana@example.com  held"),
    "history of one": (["history", "care-weekly"], f"{OF.id}  email dana@example.com  held"),
    "explain": (["explain", OF.id], f"{OF.id}: held"),
    "pause": (["pause", "care-weekly"], "paused care-weekly"),
    "discard": (["discard", OF.id], f"discarded {OF.id}"),
}
FILES = {
    "missing": None,
    "malformed": "digests: [",
    "invalid": FILE.replace("summary", "sumary"),
    "good": FILE,
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory: in its var/ a ledger with one occurrence, which is held."""
    monkeypatch.chdir(tmp_path)
    for name in ("BOT_DATA_DIR", "BOT_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with open_ledger("sqlite:///var/bot.db", owner="here:1:a") as ledger:
        ledger.register_digest("care-weekly", NOW)
        ledger.plan(OF, digest(), deliveries_of(OF), NOW, late=False)
        claim = claimed(ledger.claim_occurrence(OF.id, NOW))
        assert ledger.save_snapshot(claim, said(OF), later(seconds=3), held="its figures are in doubt")
    return tmp_path


@pytest.mark.promise(
    "the file is missing, malformed or invalid",
    "`history`, `explain`, `pause`, `resume` and `discard` work; names come from the ledger",
)
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("command", COMMANDS)
def test_what_needs_only_the_ledger_works_without_a_valid_file(
    here: Path, capsys: pytest.CaptureFixture[str], file: str, command: str
) -> None:
    text, (arguments, expected) = FILES[file], COMMANDS[command]
    if text is not None:
        (here / "reports.yaml").write_text(text, encoding="utf-8")
    assert main(arguments) == 0
    output = capsys.readouterr()
    assert output.out.startswith(expected)
    notes = [line for line in output.err.splitlines() if "names come from the ledger" in line]
    assert len(notes) == (file != "good")
    assert all("reports.yaml:" in line for line in notes)


def test_resume_skips_what_was_due_during_the_pause_without_a_file(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pause", "care-weekly", "--now", "2018-05-08T00:00Z"]) == 0
    assert main(["resume", "care-weekly", "--now", "2018-05-16T00:00Z"]) == 0
    assert "resumed care-weekly; next Mon 21 May 2018 at 09:00" in capsys.readouterr().out
    assert main(["history", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["due"], row["state"]) for row in rows if row["state"] == "skipped"] == [
        ("2018-05-13T23:00:00Z", "skipped")
    ]


def test_an_unknown_name_is_2_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("history", "pause", "resume"):
        assert main([command, "care-wekly"]) == 2
        assert "Did you mean care-weekly?" in capsys.readouterr().err


def test_without_file_and_ledger_the_file_is_asked_for(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history", "--config", "elsewhere/reports.yaml"]) == 2
    assert "this file does not exist" in capsys.readouterr().err
    assert not (here / "elsewhere").exists()


@pytest.mark.promise("which database is this?", "`history` names it, without its password")
def test_history_names_its_database(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"from {here / 'var/bot.db'}"


@pytest.mark.promise(
    "a command is typed in another folder than the file's",
    "state and delivery folders are beside the file; one line tells of a `var/` that is not read",
)
def test_state_is_beside_the_file(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = here / "config"
    beside.mkdir()
    (beside / "reports.yaml").write_text(FILE, encoding="utf-8")
    config = ["--config", "config/reports.yaml"]
    assert main(["history", *config]) == 0
    output = capsys.readouterr()
    assert output.out == f"nothing was sent yet\nfrom {beside / 'var/bot.db'}\n"
    [note] = output.err.splitlines()
    assert note.startswith(
        f"note: state is kept in config/var, beside reports.yaml; {here / 'var/bot.db'} is not read."
    )
    assert note.endswith("then: mv var config (or go on with it: BOT_DATA_DIR=var)")
    assert not (beside / "var").exists()
    monkeypatch.setenv("BOT_DATA_DIR", "var")
    assert main(["history", *config]) == 0
    output = capsys.readouterr()
    assert OF.id in output.out
    assert output.err == ""


def test_delivery_folders_are_beside_the_file(here: Path) -> None:
    beside = here / "config"
    beside.mkdir()
    (beside / "reports.yaml").write_text(FILE, encoding="utf-8")
    app = load_app(Path("config/reports.yaml"))
    with app.open_ledger() as ledger:
        channel = app.channels(ledger, lambda text: None)["folder"]
        receipt = channel.send(delivery("folder", "outbox"), bundle(), NOW)
    assert Path(receipt.provider_id) == Path("config/outbox/care-weekly/20180506T230000Z")
    assert (here / receipt.provider_id / "email.html").exists()
