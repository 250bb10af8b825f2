"""Names resolve to ids, or to an error with candidates."""

from dataclasses import replace

import pytest

from bot.errors import UsageError
from bot.model import Form, Group, User
from bot.source.names import resolve_form, resolve_groups, resolve_users

GROUPS = (Group(123, "Social Customer Care"), Group(456, "Email Support"), Group(9, "Email Support"))
CARE, MAIL = GROUPS[:2]
JANE = User(1, "jane@example.com", "Jane", "Pear", False, (123,))
GONE = User(2, "gone@example.com", "Ann", "Gone", True, ())
AGAIN = User(3, "gone@example.com", "Ann", "Gone", False, ())
SURVEY = Form(55, "NPS Survey", "How did we do?", "https://f.example.com", True, False, (123,))
OTHER = Form(88, "Identity Check", "Who are you?", "https://f.example.com", False, False, (123,))
OLD = Form(31, "Old Survey", "Old", "https://f.example.com", True, True, (123,))
FORMS = (SURVEY, OTHER, OLD)


@pytest.mark.parametrize("name", ["Social Customer Care", "social customer care", "123"])
def test_group_by_name_or_id(name: str) -> None:
    assert resolve_groups([name], GROUPS) == (CARE,)


def test_duplicate_group_name_error_lists_ids() -> None:
    with pytest.raises(UsageError, match="use an id, one of 456, 9"):
        resolve_groups(["Email Support"], GROUPS)


@pytest.mark.promise("a name in the file is also another group's, user's or form's id", "ambiguous: status 2")
def test_name_that_is_also_an_id_is_ambiguous() -> None:
    groups = (Group(12, "Care"), Group(45, "12"))
    says = "'12' is the id of one and the name of another: write that one's id, 45, or the name of"
    with pytest.raises(UsageError, match=f"group {says} group 12"):
        resolve_groups(["12"], groups)
    assert resolve_groups(["45", "Care"], groups) == (groups[1], groups[0])
    assert resolve_groups(["12"], (Group(12, "12"),)) == (Group(12, "12"),)
    forms = (replace(SURVEY, id=12), replace(SURVEY, id=45, name="12"))
    with pytest.raises(UsageError, match=f"form {says} form 12"):
        resolve_form("12", forms)
    assert resolve_form("45", forms) == forms[1]


def test_unknown_group_error_suggests_nearest() -> None:
    with pytest.raises(UsageError, match="It has: Social Customer Care"):
        resolve_groups(["Social Care"], GROUPS)


def test_archived_user_error_lists_candidates() -> None:
    with pytest.raises(UsageError, match=r"is archived\. It has: jane@example\.com"):
        resolve_users(["gone@example.com"], (JANE, GONE))


def test_duplicate_address_resolves_to_active_user() -> None:
    assert resolve_users(["gone@example.com"], (GONE, AGAIN)) == (AGAIN,)


@pytest.mark.parametrize("name", ["NPS Survey", "nps survey", "55"])
def test_form_by_name_or_id(name: str) -> None:
    assert resolve_form(name, FORMS, (CARE,)) == SURVEY


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Identity Check", "is not an NPS form"),
        ("88", "is not an NPS form"),
        ("Old Survey", "is archived"),
        ("NPS", "does not exist"),
    ],
)
def test_unusable_form_error_lists_candidates(name: str, says: str) -> None:
    with pytest.raises(UsageError, match=f"{says}.*to choose from: NPS Survey"):
        resolve_form(name, FORMS)


def test_form_closed_to_group_is_error() -> None:
    with pytest.raises(UsageError, match=r"is not open to the group 'Email Support'.*to choose from: none"):
        resolve_form("NPS Survey", FORMS, (MAIL,))


def test_duplicate_form_name_resolves_to_usable_form() -> None:
    twin = replace(OLD, name="NPS Survey")
    assert resolve_form("NPS Survey", (*FORMS, twin), (CARE,)) == SURVEY
    with pytest.raises(UsageError, match="use an id, one of 55, 56"):
        resolve_form("NPS Survey", (*FORMS, replace(SURVEY, id=56)), (CARE,))
