"""What a good file means."""

import re
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bot.compose.figures.metrics import SUMMARY_METRICS
from bot.config import json_schema, load, sample_text
from bot.config.schema import TargetsEntry
from bot.config.yaml_tree import Tree
from bot.model import (
    Agents,
    ApiSettings,
    Attach,
    Compare,
    Holidays,
    OnHoliday,
    Recipient,
    Report,
    Retention,
    SendWhen,
    Target,
)
from bot.model.report_types import FORM_REPORTS, PERSONAL_EXPORTS, REPORT_TYPES
from tests.config.config_files import GOOD, changed, loaded, problems, write
from tests.pictures import png

FULL = """\
timezone: Australia/Sydney
locale: en-AU
paper: Letter
brand: {name: Acme, color: "#0F6F6B", logo: logo.png}
templates: mine/
activity_api:
  rate_limit: {requests: 50, per: 1h 30m, usable: 40, reserve: 0}
  settle: 3d
  response_volume_unit: minutes
  nps_day_label: end
  group_filter: group_ids
  user_filter: user_ids
email:
  from: "Care reports <reports@example.com>"
  reply_to: ops@example.com
  allowed_domains: [Example.com]
  unsubscribe: ["https://example.com/leave?who={recipient}", mailto:leave@example.com]
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
    reports:
      - summary
      - case_details
      - nps_volume: {form: 123}
      - nps_summary: {nps_category: detractors, form: NPS Survey}
    targets: {broke_sla_share: 2.5%, avg_response_time: 1h 30m}
    holidays: {region: AU-NSW, dates: [2026-12-24]}
    on_holiday: next business day
    grace: 48h
    paused: true
    until: 2026-12-31
    subject: "{brand}: {headline}"
    recipients:
      - slack: [dana@example.com, C0123456789]
        agents: initials
        mention: [here, Dana@EXAMPLE.com, U0123456789]
      - email: [Dana@Care.EXAMPLE.com]
        attach: [pdf, csv: [case_details]]
        personal_data: true
      - folder: outbox/nps
        attach: [csv]
        raw_csv: true
"""
CALLED = ("here", "Dana@example.com", "U0123456789")


def test_every_key_reaches_the_model(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "logo.png").write_bytes(png())
    configuration = loaded(tmp_path, FULL)
    (digest,) = configuration.digests
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
        "{brand}: {headline}",
    )
    assert digest.recipients == (
        Recipient("slack", "dana@example.com", Agents.INITIALS, mention=CALLED),
        Recipient("slack", "C0123456789", Agents.INITIALS, mention=CALLED),
        Recipient("email", "Dana@care.example.com", Agents.NAMES, Attach(True, True, ("case_details",))),
        Recipient("folder", "outbox/nps", Agents.NAMES, Attach(csv=True), raw_csv=True),
    )
    assert digest.reports == (
        Report("summary"),
        Report("case_details"),
        Report("nps_volume", "123", "all"),
        Report("nps_summary", "NPS Survey", "detractors"),
    )
    assert configuration.api == ApiSettings(
        limit_requests=50,
        limit_seconds=5400,
        group_filter="group_ids",
        user_filter="user_ids",
        usable_requests=40,
        reserved_requests=0,
        settle_seconds=259_200,
        response_volume_unit="minutes",
        nps_day_label="end",
    )
    assert configuration.mail.unsubscribe == (
        "https://example.com/leave?who={recipient}",
        "mailto:leave@example.com",
    )
    assert (configuration.mail.sender, configuration.mail.allowed_domains) == (
        "Care reports <reports@example.com>",
        ("example.com",),
    )
    assert configuration.operators == (Recipient("slack", "#ops"),)
    assert configuration.templates == str(tmp_path / "mine")


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


def test_sample_loads(tmp_path: Path) -> None:
    sample = load(write(tmp_path, sample_text()))
    assert sample_text() == (Path(__file__).parents[2] / "reports.yaml").read_text(encoding="utf-8")
    assert sample_text().startswith("# yaml-language-server: $schema=reports.schema.json\n")
    assert [digest.name for digest in sample.digests] == [
        "care-weekly",
        "care-daily",
        "team-monthly",
        "nps-monthly",
    ]
    assert sample.digests[0].title == "Social care, weekly"


def test_targets_are_metrics_and_reports_are_known() -> None:
    assert set(TargetsEntry.model_fields) < {metric.name for metric in SUMMARY_METRICS}
    assert set(FORM_REPORTS) | set(PERSONAL_EXPORTS) <= set(REPORT_TYPES)
    assert len(REPORT_TYPES) == 15


@pytest.mark.parametrize("name", [name for name in REPORT_TYPES if name not in FORM_REPORTS])
def test_report_by_name(tmp_path: Path, name: str) -> None:
    configuration = loaded(tmp_path, changed(("[summary, case_details]", f"[{name}]")))
    assert configuration.digests[0].reports == (Report(name),)


@pytest.mark.parametrize("name", FORM_REPORTS)
@pytest.mark.parametrize("options", ["{form: 5}", "{form: NPS Survey, nps_category: passives}"])
def test_nps_report_with_form(tmp_path: Path, name: str, options: str) -> None:
    configuration = loaded(tmp_path, changed(("[summary, case_details]", f"[{name}: {options}]")))
    category = "passives" if "passives" in options else "all"
    form = "NPS Survey" if "NPS" in options else "5"
    assert configuration.digests[0].reports == (Report(name, form, category),)


@pytest.mark.parametrize(
    ("written", "usable", "reserved"),
    [
        ("{}", 95, 5),
        ("{requests: 200}", 190, 10),
        ("{requests: 20}", 19, 1),
        ("{requests: 19}", 18, 0),
        ("{requests: 1}", 1, 0),
        ("{usable: 100}", 100, 5),
        ("{usable: 3}", 3, 2),
        ("{usable: 1}", 1, 0),
        ("{reserve: 94}", 95, 94),
    ],
)
def test_usable_and_reserved_requests(tmp_path: Path, written: str, usable: int, reserved: int) -> None:
    api = loaded(tmp_path, changed(first=f"activity_api: {{rate_limit: {written}}}\n")).api
    assert (api.usable_requests, api.reserved_requests) == (usable, reserved)


def test_default_api_settings(tmp_path: Path) -> None:
    assert loaded(tmp_path).api == ApiSettings()


def test_documented_example_loads(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "logo.png").write_bytes(png())
    (tmp_path / "my-templates").mkdir()
    configuration = loaded(tmp_path, example)
    assert [digest.name for digest in configuration.digests] == ["care-weekly", "nps-monthly"]
    assert [report.form for report in configuration.digests[1].reports] == ["NPS Survey"] * 3
    assert configuration.retention == Retention(30 * 86_400.0, 400 * 86_400.0, 400 * 86_400.0)
    assert Draft202012Validator(json_schema()).is_valid(Tree(example).value)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("send_when: always", SendWhen()),
        ("send_when: target_missed\n    targets: {avg_response_time: 2h}", SendWhen("target_missed")),
        ("send_when: change > 20%", SendWhen("change", 0.2)),
        ("send_when: change  >2.5 %", SendWhen("change", 0.025)),
    ],
)
def test_send_when(tmp_path: Path, line: str, wanted: SendWhen) -> None:
    content = changed(("    window: last week\n", f"    window: last week\n    {line}\n"))
    assert loaded(tmp_path, content).digests[0].send_when == wanted
    assert Draft202012Validator(json_schema()).is_valid(Tree(content).value)


def test_when_empty_and_if_incomplete(tmp_path: Path) -> None:
    [plain] = loaded(tmp_path, GOOD).digests
    assert (plain.when_empty, plain.if_incomplete) == ("send", "mark")
    lines = "    window: last week\n    when_empty: note\n    if_incomplete: hold\n"
    [digest] = loaded(tmp_path, changed(("    window: last week\n", lines))).digests
    assert (digest.when_empty, digest.if_incomplete) == ("note", "hold")


def for_each(kind: str, *recipients: str) -> str:
    lines = "".join(f"      - {recipient}\n" for recipient in recipients)
    return changed(
        ("    window: last week\n", f"    window: last week\n    for_each: {kind}\n"),
        ('      - slack: "#a"\n', lines),
        ("[summary, case_details]", "[summary, user_summary]"),
    )


@pytest.mark.parametrize(
    ("kind", "recipient", "wanted"),
    [
        ("group", "email: members", Recipient("email", "members", Agents.NAMES)),
        ("group", "slack: members", Recipient("slack", "members")),
        ("group", 'slack: "#team-{group.slug}"', Recipient("slack", "#team-{group.slug}")),
        ("group", "folder: 'out/{group.slug}'", Recipient("folder", "out/{group.slug}", Agents.NAMES)),
        ("agent", "email: self", Recipient("email", "self", Agents.NAMES)),
        ("agent", "slack: self", Recipient("slack", "self", Agents.NAMES)),
        ("agent", "{slack: self, agents: none}", Recipient("slack", "self")),
        ("agent", "folder: 'out/{agent.slug}'", Recipient("folder", "out/{agent.slug}", Agents.NAMES)),
        ("agent", "email: dana@example.com", Recipient("email", "dana@example.com", Agents.NAMES)),
    ],
)
def test_for_each_recipients(tmp_path: Path, kind: str, recipient: str, wanted: Recipient) -> None:
    content = for_each(kind, recipient)
    [digest] = loaded(tmp_path, content).digests
    assert (digest.for_each, digest.at_most, digest.recipients) == (kind, 200, (wanted,))
    assert Draft202012Validator(json_schema()).is_valid(Tree(content).value)


@pytest.mark.parametrize("line", ["mention: true"])
def test_unknown_key_of_digest_is_refused(tmp_path: Path, line: str) -> None:
    content = changed(("    window: last week\n", f"    window: last week\n    {line}\n"))
    assert [problem.message.split(";")[0] for problem in problems(tmp_path, content)] == [
        f'unknown key "{line.split(":", maxsplit=1)[0]}"'
    ]


def test_longest_windows(tmp_path: Path) -> None:
    for window in ("last 12 months", "last 366 days", "last 52 weeks", "{from: 2024-02-29, to: 2025-02-28}"):
        assert loaded(tmp_path, changed(("last week", window)))


def test_merge_keys_and_aliases(tmp_path: Path) -> None:
    content = GOOD.replace("  one:", "  one: &one") + "  two:\n    <<: *one\n    window: yesterday\n"
    one, two = loaded(tmp_path, content).digests
    assert (one.window.phrase, two.window.phrase) == ("last week", "yesterday")
    assert one.recipients == two.recipients


def test_byte_order_mark_and_crlf(tmp_path: Path) -> None:
    assert loaded(tmp_path, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()).digest("one")


@pytest.mark.parametrize(
    "way",
    [
        "https://example.com/leave?who={recipient}&list={digest}",
        "mailto:leave@example.com",
        "mailto:leave@example.com?subject=leave%20{digest}",
        "https://lists.example.com:8443/",
    ],
)
def test_unsubscribe_addresses(tmp_path: Path, way: str) -> None:
    configuration = loaded(tmp_path, changed(("example.com]}", f"example.com], unsubscribe: '{way}'}}")))
    assert configuration.mail.unsubscribe == (way,)


def test_doubled_brace_in_subject(tmp_path: Path) -> None:
    text = changed(("    window: last week\n", '    window: last week\n    subject: "{{a}} {title}"\n'))
    assert loaded(tmp_path, text).digests[0].subject == "{{a}} {title}"
