"""The groups, agents and forms that the digests name, looked up in the API's lists."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from bot.errors import UsageError
from bot.lib.sanitize import one_line
from bot.model import Digest, Finding, Form, Group, Source, State, User
from bot.source.names import resolve_form, resolve_groups, resolve_users

TODO = "write one that the API has into reports.yaml"
T = TypeVar("T")
ByDigest = Mapping[str, tuple[T, ...]]


@dataclass(frozen=True, slots=True)
class Lookup:
    """What each digest names and the API knows, by the digest's name; `findings` cover the rest too."""

    groups: ByDigest[Group]
    users: ByDigest[User]
    forms: ByDigest[Form]
    findings: tuple[Finding, ...]


def look_up(source: Source, all_groups: Sequence[Group], digests: Sequence[Digest]) -> Lookup:
    """Ask only for the lists that a digest needs besides the groups. Raises SourceError."""
    all_users = source.users() if any(digest.users for digest in digests) else ()
    all_forms = source.forms() if any(map(_form_names, digests)) else ()
    wrong: list[Finding] = []

    def by_digest(
        about: str, names: Callable[[Digest], Iterable[str]], resolve: Callable[[Digest, str], T]
    ) -> ByDigest[T]:
        def resolved(digest: Digest) -> Iterator[T]:
            for name in names(digest):
                try:
                    yield resolve(digest, name)
                except UsageError as error:
                    wrong.append(Finding(State.WRONG, about, f"{digest.name}: {error}", TODO))

        return {digest.name: tuple(resolved(digest)) for digest in digests}

    groups = by_digest(
        "groups", lambda digest: digest.groups, lambda _, name: resolve_groups((name,), all_groups)[0]
    )
    users = by_digest(
        "users", lambda digest: digest.users, lambda _, name: resolve_users((name,), all_users)[0]
    )
    forms = by_digest(
        "forms", _form_names, lambda digest, name: resolve_form(name, all_forms, groups[digest.name])
    )
    fine = (
        *_fine("groups", (f"{group.name} ({group.id})" for group in _all(groups)), wrong),
        *_fine("users", (f"{user.email} ({user.id})" for user in _all(users)), wrong),
        *_fine("forms", (f"{form.name} ({form.id})" for form in _all(forms)), wrong),
    )
    return Lookup(groups, users, forms, (*fine, *wrong))


def _form_names(digest: Digest) -> tuple[str, ...]:
    return tuple(dict.fromkeys(report.form for report in digest.reports if report.form))


def _all(items: ByDigest[T]) -> Iterator[T]:
    return chain.from_iterable(items.values())


def first(items: ByDigest[T]) -> tuple[T, ...]:
    """Return the first item of the first digest that has one, or nothing."""
    return tuple(_all(items))[:1]


def _fine(about: str, names: Iterable[str], wrong: Sequence[Finding]) -> Iterator[Finding]:
    listed = ", ".join(dict.fromkeys(one_line(name, 80) for name in names))
    if listed and not any(finding.about == about for finding in wrong):
        yield Finding(State.FINE, about, f"the API has all that the digests name: {listed}")
