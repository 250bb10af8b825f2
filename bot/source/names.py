"""Names in reports.yaml resolved to ids of the API's lists; an unclear name is an error with candidates."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.errors import UsageError
from bot.lib.sanitize import one_line
from bot.model import Digest, Form, Group, Report, Source, User


def full_name(user: User) -> str:
    """Return first and last name, or the mail address of a user without."""
    return f"{user.first_name} {user.last_name}".strip() or user.email


def resolve_groups(wanted: Sequence[str], groups: Sequence[Group]) -> tuple[Group, ...]:
    """Return the groups of these names or ids. Raises UsageError for an unknown or repeated name."""
    names = {str(group.id): group.name for group in groups}
    by_id = {group.id: group for group in groups}
    return tuple(by_id[_resolve("group", text, names)] for text in wanted)


def resolve_users(wanted: Sequence[str], users: Sequence[User]) -> tuple[User, ...]:
    """Return the users of these mail addresses or ids. Raises UsageError likewise, or for archived ones."""
    by_id = {user.id: user for user in users}
    names = {str(user.id): user.email for user in users}
    active = {str(user.id): user.email for user in users if not user.archived}
    resolved = tuple(by_id[_resolve("user", text, names, active)] for text in wanted)
    for text, user in zip(wanted, resolved, strict=True):
        if user.archived:
            raise UsageError(f"user {text!r} is archived. {_nearest(text, active)}")
    return resolved


def resolve_form(text: str, forms: Sequence[Form], groups: Sequence[Group] = ()) -> Form:
    """Return the NPS form of that name or id, open to all of `groups`. Raises UsageError with candidates.

    The list has forms that are no surveys, archived ones, and ones that a group cannot see; a form that
    names no group is open to all.
    """
    named = [
        form for form in forms if text in (str(form.id), form.name) or form.name.casefold() == text.casefold()
    ]
    by_name = [str(form.id) for form in named if str(form.id) != text]
    if by_name and len(named) > len(by_name):
        raise _two_meanings("form", text, by_name)
    usable = [form for form in named if not _fault(form, groups)]
    if len(usable) == 1:
        return usable[0]
    if usable:
        raise _ambiguous("form", text, [str(form.id) for form in usable])
    reason = _fault(named[0], groups) if named else "does not exist at the API"
    known = {form.name: form for form in forms if not _fault(form, groups)}
    nearest = ", ".join(f"{one_line(name, 80)} ({known[name].id})" for name in _like(text, known)) or "none"
    raise UsageError(f"form {text!r} {reason}. NPS forms to choose from: {nearest}.")


def with_sample_forms(source: Source, digest: Digest) -> Digest:
    """Return the digest with a form of the sample in place of each that the sample does not know."""
    if not any(report.form for report in digest.reports):
        return digest
    groups, forms = resolve_groups(digest.groups, source.groups()), source.forms()
    reports = tuple(_with_sample_form(report, forms, groups) for report in digest.reports)
    return replace(digest, reports=reports)


def _with_sample_form(report: Report, forms: Sequence[Form], groups: Sequence[Group]) -> Report:
    if not report.form:
        return report
    try:
        return replace(report, form=str(resolve_form(report.form, forms, groups).id))
    except UsageError:
        usable = [form.id for form in forms if not _fault(form, groups)]
        return replace(report, form=str(usable[0])) if usable else report


def _fault(form: Form, groups: Sequence[Group]) -> str:
    """Return why this form cannot be reported on, or ''."""
    if not form.nps:
        return "is not an NPS form"
    if form.archived:
        return "is archived"
    closed = [group.name for group in groups if form.groups and group.id not in form.groups]
    return f"is not open to the group {closed[0]!r}" if closed else ""


def _resolve(
    kind: str, text: str, names: Mapping[str, str], candidates: Mapping[str, str] | None = None
) -> int:
    """Return the id whose name (or own text) is `text`, not both; names compare without case."""
    ids = [key for key, name in names.items() if name.casefold() == text.casefold()]
    if text in names:
        if others := [key for key in ids if key != text]:
            raise _two_meanings(kind, text, others)
        return int(text)
    if candidates is not None and len(ids) > 1:
        ids = [key for key in ids if key in candidates] or ids
    if len(ids) == 1:
        return int(ids[0])
    if ids:
        raise _ambiguous(kind, text, ids)
    nearest = _nearest(text, names if candidates is None else candidates)
    raise UsageError(f"{kind} {text!r} does not exist at the API. {nearest}")


def _ambiguous(kind: str, text: str, ids: Sequence[str]) -> UsageError:
    return UsageError(f"{kind} {text!r} is the name of several: use an id, one of {', '.join(sorted(ids))}.")


def _two_meanings(kind: str, text: str, others: Sequence[str]) -> UsageError:
    return UsageError(
        f"{kind} {text!r} is the id of one and the name of another: write that one's id, "
        f"{' or '.join(sorted(others))}, or the name of {kind} {text}."
    )


def _nearest(text: str, names: Mapping[str, str]) -> str:
    """Return 'It has: …', the names most like `text` first."""
    return f"It has: {', '.join(_like(text, set(names.values()))) or 'none'}."


def _like(text: str, names: Mapping[str, Form] | set[str]) -> list[str]:
    return difflib.get_close_matches(text, sorted(names), n=3, cutoff=0.4) or sorted(names)[:5]
