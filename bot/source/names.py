"""Names that people write become ids of the API's lists; whatever is unclear is an error with candidates."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.errors import UsageError
from bot.lib.sanitize import one_line
from bot.model import Digest, Form, Group, Report, Source, User


def resolve_groups(wanted: Sequence[str], groups: Sequence[Group]) -> tuple[Group, ...]:
    """The groups of these names or ids. Raises UsageError with candidates for an unknown or repeated name."""
    names = {str(group.id): group.name for group in groups}
    by_id = {group.id: group for group in groups}
    return tuple(by_id[_resolve("group", text, names)] for text in wanted)


def resolve_users(wanted: Sequence[str], users: Sequence[User]) -> tuple[User, ...]:
    """The users of these mail addresses or ids. Raises UsageError with candidates, likewise.

    Somebody archived answers nothing any more: naming them is an error, as a typing error would be.
    """
    by_id = {user.id: user for user in users}
    names = {str(user.id): user.email for user in users}
    active = {str(user.id): user.email for user in users if not user.archived}
    found = tuple(by_id[_resolve("user", text, names, active)] for text in wanted)
    for text, user in zip(wanted, found, strict=True):
        if user.archived:
            raise UsageError(f"user {text!r} is archived. {_nearest(text, active)}")
    return found


def resolve_form(text: str, forms: Sequence[Form], groups: Sequence[Group] = ()) -> Form:
    """The NPS form of that name or id, open to all of `groups`. Raises UsageError with candidates.

    The list has forms that are no surveys, archived ones, and ones that a group cannot see; a form that
    names no group is open to all.
    """
    named = [
        form for form in forms if text in (str(form.id), form.name) or form.name.casefold() == text.casefold()
    ]
    fitting = [form for form in named if not _fault(form, groups)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(sorted(str(form.id) for form in fitting))
        raise UsageError(f"form {text!r} is the name of several: use an id, one of {ids}.")
    reason = _fault(named[0], groups) if named else "does not exist at the API"
    raise UsageError(f"form {text!r} {reason}. NPS forms to choose from: {_candidates(text, groups, forms)}.")


def with_sample_forms(source: Source, digest: Digest) -> Digest:
    """The digest with a form of the sample in place of each that the sample does not know."""
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
    """Why this form cannot be reported on, or ''."""
    if not form.nps:
        return "is not an NPS form"
    if form.archived:
        return "is archived"
    closed = [group.name for group in groups if form.groups and group.id not in form.groups]
    return f"is not open to the group {closed[0]!r}" if closed else ""


def _candidates(text: str, groups: Sequence[Group], forms: Sequence[Form]) -> str:
    fitting = {form.name: form for form in forms if not _fault(form, groups)}
    near = difflib.get_close_matches(text, fitting, n=3, cutoff=0.4) or sorted(fitting)[:5]
    return ", ".join(f"{one_line(name, 80)} ({fitting[name].id})" for name in near) or "none"


def _resolve(
    kind: str, text: str, names: Mapping[str, str], candidates: Mapping[str, str] | None = None
) -> int:
    """The id whose name (or own text) is `text`; names compare without case."""
    if text in names:
        return int(text)
    found = [key for key, name in names.items() if name.casefold() == text.casefold()]
    if candidates is not None and len(found) > 1:
        found = [key for key in found if key in candidates] or found
    if len(found) == 1:
        return int(found[0])
    if found:
        ids = ", ".join(sorted(found))
        raise UsageError(f"{kind} {text!r} is the name of several: use an id, one of {ids}.")
    nearest = _nearest(text, names if candidates is None else candidates)
    raise UsageError(f"{kind} {text!r} does not exist at the API. {nearest}")


def _nearest(text: str, names: Mapping[str, str]) -> str:
    """'It has: …', the names most like `text` first."""
    return f"It has: {', '.join(_like(text, names.values())) or 'none'}."


def _like(text: str, names: Iterable[str]) -> list[str]:
    known = sorted(set(names))
    return difflib.get_close_matches(text, known, n=3, cutoff=0.4) or known[:5]
