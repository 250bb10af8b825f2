"""The groups, agents and forms that the digests name, looked up in the API's lists."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.errors import UsageError
from bot.model import Digest, Finding, Form, Group, Source, State, User
from bot.source.http.wording import plain_words
from bot.source.names import resolve_form, resolve_groups, resolve_users

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
    return lambda text: (resolve_form(text, forms, groups),)
