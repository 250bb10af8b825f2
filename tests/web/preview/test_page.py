"""What the page knows of the file, and what it goes on showing while the file is wrong."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.model import Source
from tests.web.preview.desk import REPORTS_YAML, Desk, desk

ROOT = Path(__file__).parents[3]


def test_overview_lists_digests_with_next_firing_and_window(at_desk: Desk) -> None:
    weekly, daily = at_desk.page.overview()["digests"]
    assert weekly["next"][0] == {
        "at": "2026-11-29T22:00:00Z",
        "when": "Mon 30 November, 09:00",
        "window": "23 – 29 November",
    }
    assert (daily["paused"], daily["next"]) == (True, [])
    assert weekly["recipients"] == "#social-care in Slack; dana@example.com, lee@example.com by mail"


def test_passed_firing_is_news_once(at_desk: Desk) -> None:
    assert at_desk.page.overview()["generation"] == 1
    shown = at_desk.show()
    at_desk.look()
    assert at_desk.page.overview()["generation"] == 1
    at_desk.clock.present = datetime(2026, 11, 29, 22, 0, 1, tzinfo=UTC)
    at_desk.look()
    overview = at_desk.page.overview()
    assert overview["generation"] == 2
    assert overview["digests"][0]["next"][0]["at"] == "2026-12-06T22:00:00Z"
    assert at_desk.page.moments("care-weekly")["moments"][1]["at"] == "2026-11-29T22:00:00Z"
    assert shown["occurrence"] == "care-weekly@2026-11-22T22:00:00Z"


def test_sample_is_marked_in_every_form(at_desk: Desk) -> None:
    assert at_desk.page.overview()["sample"] is True
    for form in ("slack", "mail", "text"):
        assert "SAMPLE" in at_desk.text(at_desk.show(form=form))


def test_paused_digest_is_shown(at_desk: Desk) -> None:
    shown = at_desk.show("care-daily")
    assert (shown["problems"], shown["occurrence"]) == ([], "care-daily@2026-11-22T21:30:00Z")


def test_each_reader_sees_their_own_rendition(at_desk: Desk) -> None:
    in_slack, in_mail = at_desk.show(form="slack"), at_desk.show(form="mail")
    assert in_slack["readers"] == ["#social-care in Slack, agents not named"]
    assert in_mail["readers"] == [f"{who}@example.com by mail, agents named" for who in ("dana", "lee")]
    assert "Jane Pear" in at_desk.text(in_mail)
    assert "Jane Pear" not in at_desk.text(in_slack)
    assert ["To", "lee@example.com"] in at_desk.show(form="mail", reader=1)["facts"]
    assert dict(map(tuple, in_slack["facts"]))["In its thread"] == "care-weekly.pdf"


def test_form_without_recipient_is_shown(at_desk: Desk) -> None:
    shown = at_desk.show("care-daily", "mail")
    assert (shown["readers"], shown["problems"]) == ([], [])
    assert "Social care, daily" in at_desk.text(shown)


def test_save_changes_the_rendition(at_desk: Desk) -> None:
    before = at_desk.show()
    at_desk.change("title: Social care, weekly", "title: Care of the week")
    after = at_desk.show()
    assert "Care of the week" in at_desk.text(after)
    assert "Care of the week" not in at_desk.text(before)


def test_save_elsewhere_keeps_the_rendition(at_desk: Desk) -> None:
    before = at_desk.show()
    at_desk.change("title: Social care, daily", "title: The day")
    assert at_desk.page.overview()["digests"][1]["title"] == "The day"
    assert at_desk.show()["frames"] == before["frames"]
    assert at_desk.asked == ["opened"]


def test_broken_file_keeps_the_last_good_state(at_desk: Desk) -> None:
    before = at_desk.show()
    at_desk.change("every monday at 09:00", "every mondy at 09:00")
    overview = at_desk.page.overview()
    [problem] = overview["problems"]
    assert (problem["line"], problem["column"]) == (10, 15)
    assert problem["place"] == f"{at_desk.file}:10:15"
    assert problem["excerpt"] == "    schedule: every mondy at 09:00"
    assert 'write, for example, "every monday at 09:00"' in problem["message"]
    assert [digest["name"] for digest in overview["digests"]] == ["care-weekly", "care-daily"]
    assert at_desk.show()["frames"] == before["frames"]
    at_desk.change("every mondy at 09:00", "every monday at 09:00")
    assert at_desk.page.overview()["problems"] == []
    assert at_desk.show()["frames"] == before["frames"]


def test_all_problems_show_at_once_without_secrets(at_desk: Desk) -> None:
    at_desk.change("reports: [summary]", "reports: [sumary]\n    slack_token: xoxb-12345-secret")
    problems = at_desk.page.overview()["problems"]
    assert len(problems) == 2
    assert "xoxb-12345-secret" not in str(problems)


@pytest.mark.parametrize("text", ["", "digests: [", "\0", "a: &a [*a]"])
def test_page_survives_any_file(at_desk: Desk, text: str) -> None:
    at_desk.save(text)
    assert at_desk.page.overview()["problems"]
    at_desk.file.unlink()
    at_desk.look()
    [problem] = at_desk.page.overview()["problems"]
    assert "does not exist" in problem["message"]
    at_desk.save(REPORTS_YAML)
    assert at_desk.page.overview()["problems"] == []


def test_file_broken_at_the_start_is_followed(tmp_path: Path, sample: Source) -> None:
    with desk(tmp_path, sample, "digests: {care: }") as made:
        assert made.page.overview()["problems"]
        assert (made.page.overview()["digests"], made.show()["frames"]) == ([], [])
        made.save(REPORTS_YAML)
        assert made.page.overview()["problems"] == []
        assert made.show()["frames"]


def test_template_fault_shows_its_line_above_the_last_good_rendition(at_desk: Desk) -> None:
    before = at_desk.show(form="text")
    path = at_desk.template("email/message.txt.j2", "one\n{{ edition.titel }}\n")
    broken = at_desk.show(form="text")
    assert (broken["stale"], broken["frames"]) == (True, before["frames"])
    [problem] = broken["problems"]
    assert problem["place"].endswith("own/email/message.txt.j2:2")
    assert (problem["line"], problem["excerpt"]) == (2, "{{ edition.titel }}")
    assert at_desk.show(form="slack")["problems"] == []
    path.write_text("mended: {{ edition.title }}\n", encoding="utf-8")
    at_desk.look()
    mended = at_desk.show(form="text")
    assert (mended["stale"], mended["problems"]) == (False, [])
    assert "mended: Social care, weekly" in at_desk.text(mended)


@pytest.mark.long
def test_pdf_style_fault_leaves_the_message(at_desk: Desk) -> None:
    before = at_desk.show(form="pdf")["links"]
    shipped = (ROOT / "templates/pdf/report.css").read_text(encoding="utf-8")
    path = at_desk.template("pdf/report.css", shipped + "\nh1 { color: #a00 }\n")
    changed = at_desk.show(form="pdf")
    assert (changed["problems"], changed["links"] == before) == ([], False)
    path.write_text("{{ nothing }}", encoding="utf-8")
    at_desk.look()
    broken = at_desk.show(form="pdf")
    assert (broken["stale"], broken["links"]) == (True, changed["links"])
    assert broken["problems"][0]["place"].endswith("own/pdf/report.css:1")
    assert at_desk.show(form="slack")["problems"] == []
    at_desk.look()
    assert at_desk.page.overview()["template_problems"] == broken["problems"]
    path.unlink()
    at_desk.look()
    assert at_desk.show(form="pdf")["links"] == before


def test_faults_in_unviewed_templates_are_reported(at_desk: Desk) -> None:
    at_desk.look()
    assert at_desk.page.overview()["template_problems"] == []
    path = at_desk.template("email/message.txt.j2", "one\n{{ edition.titel }}\n")
    generation = at_desk.page.overview()["generation"]
    at_desk.look()
    overview = at_desk.page.overview()
    assert [one["line"] for one in overview["template_problems"]] == [2]
    assert overview["generation"] == generation + 1
    at_desk.look()
    assert at_desk.page.overview()["generation"] == generation + 1
    path.unlink()
    at_desk.look()
    at_desk.look()
    assert at_desk.page.overview()["template_problems"] == []


def test_template_folder_named_later_is_watched(at_desk: Desk) -> None:
    at_desk.change("templates: own", "templates: other")
    assert at_desk.page.overview()["problems"]  # there is no such folder
    (at_desk.folder / "other/email").mkdir(parents=True)
    at_desk.change("locale: en_AU", "locale: en_GB")
    at_desk.show(form="text")
    (at_desk.folder / "other/email/message.txt.j2").write_text("from the other folder", encoding="utf-8")
    at_desk.look()
    assert "from the other folder" in at_desk.text(at_desk.show(form="text"))


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"window": "lst week"}, 'window: "lst week" is not a window; write, for example, "last week"'),
        ({"at": "soon"}, "'soon' is not a moment. Write it as 2018-05-07T09:00."),
        ({"form": "fax"}, "There is no form 'fax'."),
        ({"digest": "care-wekly"}, "There is no digest 'care-wekly' in the file."),
    ],
)
def test_invalid_request_is_a_problem(at_desk: Desk, wish: dict[str, str], words: str) -> None:
    shown = at_desk.show(**wish)
    assert [problem["message"] for problem in shown["problems"]] == [words]
    assert (shown["frames"], shown["stale"]) == ([], False)


def test_another_moment_and_another_window(at_desk: Desk) -> None:
    earlier = at_desk.show(at="2026-11-16T09:00")
    assert (earlier["occurrence"], earlier["window"]) == (
        "care-weekly@2026-11-15T22:00:00Z",
        "Mon 9 – Sun 15 November 2026, Sydney time",
    )
    shorter = at_desk.show(window="last 3 days")
    assert shorter["window"] == "Fri 20 – Sun 22 November 2026, Sydney time"


def test_moments_are_past_firings_and_begun_windows(at_desk: Desk) -> None:
    moments = at_desk.page.moments("care-weekly")["moments"]
    assert [moment["at"] for moment in moments[:3]] == [
        "2026-11-29T22:00:00Z",
        "2026-11-22T22:00:00Z",
        "2026-11-15T22:00:00Z",
    ]
    assert [moment["future"] for moment in moments] == [True] + [False] * 8
    daily = at_desk.page.moments("care-daily")["moments"]
    assert [moment["future"] for moment in daily[:2]] == [True, False]


def test_news_has_generation_and_progress(at_desk: Desk) -> None:
    assert at_desk.page.news() == {"generation": 1, "busy": ""}
    at_desk.page._progress("rendering")
    assert at_desk.page.news() == {"generation": 1, "busy": "rendering"}
    at_desk.show()
    at_desk.save(REPORTS_YAML + "# more\n")
    assert at_desk.page.news() == {"generation": 2, "busy": ""}


def test_for_each_digest_shows_one_child_with_a_note(at_desk: Desk) -> None:
    group = "    group: Social Customer Care\n"
    at_desk.change(group, group + "    for_each: agent\n    at_most: 1\n")
    shown = at_desk.show()
    assert shown["problems"] == []
    assert shown["occurrence"].startswith("care-weekly/")
    assert any("one for each" in note for note in shown["notes"])
    at_desk.change("for_each: agent", "for_each: group")
    assert at_desk.show()["occurrence"] == "care-weekly/social-customer-care@2026-11-22T22:00:00Z"


def test_suppressed_edition_is_shown_with_its_reason(at_desk: Desk) -> None:
    group = "    group: Social Customer Care\n"
    lines = "    send_when: target_missed\n    targets: {broke_sla_share: 100%}\n"
    at_desk.change(group, group + lines)
    assert "run would skip this: no target was missed (send_when)" in at_desk.show()["notes"]
