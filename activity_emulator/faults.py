"""Faults on request: what an emulator gets wrong, for which requests, and how often.

    NAME[=VALUE][@TARGET][*COUNT]      delay=0-0.2   429=30   500@summary*3   export-fails*1

TARGET is what a request asks for: a report type, a list (`users`, `groups`, `forms`), `status` or `download`.
COUNT is how many requests (of exports: how many jobs) meet the fault before it is used up.
"""

import difflib
import re
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from activity_emulator import reports
from activity_emulator.errors import EmulatorError

GRAMMAR = re.compile(
    r"(?P<name>[0-9a-z-]+)(?:=(?P<value>[^;@*]*))?(?:@(?P<target>[a-z_]+))?(?:\*(?P<count>[1-9][0-9]{0,5}))?"
)
SERVER_ERROR = re.compile(r"5[0-9][0-9]")

EXPORTS = frozenset(reports.EXPORTS)
REPORTS = EXPORTS | frozenset(reports.REPORTS)
LISTS = frozenset({"users", "groups", "forms"})

# The target of an unknown request: it can meet a fault for all requests, but none with a target.
UNKNOWN = ""
REQUESTS = REPORTS | LISTS | {"status", "download", UNKNOWN}

SECONDS = r"[0-9]{1,5}(?:\.[0-9]{1,6})?"
NOTHING = re.compile("")


@dataclass(frozen=True)
class Kind:
    """A kind of fault: the targets that it can have, an example, and the pattern of its value."""

    targets: frozenset[str]
    example: str
    values: re.Pattern[str] = NOTHING


KINDS: dict[str, Kind] = {
    "delay": Kind(REQUESTS, "delay=0.2 or delay=0-0.2 (seconds)", re.compile(f"{SECONDS}(?:-{SECONDS})?")),
    "429": Kind(REQUESTS, "429 or 429=30 (Retry-After)", re.compile("[ -~]{0,60}")),
    "5xx": Kind(REQUESTS, "500"),
    "html": Kind(REQUESTS, "html"),
    "cut": Kind(REQUESTS, "cut"),
    "export-never": Kind(EXPORTS, "export-never"),
    "export-fails": Kind(EXPORTS, "export-fails"),
    "export-expires": Kind(EXPORTS, "export-expires or export-expires=2", re.compile("|[1-9][0-9]{0,3}")),
    "export-cut": Kind(EXPORTS, "export-cut"),
    "filter-ignored": Kind(REPORTS, "filter-ignored"),
    "user-volume-states": Kind(frozenset({"user_volume"}), "user-volume-states"),
}

OF_JOBS = tuple(name for name in KINDS if name.startswith("export-"))


class FaultSyntax(EmulatorError):
    """A fault with a syntax error."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as written; `name` has the status of a 5xx, `count` is None for no end."""

    name: str
    value: str = ""
    target: str = ""
    count: int | None = None

    @property
    def kind(self) -> str:
        """The fault's row in `KINDS`."""
        return "5xx" if SERVER_ERROR.fullmatch(self.name) else self.name

    def hits(self, target: str) -> bool:
        """Tell whether a request for this target can meet the fault."""
        return target == self.target if self.target else target in KINDS[self.kind].targets

    def __str__(self) -> str:
        value, target = self.value and f"={self.value}", self.target and f"@{self.target}"
        return f"{self.name}{value}{target}" + (f"*{self.count}" if self.count else "")


def read_fault(text: str) -> Fault:
    """Parse a fault. Raises FaultSyntax, with the nearest name or an example."""
    match = GRAMMAR.fullmatch(text.strip())
    if match is None:
        raise FaultSyntax(f"{text.strip()!r} is no fault: write NAME[=VALUE][@TARGET][*COUNT]")
    count = int(match["count"]) if match["count"] else None
    fault = Fault(match["name"], match["value"] or "", match["target"] or "", count)
    _check(fault)
    return fault


def _check(fault: Fault) -> None:
    kind = KINDS.get(fault.kind)
    if kind is None:
        raise FaultSyntax(f"there is no fault {fault.name!r}; {_near(fault.name, KINDS)}")
    if not kind.values.fullmatch(fault.value):
        raise FaultSyntax(f"{fault.name} cannot be {fault.value!r}: write {kind.example}")
    if fault.target and fault.target not in kind.targets:
        raise FaultSyntax(
            f"{fault.name} cannot be limited to {fault.target!r}; {_near(fault.target, kind.targets)}"
        )


def _near(name: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"it can be {', '.join(sorted(filter(None, names)))}"


class Faults:
    """The faults in force for every request; safe to change while requests are served."""

    def __init__(self, *texts: str) -> None:
        self._lock = threading.Lock()
        self._active: list[tuple[Fault, int | None]] = []
        self.add(*texts)

    @classmethod
    def of_header(cls, text: str) -> "Faults":
        """Parse faults separated by `;`. Raises FaultSyntax."""
        return cls(*(part for part in text.split(";") if part.strip()))

    def add(self, *texts: str) -> None:
        """Switch on all these faults, or none if one has a syntax error. Raises FaultSyntax."""
        faults = [read_fault(text) for text in texts]
        with self._lock:
            self._active += [(fault, fault.count) for fault in faults]

    def clear(self) -> None:
        """Switch off all faults; those that stick to an export job stay with it."""
        with self._lock:
            self._active = []

    def __iter__(self) -> Iterator[str]:
        """Iterate over the faults in force as text, each with the rest of its count."""
        with self._lock:
            return iter([str(Fault(f.name, f.value, f.target, left)) for f, left in self._active])

    def take(self, kinds: Collection[str], target: str, *, counted: bool | None = None) -> Fault | None:
        """Take the first fault of these kinds that a request for this target meets; count it down.

        `counted`: only faults with a count (True) or without one (False).
        """
        with self._lock:
            for index, (fault, left) in enumerate(self._active):
                if fault.kind not in kinds or not fault.hits(target):
                    continue
                if counted is not None and counted != (left is not None):
                    continue
                if left is not None:
                    self._active[index : index + 1] = [(fault, left - 1)] if left > 1 else []
                return fault
        return None
