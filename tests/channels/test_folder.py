"""Delivery into a folder: the files of the contract, and nothing outside them."""

import json
import os
import re
import tracemalloc
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from bot.channels import FolderChannel, write_bundle
from bot.channels.folder import occurrence_path
from bot.errors import DeliveryError, Retryability
from bot.model import CsvFile, Delivery, MailSettings, Picture, Recipient, StoredCsv
from tests.channels.renditions import CHART, CSV, NOW, PDF, PNG, bundle, delivery, mail, slack_message

SETTINGS = MailSettings("Care reports <reports@example.com>", "", ("example.com",))
FILES = {
    "slack.json",
    "email.eml",
    "email.html",
    "email.txt",
    "report.pdf",
    "chart-summary.png",
    "user_summary.csv",
}


def send(root: Path, address: str = "outbox/nps") -> Path:
    channel = FolderChannel(root=root, mail=SETTINGS)
    return Path(channel.send(delivery("folder", address), bundle(), NOW).provider_id)


def test_files_of_the_contract_are_written(tmp_path: Path) -> None:
    folder = send(tmp_path)
    assert folder == tmp_path / "outbox/nps/care-weekly/20180506T230000Z"
    assert {path.name for path in folder.iterdir()} == FILES
    assert (folder / "report.pdf").read_bytes() == PDF.content
    assert (folder / "chart-summary.png").read_bytes() == CHART.png
    assert (folder / "user_summary.csv").read_bytes() == CSV.content
    assert (folder / "email.txt").read_text() == mail().text


def test_slack_json_holds_post_arguments(tmp_path: Path) -> None:
    slack = json.loads((send(tmp_path) / "slack.json").read_text("utf-8"))
    message = slack_message()
    assert slack == {"text": message.text, "blocks": list(message.blocks)}


def test_mail_html_refers_to_its_pictures(tmp_path: Path) -> None:
    folder = send(tmp_path)
    page = (folder / "email.html").read_text("utf-8")
    assert 'src="chart-summary.png"' in page
    assert "cid:" not in page
    letter = message_from_bytes((folder / "email.eml").read_bytes(), policy=policy.default)
    assert letter["Subject"] == mail().subject
    html = letter.get_body(("html",))
    assert html is not None
    assert "cid:chart-summary" in html.get_content()


def test_mail_logo_is_stored_beside_it(tmp_path: Path) -> None:
    html = '<html><body><img src="cid:logo.jpg"></body></html>'
    logo = Picture("", "logo.jpg", b"logo", "Logo", 40, 40)
    channel = FolderChannel(root=tmp_path, mail=SETTINGS)
    branded = bundle(email=mail(html=html, pictures=(), logo=logo))
    folder = Path(channel.send(delivery("folder", "out"), branded, NOW).provider_id)
    assert (folder / "logo.jpg").read_bytes() == b"logo"
    assert 'src="logo.jpg"' in (folder / "email.html").read_text("utf-8")


def test_text_resembling_a_picture_stays(tmp_path: Path) -> None:
    html = '<p>see cid:chart-summary</p><img src="cid:chart-summary-2"><img src="cid:other">'
    second = Picture("summary", "chart-summary-2", PNG, "alt", 1, 1)
    write_bundle(
        tmp_path,
        bundle(email=mail(html=html), pictures=(CHART, second)),
        mail=SETTINGS,
        key="k",
        now=NOW,
    )
    page = (tmp_path / "email.html").read_text("utf-8")
    assert page == '<p>see cid:chart-summary</p><img src="chart-summary-2.png"><img src="cid:other">'
    assert (tmp_path / "chart-summary-2.png").exists()


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in send(tmp_path).iterdir()}
    assert {path.name: path.read_bytes() for path in send(tmp_path).iterdir()} == first


def test_bundle_needs_no_sender(tmp_path: Path) -> None:
    paths = write_bundle(tmp_path / "out", bundle(), mail=MailSettings(), key="k", now=NOW)
    assert {path.name for path in paths} == FILES
    assert all(path.parent == tmp_path / "out" for path in paths)


def test_absolute_folder_is_used_unchanged(tmp_path: Path) -> None:
    folder = send(tmp_path / "root", str(tmp_path / "elsewhere"))
    assert folder == tmp_path / "elsewhere/care-weekly/20180506T230000Z"


@pytest.mark.parametrize("address", ["../out", "a/../../b", "", "  ", "a\0b"])
def test_strange_folders_are_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        send(tmp_path / "root", address)
    assert caught.value.retryability is Retryability.PERMANENT
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("occurrence", "path"),
    [
        ("care-weekly@2018-05-06T23:00:00Z", "care-weekly/20180506T230000Z"),
        ("per-group/social-care@2018-05-06T23:00:00Z", "per-group/20180506T230000Z/social-care"),
    ],
)
def test_occurrences_name_their_folders(occurrence: str, path: str) -> None:
    assert occurrence_path(occurrence) == Path(path)


@pytest.mark.parametrize("digest", ["..", ".", "con", "nul.txt", "日本", "a b", "x" * 200, "a\\b", "-"])
@pytest.mark.parametrize("part", ["..", "../../etc", "a/b", "日本", "中国", "a.customers-1", "a.customers-2"])
def test_strange_names_become_plain_ones(digest: str, part: str) -> None:
    path = occurrence_path(f"{digest}/{part}@2018-05-06T23:00:00Z")
    assert len(path.parts) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{1,80}", name) for name in path.parts)
    assert not {name.lower() for name in path.parts} & {"con", "nul"}


def test_names_that_differ_stay_apart() -> None:
    names = ["日本", "中国", "a.customers-1", "a.customers-2", "a/b", "a-b"]
    assert len({occurrence_path(f"d/{name}@2018-05-06T23:00:00Z") for name in names}) == len(names)


@pytest.mark.parametrize(
    "occurrence", ["", "x", "x@2018", "@2018-05-06T23:00:00Z", "x@2018-05-06T23:00:00+10"]
)
def test_non_occurrence_is_refused(tmp_path: Path, occurrence: str) -> None:
    pending = Delivery(occurrence, Recipient("folder", "out"))
    with pytest.raises(DeliveryError):
        FolderChannel(root=tmp_path, mail=SETTINGS).send(pending, bundle(), NOW)


def test_csv_names_stay_inside(tmp_path: Path) -> None:
    evil = CsvFile("../../evil", "x.csv", b"a\n")
    paths = write_bundle(tmp_path / "out", bundle(csvs=(evil,)), mail=SETTINGS, key="k", now=NOW)
    assert {path.parent for path in paths} == {tmp_path / "out"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_symlink_at_target_is_replaced_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    folder = send(tmp_path)
    (folder / "report.pdf").unlink()
    (folder / "report.pdf").symlink_to(victim)
    send(tmp_path)
    assert victim.read_text() == "mine"
    assert not (folder / "report.pdf").is_symlink()


def test_plain_writing_would_follow_it(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "report.pdf").symlink_to(victim)
    (tmp_path / "report.pdf").write_bytes(PDF.content)
    assert victim.read_bytes() == PDF.content


def test_folder_symlink_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    base = tmp_path / "outbox/nps"
    base.mkdir(parents=True)
    (base / "care-weekly").symlink_to(outside, target_is_directory=True)
    with pytest.raises(DeliveryError, match="link"):
        send(tmp_path)
    assert list(outside.iterdir()) == []


def test_file_in_the_way_is_permanent(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file")
    with pytest.raises(DeliveryError) as caught:
        send(tmp_path)
    assert caught.value.retryability is Retryability.PERMANENT


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    folder = send(tmp_path)
    (folder / "slack.json").unlink()
    (folder / "slack.json").mkdir()
    with pytest.raises(DeliveryError):
        send(tmp_path)
    assert [path.name for path in folder.iterdir() if path.name.endswith(".tmp")] == []


def test_only_partial_files_of_killed_process_are_removed(tmp_path: Path) -> None:
    folder = send(tmp_path)
    left, others = folder / ".report.pdf.0123456789ab.tmp", folder / ".mine.0123456789ab.tmp"
    left.write_bytes(b"%PDF-half")
    others.write_bytes(b"somebody's own")
    send(tmp_path)
    assert {path.name for path in folder.iterdir()} == {*FILES, others.name}


def test_file_mode_follows_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        folder = send(tmp_path)
    finally:
        os.umask(before)
    assert (folder / "report.pdf").stat().st_mode & 0o777 == 0o640


# --- exports that are kept elsewhere --------------------------------------------------------------


def stored(folder: Path, content: bytes = b"id\r\n=1\xff\r\n") -> StoredCsv:
    kept = folder / "kept.csv"
    kept.write_bytes(content)
    return StoredCsv("case_details", "case_details.csv", str(kept))


def test_export_is_copied_byte_for_byte(tmp_path: Path) -> None:
    export = stored(tmp_path)
    write_bundle(tmp_path / "out", bundle(csvs=(CSV, export)), mail=SETTINGS, key="k", now=NOW)
    assert (tmp_path / "out/case_details.csv").read_bytes() == b"id\r\n=1\xff\r\n"
    assert (tmp_path / "out/user_summary.csv").read_bytes() == CSV.content
    assert Path(export.path).exists()


def test_large_export_is_copied_in_constant_memory(tmp_path: Path) -> None:
    peaks = []
    for megabytes in (1, 5):
        files = bundle(csvs=(stored(tmp_path, b"x" * megabytes * 1_000_000),))
        tracemalloc.start()
        try:
            write_bundle(tmp_path / "out", files, mail=SETTINGS, key="k", now=NOW)
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.25
    assert peaks[1] < 1_000_000


def test_missing_export_is_named_and_retryable(tmp_path: Path) -> None:
    export = stored(tmp_path)
    Path(export.path).unlink()
    with pytest.raises(
        DeliveryError, match=r"case_details\.csv was exported, but cannot be read again"
    ) as caught:
        write_bundle(tmp_path / "out", bundle(csvs=(export,)), mail=SETTINGS, key="k", now=NOW)
    assert caught.value.retryability is Retryability.RETRYABLE
    assert [path.name for path in (tmp_path / "out").iterdir() if "csv" in path.name] == []


def test_symlink_under_export_name_is_not_followed(tmp_path: Path) -> None:
    victim, out = tmp_path / "victim", tmp_path / "out"
    victim.write_text("mine")
    out.mkdir()
    (out / "case_details.csv").symlink_to(victim)
    write_bundle(out, bundle(csvs=(stored(tmp_path),)), mail=SETTINGS, key="k", now=NOW)
    assert victim.read_text() == "mine"
    assert not (out / "case_details.csv").is_symlink()


def test_other_message_type_raises_type_error(tmp_path: Path) -> None:
    channel = FolderChannel(root=tmp_path, mail=SETTINGS)
    with pytest.raises(TypeError):
        channel.send(delivery("folder", "out"), mail(), NOW)


def test_correction_stands_beside_what_it_corrects() -> None:
    due = "20180506T230000Z"
    first = occurrence_path("care-weekly/_corrected-1@2018-05-06T23:00:00Z")
    sliced = occurrence_path("per-group/_corrected-12-billing@2018-05-06T23:00:00Z")
    assert first == Path("care-weekly") / f"{due}-corrected-1"
    assert sliced == Path("per-group") / f"{due}-corrected-12" / "billing"
