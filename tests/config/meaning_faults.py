"""Bad files whose values are each well formed: what they mean, or mean together, is wrong; and files that are no YAML."""

from tests.config.config_files import GOOD
from tests.config.fault_rows import (
    MARK,
    Bad,
    Fault,
    OnlyCheck,
    digest,
    instead,
    mail,
    operator,
    recipient,
    reports,
    schedule,
    top,
    window,
)

MAILBOX = "email: {from: r@example.com, allowed_domains: [example.com]}\n"
DIGESTS = GOOD[GOOD.index("digests:") :]


def meaning(name: str, text: str, message: str, only_check: OnlyCheck | None = OnlyCheck.TOGETHER) -> Bad:
    return Bad(name, Fault.MEANING, text, message, only_check)


def shape(name: str, text: str, message: str) -> Bad:
    return meaning(name, text, message, None)


def yaml(name: str, text: str, message: str) -> Bad:
    return meaning(name, text, message, OnlyCheck.YAML)


def second(changed: str = "", where: str = '- slack: "⇩#a"') -> str:
    """Return the good file with a second digest like the first one, apart from `changed`, for `where`."""
    same = "schedule: every monday at 09:00\n    window: last week\n    reports: [case_details, summary]\n"
    return f"{GOOD}  two:\n    {changed or same}    recipients:\n      {where}\n".replace('"⇩', '⇩"')


def customer_text(files: str, more: str = "") -> str:
    """Return the good file with customers' words among its reports, and `files` attached to its recipient."""
    text = reports("[summary, nps_submissions: {form: 5}, mention_sla_export]")
    return text.replace('- slack: "#a"', f'- slack: "#a"\n        {MARK}attach: {files}{more}')


ROWS: list[Bad] = [
    # What must be there.
    shape("timezone is missing", instead("timezone: Australia/Sydney\n", "⇩"), '"timezone" is missing; write, for example: timezone: Australia/Sydney'),
    shape("schedule is missing", instead("  one:\n    schedule: every monday at 09:00\n", "  ⇩one:\n"), '"schedule" is missing; write, for example: schedule: every monday at 09:00'),
    shape("window is missing", instead("  one:", "  ⇩one:").replace("    window: last week\n", ""), '"window" is missing; write, for example: window: last week'),
    shape("reports is missing", instead("  one:", "  ⇩one:").replace("    reports: [summary, case_details]\n", ""), '"reports" is missing; write, for example: reports: [summary, states_volume]'),
    shape("digests is missing", "⇩timezone: UTC\n", '"digests" is missing; write, for example: digests: {care-weekly: {schedule: every monday at 09:00, window: last week, reports: [summary], recipients: [{slack: "#social-care"}]}}'),
    meaning("mail without a sender", instead(MAILBOX, "⇩email: {allowed_domains: [example.com]}\n").replace('slack: "#a"', "email: a@example.com"), '"from" is missing in email, but mail is sent; write, for example: from: Care reports <reports@example.com>'),
    meaning("mail without domains", instead(MAILBOX, "⇩email: {from: r@example.com}\n").replace('slack: "#a"', "email: a@example.com"), '"allowed_domains" is missing in email, but mail is sent; write, for example: allowed_domains: [example.com]'),
    # A schedule that never fires, or all the time.
    meaning("never fires: 30 February", schedule('{cron: ⇩"0 9 30 2 *"}'), 'schedule: "0 9 30 2 *" never comes round: none of its months has that day; write, for example, {cron: "0 9 * * MON"}, which is every Monday at 09:00', OnlyCheck.CRON),
    meaning("never fires: 31 April", schedule('{cron: ⇩"0 9 31 4,6 *"}'), 'schedule: "0 9 31 4,6 *" never comes round: none of its months has that day; write, for example, {cron: "0 9 * * MON"}, which is every Monday at 09:00', OnlyCheck.CRON),
    meaning("never fires: all its days are skipped", schedule('{cron: "0 9 25 12 *"}\n    holidays: AU\n    on_holiday: skip').replace("schedule", "⇩schedule"), "schedule: this is never sent, because all its days are holidays and on_holiday says skip; write on_holiday: send or next business day"),
    meaning("every minute", schedule('{cron: ⇩"* * * * *"}'), 'schedule: "* * * * *" would send it every minute, but at most every 5 minutes is allowed; write, for example, "*/5 * * * *"', OnlyCheck.CRON),
    meaning("every four minutes", schedule('{cron: ⇩"*/4 9 * * *"}'), 'schedule: "*/4 9 * * *" would send it every 4 minutes, but at most every 5 minutes is allowed; write, for example, "*/5 * * * *"', OnlyCheck.CRON),
    meaning("on the 32nd", schedule("⇩monthly on the 32nd at 09:00"), 'schedule: "monthly on the 32nd at 09:00" is not a schedule; write, for example, "monthly on the 2nd at 09:00"', OnlyCheck.PHRASES),
    shape("no time of day", schedule("⇩every monday"), 'schedule: "every monday" says no time of day; write, for example, "every monday at 09:00"'),
    shape("no such time of day", schedule("⇩every monday at 25:00"), 'schedule: "25:00" is not a time of day from 00:00 to 23:59; write, for example, "every monday at 09:00"'),
    shape("six fields", schedule('{cron: ⇩"0 0 9 * * MON"}'), 'schedule: "0 0 9 * * MON" has 6 fields, but cron has five: minute, hour, day of month, month, weekday (no seconds); write, for example, {cron: "0 9 * * MON"}, which is every Monday at 09:00'),
    meaning("a first week of every week", digest("anchor: ⇩2026-01-05"), "anchor: this counts only with a schedule such as 'every 2 weeks on monday at 09:00'; remove it"),
    meaning("holidays without a calendar", digest("on_holiday: ⇩skip"), "on_holiday: this needs a calendar; write, for example, holidays: AU-NSW beside it"),
    # Windows.
    meaning("13 months", window("⇩last 13 months"), 'window: "last 13 months" is longer than the 12 months that the API allows; write at most "last 12 months"', OnlyCheck.PHRASES),
    meaning("53 weeks", window("⇩last 53 weeks"), 'window: "last 53 weeks" is longer than the 12 months that the API allows; write at most "last 52 weeks"', OnlyCheck.PHRASES),
    meaning("367 days", window("⇩last 367 days"), 'window: "last 367 days" is longer than the 12 months that the API allows; write at most "last 366 days"', OnlyCheck.PHRASES),
    meaning("a year and a day", window("{from: 2025-01-01, to: ⇩2026-01-01}"), "window: from 2025-01-01 to 2026-01-01 is longer than the 12 months that the API allows; write to: 2025-12-31 or an earlier day"),
    meaning("a year and a day from 29 February", window("{from: 2024-02-29, to: ⇩2025-03-01}"), "window: from 2024-02-29 to 2025-03-01 is longer than the 12 months that the API allows; write to: 2025-02-28 or an earlier day"),
    meaning("since the last leap day", schedule('{cron: "0 9 29 2 *"}').replace("last week", "⇩since last run"), "window: 'since last run' would cover 2921 days here, longer than the 12 months that the API allows; write another window, such as last month"),
    meaning("backwards", window("{from: 2026-02-01, to: ⇩2026-01-01}"), "window: the window runs backwards: from 2026-02-01 to 2026-01-01; write the earlier day as from"),
    meaning("whole days twice a day", schedule('{cron: "0 9,17 * * *"}').replace("last week", "⇩since last run"), "window: 'since last run' covers whole days, but this digest is sent more than once a day; write another window, such as yesterday"),
    shape("a window without its end", window("{from: 2026-01-01}").replace("window", "⇩window"), 'window: "to" is missing; write a phrase, such as "last week", or {from: 2026-01-01, to: 2026-01-31}'),
    # Reports.
    shape("NPS without a form", reports("[⇩nps_volume]"), 'reports: "nps_volume" is about one form; write, for example, nps_volume: {form: NPS Survey}'),
    shape("NPS without a form, with options", reports("[⇩nps_summary: {nps_category: all}]"), 'reports: "nps_summary" is about one form; write, for example, nps_summary: {form: NPS Survey}'),
    shape("options beside the report", reports("\n      - ⇩nps_summary:\n        form: NPS Survey"), "reports: write one report an item, with its options in it, such as nps_summary: {form: NPS Survey}"),
    shape("a form for a report without", reports("[⇩summary: {form: NPS Survey}]"), "reports: summary has no options; write only its name"),
    meaning("a report twice", reports("[summary, ⇩summary]"), 'the report "summary" stands here twice; keep one'),
    meaning("a group twice", digest("group: [Care, ⇩Care]"), 'the group "Care" stands here twice; keep one'),
    meaning("a user twice", digest("users: [jane@example.com, ⇩jane@example.com]"), 'the user "jane@example.com" stands here twice; keep one'),
    # Who gets it.
    shape("nobody: the key is missing", instead("  one:", "  ⇩one:").replace('    recipients:\n      - slack: "#a"\n', ""), '"recipients" is missing, so nobody would get this digest; write, for example: recipients: [{slack: "#social-care"}]'),
    shape("nobody: the key is empty", instead('    recipients:\n      - slack: "#a"', "    ⇩recipients:"), 'recipients: nothing is written here; write a list, such as [{slack: "#social-care"}]'),
    shape("nobody: the list is empty", instead('    recipients:\n      - slack: "#a"', "    ⇩recipients: []"), 'recipients: this is empty, so nobody would get this digest; write at least one, for example [{slack: "#social-care"}]'),
    shape("nobody: a channel without quotes", recipient("⇩slack: #a"), 'slack: nothing is written here; write something like "#social-care" (without quotes, # begins a comment)'),
    shape("nobody: only files", recipient("⇩attach: [pdf]"), 'a recipient needs exactly one of slack, email or folder; write, for example: slack: "#social-care"'),
    shape("two ways at once", recipient('⇩slack: "#a"\n        folder: outbox'), 'a recipient needs exactly one of slack, email or folder; write, for example: slack: "#social-care"'),
    meaning("outside the domains", recipient("email: ⇩dana@elsewhere.example"), '"dana@elsewhere.example" is outside email.allowed_domains (example.com); add its domain there if mail may go to it'),
    meaning("outside the domains, second of a list", recipient("email: [dana@example.com, ⇩dana@notexample.com]"), '"dana@notexample.com" is outside email.allowed_domains (example.com); add its domain there if mail may go to it'),
    meaning("outside the domains, operators", operator("email: ⇩ops@elsewhere.example"), '"ops@elsewhere.example" is outside email.allowed_domains (example.com); add its domain there if mail may go to it'),
    meaning("recipient twice", recipient('slack: "#a"\n      - slack: ⇩"#a"'), '"#a" gets this twice; keep one'),
    meaning("recipient twice in other letters", recipient("email: [dana@example.com, ⇩Dana@Example.com]"), '"Dana@example.com" gets this twice; keep one'),
    meaning("the same from two digests", second(), '"#a" would get the same twice, from "one" too: the same reports about the same days; take this address out of one of the two'),
    meaning("the same from two digests, in a list", second(where='- slack: ["#b", "⇩#a"]'), '"#a" would get the same twice, from "one" too: the same reports about the same days; take this address out of one of the two'),
    meaning("the same from two digests on other days", second("schedule: weekdays at 10:00\n    window: last 1 week\n    reports: [case_details, summary]\n"), '"#a" would get the same twice, from "one" too: the same reports about the same days; take this address out of one of the two'),
    meaning("customers' words, all files", customer_text("[csv]"), "attach: nps_submissions.csv and mention_sla_export.csv have customers' own words in them; if they may leave with this message, write personal_data: true beside attach, or pick other files, such as attach: [csv: [summary]]"),
    meaning("customers' words, one file", customer_text("[pdf, csv: [nps_submissions]]"), "attach: nps_submissions.csv has customers' own words in it; if they may leave with this message, write personal_data: true beside attach, or pick other files, such as attach: [csv: [summary]]"),
    meaning("customers' words, forbidden", customer_text("[csv: [mention_sla_export]]", "\n        personal_data: false"), "attach: mention_sla_export.csv has customers' own words in it; if they may leave with this message, write personal_data: true beside attach, or pick other files, such as attach: [csv: [summary]]"),
    meaning("customers' words, operators", reports("[mention_sla_export]").replace("timezone", 'on_failure: [{slack: "#ops", ⇩attach: [csv]}]\ntimezone'), "attach: mention_sla_export.csv has customers' own words in it; if they may leave with this message, write personal_data: true beside attach"),
    meaning("a file that is not reported", recipient("folder: outbox\n        attach: [csv: [summary, ⇩user_summary]]"), 'the report "user_summary" is not in this digest\'s reports; add it there or leave it out here'),
    # Numbers and texts that contradict each other.
    meaning("more than there are", top("activity_api: {rate_limit: {requests: 20, usable: ⇩21}}"), "usable: 21 is out of range; write at most 20, which are all requests"),
    meaning("more than are usable", top("activity_api: {rate_limit: {usable: 4, reserve: ⇩4}}"), "reserve: 4 is out of range; write at most 3, one less than are usable"),
    meaning("a brand without a name", digest('subject: ⇩"{brand}: {title}"'), "subject: {brand} is empty, because brand has no name; write brand: {name: …} above"),
    meaning("two web pages to leave", mail("unsubscribe: ['https://x.example', ⇩'https://y.example']"), "unsubscribe: there is a second https: address; keep one"),
    meaning("a way to leave without a host", mail("unsubscribe: ⇩https://nowhere"), 'unsubscribe: "https://nowhere" is not an address that mail programs can use; write where people leave, such as https://example.com/leave?who={recipient} or mailto:leave@example.com', OnlyCheck.ADDRESSES),
    meaning("a mail address that is too long", recipient(f"email: ⇩{'a' * 65}@example.com"), 'email: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…" is not one mail address; write a whole one, such as dana@example.com', OnlyCheck.ADDRESSES),
    # Secrets.
    shape("a secret", top("⇩slack_token: abc"), 'unknown key "slack_token"; secrets never stand in this file; set ACTIVITY_API_TOKEN, SLACK_BOT_TOKEN or SMTP_URL in the environment, or NAME_FILE with a path'),
    # YAML 1.2: what looks like a word, a time or a number with a nought before it is that text.
    shape("NO is a word", digest("paused: ⇩NO"), 'paused: the text "NO" stands here; write true or false'),
    shape("on is a word", digest("paused: ⇩on"), 'paused: the text "on" stands here; write true or false'),
    shape("09:00 is a time of day", schedule("⇩09:00"), 'schedule: "09:00" says no day; write, for example, "every day at 09:00"'),
    shape("012 is no number", top("activity_api: {rate_limit: {requests: ⇩012}}"), 'requests: the text "012" stands here; write a whole number, such as 100'),
    shape("1_000 is no number", top("activity_api: {rate_limit: {requests: ⇩1_000}}"), 'requests: the text "1_000" stands here; write a whole number, such as 100'),
    # YAML itself.
    yaml("a key twice", digest("⇩window: yesterday"), '"window" is written twice here: in line 6 and in line 7; keep one'),
    yaml("a digest twice", GOOD + DIGESTS.removeprefix("digests:\n").replace("  one:", "  ⇩one:"), '"one" is written twice here: in line 4 and in line 10; keep one'),
    yaml("a tab", instead("    window: last week", "⇩\twindow: last week"), "a tab stands at the beginning of this line; write spaces instead"),
    yaml("a quote that stays open", recipient("slack: ⇩'#a"), "a quote opens here and is never closed; write one where the text ends"),
    yaml("a bracket that stays open", GOOD.replace("case_details]\n", "case_details\n").replace("recipients:", "recipients⇩:"), "a list or keys in brackets should end or go on here; write ] or } or a comma, or quotes around text with brackets"),
    yaml("a colon in a text", digest("title: Care⇩: weekly"), "a colon that YAML does not expect here; check the indentation, or quote text that contains ': '"),
    yaml("a second document", GOOD + "⇩---\nmore: 1\n", "a second document begins here; keep one document in the file"),
    yaml("a tag", digest("title: ⇩!mine 5"), "the tag !mine is not allowed; write the plain value, in quotes if it begins with !"),
    yaml("another name than any", digest("title: ⇩*title"), "*title has no &title before it; put text that begins with * in quotes"),
    yaml("a name inside itself", digest("group: &all [⇩*all]"), "*all contains itself; write it out"),
    yaml("nested without end", GOOD + "  two: " + "[" * 18 + "⇩[" + "]" * 20, "nested deeper than 20 levels; write it flatter"),
    yaml("a control character", digest('title: "a⇩\x07"'), "the control character '\\x07' is not allowed; take it out"),
    yaml("a list as a key", digest("? ⇩[a]\n    : b"), "a key must be one word or text; write it without brackets"),
]  # fmt: skip
