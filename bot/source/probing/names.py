"""The groups, agents and forms that the digests name, looked up in the API's lists."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.errors import UsageError
from bot.model import Digest, Form, Group, Source, User
from bot.source.gather import resolve_groups, resolve_users
from bot.source.probing.findings import Finding, State
from bot.source.wording import plain_words

TODO = "write one that the API has into reports.yaml"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Named:
    """What the digests name and the API knows, by the digest's name; `findings` tell of the rest too."""

    groups: Mapping[str, tuple[Group, ...]]
    users: Mapping[str, tuple[User, ...]]
    forms: Mapping[str, tuple[Form, ...]]
    findings: tuple[Finding, ...]


def look_up(source: Source, all_groups: Sequence[Group], digests: Sequence[Digest]) -> Named:
    """Asks only for those lists that a digest needs besides the groups. Raises SourceError."""
    surveyed = {digest.name: _form_texts(digest) for digest in digests}
    all_users = source.users() if any(digest.users for digest in digests) else ()
    all_forms = source.forms() if any(surveyed.values()) else ()
    wrong: list[Finding] = []
    groups = {
        digest.name: _found(
            "groups", digest, digest.groups, lambda text: resolve_groups((text,), all_groups), wrong
        )
        for digest in digests
    }
    users = {
        digest.name: _found(
            "users", digest, digest.users, lambda text: resolve_users((text,), all_users), wrong
        )
        for digest in digests
    }
    forms = {
        digest.name: _found(
            "forms", digest, surveyed[digest.name], _form_finder(groups[digest.name], all_forms), wrong
        )
        for digest in digests
    }
    fine = (
        *_fine("groups", (f"{one.name} ({one.id})" for found in groups.values() for one in found), wrong),
        *_fine("users", (f"{one.email} ({one.id})" for found in users.values() for one in found), wrong),
        *_fine("forms", (f"{one.name} ({one.id})" for found in forms.values() for one in found), wrong),
    )
    return Named(groups, users, forms, (*fine, *wrong))


def _form_texts(digest: Digest) -> tuple[str, ...]:
    return tuple(dict.fromkeys(report.form for report in digest.reports if report.form))


def _found(
    about: str,
    digest: Digest,
    wanted: Iterable[str],
    resolve: Callable[[str], tuple[T, ...]],
    wrong: list[Finding],
) -> tuple[T, ...]:
    """What can be found of `wanted`; a finding in `wrong` for each of the others."""
    found: list[T] = []
    for text in wanted:
        try:
            found += resolve(text)
        except UsageError as error:
            wrong.append(Finding(State.WRONG, about, f"{digest.name}: {error}", TODO))
    return tuple(found)


def _fine(about: str, names: Iterable[str], wrong: Sequence[Finding]) -> Iterator[Finding]:
    listed = ", ".join(dict.fromkeys(plain_words(name, 80) for name in names))
    if listed and not any(finding.about == about for finding in wrong):
        yield Finding(State.FINE, about, f"the API has all that the digests name: {listed}")


def _form_finder(groups: Sequence[Group], forms: Sequence[Form]) -> Callable[[str], tuple[Form, ...]]:
    return lambda text: (find_form(text, groups, forms),)


def find_form(text: str, groups: Sequence[Group], forms: Sequence[Form]) -> Form:
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
    return ", ".join(f"{plain_words(name, 80)} ({fitting[name].id})" for name in near) or "none"
