"""Every key × unknown, wrong type, out of range; every fault of meaning: message, line and column."""

from pathlib import Path

import pytest

from tests.config.config_files import GOOD, changed, loaded, problems

Row = tuple[str, int, int, str]


def top(line: str, column: int, reason: str) -> Row:
    return changed(first=line + "\n"), 1, column, reason


def in_digest(line: str, column: int, reason: str) -> Row:
    return changed(("    window: last week\n", f"    window: last week\n    {line}\n")), 7, column, reason


def instead(old: str, new: str, line: int, column: int, reason: str) -> Row:
    return changed((old, new)), line, column, reason


def recipient(text: str, column: int, reason: str, line: int = 9) -> Row:
    return changed(('slack: "#a"', text)), line, column, reason


TOP: list[Row] = [
    top("time_zone: UTC", 1, 'unknown key "time_zone"; did you mean "timezone"?'),
    top("password: hunter2", 1, "secrets never stand in this file"),
    instead("timezone: Australia/Sydney\n", "", 1, 1, '"timezone" is missing; write, for example: timezone: Australia/Sydney'),
    instead("Australia/Sydney", "Australia/Sidney", 1, 11, 'did you mean "Australia/Sydney"?'),
    instead("Australia/Sydney", "Sydney", 1, 11, 'did you mean "Australia/Sydney"?'),
    instead("Australia/Sydney", "../../etc/passwd", 1, 11, "is not a time zone; write an IANA name"),
    instead("Australia/Sydney", '"\\0"', 1, 11, "control character"),
    instead("Australia/Sydney", "10", 1, 11, "the number 10 stands here; write a time zone"),
    instead("Australia/Sydney", "[a]", 1, 1, "a list stands here; write a time zone"),
    top("locale: xx_YY", 9, '"xx_YY" is not a locale'),
    top("locale: ../../x", 9, "is not a locale"),
    top("locale: true", 9, "true stands here; write a locale"),
    top("paper: A3", 8, "unknown paper"),
    top("paper: a4", 8, 'did you mean "A4"?'),
    top("paper:", 1, "nothing is written here; write A4 or Letter"),
    top("brand: Acme", 8, 'the text "Acme" stands here; write keys with values'),
    top("brand: {nam: Acme}", 9, 'did you mean "name"?'),
    top("brand: {name: 5}", 15, "the number 5 stands here"),
    top('brand: {name: ""}', 15, "this is blank"),
    top(f"brand: {{name: {'x' * 201}}}", 15, "write at most 200"),
    top("brand: {color: red}", 16, "is not a colour"),
    top('brand: {color: "#12345"}', 16, "is not a colour"),
    top("brand: {color: 123456}", 16, "the number 123456 stands here"),
    top("brand: {logo: no.png}", 15, 'there is no file "no.png"'),
    top("brand: {logo: [a]}", 9, "a list stands here"),
    top("brand: {logo: reports.yaml}", 15, 'logo: "reports.yaml" is no picture; save it as PNG or JPEG'),
    top("brand: {logo: .}", 15, "cannot be read as a file"),
    instead("example.com]}", "example.com], unsubscribe: 5}", 2, 75, 'the number 5 stands here; write where people leave'),
    instead("example.com]}", "example.com], unsubscribe: []}", 2, 62, 'this is empty'),
    instead("example.com]}", "example.com], unsubscribe: http://x.example}", 2, 75, 'not an address that mail programs can use'),
    instead("example.com]}", "example.com], unsubscribe: https://u:hunter2@x.example/}", 2, 75, 'mail programs can use'),
    instead("example.com]}", "example.com], unsubscribe: https://nowhere}", 2, 75, 'mail programs can use'),
    instead("example.com]}", "example.com], unsubscribe: 'https://x.example/ b'}", 2, 75, 'mail programs can use'),
    instead("example.com]}", "example.com], unsubscribe: 'https://x.example/>,<b'}", 2, 75, 'mail programs can use'),
    instead("example.com]}", "example.com], unsubscribe: 'https://x.example/=?utf-8?q?=0D?='}", 2, 75, 'mail programs can use'),
    instead("example.com]}", "example.com], unsubscribe: 'javascript:alert(1)'}", 2, 75, 'mail programs can use'),
    instead("example.com]}", "example.com], unsubscribe: 'mailto:nobody'}", 2, 75, 'mail programs can use'),
    instead("example.com]}", "example.com], unsubscribe: 'mailto:{recipient}@x.example'}", 2, 75, 'mail programs can use'),
    instead("example.com]}", "example.com], unsubscribe: 'https://x.example/{recipent}'}", 2, 75, 'mean "{recipient}"?'),
    instead("example.com]}", "example.com], unsubscribe: ['https://x.example', 'https://y.example']}", 2, 97, 'a second https: address'),
    instead("example.com]}", "example.com], unsubscrib: x}", 2, 62, 'did you mean "unsubscribe"?'),
    top("templates: nope", 12, 'there is no folder "nope"'),
    top("templates: 5", 12, "the number 5 stands here"),
    top("activity_api: 5", 15, "write keys with values"),
    top("activity_api: {rate_limt: 5}", 16, 'did you mean "rate_limit"?'),
    top("activity_api: {settle: soon}", 24, "is not a duration"),
    top("activity_api: {settel: 48h}", 16, 'did you mean "settle"?'),
    top("activity_api: {settle: 48}", 24, "the number 48 stands here; write a duration"),
    top("activity_api: {settle: 32d}", 24, "out of range; write from 0d to 31d"),
    top("activity_api: {response_volume_unit: hours}", 38, "unknown unit"),
    top("activity_api: {response_volume_unit: minute}", 38, 'did you mean "minutes"?'),
    top("activity_api: {response_volume_unit: 60}", 38, "the number 60 stands here; write seconds or minutes"),
    top("activity_api: {response_unit: minutes}", 16, 'did you mean "response_volume_unit"?'),
    top("activity_api: {nps_day_label: middle}", 31, "unknown day label"),
    top("activity_api: {nps_day_label: [end]}", 16, "a list stands here; write start or end"),
    top("activity_api: {nps_day: end}", 16, 'did you mean "nps_day_label"?'),
    top("retention: {artifact: 30d}", 13, 'did you mean "artifacts"?'),
    top("retention: {artifacts: 5s}", 24, "out of range"),
    top("retention: 30d", 12, "write keys with values"),
    top("email: {on_unknown: maybe}", 21, "unknown rule"),
    top("activity_api: {rate_limit: 100}", 28, "write keys with values, such as {requests: 100, per: 5m}"),
    top("activity_api: {rate_limit: {request: 5}}", 29, 'did you mean "requests"?'),
    top("activity_api: {rate_limit: {requests: 0}}", 39, "0 is out of range; write at least 1"),
    top("activity_api: {rate_limit: {requests: 20000}}", 39, "at most 10000"),
    top("activity_api: {rate_limit: {requests: many}}", 39, "write a whole number, such as 100"),
    top("activity_api: {rate_limit: {requests: 5.5}}", 39, "write a whole number"),
    top("activity_api: {rate_limit: {usabel: 5}}", 29, 'did you mean "usable"?'),
    top("activity_api: {rate_limit: {usable: most}}", 37, "write a whole number, such as 95"),
    top("activity_api: {rate_limit: {usable: 9.5}}", 37, "the number 9.5 stands here; write a whole number"),
    top("activity_api: {rate_limit: {usable: true}}", 37, "true stands here; write a whole number"),
    top("activity_api: {rate_limit: {usable: }}", 29, "nothing is written here; write a whole number"),
    top("activity_api: {rate_limit: {usable: 0}}", 37, "0 is out of range; write at least 1"),
    top("activity_api: {rate_limit: {usable: 101}}", 37, "101 is out of range; write at most 100, which are all requests"),
    top("activity_api: {rate_limit: {requests: 20, usable: 21}}", 51, "21 is out of range; write at most 20"),
    top("activity_api: {rate_limit: {resreve: 5}}", 29, 'did you mean "reserve"?'),
    top("activity_api: {rate_limit: {reserve: some}}", 38, "write a whole number, such as 5"),
    top("activity_api: {rate_limit: {reserve: -1}}", 38, "-1 is out of range; write at least 0"),
    top("activity_api: {rate_limit: {reserve: 95}}", 38, "95 is out of range; write at most 94"),
    top("activity_api: {rate_limit: {usable: 4, reserve: 4}}", 49, "4 is out of range; write at most 3"),
    top("activity_api: {rate_limit: {requests: 1, reserve: 1}}", 51, "1 is out of range; write at most 0"),
    top("activity_api: {rate_limit: {per: 300}}", 34, "the number 300 stands here; write a duration, such as 5m"),
    top("activity_api: {rate_limit: {per: 2d}}", 34, "out of range; write from 1s to 1d"),
    top("activity_api: {group_filter: 5}", 30, "the number 5 stands here"),
    top('activity_api: {user_filter: ""}', 29, "this is blank"),
    instead("r@example.com", '"r@example.com, b@example.com"', 2, 15, "is not one sender"),
    instead("r@example.com", '"A\\r\\nBcc: x <r@example.com>"', 2, 15, "control character"),
    instead("r@example.com,", "r@example.com, reply_to: nobody,", 2, 40, "is not one sender"),
    instead("[example.com]", "example.com", 2, 47, "write a list, such as [example.com]"),
    instead("[example.com]", "[]", 2, 30, "this is empty"),
    instead("[example.com]", '["*.example.com"]', 2, 48, "write it without @ and *"),
    instead("[example.com]", "[com]", 2, 48, "every address that ends in .com"),
    instead("[example.com]", "[5]", 2, 48, "the number 5 stands here; write a domain"),
    top("on_failure: [{slak: x}]", 15, 'did you mean "slack"?'),
    top("on_failure: []", 1, "this is empty"),
    top("on_failure: [{email: x@evil.com}]", 22, "is outside email.allowed_domains"),
    (GOOD.split("  one:", maxsplit=1)[0], 3, 1, "nothing is written here; write keys with values"),
    (GOOD.split("digests:", maxsplit=1)[0] + "digests: {}", 3, 1, "this is empty"),
    (GOOD.split("digests:", maxsplit=1)[0] + "digests: [a]", 3, 1, "a list stands here"),
    instead("  one:", "  Weekly Report:", 4, 3, "cannot name a digest"),
    instead("  one:", "  ../x:", 4, 3, "cannot name a digest"),
    instead("  one:", f"  {'a' * 64}:", 4, 3, "cannot name a digest"),
    (GOOD + "  two:\n", 10, 3, "nothing is written here; write keys with values, such as {schedule: every monday at 09:00"),
    (GOOD + "  two: 5\n", 10, 8, "the number 5 stands here"),
    (GOOD + GOOD.split("digests:\n")[1], 10, 3, '"one" is written twice here: in line 4 and in line 10'),
]  # fmt: skip

DIGEST: list[Row] = [
    in_digest("shedule: x", 5, 'did you mean "schedule"?'),
    in_digest("for_each: team", 15, 'unknown way to divide "team"; write group or agent'),
    in_digest("for_each: 5", 15, "the number 5 stands here; write group or agent"),
    in_digest("for_each: agent", 15, "case_details names other agents too"),
    in_digest("at_most: 5", 14, "this counts only with for_each; remove it"),
    recipient("email: members", 16, '"members" needs for_each: group in the same digest'),
    recipient("slack: self", 16, '"self" needs for_each: agent in the same digest'),
    recipient('slack: "#team-{group.slug}"', 16, '"#team-{group.slug}" needs for_each: group'),
    recipient('slack: "#team-{team}"', 16, '"{team}" stands for nothing here; write {group.slug} or {agent.slug}'),
    recipient("folder: 'out/{agent}'", 17, '"{agent}" stands for nothing here'),
    in_digest("send_when: never", 16, 'unknown condition "never"; write always, target_missed or change > 20%'),
    in_digest("send_when: change > 20", 16, 'did you mean "change > 20%"?'),
    in_digest("send_when: change > 0%", 16, "is out of range: from 0.01% to 1000%"),
    in_digest("send_when: [always]", 5, "a list stands here; write a condition"),
    in_digest("send_when: 20", 16, "the number 20 stands here; write a condition"),
    in_digest("send_when:", 5, "nothing is written here"),
    in_digest("send_when: target_missed", 16, "for example, targets: {broke_sla_share: 10%}"),
    in_digest("when_empty: never", 17, 'unknown rule "never"; write send, note or skip'),
    in_digest("when_empty: true", 17, "true stands here; write send, note or skip"),
    in_digest("if_incomplete: skip", 20, 'unknown rule "skip"; write mark or hold'),
    in_digest("if_incomplete: 5", 20, "the number 5 stands here; write mark or hold"),
    in_digest("title: 2024", 12, "the number 2024 stands here"),
    in_digest("title: #1 team", 5, 'in quotes if it begins with "#"'),
    in_digest('title: "two\\nlines"', 12, "line break"),
    instead("    schedule: every monday at 09:00\n", "", 4, 3, '"schedule" is missing; write, for example: schedule: every monday'),
    instead("every monday at 09:00", "monday", 5, 15, "says no time of day"),
    instead("every monday at 09:00", "5", 5, 15, "the number 5 stands here"),
    instead("every monday at 09:00", "[a]", 5, 5, "a list stands here"),
    instead("every monday at 09:00", "{crn: x}", 5, 16, 'unknown key "crn"; did you mean "cron"?'),
    instead("every monday at 09:00", "{cron: 5}", 5, 22, "the number 5 stands here; write five fields"),
    instead("every monday at 09:00", '{cron: "0 0 9 * * *"}', 5, 22, "has 6 fields"),
    instead("every monday at 09:00", '{cron: "0 9 31 2 *"}', 5, 22, "never comes round"),
    instead("every monday at 09:00", '{cron: "*/4 * * * *"}', 5, 22, "at most every 5 minutes"),
    in_digest("anchor: monday", 13, "is not a date"),
    in_digest("anchor: 2026-02-30", 13, "is not a day of the calendar; write one"),
    in_digest("anchor: 2026-01-05", 13, "counts only with a schedule such as 'every 2 weeks"),
    in_digest("timezone: Mars/Base", 15, "is not a time zone"),
    in_digest("timezone: 5", 15, "the number 5 stands here"),
    instead("    window: last week\n", "", 4, 3, '"window" is missing'),
    instead("last week", "last weak", 6, 13, 'write, for example, "last week"'),
    instead("last week", "last 13 months", 6, 13, "longer than the 12 months"),
    instead("last week", "last 367 days", 6, 13, "longer than the 12 months"),
    instead("last week", "last 0 days", 6, 13, "is not a window"),
    instead("last week", "7", 6, 13, "the number 7 stands here"),
    instead("last week", "{from: 2026-02-01, to: 2026-01-01}", 6, 36, "runs backwards"),
    instead("last week", "{from: 2025-01-01, to: 2026-01-01}", 6, 36, "longer than the 12 months"),
    instead("last week", "{from: 2024-02-29, to: 2025-03-01}", 6, 36, "longer than the 12 months"),
    instead("last week", "{from: 2026-01-01}", 6, 5, "write a phrase"),
    instead("last week", "{from: soon, to: 2026-01-01}", 6, 20, 'window: from: "soon" is not a date'),
    in_digest("compare: last year", 14, "unknown comparison"),
    in_digest("compare: 5", 14, "the number 5 stands here"),
    in_digest("group: []", 5, "this is empty"),
    in_digest('group: ""', 12, "this is blank"),
    in_digest("group:", 5, "nothing is written here"),
    in_digest("group: [A, null]", 16, "nothing is written here"),
    in_digest("group: 0", 12, "0 is not an id"),
    in_digest("group: true", 12, "true stands here"),
    in_digest("group: {a: b}", 5, "keys with values stand here"),
    in_digest("group: [A, A]", 16, "stands here twice"),
    in_digest("users: []", 5, "this is empty"),
    in_digest("users: [5.5]", 13, "the number 5.5 stands here"),
    instead("    reports: [summary, case_details]\n", "", 4, 3, '"reports" is missing'),
    instead("[summary, case_details]", "[]", 7, 5, "this is empty"),
    instead("[summary, case_details]", "summary", 7, 14, "write a list, such as [summary, states_volume]"),
    instead("[summary, case_details]", "[sumary]", 7, 15, 'did you mean "summary"?'),
    instead("[summary, case_details]", "[nps_volume]", 7, 15, "is about one form; write, for example, nps_volume: {form: NPS Survey}"),
    instead("[summary, case_details]", "[nps_summary: {}]", 7, 15, "write, for example, nps_summary: {form: NPS Survey}"),
    instead("[summary, case_details]", "[nps_submissions: {nps_category: all}]", 7, 15, "is about one form"),
    instead("[summary, case_details]", "[nps_summary: ]", 7, 15, "is about one form"),
    instead("[summary, case_details]", "[nps_summary: NPS Survey]", 7, 28, "stands here; write keys with values, such as {form: NPS Survey}"),
    instead("[summary, case_details]", "[nps_sumary: {form: 5}]", 7, 15, 'unknown report "nps_sumary"; did you mean "nps_summary"?'),
    instead("[summary, case_details]", "[nps_summary: {frm: 5}]", 7, 29, 'unknown option "frm"; did you mean "form"?'),
    instead("[summary, case_details]", "[nps_summary: {form: 5, category: all}]", 7, 38, 'unknown option "category"; did you mean "nps_category"?'),
    instead("[summary, case_details]", "[nps_summary: {form: 5.5}]", 7, 35, "form: the number 5.5 stands here; write a name or an id"),
    instead("[summary, case_details]", "[nps_summary: {form: }]", 7, 29, "form: nothing is written here"),
    instead("[summary, case_details]", "[nps_summary: {form: 0}]", 7, 35, "0 is not an id"),
    instead("[summary, case_details]", '[nps_summary: {form: ""}]', 7, 35, "form: this is blank"),
    instead("[summary, case_details]", "[nps_summary: {form: 5, nps_category: promoter}]", 7, 52, 'unknown NPS category "promoter"; did you mean "promoters"?'),
    instead("[summary, case_details]", "[nps_summary: {form: 5, nps_category: 9}]", 7, 52, "the number 9 stands here; write all, promoters, passives or detractors"),
    instead("[summary, case_details]", "\n      - nps_summary:\n        form: NPS Survey", 8, 9, "write one report an item, with its options in it, such as nps_summary: {form: NPS Survey}"),
    instead("[summary, case_details]", "[[summary]]", 7, 15, "a list stands here; write summary, states_volume"),
    instead("[summary, case_details]", "[5]", 7, 15, "the number 5 stands here"),
    instead("[summary, case_details]", "[summary: {form: 5}]", 7, 15, "summary has no options; write only its name"),
    instead("[summary, case_details]", "[case_details: ]", 7, 15, "case_details has no options"),
    instead("[summary, case_details]", "[nps_summary: {form: 5}, nps_summary: {form: 6}]", 7, 39, '"nps_summary" stands here twice'),
    instead("[summary, case_details]", "[summary, summary]", 7, 24, "stands here twice"),
    in_digest("targets: 10%", 14, "write keys with values"),
    in_digest("targets: {broke_sla: 10%}", 15, 'did you mean "broke_sla_share"?'),
    in_digest("targets: {broke_sla_share: 0.1}", 32, "the number 0.1 stands here; write a percentage"),
    in_digest("targets: {broke_sla_share: 101%}", 32, "out of range"),
    in_digest("targets: {broke_sla_share: -1%}", 32, "is not a percentage"),
    in_digest("targets: {broke_sla_share: }", 15, "nothing is written here; write a percentage"),
    in_digest("targets: {responded_share: 2h}", 32, "is not a percentage"),
    in_digest("targets: {avg_response_time: 2}", 34, "the number 2 stands here; write a duration"),
    in_digest("targets: {median_response_time: 2 hours}", 37, "is not a duration"),
    in_digest("targets: {avg_action_response_time: 0s}", 41, "out of range"),
    in_digest("holidays: XQ-1", 15, "no holidays are known"),
    in_digest("holidays: AU-NWS", 15, 'did you mean "AU-NSW"?'),
    in_digest("holidays: 5", 15, "the number 5 stands here"),
    in_digest("holidays: {}", 5, "this is empty"),
    in_digest("holidays: {regoin: AU}", 16, 'did you mean "region"?'),
    in_digest("holidays: {region: Oz}", 24, "no holidays are known"),
    in_digest("holidays: {dates: 2026-01-01}", 23, "write a list of dates"),
    in_digest("holidays: {dates: [2026-13-01]}", 24, "is not a day of the calendar; write one"),
    in_digest("on_holiday: maybe", 17, "unknown holiday rule"),
    in_digest("on_holiday: skip", 17, "this needs a calendar"),
    in_digest("grace: 5s", 12, "out of range; write from 1m to 31d"),
    in_digest("catch_up: some", 15, "unknown way to catch up"),
    in_digest("grace: 24", 12, "the number 24 stands here"),
    in_digest("grace: soon", 12, "is not a duration"),
    in_digest("paused: yes", 13, 'the text "yes" stands here; write true or false'),
    in_digest("paused: 1", 13, "write true or false"),
    in_digest("until: never", 12, "is not a date"),
    in_digest("until: 20260101", 12, "the number 20260101 stands here; write a date"),
    in_digest('subject: "a\\u2028b"', 14, "line break"),
    in_digest("subject: 5", 14, "the number 5 stands here; write a subject, such as Social care, {window}"),
    in_digest('subject: "{tilte}, {window}"', 14, 'unknown placeholder "{tilte}"; did you mean "{title}"?'),
    in_digest('subject: "{nonsense}"', 14, "write {title}, {window}, {brand} or {headline}"),
    in_digest('subject: "{title.__class__}"', 14, 'unknown placeholder "{title.__class__}"'),
    in_digest('subject: "{title!r:>10}"', 14, "unknown placeholder"),
    in_digest('subject: "{}"', 14, 'unknown placeholder "{}"'),
    in_digest('subject: "a { b"', 14, "a brace stands alone"),
    in_digest('subject: "a } b"', 14, "a brace stands alone"),
    in_digest('subject: "{brand}: {title}"', 14, "{brand} is empty, because brand has no name"),
    in_digest("window: yesterday", 5, '"window" is written twice here: in line 6 and in line 7'),
]  # fmt: skip

RECIPIENTS: list[Row] = [
    instead('\n      - slack: "#a"', " []", 8, 5, "this is empty"),
    instead('\n      - slack: "#a"', "", 8, 5, "nothing is written here; write a list"),
    instead('    recipients:\n      - slack: "#a"\n', "", 4, 3, '"recipients" is missing'),
    instead('      - slack: "#a"', "      - a", 9, 9, 'the text "a" stands here'),
    recipient("slack: #a", 9, "without quotes, # begins a comment"),
    recipient('slack: "#Social Care"', 16, "is not a Slack address"),
    recipient("slack: 5", 16, "the number 5 stands here"),
    recipient("slack: []", 9, "this is empty"),
    recipient('slak: "#a"', 9, 'did you mean "slack"?'),
    recipient("attach: [pdf]", 9, "exactly one of slack, email or folder"),
    recipient("{slack: C0123456789, folder: x}", 9, "exactly one of slack, email or folder"),
    recipient("email: a@evil.com", 16, '"a@evil.com" is outside email.allowed_domains (example.com)'),
    recipient("email: a@notexample.com", 16, "is outside email.allowed_domains"),
    recipient("email: a@example.com.evil.org", 16, "is outside email.allowed_domains"),
    recipient('email: "a@example.com, b@example.com"', 16, "write one address per list item"),
    recipient("email: '\"b@example.com\"@evil'", 16, "is not one mail address"),
    recipient('email: "a@example.com\\r\\nBcc: b@example.com"', 16, "line break"),
    recipient('email: "A <a@example.com>"', 16, "is not one mail address"),
    recipient("email: a@[127.0.0.1]", 16, "is not one mail address"),
    recipient("email: ä@example.com", 16, "is not one mail address"),
    recipient("email: [a@example.com, nobody]", 32, "is not one mail address"),
    recipient("email: [a@example.com, a@EXAMPLE.com]", 32, "gets this twice"),
    recipient('slack: "#a"\n      - slack: "#a"', 16, "gets this twice", 10),
    recipient("email: {a: b}", 9, "keys with values stand here"),
    recipient("folder: ../x", 17, "which leads somewhere else"),
    recipient("folder: 'a\\..\\b'", 17, "which leads somewhere else"),
    recipient("folder: true", 17, "true stands here"),
    recipient("folder: x\n        attach: pdf", 17, "write a list, such as [pdf, csv]", 10),
    recipient("folder: x\n        attach: []", 9, "this is empty", 10),
    recipient("folder: x\n        attach: [pdf, pfd]", 23, 'did you mean "pdf"?', 10),
    recipient("folder: x\n        attach: [5]", 18, "the number 5 stands here; write pdf or csv", 10),
    recipient("folder: x\n        attach: [csv: summary]", 23, "write a list of reports, such as [case_details]", 10),
    recipient("folder: x\n        attach: [csv: [sumary]]", 24, 'did you mean "summary"?', 10),
    recipient("folder: x\n        attach: [csv: [user_summary]]", 24, "is not in this digest's reports", 10),
    recipient("folder: x\n        agents: nobody", 17, "unknown way to show agents", 10),
    recipient("folder: x\n        agents: true", 17, "true stands here", 10),
    recipient("folder: x\n        personal_data: 1", 24, "write true or false", 10),
    recipient("folder: x\n        personal_data: yes", 24, 'the text "yes" stands here; write true or false', 10),
    recipient("folder: x\n        personaldata: true", 9, 'did you mean "personal_data"?', 10),
    recipient("folder: x\n        raw_csv: 1", 18, "write true or false", 10),
    recipient("folder: x\n        raw_csv: yes", 18, 'the text "yes" stands here; write true or false', 10),
    recipient("folder: x\n        raw_csvs: true", 9, 'did you mean "raw_csv"?', 10),
    recipient("slack: '#a'\n        mention: all", 18, '"all" cannot be mentioned; write here, channel', 10),
    recipient("slack: '#a'\n        mention: <!channel>", 18, "cannot be mentioned", 10),
    recipient("slack: '#a'\n        mention: C0123456789", 18, "cannot be mentioned", 10),
    recipient("slack: '#a'\n        mention: [here, everyone]", 25, "cannot be mentioned", 10),
    recipient("slack: '#a'\n        mention: [here, here]", 25, 'the mention "here" stands here twice', 10),
    recipient("slack: '#a'\n        mention: []", 9, "this is empty", 10),
    recipient("slack: '#a'\n        mention: true", 18, "true stands here", 10),
    recipient("folder: x\n        mention: here", 18, "only a message in Slack can mention somebody", 10),
    recipient("email: a@example.com\n        mention: here", 18, "only a message in Slack", 10),
]  # fmt: skip


@pytest.mark.parametrize(("content", "line", "column", "reason"), TOP + DIGEST + RECIPIENTS)
def test_fault_has_place_message_and_excerpt(
    tmp_path: Path, content: str, line: int, column: int, reason: str
) -> None:
    reported = problems(tmp_path, content)
    places = [(problem.line, problem.column, problem.message) for problem in reported]
    assert [problem for problem in places if problem[:2] == (line, column) and reason in problem[2]], places
    assert all(problem.file.endswith("reports.yaml") for problem in reported)
    written = content.split("\n")[line - 1]
    assert (
        "hunter2" in written
        or next(problem for problem in reported if problem.line == line).excerpt == written[:160].rstrip()
    )


NPS = ("[summary, case_details]", "[summary, nps_submissions: {form: 5}, mention_sla_export]")


@pytest.mark.parametrize(
    ("whom", "files", "named"),
    [
        ('slack: "#a"', "[csv]", "nps_submissions.csv and mention_sla_export.csv have customers' own words"),
        ("email: a@example.com", "[pdf, csv]", "nps_submissions.csv and mention_sla_export.csv have"),
        ("email: a@example.com", "[csv: [nps_submissions]]", "nps_submissions.csv has"),
        ('slack: "#a"', "[csv: [summary, mention_sla_export]]", "mention_sla_export.csv has"),
        ('slack: "#a"', "[csv: [summary], csv]", "nps_submissions.csv and mention_sla_export.csv have"),
        ('slack: "#a"\n        personal_data: false', "[csv]", "nps_submissions.csv and"),
    ],
)
def test_personal_data_needs_consent(tmp_path: Path, whom: str, files: str, named: str) -> None:
    content = changed(NPS, ('slack: "#a"', f"{whom}\n        attach: {files}"))
    (only,) = problems(tmp_path, content)
    assert (only.line, only.column) == (10 + whom.count("\n"), 9)
    assert named in only.message
    assert "write personal_data: true beside attach" in only.message
    assert "such as attach: [csv: [summary]]" in only.message
    assert loaded(tmp_path, content.replace("attach:", "personal_data: true\n        attach:")
                  .replace("        personal_data: false\n", ""))  # fmt: skip


@pytest.mark.parametrize(
    "recipient_lines",
    ["folder: x\n        attach: [csv]", 'slack: "#a"\n        attach: [pdf]', 'slack: "#a"\n        attach: [csv: [summary]]'],
)  # fmt: skip
def test_folders_and_other_files_need_no_consent(tmp_path: Path, recipient_lines: str) -> None:
    assert loaded(tmp_path, changed(NPS, ('slack: "#a"', recipient_lines)))


def test_personal_data_for_operators_needs_consent(tmp_path: Path) -> None:
    content = changed(NPS, first='on_failure: [{slack: "#ops", attach: [csv]}]\n')
    (only,) = problems(tmp_path, content)
    assert (only.line, only.column) == (1, 30)
    assert "personal_data: true" in only.message


def test_mail_needs_sender_and_domains(tmp_path: Path) -> None:
    mailed = changed(
        ("email: {from: r@example.com, allowed_domains: [example.com]}\n", ""),
        ('slack: "#a"', "email: a@b.c"),
    )
    places = [
        (problem.line, problem.column, problem.message.split(" is missing")[0])
        for problem in problems(tmp_path, mailed)
    ]
    assert places == [(8, 16, '"allowed_domains"'), (8, 16, '"from"')]
    partly = changed(("from: r@example.com, ", ""), ('slack: "#a"', "email: a@example.com"))
    assert [problem.line for problem in problems(tmp_path, partly)] == [2]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("    send_when: change > 20%\n    compare: none\n", "a change needs something to compare with"),
        (
            "    send_when: change > 20%\n    reports: [states_volume]\n",
            "a change is that of the first key figure",
        ),
        (
            "    send_when: target_missed\n    targets: {avg_response_time: 2h}\n    reports: [case_summary]\n",
            "targets are about the figures of the report summary",
        ),
    ],
)
def test_send_when_needs_its_figures(tmp_path: Path, lines: str, reason: str) -> None:
    reports = "    reports: [summary, case_details]\n"
    old = ("    window: last week\n", f"    window: last week\n{lines}")
    content = changed(old, *([(reports, "")] if "reports" in lines else []))
    [problem] = problems(tmp_path, content)
    assert (problem.line, problem.column) == (7, 16)
    assert reason in problem.message


def test_since_last_run_needs_one_firing_a_day(tmp_path: Path) -> None:
    content = changed(("every monday at 09:00", '{cron: "0 9,17 * * *"}'), ("last week", "since last run"))
    (only,) = problems(tmp_path, content)
    assert (only.line, only.column) == (6, 13)
    assert "more than once a day" in only.message


def test_schedule_of_skipped_days_never_fires(tmp_path: Path) -> None:
    content = changed(
        ("every monday at 09:00", '{cron: "0 9 25 12 *"}\n    holidays: AU\n    on_holiday: skip')
    )
    (only,) = problems(tmp_path, content)
    assert (only.line, only.column) == (5, 5)
    assert "never sent" in only.message


def test_all_problems_in_file_order(tmp_path: Path) -> None:
    content = changed(
        ("Australia/Sydney", "Nowhere"), ("every monday", "every mondy"), ("last week", "last weak"),
        ("summary, case_details", "sumary, case_details"), ('slack: "#a"', "email: [x@evil.com, nobody]"),
    ) + "  two: {paused: yes}\n"  # fmt: skip
    reported = problems(tmp_path, content)
    assert [(problem.line, problem.column) for problem in reported] == [
        (1, 11), (5, 15), (6, 13), (7, 15), (9, 17), (9, 29), (10, 3), (10, 3), (10, 3), (10, 3), (10, 17),
    ]  # fmt: skip


def test_message_shows_line_and_caret(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, changed(("last week", "last weak")))
    place, line, caret = str(only).split("\n")
    assert place.startswith(f"{tmp_path}/reports.yaml:6:13: window: ")
    assert line.index("last weak") == caret.index("^")


@pytest.mark.parametrize(
    "line",
    ["slack_token: xoxb-1-hunter2", "smtp_url: smtps://me:hunter2@mail", "note: 'xapp-1-hunter2'",
     "api_key: hunter2", "title: https://me:hunter2@example.com", "password: 'hunter2'"],
)  # fmt: skip
def test_secrets_are_masked(tmp_path: Path, line: str) -> None:
    text = "\n".join(str(problem) for problem in problems(tmp_path, changed(first=line + "\n")))
    assert text
    assert "hunter2" not in text


def test_control_characters_are_removed(tmp_path: Path) -> None:
    reported = problems(tmp_path, changed(("last week", '"\\e[31m"')))
    assert "\x1b" not in "".join(str(problem) for problem in reported)
