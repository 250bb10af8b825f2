"""What a good file means."""

from datetime import date
from pathlib import Path

from bot.config import METRICS, REPORT_TYPES, load, sample_text
from bot.config.entries import TargetsEntry
from bot.model import Agents, Attach, Compare, Holidays, OnHoliday, Recipient, Target
from tests.config.config_files import GOOD, changed, loaded, write

FULL = """\
timezone: Australia/Sydney
locale: en-AU
paper: Letter
brand: {name: Acme, color: "#0F6F6B", logo: logo.png}
templates: mine/
activity_api:
  rate_limit: {requests: 50, per: 1h 30m}
  group_filter: group_ids
  user_filter: user_ids
email:
  from: "Care reports <reports@example.com>"
  reply_to: ops@example.com
  allowed_domains: [Example.com]
on_failure: [{slack: "#ops"}]
digests:
  nps-monthly:
    schedule: every 2 weeks on monday at 09:00
    anchor: 2026-01-05
    timezone: Europe/London
    window: {from: 2026-01-01, to: 2026-12-31}
    compare: none
    group: [Care, 12, 007]
    users: jane@example.com
    reports: [summary, case_details]
    targets: {broke_sla_share: 2.5%, avg_response_time: 1h 30m}
    holidays: {region: AU-NSW, dates: [2026-12-24]}
    on_holiday: next business day
    grace: 48h
    paused: true
    until: 2026-12-31
    subject: Hello
    recipients:
      - slack: [dana@example.com, C0123456789]
        agents: initials
      - email: [Dana@Care.EXAMPLE.com]
        attach: [pdf, csv: [case_details]]
        personal_data: true
      - folder: outbox/nps
        attach: [csv]
"""


def test_every_key_arrives(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "logo.png").write_bytes(b"")
    found = loaded(tmp_path, FULL)
    (digest,) = found.digests
    assert (digest.title, digest.zone, digest.locale, digest.paper) == (
        "Nps monthly",
        "Europe/London",
        "en_AU",
        "Letter",
    )
    assert (digest.brand.name, digest.brand.color, digest.brand.logo) == (
        "Acme",
        "#0f6f6b",
        str(tmp_path / "logo.png"),
    )
    assert (digest.schedule.every_weeks, digest.schedule.anchor) == (2, date(2026, 1, 5))
    assert (digest.window.kind, digest.window.first, digest.window.last) == (
        "fixed",
        date(2026, 1, 1),
        date(2026, 12, 31),
    )
    assert (digest.compare, digest.groups, digest.users) == (
        Compare.NONE,
        ("Care", "12", "007"),
        ("jane@example.com",),
    )
    assert digest.targets == (Target("broke_sla_share", 0.025), Target("avg_response_time", 5400.0))
    assert digest.holidays == Holidays("AU-NSW", (date(2026, 12, 24),))
    assert digest.on_holiday is OnHoliday.NEXT_BUSINESS_DAY
    assert (digest.grace_seconds, digest.paused, digest.until, digest.subject) == (
        172_800,
        True,
        date(2026, 12, 31),
        "Hello",
    )
    assert digest.recipients == (
        Recipient("slack", "dana@example.com", Agents.INITIALS),
        Recipient("slack", "C0123456789", Agents.INITIALS),
        Recipient("email", "Dana@care.example.com", Agents.NAMES, Attach(True, True, ("case_details",))),
        Recipient("folder", "outbox/nps", Agents.NAMES, Attach(csv=True)),
    )
    assert (found.api.limit_requests, found.api.limit_seconds) == (50, 5400)
    assert (found.api.group_filter, found.api.user_filter) == ("group_ids", "user_ids")
    assert (found.mail.sender, found.mail.allowed_domains) == (
        "Care reports <reports@example.com>",
        ("example.com",),
    )
    assert found.operators == (Recipient("slack", "#ops"),)
    assert found.templates == str(tmp_path / "mine")


def test_defaults(tmp_path: Path) -> None:
    digest = loaded(tmp_path).digests[0]
    assert (digest.title, digest.locale, digest.paper, digest.compare) == (
        "One",
        "en",
        "A4",
        Compare.PREVIOUS,
    )
    assert digest.recipients == (Recipient("slack", "#a", Agents.NONE),)
    assert (digest.groups, digest.users, digest.targets, digest.paused) == ((), (), (), False)


def test_the_sample_loads_and_is_the_top_level_file(tmp_path: Path) -> None:
    sample = load(write(tmp_path, sample_text()))
    assert sample_text() == (Path(__file__).parents[2] / "reports.yaml").read_text(encoding="utf-8")
    assert sample_text().startswith("# yaml-language-server: $schema=reports.schema.json\n")
    assert [digest.name for digest in sample.digests] == ["care-weekly", "care-daily", "team-monthly"]
    assert sample.digests[0].title == "Social care, weekly"


def test_tables_are_complete() -> None:
    assert set(TargetsEntry.model_fields) == set(METRICS)
    assert set(REPORT_TYPES) == {"summary", "states_volume", "user_summary", "case_details"}


def test_twelve_months_are_allowed(tmp_path: Path) -> None:
    for window in ("last 12 months", "last 366 days", "last 52 weeks", "{from: 2024-02-29, to: 2025-02-28}"):
        assert loaded(tmp_path, changed(("last week", window)))


def test_merge_keys_and_aliases_share_parts(tmp_path: Path) -> None:
    content = GOOD.replace("  one:", "  one: &one") + "  two:\n    <<: *one\n    window: yesterday\n"
    one, two = loaded(tmp_path, content).digests
    assert (one.window.phrase, two.window.phrase) == ("last week", "yesterday")
    assert one.recipients == two.recipients


def test_a_utf_8_mark_and_windows_line_ends_are_welcome(tmp_path: Path) -> None:
    assert loaded(tmp_path, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()).digest("one")


def test_a_key_without_effect_is_accepted_and_said(tmp_path: Path) -> None:
    file = tmp_path / "reports.yaml"
    text = 'retention: {artifacts: 30d}\non_failure: [{slack: "#ops"}]\nactivity_api: {settle: 48h}\n'
    file.write_text(GOOD + text, encoding="utf-8")
    said = load(file).without_effect
    assert [sentence.split(":")[0] for sentence in said] == ["on_failure", "retention", "activity_api.settle"]
    file.write_text(GOOD, encoding="utf-8")
    assert load(file).without_effect == ()
